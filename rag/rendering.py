"""Answers, briefings, passages and reports as a terminal shows them (rich) and as plain text, both from one layout.

Nothing here prints. Text from articles is never markup: rich gets it as `Text`, and `layout` has made it safe.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from rag.briefing_layout import briefing_lines
from rag.briefing_schema import Briefing
from rag.layout import (
    Line,
    Segment,
    answer_lines,
    articles_lines,
    report_lines,
    search_lines,
    view_lines,
)
from rag.links import sendable_path
from rag.plain_signs import degraded
from rag.schema import Answer, ArticleSummary, IngestReport, SearchResult, View

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.text import Text

STYLES = {
    "text": "",
    "quote": "bold",
    "title": "bold",
    "heading": "bold underline",
    "mark": "cyan",
    "dim": "dim",
    "warning": "yellow",
    "struck": "strike",
}
BARS = {"": "", "context": "│ ", "quote": "▌ "}
"""Margins that tell the quote from its surroundings without colour too."""

ASCII_BARS = {"": "", "context": "| ", "quote": "> "}
"""The same for a terminal that lacks these signs."""

PLAIN_BARS = {"": "", "context": "|  ", "quote": ">> "}
PLAIN_QUOTE_END = " <<"

NARROWEST = 8
"""Columns of text there must be beside the margins; a terminal narrower than that is given no margins."""


def render_answer(answer: Answer, *, links: bool) -> RenderableType:
    """An answer with its sources, or an abstention with what came closest."""
    return _Page(list(answer_lines(answer)), links)


def render_search(result: SearchResult, *, explain: bool, links: bool = False) -> RenderableType:
    """Passages, best first; with `explain`, their scores and ranks."""
    return _Page(list(search_lines(result, explain)), links)


def render_view(view: View, *, links: bool = False) -> RenderableType:
    """A paragraph in its surroundings, or a whole article."""
    return _Page(list(view_lines(view)), links)


def render_articles(articles: Sequence[ArticleSummary], *, links: bool = False) -> RenderableType:
    """The articles of the store."""
    return _Page(list(articles_lines(articles)), links)


def render_report(report: IngestReport) -> RenderableType:
    """What an ingest did."""
    return _Page(list(report_lines(report)), links=False)


def render_briefing(briefing: Briefing, *, links: bool = False) -> RenderableType:
    """A briefing with its sources, or that nothing was found with what came closest."""
    return _Page(list(map(_sendable, briefing_lines(briefing))), links)


def render_lines(lines: Iterable[Line], *, links: bool = False) -> RenderableType:
    """Any lines of a layout."""
    return _Page(list(lines), links)


def plain_lines(lines: Iterable[Line]) -> str:
    """As `render_lines`, for files and pipes."""
    return _plain(lines)


def plain_answer(answer: Answer) -> str:
    """As `render_answer`, for files and pipes."""
    return _plain(answer_lines(answer))


def plain_search(result: SearchResult, *, explain: bool = False) -> str:
    """As `render_search`, for files and pipes."""
    return _plain(search_lines(result, explain))


def plain_view(view: View) -> str:
    """As `render_view`, for files and pipes."""
    return _plain(view_lines(view))


def plain_articles(articles: Sequence[ArticleSummary]) -> str:
    """As `render_articles`, for files and pipes."""
    return _plain(articles_lines(articles))


def plain_report(report: IngestReport) -> str:
    """As `render_report`, for files and pipes."""
    return _plain(report_lines(report))


def plain_briefing(briefing: Briefing) -> str:
    """As `render_briefing`, for files and pipes."""
    return _plain(map(_sendable, briefing_lines(briefing)))


def _sendable(line: Line) -> Line:
    """The line with no folder of this machine in it: a briefing is there to be passed on."""
    return replace(line, segments=tuple(map(_named_only, line.segments)))


def _named_only(part: Segment) -> Segment:
    link = part.link or ""
    return replace(part, text=sendable_path(unquote(urlsplit(link).path))) if link.startswith("file:") else part


def _plain(lines: Iterable[Line]) -> str:
    """One line of output per line of the layout: what reads a pipe does its own wrapping."""
    return "\n".join(_plain_line(line) for line in lines)


def _plain_line(line: Line) -> str:
    end = PLAIN_QUOTE_END if line.bar == "quote" else ""
    return f"{' ' * line.indent}{line.label.text}{PLAIN_BARS[line.bar]}{line.text}{end}".rstrip()


def _fitting(line: Line, encoding: str) -> Line:
    """The line with what the terminal cannot show replaced, before it is measured and wrapped."""
    label, *segments = (replace(part, text=degraded(part.text, encoding)) for part in (line.label, *line.segments))
    return replace(line, label=label, segments=tuple(segments))


class _Page:
    """Lines of the layout as a rich renderable that wraps them to the width at hand, margins kept."""

    def __init__(self, lines: Sequence[Line], links: bool) -> None:
        self.lines = lines
        self.links = links

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        for line in self.lines:
            fitting = _fitting(line, console.encoding) if options.ascii_only else line
            bar = (ASCII_BARS if options.ascii_only else BARS)[line.bar]
            yield from self._wrapped(fitting, bar, console, options.max_width)

    def _wrapped(self, line: Line, margin: str, console: Console, width: int) -> Iterator[Text]:
        from rich.text import Text

        first = Text(" " * line.indent, no_wrap=True, overflow="ignore")
        first.append(line.label.text, STYLES[line.label.role])
        rest = Text(" " * (first.cell_len + line.hang), no_wrap=True, overflow="ignore")
        bar = Text(margin, "bold yellow" if line.bar == "quote" else "dim")
        room = width - rest.cell_len - bar.cell_len
        if room < NARROWEST:  # margins would cost the words their place: rich crops what is too wide
            line = Line((line.label, *line.segments))
            first, rest, bar, room = Text(), Text(), Text(), width
        rows = [part for row in self._rows(line, room) for part in row.wrap(console, room, overflow="fold")]
        for index, row in enumerate(rows or [Text()]):
            row.rstrip()
            yield Text.assemble(rest if index else first, bar, row, no_wrap=True, overflow="ignore")

    def _rows(self, line: Line, room: int) -> list[Text]:
        """The segments in a row, or in several where they are to stay whole and do not fit."""
        from rich.text import Text

        rows = [Text()]
        for segment in line.segments:
            styled = self._styled(segment)
            if line.whole and rows[-1] and rows[-1].cell_len + Text(segment.text.rstrip()).cell_len > room:
                rows.append(Text())
            rows[-1].append_text(styled)
        return rows

    def _styled(self, segment: Segment) -> Text:
        from rich.style import Style
        from rich.text import Text

        style = Style.parse(STYLES[segment.role])
        if self.links and segment.link:
            style += Style(link=segment.link)
        return Text(segment.text, style)
