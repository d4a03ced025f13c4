"""Sentences with their offsets. The only room that knows the splitter.

sentencex keeps a quotation and its speaker together, knows many languages and imports in 2 ms; nupunkt, the other
candidate, cut quotations of several sentences apart and took Japanese for one sentence.
"""

from __future__ import annotations

import re

from rag.schema import Span

MAX_SENTENCE = 1000
"""Characters. Text without a full stop is cut at a space there, so that a quote stays something a person can read."""
_WINDOW = 8000
"""Characters handed to the splitter at once: it is quadratic in unclosed quotation marks (100,000 of them took 6.7 s)."""
_ABBREVIATION = re.compile(r"(?:^|[\s(])(?:approx|ca|cf|est|fig|nos?|p|pp|vs|vol|г|ул|стр|Mr|Mrs|Ms|Dr|Gen|Lt|Col|Sen|Rep)\.\s*$")


def split_sentences(text: str, language: str | None = None) -> list[Span]:
    """Spans of the sentences of `text`, in order, trimmed of white space; together they cover all that is visible."""
    spans: list[Span] = []
    position = 0
    while position < len(text):
        stop = _window_end(text, position)
        for start, end in _boundaries(text[position:stop], language or "en"):
            spans.extend(_cut(text, position + start, position + end))
        position = stop
    return spans


def _window_end(text: str, start: int) -> int:
    stop = min(len(text), start + _WINDOW)
    if stop == len(text):
        return stop
    for mark in (". ", "? ", "! ", "。", " "):
        at = text.rfind(mark, start + _WINDOW // 2, stop)
        if at != -1:
            return at + len(mark)
    return stop


def _boundaries(text: str, language: str) -> list[tuple[int, int]]:
    import sentencex

    cuts = [b["start_index"] for b in sentencex.get_sentence_boundaries(language, text)][1:]
    cuts = [_before_opening(text, cut) for cut in cuts]
    edges = [0, *(cut for cut in cuts if _is_boundary(text, cut)), len(text)]
    return list(zip(edges, edges[1:], strict=False))


def _before_opening(text: str, cut: int) -> int:
    """An opening quotation mark left at the end of one sentence belongs to the next."""
    at = cut
    while at and text[at - 1] in "“„«‘(" and (at < 2 or text[at - 2].isspace()):
        at -= 1
    return at


def _is_boundary(text: str, cut: int) -> bool:
    """Not after an abbreviation that a figure, a name or a small letter follows ("approx. 5 percent")."""
    following = text[cut : cut + 1]
    before = text[max(0, cut - 12) : cut]
    if _ABBREVIATION.search(before):
        return False
    return not (following.islower() and before.rstrip().endswith("."))


def _cut(text: str, start: int, end: int) -> list[Span]:
    """Trim the span, and cut it at spaces where it is too long to quote."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    spans = []
    while end - start > MAX_SENTENCE:
        at = text.rfind(" ", start + MAX_SENTENCE // 2, start + MAX_SENTENCE)
        at = at if at != -1 else start + MAX_SENTENCE
        spans.extend(_cut(text, start, at))
        start = at
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        spans.append(Span(start, end))
    return spans
