"""Replies in JSON: the schema that is asked for, and what is made of anything a model sends instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rag.damaged_json import CutDict, CutList, CutStr, read_all
from rag.marks import listed

_TEXTS = "text statement sentence claim answer response content summary value message output result".split()
_LISTS = "statements answers answer sentences claims response results items points output content result data".split()
_NUMBERS = "sources source citations citation cites cited references refs marks numbers source_ids ids source_numbers"
_NUMBER_KEYS = frozenset(_NUMBERS.split())
_ONE_NUMBER = "number id source n source_id index".split()
_FLAGS = "answered answerable can_answer has_answer".split()
_DEEP = 4
"""Wrappers around the statements that are opened."""


@dataclass(frozen=True, slots=True)
class Item:
    """One statement as the JSON holds it; not `finished` where the reply was cut off in it."""

    text: str
    numbers: tuple[int, ...]
    finished: bool = True


@dataclass(frozen=True, slots=True)
class Structure:
    """Statements of a reply in JSON; `declined` if it says that it does not answer."""

    items: tuple[Item, ...]
    declined: bool = False


def answer_schema(shown: int) -> dict[str, Any]:
    """JSON schema (strict) of a reply about `shown` sources: their numbers are the only ones that can be given.

    Sources come before the text, so that a model settles what it speaks from. No statements is no answer: a flag of
    its own is what small models get wrong.
    """
    statement = {
        "type": "object",
        "properties": {
            "sources": {"type": "array", "items": {"type": "integer", "enum": list(range(1, shown + 1))}},
            "text": {"type": "string"},
        },
        "required": ["sources", "text"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"statements": {"type": "array", "items": statement}},
        "required": ["statements"],
        "additionalProperties": False,
    }


def read_structure(text: str, shown: int) -> Structure | None:
    """The statements in the JSON of a reply; None if it holds no JSON, or none of ours."""
    items: list[Item] = []
    declined = known = False
    for value in read_all(text):
        if not _is_ours(value):
            continue
        known = True
        declined = declined or (isinstance(value, Mapping) and _says_no(value))
        items += _items(value, shown, 0)
    return Structure(tuple(items), declined) if known else None


def _is_ours(value: Any) -> bool:
    """Whether its keys are those of an answer, or its items are; a list of sentences is one too."""
    if isinstance(value, list):
        return all(isinstance(item, str) or (isinstance(item, dict) and _is_ours(item)) for item in value)
    keys = {key.lower() for key in value}
    return not keys or bool(keys & {*_TEXTS, *_LISTS, *_FLAGS})


def _says_no(value: Mapping[str, Any]) -> bool:
    """A flag that says so; without a flag, a list of statements that is whole and empty."""
    flags = [str(value[key]).lower() for key in value if key.lower() in _FLAGS]
    statements = value.get("statements")
    empty = isinstance(statements, list) and not isinstance(statements, CutList) and not statements
    return any(flag in ("false", "no") for flag in flags) or (empty and not flags)


def _items(value: Any, shown: int, depth: int) -> Iterator[Item]:
    if isinstance(value, str):
        yield Item(value, (), not isinstance(value, CutStr))
    elif isinstance(value, list):
        for item in value if depth < _DEEP else ():
            yield from _items(item, shown, depth + 1)
    elif isinstance(value, dict) and depth < _DEEP:
        lowered = {key.lower().strip(): item for key, item in value.items()}
        inner = next((lowered[key] for key in _LISTS if isinstance(lowered.get(key), list | dict)), None)
        text = next((lowered[key] for key in _TEXTS if isinstance(lowered.get(key), str)), None)
        if inner is not None:
            yield from _items(inner, shown, depth + 1)
        elif text is not None:
            numbers = [item for key, item in lowered.items() if key in _NUMBER_KEYS]
            yield Item(text, _numbers(numbers, shown), _finished(value, text, numbers))


def _finished(statement: dict[str, Any], text: str, numbers: list[Any]) -> bool:
    """Whether all of a statement was sent: it was closed, or its text and its sources were."""
    if not isinstance(statement, CutDict):
        return True
    return bool(numbers) and not any(isinstance(part, CutStr | CutList | CutDict) for part in (text, *numbers))


def _numbers(value: Any, shown: int, depth: int = 0) -> tuple[int, ...]:
    """Source numbers however they are given: 1, "1", "[1, 2]", "Source 1", {"number": 1}; only those shown."""
    found: dict[int, None] = {}
    if isinstance(value, list) and depth < _DEEP:
        for item in value:
            found.update(dict.fromkeys(_numbers(item, shown, depth + 1)))
    elif isinstance(value, dict) and depth < _DEEP:
        first = next((value[key] for key in _ONE_NUMBER if key in value), None)
        found.update(dict.fromkeys(_numbers(first, shown, depth + 1)))
    elif isinstance(value, str):
        found.update(dict.fromkeys(listed(value.strip("[]()【】 "), shown) or ()))
    elif isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= shown and value == int(value):
        found[int(value)] = None
    return tuple(found)
