"""A program on a real pseudo-terminal, and what a person would see on its screen: pexpect types, pyte draws.

    with TerminalScreen(["chat", "--store", …], columns=60) as terminal:
        terminal.wait_for("> ")
        terminal.type("/help\\r")
        terminal.wait_for("/quit")

Nothing sleeps: `wait_for` reads until the screen shows what is waited for, and fails with a picture of the screen.
"""

from __future__ import annotations

import copy
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pexpect
import pyte
import pytest

PATIENCE = 120
"""Seconds after which something will not happen any more."""
WIDTHS = pytest.mark.parametrize("columns", [60, 80, 140])
ALTERNATE = 1049
"""The mode in which a program has the whole screen for itself."""


class _Screen(pyte.HistoryScreen):
    """A screen that answers the questions of programs, and gives back what stood on it before a full-screen view."""

    def __init__(self, columns: int, lines: int, answer: Callable[[str], None]) -> None:
        super().__init__(columns, lines, history=2000)
        self._answer = answer
        self._before: Any = None

    def write_process_input(self, data: str) -> None:
        self._answer(data)

    def set_mode(self, *modes: int, **how: Any) -> None:
        if how.get("private") and ALTERNATE in modes:
            self._before = copy.deepcopy((self.buffer, self.cursor))
            self.erase_in_display(2)
        super().set_mode(*modes, **how)

    def reset_mode(self, *modes: int, **how: Any) -> None:
        super().reset_mode(*modes, **how)
        if how.get("private") and ALTERNATE in modes and self._before is not None:
            self.buffer, self.cursor = self._before
            self._before = None
            self.dirty.update(range(self.lines))

    @property
    def is_alternate(self) -> bool:
        return self._before is not None


class TerminalScreen:
    """`rag` with these words, on a terminal of so many columns and rows."""

    def __init__(
        self, words: Sequence[str], columns: int = 80, rows: int = 40, environment: Mapping[str, str] | None = None,
        *, program: Sequence[str] | None = None, folder: Path | None = None,
    ) -> None:  # fmt: skip
        self.raw = b""
        """All that the program has written."""
        command = [*(program or [str(Path(sys.executable).with_name("rag"))]), *words]
        self.screen = _Screen(columns, rows, lambda data: self._send(data.encode()))
        self._stream = pyte.ByteStream(self.screen)
        inherited = {name: value for name, value in os.environ.items() if name not in _OWN}
        settings = {"TERM": "xterm-256color", **inherited_locale(environment), **(environment or {})}
        self.child = pexpect.spawn(
            command[0], list(command[1:]), dimensions=(rows, columns), timeout=PATIENCE,
            env={**inherited, **settings}, cwd=str(folder) if folder else None,
        )  # fmt: skip
        self.child.delaybeforesend = None
        self.child.ptyproc.delayafterclose = 0
        self.child.ptyproc.delayafterterminate = 0

    def _send(self, data: bytes) -> None:
        if self.child.isalive():
            self.child.send(data)

    # --- what a person does ----------------------------------------------------------------------------------------

    def type(self, keys: str) -> None:
        self.child.send(keys)

    def enter(self, line: str) -> None:
        """Type a line, see it stand there, press Enter."""
        end = "".join(line.split())[-20:]
        self.type(line)
        self._read_until(lambda: end in "".join("".join(self.lines).split()), f"{line!r} at the prompt")
        self.type("\r")

    def ask(self, line: str, *texts: str) -> None:
        """Enter a line, wait for what it brings and for the next prompt."""
        self.enter(line)
        self.wait_for_prompt()
        self.wait_for(*texts)

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    # --- what a person sees ----------------------------------------------------------------------------------------

    @property
    def lines(self) -> list[str]:
        """The rows of the screen, without the blanks at their ends."""
        return [row.rstrip() for row in self.screen.display]

    @property
    def text(self) -> str:
        """The whole screen as one line, spaces as single ones: where lines break does not matter to what is said."""
        return " ".join(" ".join(self.lines).split())

    @property
    def history(self) -> str:
        """The same, with what has scrolled off the screen before it."""
        top = ["".join(row[column].data for column in range(self.screen.columns)) for row in self.screen.history.top]
        return " ".join(" ".join([*top, *self.lines]).split())

    def find(self, text: str) -> tuple[int, int]:
        """Row and column of a text that stands on one row."""
        found = next(((y, row.index(text)) for y, row in enumerate(self.lines) if text in row), None)
        assert found is not None, f"{text!r} is not on the screen\n{self}"
        return found

    def style_at(self, text: str) -> Any:
        """How the first character of a text is drawn: fg, bg, bold, reverse, …"""
        y, x = self.find(text)
        return self.screen.buffer[y][x]

    def wait_for(self, *texts: str, gone: Sequence[str] = (), until: Callable[[], bool] = lambda: True) -> None:
        """Until all of these stand on the screen (across line breaks), none of `gone` does, and `until` holds."""

        def there() -> bool:
            shown = self.text
            return all(text in shown for text in texts) and not any(text in shown for text in gone) and until()

        self._read_until(there, f"{[*texts]} on the screen, without {[*gone]}")

    def wait_for_prompt(self) -> None:
        """Until the last line with something on it, but for the bottom line, is an empty prompt."""
        self._read_until(self._at_prompt, "an empty prompt")

    def _at_prompt(self) -> bool:
        y, x = self.screen.cursor.y, self.screen.cursor.x
        return not self.screen.is_alternate and self.lines[y] == ">" and x == 2

    def _read_until(self, there: Callable[[], bool], wanted: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not there():
            left = deadline - time.monotonic()
            assert left > 0, f"waited in vain for {wanted}\n{self}"
            try:
                data = self.child.read_nonblocking(65536, timeout=left)
            except pexpect.EOF:
                assert there(), f"the program has ended before there was {wanted}\n{self}"
                return
            except pexpect.TIMEOUT:
                continue
            self.raw += data
            self._stream.feed(data)

    def end(self) -> int:
        """Waits for the program's own end; its exit code."""
        deadline = time.monotonic() + PATIENCE
        try:
            while time.monotonic() < deadline:
                data = self.child.read_nonblocking(65536, timeout=PATIENCE)
                self.raw += data
                self._stream.feed(data)
        except pexpect.EOF:
            pass
        self.child.close()
        return self.child.exitstatus if self.child.exitstatus is not None else -(self.child.signalstatus or 0)

    def __str__(self) -> str:
        edge = "+" + "-" * self.screen.columns + "+"
        return "\n".join([edge, *(f"|{row.ljust(self.screen.columns)}|" for row in self.screen.display), edge])

    def __enter__(self) -> TerminalScreen:
        return self

    def __exit__(self, *_: object) -> None:
        if self.child.isalive():
            self.child.kill(signal.SIGKILL)
            self.child.wait()
        self.child.close()


_OWN = ("LANG", "LC_ALL", "LC_CTYPE", "NO_COLOR", "COLUMNS", "LINES", "EDITOR", "VISUAL", "PAGER", "DISPLAY",
        "WAYLAND_DISPLAY", "SSH_CONNECTION", "SSH_TTY", "TERM")  # fmt: skip
"""What changes how a program looks on a terminal: set by the test or not at all."""


def inherited_locale(environment: Mapping[str, str] | None) -> dict[str, str]:
    """A locale that can show all, unless the test says otherwise."""
    return {} if environment and {"LANG", "LC_ALL"} & set(environment) else {"LANG": "C.UTF-8"}


class Chats:
    """Opens `rag chat` on terminals, in a folder; what still runs at the end is killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: list[TerminalScreen] = []

    def __call__(
        self, store: Path, *words: str, columns: int = 80, rows: int = 40, **environment: str
    ) -> TerminalScreen:
        command = ["chat", "--store", str(store), *words]
        self._opened.append(TerminalScreen(command, columns, rows, environment, folder=self.folder))
        return self._opened[-1]

    def __enter__(self) -> Chats:
        return self

    def __exit__(self, *_: object) -> None:
        for terminal in self._opened:
            terminal.__exit__()
