"""Replies from any server that speaks OpenAI's chat completions protocol.

Knows connections, repetition and time; what the bytes mean is read in `llm_stream`, what went wrong is put into
words in `llm_faults`. No message holds the key, whatever the server echoes.
"""

from __future__ import annotations

import ipaddress
import random
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from rag.errors import ConfigError, ModelError
from rag.llm_context import find_context, model_names
from rag.llm_faults import LONGEST_WAIT, WAY_OUT, Fault, FaultError, Place, describe, fault_of, pause, read_fault
from rag.llm_records import READ_TIMEOUT, Message, Reply
from rag.llm_stream import Chunks, Draft, WebPageError
from rag.llm_wishes import Wishes

if TYPE_CHECKING:
    from openai import DefaultHttpxClient, OpenAI

OPENAI = "https://api.openai.com/v1"

TRIES = 3
"""Requests for one reply while the server is busy or fails: a restart passes, a real failure shows soon."""

CONNECT_TIMEOUT = 5.0
"""Seconds to reach a server, and to be told of its models."""

DEADLINE = 600.0
"""Seconds for one reply with all repetitions. Looked at with each piece, so a silent server adds its read timeout."""

SHOWN_NAMES = 10
"""Models named in a message."""


class OpenAIModel:
    """A model of an OpenAI-compatible endpoint. Nothing is sent before the first property or reply is asked for."""

    def __init__(
        self,
        model: str = "",
        *,
        base_url: str = "",
        api_key: str = "",
        context: int | None = None,
        timeout: float = READ_TIMEOUT,
        deadline: float = DEADLINE,
        warn: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Without `model` the server's only one is taken. Raises ConfigError for an address or key that cannot be."""
        address = _address(base_url or OPENAI)
        host = address.netloc.rpartition("@")[2]  # without user and password
        self._model = model
        self._root = f"{address.scheme}://{host}{address.path.removesuffix('/v1')}"
        self._base_url = address.geturl()
        self._where = f"{address.scheme}://{host}{address.path}"
        self._loopback = _is_loopback(address.hostname or "")
        self._key = api_key.strip()
        if not (self._key.isascii() and self._key.isprintable()):
            raise ConfigError("RAG_LLM_API_KEY holds characters that no key has; copy it again")
        if self._key and address.scheme == "http" and not self._loopback:
            warn(f"the key and the articles travel unencrypted to {self._where}; use https if the server has it")
        self._context = context
        self._timeout = timeout
        self._deadline = deadline
        self._sleep = sleep
        self._clock = clock
        self._wishes = Wishes()

    # --- what it is ------------------------------------------------------------------------------------------------

    @cached_property
    def name(self) -> str:
        """See LanguageModel.name."""
        return self._model or self._only_model()

    @property
    def identity(self) -> str:
        """See LanguageModel.identity."""
        return f"openai:{self._where}:{self.name}"

    @property
    def context(self) -> int:
        """See LanguageModel.context."""
        return self._window[0]

    @property
    def context_reason(self) -> str:
        """Who says how many tokens `context` has."""
        return self._window[1]

    @cached_property
    def _window(self) -> tuple[int, str]:
        if self._context:
            return self._context, "RAG_LLM_CONTEXT"
        return find_context(self.name, self._where, self._root, self._ask_quietly)

    def _only_model(self) -> str:
        try:
            names = model_names(self._ask(f"{self._where}/models"))
        except Exception as error:  # openai's, those of the HTTP library beneath it, or no JSON
            raise self._error(fault_of(error)) from None  # the cause may quote the key
        if len(names) == 1:
            return names[0]
        if not names:
            raise ModelError(f"the language model server at {self._where} has no model; load one there{WAY_OUT}")
        more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
        listed = ", ".join(names[:SHOWN_NAMES]) + more
        raise ConfigError(f"set RAG_LLM_MODEL to one of the models at {self._where}: {listed}{WAY_OUT}")

    def _ask(self, url: str) -> Any:
        """JSON from the server, asked for once."""
        authorization = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        response = self._http.get(url, headers=authorization, timeout=CONNECT_TIMEOUT)
        if response.status_code >= 400:
            raise FaultError(read_fault(response.status_code, response.text, response.headers))
        if response.text.lstrip()[:1] == "<":
            raise WebPageError("a web page")
        return response.json()

    def _ask_quietly(self, url: str) -> Any:
        try:
            return self._ask(url)
        except Exception:  # whatever it is, another way to learn it is tried
            return None

    # --- replies ---------------------------------------------------------------------------------------------------

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, object] | None = None,
        plain: Sequence[Message] | None = None,
        max_tokens: int = 1024,
        sample: int = 0,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """See LanguageModel.complete."""
        started = self._clock()
        tries = 1
        while True:
            said = messages if plain is None or self._wishes.structured else plain
            request = self._wishes.request(self.name, said, schema, max_tokens, sample)
            draft = Draft()
            fault = self._attempt(request, draft, started + self._deadline, on_text or _ignore)
            if fault is not None and draft.begun:
                fault = None  # what has arrived is a reply, cut where the stream broke
            elif fault is not None and self._wishes.give_up(fault, request):
                continue
            elif fault is not None and self._waited(fault, tries):
                tries += 1
                continue
            fault = self._wishes.settle(fault)
            if fault is not None:
                raise self._error(fault)
            return draft.reply(self._clock() - started)

    def _attempt(
        self, request: dict[str, Any], draft: Draft, until: float, on_text: Callable[[str], None]
    ) -> Fault | None:
        """One request, its text handed on. The connection is closed at once, whatever ends it."""
        pieces = self._pieces(request, draft, until)
        try:
            while True:
                try:
                    piece = next(pieces, None)
                except Exception as error:  # openai's, those of the HTTP library beneath it, or no JSON
                    if last := draft.close():
                        on_text(last)
                    return fault_of(error)
                if piece is None:
                    return None
                if piece:
                    on_text(piece)  # outside the inner try: what the reader raises is not the server's fault
        finally:
            pieces.close()

    def _pieces(self, request: dict[str, Any], draft: Draft, until: float) -> Generator[str, None, None]:
        chunks = Chunks()
        with self._client.chat.completions.with_streaming_response.create(**request) as response:
            for piece in response.iter_bytes():
                for chunk in chunks.feed(piece):
                    yield draft.take(chunk)
                if chunks.done or draft.full:
                    break
                if self._clock() > until:
                    raise FaultError(Fault("late"))
        if not draft.full:
            yield from _last_pieces(chunks, draft)
        yield draft.close()

    def _waited(self, fault: Fault, tries: int) -> bool:
        """Waits before another try; False when there is to be none."""
        wait = pause(fault, tries, time.time(), random.random())  # noqa: S311
        if wait is None or tries >= TRIES:
            return False
        if wait > LONGEST_WAIT:
            raise self._error(fault, wait)
        self._sleep(wait)
        return True

    def _error(self, fault: Fault, wait: float | None = None) -> ModelError:
        return describe(
            fault, Place(self._where, self.__dict__.get("name", self._model), self._key, self._timeout), wait
        )

    # --- the connection --------------------------------------------------------------------------------------------

    @cached_property
    def _http(self) -> DefaultHttpxClient:
        from openai import DefaultHttpxClient, Timeout

        timeout = Timeout(self._timeout, connect=CONNECT_TIMEOUT)
        return DefaultHttpxClient(timeout=timeout, trust_env=not self._loopback)  # no proxy to one's own machine

    @cached_property
    def _client(self) -> OpenAI:
        from openai import OpenAI, Timeout

        # "none": without a key the library would send the one in the environment, meant for another server
        return OpenAI(
            base_url=self._base_url, api_key=self._key or "none", max_retries=0, http_client=self._http,
            timeout=Timeout(self._timeout, connect=CONNECT_TIMEOUT),
        )  # fmt: skip

    def close(self) -> None:
        """See LanguageModel.close."""
        if "_http" in self.__dict__:
            self._http.close()
            self.__dict__.pop("_client", None)
            del self.__dict__["_http"]


def _last_pieces(chunks: Chunks, draft: Draft) -> Generator[str, None, None]:
    """What is left when the connection has ended; raises FaultError when that was too early to be a reply."""
    try:
        for chunk in chunks.end():
            yield draft.take(chunk)
    except ValueError:
        raise FaultError(Fault("dropped" if draft.understood else "garbage")) from None
    if not draft.understood:
        raise FaultError(Fault("garbage"))
    if not draft.begun and not chunks.done:
        raise FaultError(Fault("dropped"))


def _ignore(_: str) -> None:
    pass


def _address(url: str) -> SplitResult:
    """The address with a path. Raises ConfigError for what is no address of a server."""
    try:
        address = urlsplit(url)
        port_is_number = address.port is None or address.port > 0
    except ValueError:
        port_is_number = False
    if not port_is_number or address.scheme not in ("http", "https") or not address.hostname:
        raise ConfigError("RAG_LLM_BASE_URL must be an address such as http://localhost:11434/v1")
    # all the usual servers answer under /v1, and an address copied from a browser lacks it
    return address._replace(path=address.path.rstrip("/") or "/v1", query="", fragment="")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
