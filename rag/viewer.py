"""A source on the whole screen: its article, scrolled to the quote; drawn anew for every size of the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any, Literal

from rag.layout import Line
from rag.plain_signs import degraded
from rag.turn_layout import SourcePage

if TYPE_CHECKING:
    from prompt_toolkit.application import Application
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyBindings
    from rich.style import Style

ABOVE = 3
"""Rows shown above the quote when a page is opened: a quote is read with what leads to it."""
_ESCAPE_SECONDS = 0.05
"""How long Esc waits for the rest of an arrow key. Half a second, the usual, feels as if the key were dead."""


@dataclass(frozen=True, slots=True)
class Left:
    """How a reader left: with `open`, to see the source at `index` outside."""

    how: Literal["back", "open"]
    index: int


class Viewer:
    """Pages, one of them on the screen. `page_at` makes the page of an index when it is first looked at."""

    def __init__(self, count: int, index: int, page_at: Callable[[int], SourcePage], encoding: str = "utf-8") -> None:
        self.count = count
        self._page_at = page_at
        self._encoding = encoding
        self._width = 0
        self._rows: list[StyleAndTextTuples] = []
        self._starts: list[int] = []
        self._size: Callable[[], tuple[int, int]] = lambda: (80, 24)
        self.turn_to(index)

    def run(self) -> Left:
        """Until the reader leaves."""
        from prompt_toolkit.application import Application
        from prompt_toolkit.layout.containers import HSplit, Window
        from prompt_toolkit.layout.controls import FormattedTextControl
        from prompt_toolkit.layout.layout import Layout

        text = Window(FormattedTextControl(self._visible, show_cursor=False), wrap_lines=False, always_hide_cursor=True)
        status = Window(FormattedTextControl(self._status), height=1, style="reverse")
        app: Application[Left] = Application(
            Layout(HSplit([text, status])), full_screen=True, key_bindings=self._keys(), erase_when_done=True
        )
        app.ttimeoutlen = _ESCAPE_SECONDS
        self._size = lambda: (app.output.get_size().columns, max(1, app.output.get_size().rows - 1))
        return app.run()

    # --- what is shown -------------------------------------------------------------------------------------------

    def turn_to(self, index: int) -> None:
        """Show another page, from its quote on."""
        self.index = index
        self.page = self._page_at(index)
        self._width = 0
        self._top = 0
        self._fresh = True

    def scroll(self, rows: int) -> None:
        self._arrange()
        self._top += rows
        self._arrange()

    def _arrange(self) -> None:
        """Wrap to the width there is now; after a change of it the line at the top stays there."""
        width, height = self._size()
        if width != self._width:
            line = self._line_at(self._top) if self._width else 0
            self._rows, self._starts = wrapped(self.page.lines, width, self._encoding)
            self._width, self._top = width, self._starts[line] if self._starts else 0
        if self._fresh:
            self._fresh = False
            focus = self._starts[self.page.focus] if self.page.focus < len(self._starts) else 0
            self._top = 0 if focus + ABOVE < height else focus - ABOVE
        self._top = max(0, min(self._top, len(self._rows) - height))

    def _line_at(self, row: int) -> int:
        from bisect import bisect_right

        return max(0, bisect_right(self._starts, row) - 1)

    def _visible(self) -> StyleAndTextTuples:
        self._arrange()
        _, height = self._size()
        pieces: StyleAndTextTuples = []
        for row in self._rows[self._top : self._top + height]:
            pieces += [*row, ("", "\n")]
        return pieces[:-1]

    def _status(self) -> StyleAndTextTuples:
        self._arrange()
        width, height = self._size()
        below = len(self._rows) - height
        where = "all" if below <= 0 else f"{100 * self._top // below}%"
        keys = ["q back", "o open", *(["n next", "p previous"] if self.count > 1 else []), "space on"]
        hints, title = "  ".join(keys), self.page.title
        room = width - len(hints) - len(where) - 5
        if room < 4:
            hints, room = "q back", width - len(where) - 11
        return [("", degraded(f" {_shortened(title, room)}  {where}  {hints}", self._encoding))]

    # --- keys ----------------------------------------------------------------------------------------------------

    def _keys(self) -> KeyBindings:
        from prompt_toolkit.key_binding import KeyBindings

        keys = KeyBindings()

        def on(names: Sequence[str], act: Callable[[Any], None]) -> None:
            for name in names:
                keys.add(name)(act)

        def page() -> int:
            return max(1, self._size()[1] - 1)

        on(("down", "j", "enter", "c-n"), lambda _: self.scroll(1))
        on(("up", "k", "c-p"), lambda _: self.scroll(-1))
        on(("pagedown", "space", "c-f"), lambda _: self.scroll(page()))
        on(("pageup", "b", "c-b"), lambda _: self.scroll(-page()))
        on(("home", "g"), lambda _: self.scroll(-len(self._rows)))
        on(("end", "G"), lambda _: self.scroll(len(self._rows)))
        on(("n", "right"), lambda _: self.turn_to(min(self.index + 1, self.count - 1)))
        on(("p", "left"), lambda _: self.turn_to(max(self.index - 1, 0)))
        on(("o",), lambda event: self._leave(event.app, "open"))
        on(("q", "escape", "c-c", "c-d"), lambda event: self._leave(event.app, "back"))
        return keys

    def _leave(self, app: Application[Left], how: Literal["back", "open"]) -> None:
        app.exit(result=Left(how, self.index))


class _Paper(StringIO):
    """What rich takes for a screen of some encoding."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


def wrapped(lines: Sequence[Line], width: int, encoding: str = "utf-8") -> tuple[list[StyleAndTextTuples], list[int]]:
    """Lines as rows of `width` columns at most (styles of prompt_toolkit), and for each line its first row."""
    from rich.console import Console

    from rag.rendering import render_lines

    console = Console(file=_Paper(encoding), width=width, force_terminal=True, legacy_windows=False)
    rows: list[StyleAndTextTuples] = []
    starts: list[int] = []
    for line in lines:
        starts.append(len(rows))
        drawn = console.render_lines(render_lines([line]), pad=False)
        rows += [[(_style(piece.style), piece.text) for piece in row if piece.text.strip("\n")] for row in drawn]
    return rows, starts


def _style(style: Style | None) -> str:
    """A style of rich as prompt_toolkit names it. Colours are the terminal's own, so that its theme holds."""
    if style is None:
        return ""
    marks = ("bold", "dim", "italic", "underline", "strike")
    names = [name for name in marks if getattr(style, name)]
    if style.color is not None and style.color.name in ("cyan", "yellow"):
        names.append(f"ansi{style.color.name}")
    return " ".join(names)


def _shortened(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: max(0, room - 1)].rstrip()}…"
