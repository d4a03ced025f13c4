"""Printed lines → paragraphs: what a page's layout means, told from where lines begin, how far apart and how long."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from rag.schema import Block, Kind


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page; `x`, `y` in points from its lower left corner, where the line begins."""

    text: str
    x: float
    y: float
    size: float
    bold: bool
    page: int


@dataclass(frozen=True, slots=True)
class _Layout:
    """What is usual in the document."""

    size: float
    leading: float
    width: int
    """Characters in a full line."""
    words: Counter[str]
    """In lower case; tells `well-`/`known` from `hyphen-`/`ation`."""
    hyphenates: bool
    """Whether words are divided at line ends at all."""


@dataclass(slots=True)
class _Draft:
    lines: list[Line]
    kind: Kind | None = None


GAP = 1.3
"""Times the usual line distance: more is space between paragraphs, which is seldom under half a line."""
INDENT = 0.8
"""Times the font's size: first lines are indented by one or more, and nothing else moves a line by that."""
SHORT = 0.75
"""Of a full line: a line that ends a sentence before there ends its paragraph."""
LARGE = 1.12
"""Times the usual size: 12 points over 10.5 are a heading, 11 over 10 a text set a little larger."""
HYPHENATED = 0.02
"""Lines that end in a hyphen, as a share: .025 in a manual set by TeX, .012 in an article printed by a browser, whose
only hyphens are those of compounds."""

_TERMINAL = re.compile(r"[.!?…:;][\"'”’»)\]]*$")
_BULLET = re.compile(r"[•‣◦▪●■·*–-]\s+(?=\S)")
_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|p\.|s\.)\s*)?(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:/|of|von|sur|de)\s*\d{1,4})?\W*", re.IGNORECASE
)


def paragraphs(pages: Sequence[Sequence[Line]]) -> list[Block]:
    """Paragraphs in reading order; running headers, footers and page numbers as boilerplate where they stand."""
    running = _running(pages)
    body = [line for page in pages for line in page if line not in running]
    layout = _layout(body)
    drafts: list[_Draft] = []
    current: _Draft | None = None
    for page in pages:
        for line in page:
            if line in running:
                drafts.append(_Draft([line], "boilerplate"))
            elif current is None or _begins(current, line, layout):
                current = _Draft([line], _kind(line, layout))
                drafts.append(current)
            else:
                current.lines.append(line)
    return [Block(text, _final_kind(draft, text), page=draft.lines[0].page)
            for draft in drafts if (text := _joined(draft, layout))]  # fmt: skip


def _running(pages: Sequence[Sequence[Line]]) -> set[Line]:
    """Lines at the top or bottom that repeat from page to page, digits aside, and page numbers there."""
    if len(pages) < 2:
        return set()
    edges: list[tuple[str, Line]] = []
    for page in pages:
        ordered = sorted(page, key=lambda line: -line.y)
        outer = {*ordered[:2], *ordered[-2:]} if len(ordered) > 4 else {*ordered[:1], *ordered[-1:]}
        edges += [(_pattern(line.text), line) for line in outer]
    counts = Counter(pattern for pattern, _ in {(pattern, line.page): None for pattern, line in edges})
    often = max(2, min(3, ceil(len(pages) / 2)))
    return {line for pattern, line in edges if counts[pattern] >= often}


def _pattern(text: str) -> str:
    return "#" if _NUMBER.fullmatch(text) else re.sub(r"\d+", "#", text.lower())


def _layout(lines: Sequence[Line]) -> _Layout:
    weights: Counter[float] = Counter()
    for line in lines:
        weights[line.size] += len(line.text)
    size = weights.most_common(1)[0][0] if weights else 0.0
    usual = [line for line in lines if line.size == size]
    gaps = sorted(a.y - b.y for a, b in pairwise(usual) if a.page == b.page and 0.5 * size < a.y - b.y < 3 * size)
    lengths = sorted(len(line.text) for line in usual)
    whole = (re.sub(r"(?<!\w)\w++[-\u00ad]$", "", line.text.lower()) for line in lines)
    words = Counter(word for text in whole for word in re.findall(r"\w+(?:-\w+)*", text))
    divided = sum(bool(re.search(r"\w-$", line.text)) for line in usual)
    return _Layout(
        size=size,
        # not the median: where most paragraphs have one line, most distances are between paragraphs
        leading=gaps[len(gaps) // 5] if gaps else 1.2 * size,
        width=lengths[len(lengths) * 4 // 5] if lengths else 0,
        words=words,
        hyphenates=divided > HYPHENATED * len(usual),
    )


def _begins(current: _Draft, line: Line, layout: _Layout) -> bool:
    """Whether `line` begins a paragraph after the lines of `current`."""
    last = current.lines[-1]
    ended = bool(_TERMINAL.search(last.text))
    if _BULLET.match(line.text) or not _same_type(last, line):
        return True
    gap = last.y - line.y
    if last.page != line.page or gap < -0.5 * line.size:
        # a new page or column: the sentence goes on unless it has ended
        return ended or current.kind == "heading" or (current.kind == "list" and not line.text[0].islower())
    if gap > GAP * (layout.leading if line.size <= layout.size * LARGE else 1.3 * line.size):
        return True
    if current.kind != "list" and line.x - last.x > INDENT * line.size and gap > 0.5 * line.size:
        return True
    return current.kind != "heading" and _stops_short(last.text, line.text, layout.width, ended=ended)


def _stops_short(last: str, following: str, width: int, *, ended: bool) -> bool:
    """The line has room for the next word, as far as the one below shows how much room there is."""
    if ended and len(last) < SHORT * width:
        return True
    word = following.partition(" ")[0]
    return len(last) + 1 + len(word) < SHORT * min(width, len(following))


def _same_type(a: Line, b: Line) -> bool:
    return abs(a.size - b.size) <= 0.1 * max(a.size, b.size) and (a.bold == b.bold or not _is_short(a))


def _is_short(line: Line) -> bool:
    """A line that begins in bold and goes on for long is a paragraph with an emphasised word in front."""
    return len(line.text) < 60


def _kind(line: Line, layout: _Layout) -> Kind | None:
    if _BULLET.match(line.text):
        return "list"
    if line.size > LARGE * layout.size:
        return "heading"
    return None


def _final_kind(draft: _Draft, text: str) -> Kind | None:
    if draft.kind == "heading" and len(text) > 200:
        return None
    if draft.kind is None and len(text) < 120 and all(line.bold for line in draft.lines) and text[-1] not in ".,;":
        return "heading"
    return draft.kind


def _joined(draft: _Draft, layout: _Layout) -> str:
    lines = [line.text for line in draft.lines]
    if draft.kind == "list":
        lines[0] = _BULLET.sub("", lines[0], count=1)
    parts = [lines[0]] if lines else []
    for line in lines[1:]:
        head = parts[-1]
        if head.endswith("\u00ad") or (re.search(r"\w-$", head) and line[:1].isalpha()):
            parts[-1] = head[:-1] if _is_division(head, line, layout) else head
        else:
            parts.append(" ")
        parts.append(line)
    return "".join(parts).replace("\u00ad", "").strip()


def _is_division(head: str, tail: str, layout: _Layout) -> bool:
    """Whether the hyphen at the end of `head` only divides a word: `hyphen-`/`ation`, not `well-`/`known`."""
    if head.endswith("\u00ad"):
        return True
    if not tail[0].islower():
        return False
    first, second = re.findall(r"\w+", head)[-1].lower(), re.findall(r"\w+", tail)[0].lower()
    together, apart = layout.words[first + second], layout.words[f"{first}-{second}"]
    if together or apart:
        return together >= apart
    if layout.words[first] and layout.words[second]:
        return False
    return layout.hyphenates
