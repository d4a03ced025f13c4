"""From a source to drafts of paragraphs: where blocks begin and end, and which of them are one broken paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rag.cleaning import Traced, clean_spans, plain
from rag.schema import Block, Kind, Source, Span

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_HEADING = re.compile(r"[ ]{0,3}(#{1,6})[ \t]+(?=\S)")
_CLOSING_HASHES = re.compile(r"[ \t]+#+[ \t]*$")
_UNDERLINE = re.compile(r"[ ]{0,3}(?:=+|-{3,})[ \t]*$")
_BREAK = re.compile(r"[ ]{0,3}(?:\*[ \t]*){3,}$|[ ]{0,3}(?:-[ \t]*){3,}$|[ ]{0,3}(?:_[ \t]*){3,}$")
_BULLET = re.compile(r"[ \t]*(?:[-*+][ \t]+|[•‣◦▪●·][ \t]*)(?=\S)")
_ORDINAL = re.compile(r"[ \t]*(\d{1,3})[.)][ \t]+(?=\S)")
_QUOTED = re.compile(r"[ ]{0,3}(?:>[ \t]?)+")
_FENCE = re.compile(r"[ ]{0,3}(?:```|~~~)")
_TERMINAL = ".!?…:;"
_CLOSERS = "”’\"')]»"
_OPEN_ENDED = frozenset(
    "a an the of to in on at by for from with and or but nor as than that which who whose its their his her our my your "
    "into over under between among about against during without within is are was were be been has have had will would "
    "can could may might should must not no this these those".split()
)
"""A paragraph that ends in one of these words has not ended."""
_LONG_LINE = 120
"""Characters. Lines longer than this that end like sentences are paragraphs of a file without blank lines."""


@dataclass(slots=True)
class Draft:
    """A paragraph in the making."""

    traced: Traced
    kind: Kind | None = None
    spans: list[Span] = field(default_factory=list)
    line: int | None = None
    page: int | None = None
    level: int = 0
    """Of a heading that its markup calls one; 0 otherwise."""

    @property
    def text(self) -> str:
        return self.traced.text


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str
    number: int


def drafts(source: Source) -> list[Draft]:
    """Paragraphs of `source` in reading order, broken ones joined, kinds still open unless the markup tells them."""
    if source.markup == "blocks":
        found = [draft for block in source.blocks if (draft := _from_block(block)).text]
    else:
        found = [draft for draft in _from_raw(source) if draft.text]
    return _join_broken(source, found)


def _from_block(block: Block) -> Draft:
    text = plain(block.text)
    return Draft(Traced(text, (), ()), block.kind, [], block.line, block.page, level=1 if block.kind == "heading" else 0)


def _from_raw(source: Source) -> Iterator[Draft]:
    lines = list(_lines(source.raw, source.body_start))
    group: list[_Line] = []
    for i, line in enumerate(lines):
        if not line.text.strip():
            yield from _group(source, group)
            group = []
        elif group and _UNDERLINE.match(line.text) and len(group) == 1:
            yield _heading(source, group[0], 1)
            group = []
        elif _BREAK.match(line.text) or _FENCE.match(line.text):
            yield from _group(source, group)
            group = []
        elif match := _HEADING.match(line.text):
            yield from _group(source, group)
            group = []
            yield _heading(source, line, len(match.group(1)), match.end())
        elif _item_start(lines, i) is not None:
            yield from _group(source, group)
            group = [line]
        else:
            group.append(line)
    yield from _group(source, group)


def _lines(raw: str, start: int) -> Iterator[_Line]:
    number = raw.count("\n", 0, start) + 1
    position = start
    while position < len(raw):
        match = _LINE.match(raw, position)
        if match is None or match.end() == position:
            return
        yield _Line(position, match.end(), match.group().rstrip("\r\n"), number)
        position, number = match.end(), number + 1


def _item_start(lines: list[_Line], i: int) -> int | None:
    """Length of the list marker a line begins with; a number counts only where its neighbour follows in order."""
    text = lines[i].text
    if match := _BULLET.match(text):
        return match.end()
    if match := _ORDINAL.match(text):
        n = int(match.group(1))
        near = (line.text for line in lines[max(0, i - 6) : i + 7])
        numbers = {int(m.group(1)) for t in near if (m := _ORDINAL.match(t))}
        if n - 1 in numbers or n + 1 in numbers:
            return match.end()
    return None


def _heading(source: Source, line: _Line, level: int, marker: int = 0) -> Draft:
    text = _CLOSING_HASHES.sub("", line.text)
    return _draft(source, [Span(line.start + marker, line.start + len(text))], line.number, "heading", level)


def _group(source: Source, group: list[_Line]) -> Iterator[Draft]:
    """Drafts of lines that stand together: one, or one a line where each line is a paragraph."""
    if not group:
        return
    marker = _item_start(group, 0)
    if marker is not None:
        yield _draft(source, _spans(group, marker), group[0].number, "list")
    elif source.markup == "text" and _a_paragraph_a_line(group):
        for line in group:
            yield _draft(source, _spans([line]), line.number)
    else:
        yield _draft(source, _spans(group), group[0].number)


def _a_paragraph_a_line(group: list[_Line]) -> bool:
    return (
        len(group) > 1
        and max(len(line.text) for line in group) > _LONG_LINE
        and all(_ends_sentence(line.text.rstrip()) for line in group[:-1])
    )


def _spans(group: list[_Line], marker: int = 0) -> list[Span]:
    """One span over lines that need nothing cut out between them; one a line in a block quotation."""
    quoted = [_QUOTED.match(line.text) for line in group]
    if any(quoted):
        return [
            Span(line.start + (match.end() if match else 0), line.start + len(line.text))
            for line, match in zip(group, quoted, strict=True)
        ]
    return [Span(group[0].start + marker, group[-1].start + len(group[-1].text))]


def _draft(source: Source, spans: list[Span], line: int, kind: Kind | None = None, level: int = 0) -> Draft:
    spans = [trimmed for span in spans if (trimmed := _trim(source.raw, span)).end > trimmed.start]
    return Draft(clean_spans(source.raw, spans), kind, spans, line, None, level)


def _trim(raw: str, span: Span) -> Span:
    start, end = span.start, span.end
    while start < end and raw[start].isspace():
        start += 1
    while end > start and raw[end - 1].isspace():
        end -= 1
    return Span(start, end)


def _join_broken(source: Source, found: list[Draft]) -> list[Draft]:
    """Join paragraphs that extraction broke in mid-sentence. Spans of all pieces are kept."""
    groups: list[list[Draft]] = []
    for draft in found:
        if groups and _continues(groups[-1][-1], draft):
            groups[-1].append(draft)
        else:
            groups.append([draft])
    return [group[0] if len(group) == 1 else _joined(source, group) for group in groups]


def _joined(source: Source, group: list[Draft]) -> Draft:
    first = group[0]
    spans = [span for draft in group for span in draft.spans]
    text = " ".join(draft.text for draft in group)
    traced = clean_spans(source.raw, spans) if spans else Traced(text, (), ())
    return Draft(traced, first.kind, spans, first.line, first.page)


def _continues(before: Draft, after: Draft) -> bool:
    """Whether `after` goes on with the sentence that `before` left open."""
    if before.level or after.kind is not None or before.kind not in (None, "list"):
        return False
    head, tail = before.text, after.text
    if _ends_sentence(head) or not tail[0].isalpha():
        return False
    first_word = tail.split(" ", 1)[0]
    if tail[0].islower():
        # A name such as iPhone opens a sentence in spite of its small letter.
        return not any(char.isupper() for char in first_word)
    last_word = head.rsplit(" ", 1)[-1].lower()
    return len(head) > 40 and (head.endswith(",") or last_word in _OPEN_ENDED)


def _ends_sentence(text: str) -> bool:
    stripped = text.rstrip(_CLOSERS)
    return not stripped or stripped[-1] in _TERMINAL or stripped[-1] in "。！？"
