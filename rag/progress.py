"""What is under way, on stderr: the progress of an ingest, the draft of an answer. Nothing without a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rag.plain_signs import degraded
from rag.sanitising import safe

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from rag.ingesting import Progress

SHOW_AFTER = 1.0
"""Seconds. What is done sooner needs no bar."""


class Quiet:
    """Where nobody looks."""

    def begin(self, files: int) -> None: ...

    def looked(self) -> None: ...

    def stored(self, articles: int, paragraphs: int) -> None: ...


class Bar:
    """Files looked at, articles and paragraphs a second, by rich."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._bar: Any = None
        self._task: Any = None
        self._files = self._looked = self._articles = self._paragraphs = 0

    def begin(self, files: int) -> None:
        self._files += files

    def looked(self) -> None:
        self._looked += 1
        self._update()

    def stored(self, articles: int, paragraphs: int) -> None:
        self._articles += articles
        self._paragraphs += paragraphs
        self._update()

    def _update(self) -> None:
        elapsed = time.monotonic() - self._began
        if self._bar is None and elapsed >= SHOW_AFTER:
            self._start()
        if self._bar is not None:
            rates = f"{self._articles / elapsed:.1f} articles/s  {self._paragraphs / elapsed:.0f} paragraphs/s"
            self._bar.update(self._task, completed=self._looked, total=self._files or None, rates=rates)

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("files"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rates]}"),
            TimeRemainingColumn(), console=Console(stderr=True), transient=True,
        )  # fmt: skip
        self._task = self._bar.add_task("", rates="")
        self._bar.start()

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()


@contextmanager
def ingest_progress() -> Iterator[Progress]:
    """A bar if stderr is a terminal."""
    if not sys.stderr.isatty():
        yield Quiet()
        return
    bar = Bar()
    try:
        yield bar
    finally:
        bar.stop()


class AnswerView:
    """What stands on a terminal while a question is answered, to be taken away when it has been."""

    def __init__(self, console: Console, live: Live, waiting: str) -> None:
        self._console = console
        self._live = live
        self.wait_for(waiting)

    def wait_for(self, what: str) -> None:
        """Name what is being done."""
        self._live.update(self._text(f"{what} …", "dim italic"))

    def draft(self, text: str) -> None:
        """The reply so far; the end of one that is longer than the screen."""
        shown = self._text("\n".join(map(safe, text.splitlines())), "dim")
        from rich.console import Group

        rows = shown.wrap(self._console, self._console.width)[-max(1, self._console.height - 3) :]
        self._live.update(Group(self._text("draft, not checked yet", "dim italic"), *rows))

    def say(self, text: str) -> None:
        """A line that stays, above what comes and goes."""
        self._console.print(self._text(safe(text), "dim"))

    def _text(self, text: str, style: str) -> Text:
        from rich.text import Text

        encoding = self._console.encoding
        return Text(text if encoding.startswith("utf") else degraded(text, encoding), style)


@contextmanager
def answer_view(console: Console, waiting: str = "thinking") -> Iterator[AnswerView]:
    """Shows what is done, and a reply while it is written; what is printed in its place has been checked."""
    from rich.live import Live

    with Live(console=console, transient=True, refresh_per_second=8, vertical_overflow="crop") as live:
        yield AnswerView(console, live, waiting)


@contextmanager
def draft_view() -> Iterator[Callable[[str], None] | None]:
    """What is told of a reply while it is written; None where not both outputs are a terminal."""
    if not (sys.stderr.isatty() and sys.stdout.isatty()):
        yield None
        return
    from rich.console import Console

    with answer_view(Console(stderr=True)) as view:
        yield view.draft


@contextmanager
def counted(what: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar of so many steps, if stderr is a terminal; what it gives is called after each."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(safe(what), total=total)
        yield lambda: bar.advance(task)


@contextmanager
def stage_view() -> Iterator[Callable[[str], None]]:
    """Names what is being done, while it is done, if stderr is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("") as status:  # a stage may hold a model's words
        yield lambda stage: status.update(Text(f"{safe(stage)} …", "dim"))
