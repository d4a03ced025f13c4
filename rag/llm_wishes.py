"""What is asked of a chat endpoint beyond the messages, and which of it the endpoint has refused.

Servers differ in what they take: structured output, a seed, a temperature, the name of the token limit. What one
refuses is left out from then on, for as long as the program runs. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rag.llm_faults import Fault
from rag.llm_records import Message

OTHER_TEMPERATURE = 0.7
"""Of samples after the first: what most makers of models advise for varied but sound replies."""

_REFUSING = (400, 404, 415, 422, 500, 501)
_UNCLEAR = (400, 422, 501)
"""Statuses that may be about a wish though the server's words do not name it."""

_WORDS = {
    "max_tokens": re.compile(r"max_completion_tokens|unsupported (?:parameter|argument)\W{1,4}max_tokens", re.I),
    "response_format": re.compile(r"response_format|json_schema|json schema|schema|grammar|guided|structured", re.I),
    "stream_options": re.compile(r"stream_options|include_usage", re.I),
    "seed": re.compile(r"\bseed\b", re.I),
    "temperature": re.compile(r"\btemperature\b", re.I),
}
"""Wishes in the order in which they are given up, and how a refusal speaks of each."""


class Wishes:
    """One for each endpoint. `refused` holds the names of the parameters it does not take."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self._before: set[str] | None = None  # refused ones before a guess that may prove wrong
        self._first: Fault | None = None

    @property
    def structured(self) -> bool:
        """Whether structured output may still be asked for."""
        return "response_format" not in self.refused

    def request(
        self, model: str, messages: Sequence[Message], schema: Mapping[str, object] | None, max_tokens: int, sample: int
    ) -> dict[str, Any]:
        """The arguments of a chat completion, without what was refused."""
        wished: dict[str, Any] = {
            "stream_options": {"include_usage": True},
            "seed": sample,
            "temperature": OTHER_TEMPERATURE if sample else 0,
        }
        if schema is not None:
            form = {"name": "reply", "strict": True, "schema": dict(schema)}
            wished["response_format"] = {"type": "json_schema", "json_schema": form}
        limit = "max_completion_tokens" if "max_tokens" in self.refused else "max_tokens"
        turns = [{"role": message.role, "content": _writable(message.content)} for message in messages]
        taken = {name: value for name, value in wished.items() if name not in self.refused}
        return {"model": model, "messages": turns, "stream": True, limit: max_tokens, **taken}

    def give_up(self, fault: Fault, request: Mapping[str, Any]) -> bool:
        """Whether `request`, refused with `fault`, is worth repeating without some of its wishes."""
        if fault.kind != "status" or fault.overflow or fault.status not in _REFUSING:
            return False
        named = {name for name, words in _WORDS.items() if words.search(fault.words)} & request.keys()
        if "max_tokens" in named:
            named = {"max_tokens"}  # its refusal often speaks of other parameters too
        if named:
            self.refused |= named
            return True
        return fault.status in _UNCLEAR and self._guess(fault, request)

    def _guess(self, fault: Fault, request: Mapping[str, Any]) -> bool:
        """First without structured output, which fewest servers take, then without any wish."""
        optional = (_WORDS.keys() & request.keys()) - {"max_tokens"}
        if not optional:
            return False
        if self._before is None:
            self._before, self._first = set(self.refused), fault
        self.refused |= {"response_format"} & optional or optional
        return True

    def settle(self, fault: Fault | None) -> Fault | None:
        """At the end of a request: takes a guess back that did not help, and returns the fault to report."""
        before, first = self._before, self._first
        self._before = self._first = None
        if fault is None or before is None:
            return fault
        self.refused = before
        return first if fault.kind == "status" and fault.status in _UNCLEAR else fault


def _writable(text: str) -> str:
    """Nothing that UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
