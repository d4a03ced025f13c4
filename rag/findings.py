"""What is wrong with a statement, as a record, and as words for a reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag.schema import Support

Kind = Literal[
    "figure", "figure instead", "date", "name", "name instead", "names swapped", "quotation", "negation",
    "opposite", "hedge", "words", "meaning", "judge",
]  # fmt: skip

CAPS: dict[Kind, Support] = {"name": "partial", "hedge": "partial", "words": "partial", "meaning": "partial"}
"""The most a statement can be called with such a finding; the others leave it unsupported."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the sources do not bear out: the statement's own words, and what stands there instead."""

    kind: Kind
    ours: str = ""
    theirs: str = ""

    @property
    def cap(self) -> Support:
        return CAPS.get(self.kind, "unsupported")


_PHRASES: dict[Kind, str] = {
    "figure": "the figure {ours} is not in {where}",
    "figure instead": "{where} says {theirs}, not {ours}",
    "date": "the date {ours} is not in {where}",
    "name": "the name {ours} is not in {where}",
    "name instead": "{where} has {theirs} where this has {ours}",
    "names swapped": "in {where} {ours} and {theirs} stand the other way round",
    "quotation": "the words “{ours}” are not in {where}",
    "negation": "{where} and this differ in “{ours}”",
    "opposite": "{where} says “{theirs}”, not “{ours}”",
    "hedge": "{where} says it less certainly (“{theirs}”)",
    "words": "{where} does not mention {ours}",
    "meaning": "nothing in {where} says this",
    "judge": "{ours}",
}


def phrase(finding: Finding, where: str) -> str:
    """`the figure 50,000 is not in [2]`; `where` names the sources: `[2]`, `[1] or [3]`, `its sources`."""
    return _PHRASES[finding.kind].format(ours=finding.ours, theirs=finding.theirs, where=where)
