"""`rag backup` and `rag restore`: the whole store in one file, and back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.console import say
from rag.options import Json, NoWait, Store, opened

if TYPE_CHECKING:
    from rag.backup import Saved

Target = Annotated[Path, typer.Argument(metavar="FILE", help="File to write, outside of the store.")]
Source = Annotated[Path, typer.Argument(metavar="FILE", help="File that rag backup has written.")]
OVERWRITE_HELP = "Overwrite FILE where there is one."
REPLACE_HELP = "Replace what the store holds."


def backup(
    file: Target,
    force: Annotated[bool, typer.Option("--force", help=OVERWRITE_HELP)] = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """Keep articles, vectors and conversations in one file; others may use the store meanwhile."""
    with opened(store) as engine, _percent("backing up") as progress:
        saved = engine.backup(file, progress, force=force)
    _tell(saved, "kept in", json)


def restore(
    file: Source,
    force: Annotated[bool, typer.Option("--force", help=REPLACE_HELP)] = False,
    no_wait: NoWait = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """Make the store what a backup holds: all of it, or nothing where something fails."""
    with opened(store, wait=not no_wait) as engine, _percent("restoring") as progress:
        saved = engine.restore(file, progress, force=force)
    _tell(saved, "restored from", json)


def _tell(saved: Saved, what: str, json: bool) -> None:
    held, speed = saved.held, saved.megabytes_per_second
    if json:
        from rag.render_json import to_json

        counts = {"articles": held.articles, "paragraphs": held.paragraphs, "sessions": held.sessions}
        size = {"bytes": held.bytes, "seconds": round(saved.seconds, 3), "megabytes_per_second": round(speed, 1)}
        say(to_json({"file": str(saved.file), **counts, **size}))
    else:
        from rag.wording import counted

        say(
            f"{counted(held.articles, 'article')}, {counted(held.paragraphs, 'paragraph')}, "
            f"{counted(held.sessions, 'conversation')} {what} {saved.file} · "
            f"{held.bytes / 1e6:.1f} MB · {saved.seconds:.1f} s, {speed:.0f} MB/s"
        )


@contextmanager
def _percent(what: str) -> Iterator[Callable[[int, int], None]]:
    """A count that stays on one line, if stderr is a terminal."""
    shown = -1

    def tell(done: int, total: int) -> None:
        nonlocal shown
        percent = 100 * done // max(total, 1)
        if percent != shown and sys.stderr.isatty():
            shown = percent
            sys.stderr.write(f"\r{what} … {percent} %")
            sys.stderr.flush()

    try:
        yield tell
    finally:
        if shown >= 0:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
