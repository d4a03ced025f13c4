"""What a conversation shows on a terminal: lines of a layout, remarks, and what stands there while it works."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rag.console import screen
from rag.layout import Line, Segment
from rag.plain_signs import degraded, shown_encoding
from rag.progress import AnswerView, answer_view
from rag.sanitising import safe

if TYPE_CHECKING:
    from rich.console import Console


class Screen:
    """The terminal on stdout."""

    def __init__(self) -> None:
        self.console: Console = screen()
        self.encoding = shown_encoding(sys.stdout.encoding)

    def lines(self, lines: Iterable[Line]) -> None:
        from rag.rendering import render_lines

        self.console.print(render_lines(lines, links=True))

    def note(self, text: str) -> None:
        """A remark: what was done, or what there is to know."""
        self.lines([Line((Segment(safe(text), "dim"),))])

    def fault(self, text: str) -> None:
        """Why something was not done."""
        self.lines([Line((Segment(safe(text), "warning"),))])

    def gap(self) -> None:
        self.console.print()

    def fitting(self, text: str) -> str:
        """The text as this terminal can show it, for what is not drawn by `lines`."""
        return degraded(text, self.encoding)

    @contextmanager
    def working(self, what: str) -> Iterator[AnswerView]:
        """What stands there meanwhile, and goes; what is typed meanwhile is kept for the next prompt, unseen."""
        try:
            with unseen_keys(), answer_view(self.console, what) as view:
                yield view
        finally:
            self.console.show_cursor(True)


@contextmanager
def unseen_keys() -> Iterator[None]:
    """Nothing that is typed is echoed: it would be written into the middle of what is shown. Ctrl-C goes on working."""
    try:
        import termios

        place = sys.stdin.fileno()
        before = termios.tcgetattr(place)
    except (ImportError, OSError, ValueError, termios.error):
        yield
        return
    silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(place, termios.TCSANOW, silent)
    try:
        yield
    finally:
        termios.tcsetattr(place, termios.TCSANOW, before)


def is_dumb() -> bool:
    """Whether the terminal can only write line after line."""
    return os.environ.get("TERM", "").lower() in ("", "dumb", "unknown") and sys.platform != "win32"
