"""Any LLM of LlamaIndex, by its dotted name and arguments, as a language model of ours.

Structured output, token limits and seeds have no common name there: `schema` and `max_tokens` are left to the
class's own arguments.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from rag.errors import ConfigError, ModelError
from rag.llm_context import DEFAULT, LEAST
from rag.llm_faults import SAID, WAY_OUT, error_for
from rag.llm_records import Message, Reply
from rag.llm_stream import CHARACTERS, Draft
from rag.llm_wishes import OTHER_TEMPERATURE
from rag.quiet import quiet
from rag.sanitising import safe

if TYPE_CHECKING:
    from llama_index.core.llms import LLM, ChatMessage, ChatResponse

SECRET = re.compile(r"key$|token$|secret|password|credential|authorization|headers$", re.IGNORECASE)
"""Names of arguments that are no part of an identity and whose values are shown nowhere."""

_PACKAGE = re.compile(r"llama_index\.(\w+)\.(\w+)")


class LlamaIndexModel:
    """An LLM of the class `dotted`, built with `arguments`; replies at temperature 0 unless they say otherwise."""

    def __init__(self, dotted: str, arguments: Mapping[str, object], *, context: int | None = None) -> None:
        """Raises ModelError for a class that is not there, ConfigError for one that is no LLM or for its arguments."""
        self._dotted = dotted
        self._secrets = sorted(_secrets(arguments), key=len, reverse=True)
        self._arguments = dict(arguments)
        self._context = context
        kind = _find(dotted)
        self._steered = "temperature" in kind.model_fields and "temperature" not in arguments
        if self._steered:
            self._arguments["temperature"] = 0.0
        try:
            with quiet():
                self._llm: LLM = cast(Any, kind)(**self._arguments)
        except Exception as error:  # pydantic's, or whatever a class does with its arguments
            said = self._clean(error)
            raise ConfigError(f"{dotted} does not take its arguments: {said}; check [model.arguments]") from None

    @classmethod
    def of(cls, llm: LLM, *, context: int | None = None) -> LlamaIndexModel:
        """An LLM that a program has made for itself; its temperature is its own affair."""
        model = cls.__new__(cls)
        model._dotted = f"{type(llm).__module__}.{type(llm).__qualname__}"
        model._arguments, model._secrets, model._context = {"model": str(llm.metadata.model_name)}, [], context
        model._steered, model._llm = False, llm
        return model

    @property
    def name(self) -> str:
        """See LanguageModel.name."""
        said = str(self._metadata("model_name", "") or "unknown")  # LlamaIndex's own word for a class without one
        return self._dotted.rpartition(".")[2] if said == "unknown" else said

    @property
    def identity(self) -> str:
        """See LanguageModel.identity."""
        shown = json.dumps(_without_secrets(self._arguments), sort_keys=True, default=str)
        return f"llamaindex:{self._dotted}:{hashlib.sha256(shown.encode()).hexdigest()[:16]}"

    @property
    def context(self) -> int:
        """See LanguageModel.context."""
        window = self._context or self._metadata("context_window", 0)
        return window if isinstance(window, int) and window >= LEAST else DEFAULT

    def _metadata(self, field: str, default: object) -> Any:
        try:
            return getattr(self._llm.metadata, field, default)
        except Exception:  # some classes know only the models of their maker
            return default

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, object] | None = None,  # noqa: ARG002
        plain: Sequence[Message] | None = None,
        max_tokens: int = 1024,  # noqa: ARG002
        sample: int = 0,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """See LanguageModel.complete. Always streamed, so that a reply without end ends."""
        started = monotonic()
        if self._steered:
            cast(Any, self._llm).temperature = OTHER_TEMPERATURE if sample else 0.0
        draft = Draft()
        with closing(self._pieces(messages if plain is None else plain, draft)) as pieces:
            while True:
                try:
                    piece = next(pieces, None)
                except Exception as error:  # whatever the class or the library under it raises
                    if not draft.begun:
                        raise self._error(error) from None  # the cause may quote the key
                    piece, draft.finish = None, "cut"
                if piece is None:
                    break
                if on_text is not None and piece:
                    on_text(piece)
        if (last := draft.close()) and on_text is not None:
            on_text(last)
        return draft.reply(monotonic() - started)

    def _pieces(self, messages: Sequence[Message], draft: Draft) -> Any:
        """The visible text as it comes; `draft` gets the same chunks as from an endpoint."""
        from llama_index.core.llms import ChatMessage

        turns: list[ChatMessage] = [ChatMessage(role=message.role, content=message.content) for message in messages]
        size, reason, told = 0, "", False
        last: ChatResponse | None = None
        for response in cast("Iterator[ChatResponse]", self._llm.stream_chat(turns)):
            last = response
            # some classes give only the whole text so far
            new = response.delta if response.delta is not None else (response.message.content or "")[size:]
            size += len(new)
            yield draft.take({"choices": [{"delta": {"content": new}}]})
            if size >= CHARACTERS:
                return
            reason, told = _reason(response.raw) or reason, told or bool(_get(response.raw, "choices"))
        # a class that passes on an endpoint's chunks would have had the reason, had the stream been whole
        yield draft.take(_ending(last, reason or ("" if told else "stop")))

    def _clean(self, error: Exception) -> str:
        said = " ".join(safe(str(error)).split()) or type(error).__name__
        for secret in self._secrets:
            said = said.replace(secret, "[key]")
        return said[:SAID]

    def _error(self, error: Exception) -> ModelError:
        said = self._clean(error)
        what = said if said == type(error).__name__ else f"{type(error).__name__}: {said}"
        return error_for(f"the language model {self._dotted} failed ({what}); check [model.arguments]{WAY_OUT}", said)

    def close(self) -> None:
        """See LanguageModel.close. LlamaIndex has no word for it."""


def _find(dotted: str) -> type[LLM]:
    """The class of that name."""
    room, _, name = dotted.rpartition(".")
    try:
        with quiet():
            from llama_index.core.llms import LLM

            found = getattr(importlib.import_module(room), name)
    except (ImportError, AttributeError, ValueError, TypeError):  # the last two for what is no dotted name
        part = _PACKAGE.match(dotted)
        package = f"llama-index-{part[1]}-{part[2]}".replace("_", "-") if part and part[1] != "core" else ""
        step = f"run: pip install {package}" if package else "check [model] llamaindex"
        raise ModelError(f"there is no {dotted}; {step}{WAY_OUT}") from None
    if not (isinstance(found, type) and issubclass(found, LLM)):
        raise ConfigError(f"{dotted} is no LLM of LlamaIndex; set [model] llamaindex to the dotted name of one")
    return found


def _reason(raw: object) -> str:
    """Why the reply ended, from wherever the classes put it."""
    choices = _get(raw, "choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    reasons = (_get(choice, "finish_reason"), _get(raw, "stop_reason"), _get(raw, "done_reason"))
    return next((reason.lower() for reason in reasons if isinstance(reason, str)), "")


def _ending(last: ChatResponse | None, reason: str) -> dict[str, Any]:
    """The end of a reply and what it cost, as an endpoint would say it."""
    raw, more = getattr(last, "raw", None), getattr(last, "additional_kwargs", None)
    usage = _get(raw, "usage")
    sources = ((usage, "prompt_tokens"), (usage, "input_tokens"), (more, "prompt_tokens"), (raw, "prompt_eval_count"))
    spent = ((usage, "completion_tokens"), (usage, "output_tokens"), (more, "completion_tokens"), (raw, "eval_count"))
    return {
        "choices": [{"delta": {}, "finish_reason": reason}],
        "usage": {"prompt_tokens": _first(sources), "completion_tokens": _first(spent)},
    }


def _first(sources: Sequence[tuple[object, str]]) -> object:
    return next((found for source, name in sources if (found := _get(source, name)) is not None), None)


def _get(source: object, name: str) -> Any:
    """A field of a dictionary or of an object: classes give one or the other."""
    return source.get(name) if isinstance(source, Mapping) else getattr(source, name, None)


def _secrets(arguments: Mapping[str, object]) -> set[str]:
    found: set[str] = set()
    for name, value in arguments.items():
        if isinstance(value, Mapping):
            found |= {str(inner) for inner in value.values()} if SECRET.search(name) else _secrets(value)
        elif SECRET.search(name) and str(value):
            found.add(str(value))
    return found - {""}


def _without_secrets(arguments: Mapping[str, object]) -> dict[str, object]:
    return {
        name: _without_secrets(value) if isinstance(value, Mapping) else value
        for name, value in arguments.items()
        if not SECRET.search(name)
    }
