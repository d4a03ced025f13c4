"""What the command line says: results on stdout, one line of message on stderr. Nothing else prints."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def complain(message: str) -> None:
    """One line on stderr."""
    from rag.sanitising import safe

    print(f"rag: {safe(message)}", file=sys.stderr)  # noqa: T201 - the one way out for messages


def say(text: str) -> None:
    """The result, on stdout."""
    print(text)  # noqa: T201 - the one way out for results


def show(renderable: Callable[[], Any], plain: Callable[[], str]) -> None:
    """On a terminal as rich draws it, else as plain text."""
    if not sys.stdout.isatty():
        say(plain().rstrip("\n"))
        return
    from rich.console import Console

    Console().print(renderable())
