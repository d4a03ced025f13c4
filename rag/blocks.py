"""From a source to drafts of paragraphs: where blocks begin and end, and which of them are one broken paragraph."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rag.characters import Traced, plain
from rag.cleaning import clean_spans
from rag.schema import Block, Kind, Source, Span

_LINE_END = re.compile(r"\r\n?|\n")
"""What editors count as the end of a line."""
_HEADING = re.compile(r"[ ]{0,3}(#{1,6})[ \t]+(?=\S)")
_UNDERLINE = re.compile(r"[ ]{0,3}(=+|-{3,})[ \t]*$")
_RULE = re.compile(r"[ ]{0,3}([-=_*~#+•·—–])[ \t]*(?:\1[ \t]*){2,}$")
_FENCE = re.compile(r"[ ]{0,3}(?:`{3,}|~{3,})[ \t]*+[\w+#.-]*+[ \t]*+$")
_BULLET = re.compile(r"[ \t]*(?:[-*+][ \t]+|[•‣◦▪●·][ \t]*)(?=\S)")
_ORDINAL = re.compile(r"[ \t]*(\d{1,3})[.)][ \t]+(?=\S)")
_QUOTED = re.compile(r"[ ]{0,3}(?:>[ \t]?)+")
_TERMINAL = frozenset(".!?…:;。！？．｡؟۔।॥")
_OPENERS = "“„«‘\"'(["
_CLOSERS = "”’\"')]»」』）*_"
_OPEN_ENDED = re.compile(
    r"\b(?:an?|the|and|n?or|than|whose|its|their|our|my|your|at|from|with|into|between|among|against|during)$",
    re.IGNORECASE,
)
"""No sentence ends in one of these words; "They are not" and "what it is for" do end."""
_LONG_LINE = 120
"""Characters. Nobody wraps lines wider than this: longer lines that end like sentences are a paragraph each."""
_LONG_PARAGRAPH = 3000
"""Characters, five times a long paragraph of a newspaper."""
_WRAPPED_LINE = 40
"""Characters. A line of wrapped prose is longer than this; a shorter one may well stand above a list."""
_FURNITURE: frozenset[Kind | None] = frozenset({"caption", "pull quote", "related link", "boilerplate"})
_FURNITURE_BETWEEN = 3
"""Captions and the like that may stand between the halves of one sentence."""


@dataclass(slots=True)
class Draft:
    """A paragraph in the making."""

    traced: Traced
    kind: Kind | None = None
    spans: list[Span] = field(default_factory=list)
    line: int | None = None
    """Only of blocks; that of raw text follows from where it stands."""
    page: int | None = None
    level: int = 0
    """Of a heading that its markup calls one; 0 otherwise."""

    @property
    def text(self) -> str:
        return self.traced.text


@dataclass(frozen=True, slots=True)
class _Line:
    """What stands on a line, after the marks of a block quotation."""

    start: int
    text: str
    quoted: bool


@dataclass(slots=True)
class _Run:
    """Lines that stand together."""

    lines: list[_Line]
    kind: Kind | None = None
    marker: int = 0
    """Length of what marks it as a heading or list item."""
    level: int = 0


def line_index(raw: str) -> Callable[[int], int]:
    """Line number, from 1, of an offset in `raw`."""
    starts = _line_starts(raw)
    return lambda offset: bisect_right(starts, offset)


def drafts(source: Source) -> list[Draft]:
    """Blocks of `source` in reading order, kinds still open unless the markup tells them."""
    if source.markup == "blocks":
        found = [_from_block(block) for block in source.blocks]
    else:
        lines = list(_lines(source.raw, source.body_start))
        found = [draft for run in _runs(lines, source.markup) for draft in _from_run(source, run)]
    return [draft for draft in found if draft.text]


def join_broken(found: list[Draft], raw: str) -> list[Draft]:
    """Join paragraphs that extraction broke in mid-sentence, past a caption or pull quote that broke them.

    Spans of all pieces are kept.
    """
    groups: list[list[Draft]] = []
    running: list[Draft] = []
    between = 0
    for draft in found:
        if running and _continues(running[-1], draft):
            running.append(draft)
            between = 0
            continue
        groups.append([draft])
        if draft.kind in _FURNITURE and running and between < _FURNITURE_BETWEEN:
            between += 1
        else:
            running, between = groups[-1], 0
    return [group[0] if len(group) == 1 else _joined(group, raw) for group in groups]


def _from_block(block: Block) -> Draft:
    level = 1 if block.kind == "heading" else 0
    return Draft(Traced(plain(block.text), (), ()), block.kind, [], block.line, block.page, level)


def _line_starts(raw: str) -> list[int]:
    return [0, *(match.end() for match in _LINE_END.finditer(raw))]


def _lines(raw: str, body_start: int) -> Iterator[_Line]:
    starts = [body_start, *(start for start in _line_starts(raw) if start > body_start), len(raw)]
    for start, end in pairwise(starts):
        text = raw[start:end].rstrip("\r\n")
        quote = _QUOTED.match(text)
        cut = quote.end() if quote else 0
        yield _Line(start + cut, text[cut:], quote is not None)


def _runs(lines: list[_Line], markup: str) -> Iterator[_Run]:
    """Lines that stand together, split at blank lines, rules, headings and list items."""
    run = _Run([])
    for i, line in enumerate(lines):
        if _is_underline(line, run):
            run.kind, run.level = "heading", 1 if "=" in line.text else 2
        elif not line.text.strip() or _RULE.match(line.text) or _FENCE.match(line.text):
            yield run
            run = _Run([])
        elif marked := _marked(lines, i, run):
            yield run
            run = marked
        elif _goes_on(line, run, markup):
            run.lines.append(line)
        else:
            yield run
            run = _Run([line])
    yield run


def _is_underline(line: _Line, run: _Run) -> bool:
    """The line under a one-line heading. Dashes under a sentence are a rule."""
    if len(run.lines) != 1 or run.kind is not None or run.lines[0].quoted != line.quoted:
        return False
    match = _UNDERLINE.match(line.text)
    return bool(match) and ("=" in line.text or not run.lines[0].text.rstrip().endswith((".", ",", ";")))


def _goes_on(line: _Line, run: _Run, markup: str) -> bool:
    """Whether an ordinary line belongs to the lines before it. In Markdown a quotation goes on without its mark."""
    if not run.lines or run.kind == "heading":
        return False
    last = run.lines[-1]
    return last.quoted == line.quoted or (last.quoted and markup == "markdown")


def _marked(lines: list[_Line], i: int, run: _Run) -> _Run | None:
    """The heading or list item that begins with a line. The number of an item is part of what is said."""
    if heading := _HEADING.match(lines[i].text):
        return _Run([lines[i]], "heading", heading.end(), len(heading.group(1)))
    if not _is_item(lines, i) or _is_dash(lines, i, run):
        return None
    bullet = _BULLET.match(lines[i].text)
    return _Run([lines[i]], "list", bullet.end() if bullet else 0)


def _is_dash(lines: list[_Line], i: int, run: _Run) -> bool:
    """In the middle of wrapped prose a dash is a dash, unless the next line has one too."""
    if not run.lines or run.kind is not None or (i + 1 < len(lines) and _is_item(lines, i + 1)):
        return False
    last = run.lines[-1].text
    return len(last) > _WRAPPED_LINE and not ends_sentence(last)


def _is_item(lines: list[_Line], i: int) -> bool:
    """A bullet, or a number whose neighbour in order stands close by."""
    if _BULLET.match(lines[i].text):
        return True
    if match := _ORDINAL.match(lines[i].text):
        n = int(match.group(1))
        near = (_ORDINAL.match(line.text) for line in lines[max(0, i - 6) : i + 7])
        return any(abs(int(other.group(1)) - n) == 1 for other in near if other)
    return False


def _from_run(source: Source, run: _Run) -> Iterator[Draft]:
    """Drafts of lines that stand together: one, or one a line where each line is a paragraph."""
    if not run.lines:
        return
    if run.kind == "heading":
        yield _draft(source.raw, [_heading_span(run.lines[0], run.marker)], run.kind, run.level)
    elif run.kind == "list":
        yield _draft(source.raw, _spans(run.lines, run.marker), run.kind)
    elif _a_paragraph_a_line(run.lines, source.markup):
        for line in run.lines:
            yield _draft(source.raw, _spans([line]))
    else:
        yield _draft(source.raw, _spans(run.lines))


def _heading_span(line: _Line, marker: int) -> Span:
    text = line.text.rstrip(" \t")
    unclosed = text.rstrip("#")
    if unclosed.endswith((" ", "\t")):
        text = unclosed
    return Span(line.start + marker, line.start + len(text))


def _a_paragraph_a_line(lines: list[_Line], markup: str) -> bool:
    """Lines too long to be wrapped, few of which break off in mid-sentence: short ones are headings and bylines.

    In Markdown they are one paragraph, if of a length that anyone would write.
    """
    lengths = [len(line.text) for line in lines]
    if max(lengths) <= _LONG_LINE or (markup == "markdown" and sum(lengths) <= _LONG_PARAGRAPH):
        return False
    broken = sum(n > _LONG_LINE // 2 and not ends_sentence(line.text) for n, line in zip(lengths, lines, strict=True))
    return len(lines) > 1 and broken * 3 <= len(lines)


def _spans(lines: list[_Line], marker: int = 0) -> list[Span]:
    """One span over lines that need nothing cut out between them; one a line in a block quotation."""
    if any(line.quoted for line in lines[1:]):
        first = [Span(lines[0].start + marker, lines[0].start + len(lines[0].text))]
        return first + [Span(line.start, line.start + len(line.text)) for line in lines[1:]]
    return [Span(lines[0].start + marker, lines[-1].start + len(lines[-1].text))]


def _draft(raw: str, spans: list[Span], kind: Kind | None = None, level: int = 0) -> Draft:
    spans = [trimmed for span in spans if (trimmed := _trim(raw, span)).end > trimmed.start]
    return Draft(clean_spans(raw, spans), kind, spans, level=level)


def _trim(raw: str, span: Span) -> Span:
    start, end = span.start, span.end
    while start < end and raw[start].isspace():
        start += 1
    while end > start and raw[end - 1].isspace():
        end -= 1
    return Span(start, end)


def _joined(group: Sequence[Draft], raw: str) -> Draft:
    first = group[0]
    spans = [span for draft in group for span in draft.spans]
    traced = clean_spans(raw, spans) if spans else Traced(" ".join(draft.text for draft in group), (), ())
    return Draft(traced, first.kind, spans, first.line, first.page)


def _continues(before: Draft, after: Draft) -> bool:
    """Whether `after` goes on with the sentence that `before` left open."""
    if before.level or after.kind is not None or before.kind not in (None, "list") or ends_sentence(before.text):
        return False
    tail = after.text.lstrip(_OPENERS)
    first_word = tail.split(" ", 1)[0]
    if first_word[:1].islower():
        # a name such as iPhone opens a sentence in spite of its small letter
        return first_word.islower()
    open_ended = before.text.endswith(",") or _OPEN_ENDED.search(before.text[-12:])
    long = len(before.text) > _WRAPPED_LINE
    return bool(long and open_ended and first_word[:1].isalnum())


def ends_sentence(text: str) -> bool:
    """Whether the last visible character, quotation marks and brackets aside, ends a sentence."""
    stripped = text.rstrip().rstrip(_CLOSERS)
    return not stripped or stripped[-1] in _TERMINAL
