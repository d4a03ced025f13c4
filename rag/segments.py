"""The text of an HTML tree cut where a browser would begin a new line: one segment for each `<p>`, heading or item.

Knows elements by their tags only, so it reads trees of HTML and of trafilatura alike and imports no library.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rag.fields import collapse
from rag.schema import Kind

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "head"))
_TEXT_BLOCKS = frozenset(
    (*_HEADINGS, *("p", "li", "item", "blockquote", "quote", "figcaption", "caption", "dt", "dd", "pre", "tr", "row"))
)
"""What is set to hold text. Other blocks hold layout, and text only in pages that have no paragraphs."""
_OTHER_BLOCKS = frozenset(
    (
        *("body", "div", "section", "article", "main", "header", "footer", "nav", "aside", "form", "fieldset"),
        *("center", "address", "figure", "table", "tbody", "thead", "tfoot", "ul", "ol", "dl", "list", "details"),
        *("summary", "hgroup", "hr", "doc", "search", "menu"),
    )
)
_CELLS = frozenset(("td", "th", "cell"))
_BREAKS = frozenset(("br", "lb"))
_CHROME = frozenset(("nav", "footer", "aside", "header", "form"))
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(_HEADINGS, "heading"),
    **dict.fromkeys(("li", "item"), "list"),
    **dict.fromkeys(("figcaption", "caption"), "caption"),
}

LAST_LINE = 65535
"""libxml2 counts no further, and gives this number to every element below."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Text between two line breaks of the page, white space collapsed."""

    text: str
    kind: Kind | None
    line: int | None
    tag: str
    chrome: bool
    """It stands in a navigation, a side column, a form, or a header or footer of the page."""

    @property
    def in_text_block(self) -> bool:
        return self.tag in _TEXT_BLOCKS


@dataclass(frozen=True, slots=True)
class Container:
    """An `<article>` or `<main>` and the segments in it: `segments[start:end]`."""

    tag: str
    start: int
    end: int


@dataclass(slots=True)
class _Open:
    """A block element whose end has not come yet."""

    tag: str
    line: int | None
    kind: Kind | None
    chrome: bool
    start: int


class Segmenter:
    """Collects segments from the events of a tree walk. `lines`: whether source lines mean anything."""

    def __init__(self, *, lines: bool = True) -> None:
        self.segments: list[Segment] = []
        self.containers: list[Container] = []
        self._lines = lines
        self._open = [_Open("body", None, None, False, 0)]
        self._text: list[str] = []
        self._line: int | None = None
        self._breaks = 0

    def walk(self, events: Iterable[tuple[str, Any]]) -> Segmenter:
        """`events`: pairs of `start` or `end` and the element, in document order (lxml's iterwalk)."""
        for event, element in events:
            tag = element.tag if isinstance(element.tag, str) else ""
            tag = tag.rpartition("}")[2].lower()
            if event == "start":
                self._start(tag, element)
                self._add(element.text)
            else:
                self._end(tag)
                self._add(element.tail)
        self._flush()
        return self

    def _start(self, tag: str, element: Any) -> None:
        if tag in _BREAKS:
            self._break(self._line_of(element))
        elif tag in _CELLS:
            if any(part.strip() for part in self._text):
                self._text.append(" | ")
        elif tag in _TEXT_BLOCKS or tag in _OTHER_BLOCKS:
            self._flush()
            outer = self._open[-1]
            kind = _KINDS.get(tag, outer.kind)
            line = self._line_of(element)
            self._open.append(_Open(tag, line, kind, self._is_chrome(tag, element, outer), len(self.segments)))

    def _end(self, tag: str) -> None:
        if tag not in _TEXT_BLOCKS and tag not in _OTHER_BLOCKS:
            return
        self._flush()
        closed = self._open.pop()
        if tag in ("article", "main"):
            self.containers.append(Container(tag, closed.start, len(self.segments)))

    def _is_chrome(self, tag: str, element: Any, outer: _Open) -> bool:
        if tag in ("article", "main") and outer.tag == "form":
            return False  # ASP.NET puts the whole page into one form
        if tag == "header":
            # of an article it holds the headline
            return outer.chrome or not any(block.tag in ("article", "main") for block in self._open)
        if tag == "form":
            return outer.chrome or element.find(".//h1") is None
        return outer.chrome or tag in _CHROME

    def _line_of(self, element: Any) -> int | None:
        line: int | None = element.sourceline if self._lines else None
        return line if line is not None and line < LAST_LINE else None

    def _break(self, line: int | None) -> None:
        """One `<br>` is a space; two make a paragraph."""
        self._breaks += 1
        if self._breaks == 2:
            self._flush()
            self._line = line
        self._text.append(" ")

    def _add(self, text: str | None) -> None:
        if text:
            self._text.append(text)
            if not text.isspace():
                self._breaks = 0

    def _flush(self) -> None:
        text = collapse("".join(self._text)).removesuffix(" |") if self._text else ""
        block = self._open[-1]
        if text:
            line = self._line or block.line
            self.segments.append(Segment(text, block.kind, line, block.tag, block.chrome))
        self._text.clear()
        self._line = None
        self._breaks = 0
