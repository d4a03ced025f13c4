"""What is wrong with a statement, as a record, and as words for a reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag.schema import Support

Kind = Literal[
    "figure", "figure instead", "date", "name", "name instead", "names swapped", "quotation", "negation",
    "opposite", "hedge", "words", "meaning", "stranger", "apart",
    "deictic", "garbled", "doubt", "translated",
]  # fmt: skip

_PARTIAL: tuple[Kind, ...] = ("name", "hedge", "words", "apart", "deictic", "doubt", "translated")
CAPS: dict[Kind, Support] = dict.fromkeys(_PARTIAL, "partial")
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
    "figure instead": "not {ours} but {theirs} stands in {where}",
    "date": "the date {ours} is not in {where}",
    "name": "the name {ours} is not in {where}",
    "name instead": "not {ours} but {theirs} stands there in {where}",
    "names swapped": "{ours} and {theirs} stand the other way round in {where}",
    "quotation": "the words “{ours}” are not in {where}",
    "negation": "only one of this and {where} has “{ours}”",
    "opposite": "not “{ours}” but “{theirs}” stands in {where}",
    "hedge": "it is said less certainly in {where} (“{theirs}”)",
    "words": "{ours} cannot be found in {where}",
    "meaning": "nothing in {where} says this",
    "stranger": "nothing about {ours} is in {where}",
    "apart": "what is said of {ours} does not stand near that name in {where}",
    "deictic": "“{ours}” counts from the date of {where}",
    "garbled": "its words are garbled",
    "translated": "translated by the model from “{ours}” {where}; of the translation only the figures were checked",
    "doubt": "its words stand in {where}, but perhaps in another connection",
}
"""Read well whether `where` is one source or several."""


def phrase(finding: Finding, where: str) -> str:
    """`the figure 50,000 is not in [2]`; `where` names the sources: `[2]`, `[1] or [3]`, `its sources`."""
    return _PHRASES[finding.kind].format(ours=finding.ours, theirs=finding.theirs, where=where)
