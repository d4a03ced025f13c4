"""What the command line says: results on stdout, one line of message on stderr. Nothing else prints."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any, TextIO, cast

from rag.plain_signs import degraded, shown_encoding

if TYPE_CHECKING:
    from rich.console import Console


def complain(message: str) -> None:
    """One line on stderr."""
    from rag.sanitising import safe

    sys.stdout.flush()  # what was said before stands before it
    print(f"rag: {safe(message)}", file=sys.stderr)  # noqa: T201 - the one way out for messages


def say(text: str) -> None:
    """The result, on stdout."""
    print(text)  # noqa: T201 - the one way out for results


def say_plainly(text: str) -> None:
    """Text for people on stdout; what its encoding lacks is replaced by what comes closest."""
    say(degraded(text, sys.stdout.encoding or "utf-8"))


class _Fitting:
    """A stream that shows of each text what its terminal can, and never fails over the rest."""

    def __init__(self, stream: TextIO, encoding: str) -> None:
        self._stream = stream
        self.encoding = encoding

    def write(self, text: str) -> int:
        return self._stream.write(degraded(text, self.encoding))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def screen() -> Console:
    """The terminal on stdout, as rich draws on it."""
    from rich.console import Console

    encoding = shown_encoding(sys.stdout.encoding)
    console = Console(highlight=False, file=cast(IO[str], _Fitting(sys.stdout, encoding)))
    if console.is_dumb_terminal:  # which rich takes to have 80 columns, however many it has
        from shutil import get_terminal_size

        console.size = get_terminal_size()
    return console


def show(renderable: Callable[[], Any], plain: Callable[[], str]) -> None:
    """On a terminal as rich draws it, else as plain text."""
    if not sys.stdout.isatty():
        say_plainly(plain().rstrip("\n"))
        return
    screen().print(renderable())
