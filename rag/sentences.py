"""Sentences with their offsets. The only room that knows the splitter.

sentencex keeps a quotation and its speaker together, knows many languages and imports in 2 ms; nupunkt, the other
candidate, cut quotations of several sentences apart and took Japanese for one sentence.
"""

from __future__ import annotations

import re
from itertools import pairwise

from rag.schema import Span

MAX_SENTENCE = 1000
"""Characters. Text without a full stop is cut at a space there, so that a quote stays something a person can read."""
_WINDOW = 8000
"""Characters handed to the splitter at once: it is quadratic in unclosed quotation marks (100,000 of them took 6.7 s).
"""
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:approx|ca|cf|est|vs|Mr|Mrs|Ms|Dr|Gen|Lt|Col|Sen|Rep|ул|стр)\.\s*$|(?<!\d)\sг\.\s*$"
)
"""Never the end of a sentence. `г.` is a town, but a year after a figure."""
_COUNTED = re.compile(r"(?:^|[\s(])(?:fig|nos?|pp?|vol|art|ch|sec)\.\s*$", re.IGNORECASE)
"""Not the end before a figure: "No. 10" goes on, "He said no." does not."""
_LABEL = re.compile(r"\W*(?:\d{1,3}|[^\W\d_])[.)]\W*")
"""The number of a list item, or an initial: a sentence begins with it, and is more."""
_SPELLED = re.compile(r"(?<![^\W\d_])[^\W\d_]\.$")
"""One letter and its full stop: with no space after it, in the middle of "U.S."."""
_OPENING = "“„«‘("
_CLOSING = "”’»』」）"


def split_sentences(text: str, language: str | None = None) -> list[Span]:
    """Spans of the sentences of `text`, in order, trimmed of white space; together they cover all that is visible."""
    spans: list[Span] = []
    position = 0
    while position < len(text):
        window = text[position : position + _WINDOW]
        edges = _edges(window, language or "en")
        if position + _WINDOW < len(text):
            edges = _settled(edges, window)
        for start, end in pairwise(edges):
            spans.extend(_cut(text, position + start, position + end))
        position += edges[-1]
    return spans


def _settled(edges: list[int], window: str) -> list[int]:
    """Edges that what follows the window cannot change: a sentence or quotation may go on beyond it."""
    settled = [edge for edge in edges if edge <= _WINDOW - MAX_SENTENCE]
    if len(settled) > 1:
        return settled
    if len(edges) > 2:
        return edges[:-1]
    gap = window.rfind(" ", len(window) // 2)
    return [0, gap + 1 if gap != -1 else len(window)]


def _edges(text: str, language: str) -> list[int]:
    """Offsets at which sentences begin, and the end of the text."""
    import sentencex

    starts = [boundary["start_index"] for boundary in sentencex.get_sentence_boundaries(language, text)][1:]
    cuts = [_before_opening(text, start) for start in starts]
    cased = any(char.isupper() for char in text)
    visible = [any(map(str.isalnum, text[a:b])) for a, b in pairwise([0, *cuts, len(text)])]
    edges, begun = [0], False
    for cut, (here, ahead) in zip(cuts, pairwise(visible), strict=True):
        begun = begun or here
        if begun and ahead and _is_boundary(text, edges[-1], cut, cased):
            edges.append(cut)
            begun = False
    return [*edges, len(text)]


def _before_opening(text: str, cut: int) -> int:
    """An opening quotation mark left at the end of one sentence belongs to the next."""
    at = cut
    while at and text[at - 1] in _OPENING and (at < 2 or text[at - 2].isspace()):
        at -= 1
    return at


def _is_boundary(text: str, start: int, cut: int, cased: bool) -> bool:
    """Whether the sentence that begins at `start` ends at `cut`.

    Not after an abbreviation that a figure or a name follows ("approx. 5 percent"), not inside one ("U.S."), not
    between a quotation and what goes on without a space (「…」と), and before a small letter only where the text has
    no capitals at all.
    """
    before, following = text[max(start, cut - 20) : cut], text[cut]
    if cut - start < 20 and _LABEL.fullmatch(before):
        return False
    if _ABBREVIATION.search(before) or (following.isdigit() and _COUNTED.search(before)):
        return False
    if following.isalnum() and (before[-1] in _CLOSING or _SPELLED.search(before)):
        return False
    return not (cased and following.islower())


def _cut(text: str, start: int, end: int) -> list[Span]:
    """Trim the span, and cut it at spaces where it is too long to quote."""
    spans = []
    start, end = _trim(text, start, end)
    while end - start > MAX_SENTENCE:
        at = text.rfind(" ", start + MAX_SENTENCE // 2, start + MAX_SENTENCE)
        at = at if at != -1 else start + MAX_SENTENCE
        spans.append(Span(*_trim(text, start, at)))
        start, end = _trim(text, at, end)
    return [*spans, Span(start, end)] if start < end else spans


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
