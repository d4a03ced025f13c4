"""What a language model plans to ask for a briefing: headings with questions, read from a reply in any state."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rag.damaged_json import read_all
from rag.sanitising import safe

LONGEST = 300
"""Characters of a question; what is longer is no question."""
LONGEST_HEADING = 80
_LINE = re.compile(
    r"^[\s*#>-]*(?:\d+[.)]\s*)?(?:[*_]{0,2}([^:?\n]{2,80})[*_]{0,2}:[*_]{0,2}\s*)?([^\n]{8,300}\?)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Facets: a heading, which may be empty, and a question."""

    facets: tuple[tuple[str, str], ...]


def plan_schema() -> dict[str, Any]:
    """JSON schema (strict) of a plan."""
    facet = {
        "type": "object",
        "properties": {"heading": {"type": "string"}, "question": {"type": "string"}},
        "required": ["heading", "question"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"facets": {"type": "array", "items": facet}},
        "required": ["facets"],
        "additionalProperties": False,
    }


def read_plan(text: str, most: int) -> Plan:
    """At most `most` facets, each question once; none if the reply holds no question. Never raises."""
    found = [facet for value in read_all(text) for facet in _facets(value, 0)]
    if not found:
        found = [(match[1] or "", match[2]) for match in _LINE.finditer(text)]
    facets: dict[str, tuple[str, str]] = {}
    for heading, question in found:
        heading, question = (" ".join(safe(part).split()) for part in (heading, question))
        if question and len(question) <= LONGEST:
            facets.setdefault(question.casefold(), (heading.strip(" *_:#")[:LONGEST_HEADING], question))
    return Plan(tuple(facets.values())[:most])


def _facets(value: Any, depth: int) -> Iterator[tuple[str, str]]:
    """Every object with a question, wherever it stands in the reply."""
    if depth > 4:
        return
    if isinstance(value, Mapping):
        question, heading = value.get("question"), value.get("heading") or value.get("facet") or value.get("title")
        if isinstance(question, str):
            yield (heading if isinstance(heading, str) else ""), question
            return
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _facets(item, depth + 1)
