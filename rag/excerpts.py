"""Cuts a paragraph into what is quoted, what surrounds it and what is left out, for every output alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from rag.schema import Paragraph, Sentence

OMISSION = "[…]"
"""Stands for what we leave out. Not a bare `…`: the article may hold one itself, and it is the article's then."""

LIMIT = 600
"""Characters of a paragraph that are shown around a quote. The quote itself is always shown whole."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters of a paragraph, verbatim; or the sign of an omission."""

    role: Literal["quote", "context", "omission"]
    text: str


def quoted_runs(paragraph: Paragraph, quotes: Sequence[Sentence]) -> list[tuple[int, int]]:
    """Spans of the quoted sentences within the paragraph's text, neighbours joined."""
    runs: list[tuple[int, int]] = []
    for quote in sorted(quotes, key=lambda quote: (quote.start, quote.end)):
        start, end = _within(paragraph, quote)
        if start >= end:
            continue
        if runs and not paragraph.text[runs[-1][1] : start].strip():
            runs[-1] = (runs[-1][0], max(end, runs[-1][1]))
        else:
            runs.append((start, end))
    return runs


def excerpt(paragraph: Paragraph, quotes: Sequence[Sentence] = (), limit: int = LIMIT) -> list[Piece]:
    """The paragraph in pieces; if it is longer than `limit`, with whole sentences left out far from the quotes."""
    runs = quoted_runs(paragraph, quotes)
    units = _units(paragraph, runs)
    anchors = [index for index, (start, end) in enumerate(units) if (start, end) in runs]
    if not anchors:
        units = _first_cut(paragraph, units, limit)
        anchors = [0]
    kept = _kept(units, anchors, limit)
    pieces: list[Piece] = []
    for index, (start, end) in enumerate(units):
        if index not in kept:
            pieces.append(Piece("omission", OMISSION))
        else:
            pieces.append(Piece("quote" if (start, end) in runs else "context", paragraph.text[start:end]))
    return _merged(pieces)


def lines(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces as lines of a layout: every quote on its own, what stands between two quotes together."""
    grouped: list[list[Piece]] = []
    for piece in pieces:
        if piece.role == "quote" or not grouped or grouped[-1][-1].role == "quote":
            grouped.append([piece])
        else:
            grouped[-1].append(piece)
    return [group for group in grouped if any(piece.text.strip() for piece in group)]


def _within(paragraph: Paragraph, sentence: Sentence) -> tuple[int, int]:
    start, end = sentence.start - paragraph.start, sentence.end - paragraph.start
    return max(start, 0), min(end, len(paragraph.text))


def _units(paragraph: Paragraph, runs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Consecutive spans that cover the paragraph: the quoted runs, and between them one per sentence."""
    borders = {0, len(paragraph.text), *(border for run in runs for border in run)}
    for sentence in paragraph.sentences:
        start = max(sentence.start - paragraph.start, 0)
        if start < len(paragraph.text) and not any(first < start < last for first, last in runs):
            borders.add(start)
    return list(pairwise(sorted(borders))) or [(0, 0)]


def _first_cut(paragraph: Paragraph, units: list[tuple[int, int]], limit: int) -> list[tuple[int, int]]:
    """The units with the first one cut between two words if it is out of all proportion: nothing in it is quoted."""
    start, end = units[0]
    if end - start <= 2 * limit:
        return units
    border = paragraph.text.rfind(" ", start, start + limit) + 1
    cut = border if border > start else start + limit
    return [(start, cut), (cut, end), *units[1:]]


def _kept(units: Sequence[tuple[int, int]], anchors: Sequence[int], limit: int) -> set[int]:
    """The anchors, and around them as many units as fit, nearest first and without holes."""
    kept = set(anchors)
    room = limit - sum(units[index][1] - units[index][0] for index in anchors)
    if units[-1][1] <= limit:
        return set(range(len(units)))
    nearest = sorted(range(len(units)), key=lambda index: min(abs(index - anchor) for anchor in anchors))
    for index in nearest:
        size = units[index][1] - units[index][0]
        if index not in kept and size <= room and (index - 1 in kept or index + 1 in kept):
            kept.add(index)
            room -= size
    return kept


def _merged(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbouring pieces of one role as one."""
    merged: list[Piece] = []
    for piece in pieces:
        if merged and merged[-1].role == piece.role != "quote":
            last = merged.pop()
            merged.append(last if piece.role == "omission" else Piece(piece.role, last.text + piece.text))
        else:
            merged.append(piece)
    return merged
