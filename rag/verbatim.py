"""Words in quotation marks: they must stand in a source, and are shown exactly as they stand there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.extraction import TYPOGRAPHY
from rag.findings import Finding

SIMILARITY = 95.0
"""Of 100 (rapidfuzz, Levenshtein-like): a quotation as near as this is put right, one further off is invented."""
_PAIRS = re.compile(
    r"“([^“”]{1,2000})”|„([^„“”]{1,2000})[“”]|«([^«»]{1,2000})»|\"([^\"]{1,2000})\"|(?<!\w)‘([^‘]{4,2000}?)’(?!\w)"
)
_GAP = re.compile(r"\s*(?:\[[^\]]*\]|…|\.\.\.)\s*")
"""What a writer leaves out of a quotation or puts into it, in brackets."""
_EDGES = " \t\n.,;:!?-–—\"'“”‘’"
_PLAIN = TYPOGRAPHY | {ord("\u00a0"): " "}


@dataclass(frozen=True, slots=True)
class Restored:
    """The statement with its quotations put right, and what is wrong with those that no source holds."""

    text: str
    findings: tuple[Finding, ...]


def quotations(text: str) -> list[tuple[int, int]]:
    """Spans of the words between quotation marks, without the marks."""
    return [match.span(match.lastindex or 0) for match in _PAIRS.finditer(text)]


def restore(text: str, sources: Sequence[str]) -> Restored:
    """Put the exact words of a source in place of each quotation that is nearly one of them."""
    pieces, findings, position = [], [], 0
    for start, end in quotations(text):
        quoted = text[start:end]
        exact = _exact(quoted, sources)
        if exact is None:
            findings.append(Finding("quotation", quoted.strip(_EDGES)))
        pieces += [text[position:start], quoted if exact is None else exact]
        position = end
    return Restored("".join(pieces) + text[position:], tuple(findings))


def _exact(quoted: str, sources: Sequence[str]) -> str | None:
    """The quotation in a source's own words, part by part; None if one part stands in none."""
    result, position = [], 0
    gaps = [*_GAP.finditer(quoted)]
    for start, end in [*((gap.start(), gap.end()) for gap in gaps), (len(quoted), len(quoted))]:
        part = quoted[position:start]
        words = part.strip(_EDGES)
        if words:
            exact = next((found for found in (find(words, source) for source in sources) if found is not None), None)
            if exact is None:
                return None
            at = part.index(words)
            part = part[:at] + exact + part[at + len(words) :]
        result += [part, quoted[start:end]]
        position = end
    return "".join(result)


def find(words: str, source: str) -> str | None:
    """The words as they stand in the source: the same but for case and typography, or at least 95 % alike."""
    from rapidfuzz import fuzz

    plain, plain_source = words.translate(_PLAIN).casefold(), source.translate(_PLAIN)
    lowered = plain_source.lower()
    if len(lowered) != len(source):  # a letter whose small form is longer: compare as written
        lowered = plain_source
    at = _whole(plain, lowered)
    if at is not None:
        return source[at : at + len(plain)]
    place = fuzz.partial_ratio_alignment(plain, lowered, score_cutoff=SIMILARITY)
    if place is None or len(plain) > len(lowered):
        return None
    start, end = _to_words(source, place.dest_start, place.dest_end)
    exact = source[start:end].strip(_EDGES)
    return exact if fuzz.ratio(plain, exact.translate(_PLAIN).lower()) >= SIMILARITY else None


def _whole(words: str, source: str) -> int | None:
    """Where the words stand as whole words."""
    at = source.find(words)
    while at != -1:
        end = at + len(words)
        if not (at and source[at - 1].isalnum() and words[0].isalnum()) and not (
            end < len(source) and source[end].isalnum() and words[-1].isalnum()
        ):
            return at
        at = source.find(words, at + 1)
    return None


def _to_words(source: str, start: int, end: int) -> tuple[int, int]:
    """The span widened to whole words."""
    while start and source[start - 1].isalnum() and source[start].isalnum():
        start -= 1
    while end < len(source) and source[end - 1].isalnum() and source[end].isalnum():
        end += 1
    return start, end
