"""What went wrong with a model server, and what is said about it: one line, no key, and the way out.

Knows status codes and the words of the usual servers, nothing of connections. Standard library only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from rag.errors import ContextError, ModelError
from rag.llm_stream import ServerSaidError, WebPageError
from rag.sanitising import safe

WAY_OUT = ", or answer without a model: --no-model"

SAID = 200
"""Characters of a server's own words that are shown."""

LONGEST_WAIT = 60.0
"""Seconds. Who asks for more patience than this is told to the user instead."""

FIRST_WAIT = 0.5
"""Seconds before the first repetition; twice as long before each further one."""

_BUSY = (408, 409, 429)
_OVERFLOW = re.compile(
    r"context_length_exceeded|exceed_context_size|maximum context length|exceeds? the (available )?context|"
    r"context (size|window|length)|prompt is too long|too many tokens|larger than the context",
    re.IGNORECASE,
)
_NO_CREDIT = re.compile(r"insufficient_quota|billing|no credit|credit balance", re.IGNORECASE)

Kind = Literal["status", "unreachable", "silent", "dropped", "late", "page", "garbage"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A failed request: `kind`, and for "status" what the server said. Header names are in small letters."""

    kind: Kind
    status: int = 0
    said: str = ""
    code: str = ""
    parameter: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        return f"{self.code} {self.parameter} {self.said}"

    @property
    def overflow(self) -> bool:
        """Whether the messages were too long for the model."""
        return self.status in (400, 413, 422, 500) and bool(_OVERFLOW.search(self.words))


@dataclass(frozen=True, slots=True)
class Place:
    """What a message names: the server's address, the model, the key to be left out, the read timeout (seconds)."""

    where: str
    model: str
    key: str
    timeout: float


class FaultError(Exception):
    """A fault that was noticed where no library looked for it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.kind)
        self.fault = fault


def fault_of(error: Exception) -> Fault:
    """What an exception means. Those of the HTTP library are told by name: openai changes which one it uses."""
    if isinstance(error, FaultError):
        return error.fault
    if isinstance(error, ServerSaidError):
        return read_error(error.body)
    if isinstance(error, WebPageError):
        return Fault("page")
    if isinstance(error, ValueError):
        return Fault("garbage")
    response = getattr(error, "response", None)
    if response is not None:
        return read_fault(response.status_code, response.text, response.headers)
    chain = [error, error.__cause__]
    names = {kind.__name__ for one in chain if one is not None for kind in type(one).__mro__}
    if names & {"ConnectError", "ConnectTimeout", "ProxyError"}:
        return Fault("unreachable")
    if names & {"TimeoutException", "APITimeoutError"}:
        return Fault("silent")
    if names & {"TransportError", "APIConnectionError"}:
        return Fault("dropped")
    return Fault("garbage")


def read_fault(status: int, text: str, headers: Mapping[str, str]) -> Fault:
    """The fault in an answer with an error status."""
    small = {name.lower(): value for name, value in headers.items()}
    try:
        body = json.loads(text)
    except ValueError:
        if text.lstrip()[:1] == "<":
            return Fault("page", status, headers=small)
        body = text
    return read_error(body, status, small)


def read_error(body: Any, status: int = 400, headers: Mapping[str, str] | None = None) -> Fault:
    """The fault in an error object, in any of the shapes servers give it."""
    inner = body
    for name in ("error", "detail"):
        if isinstance(inner, dict) and inner.get(name):
            inner = inner[name]
    if not isinstance(inner, dict):
        return Fault("status", status, _one_line(inner), headers=headers or {})
    own = inner.get("code")
    if isinstance(own, int) and 400 <= own < 600:
        status = own  # an error in mid-stream carries its status here
    code = f"{own or ''} {inner.get('type') or ''}"
    said = inner.get("message") or inner
    return Fault("status", status, _one_line(said), _one_line(code), _one_line(inner.get("param") or ""), headers or {})


def _one_line(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return " ".join(safe(text[: 10 * SAID]).split())


def pause(fault: Fault, tries: int, now: float, jitter: float) -> float | None:
    """Seconds to wait before the request is repeated for the `tries`-th time (from 1); None where that is no use.

    `now` is the time of day (seconds since 1970), `jitter` is between 0 and 1. A server's own wish (retry-after-ms,
    Retry-After) is returned as it stands, however long.
    """
    if fault.kind == "status":
        if fault.status not in _BUSY and (fault.status < 500 or fault.status == 501):
            return None
        if fault.status == 429 and _NO_CREDIT.search(fault.words):
            return None
    elif fault.kind == "page":
        if fault.status < 500:
            return None
    elif fault.kind not in ("unreachable", "dropped"):
        return None
    wished = _wished(fault.headers, now)
    return wished if wished is not None else FIRST_WAIT * 2 ** (tries - 1) * (0.75 + jitter / 2)


def _wished(headers: Mapping[str, str], now: float) -> float | None:
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * unit
        except (KeyError, ValueError):
            continue
        if seconds >= 0:  # and not nan
            return seconds
    try:
        return max(0.0, parsedate_to_datetime(headers["retry-after"]).timestamp() - now)
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def error_for(message: str, words: str) -> ModelError:
    """The error with `message`, of the kind that `words` of a server or library mean."""
    return ContextError(message) if _OVERFLOW.search(words) else ModelError(message)


def describe(fault: Fault, place: Place, wait: float | None = None) -> ModelError:
    """The error for the user. `wait` is how many seconds the server asked for, where that was too long."""
    kind = ContextError if fault.overflow else ModelError
    return kind(f"the language model at {place.where} {_what(fault, place, wait)}{WAY_OUT}")


def _what(fault: Fault, place: Place, wait: float | None) -> str:
    usual = "RAG_LLM_BASE_URL, which usually ends in /v1"
    if fault.kind == "status" or (fault.kind == "page" and fault.status >= 500):
        return _status(fault, place, wait)
    page = f" ({fault.status})" if fault.status else ""
    return {
        "unreachable": "cannot be reached; start its server, check RAG_LLM_BASE_URL",
        "silent": f"sent nothing for {place.timeout:g} s; try again, set RAG_LLM_TIMEOUT higher",
        "dropped": "broke the connection before it had answered; try again, see the server's log",
        "late": "did not finish its reply in time; try again, use a faster model (RAG_LLM_MODEL)",
        "page": f"sent a web page{page} instead of a reply; check {usual}",
        "garbage": f"did not answer as a chat endpoint does; check {usual}",
    }[fault.kind]


def _status(fault: Fault, place: Place, wait: float | None) -> str:
    status = fault.status
    clean = fault.said.replace(place.key, "[key]") if place.key else fault.said  # before it is cut inside the key
    said = f"{status}: {_shortened(clean)}" if clean else f"{status}"
    if fault.overflow:
        return f"cannot hold so long a prompt ({said}); set RAG_LLM_CONTEXT to the tokens it holds"
    if wait is not None:
        return f"asks to wait {wait:.0f} s ({said}); try again then"
    if status in (401, 403):
        problem = "refused the key" if place.key else "wants a key"
        return f"{problem} ({status}); check RAG_LLM_API_KEY"
    if status == 404:
        return f"knows no model {place.model!r} ({said}); check RAG_LLM_MODEL and RAG_LLM_BASE_URL"
    if status == 429:
        if _NO_CREDIT.search(fault.words):
            return f"has no credit left for this key ({said}); check the account of RAG_LLM_API_KEY"
        return f"is over its limit ({said}); try again later"
    if status >= 500:
        return f"failed ({said}); try again, see the server's log"
    return f"refused the request ({said}); check RAG_LLM_MODEL"


def _shortened(text: str) -> str:
    return text if len(text) <= SAID else text[: SAID - 1] + "…"
