"""The real `rag` command in processes of its own: run to its end, or killed at a moment; nothing here sleeps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

RAG = (sys.executable, "-c", "import sys; from rag.cli import main; sys.argv[0] = 'rag'; main()")
"""What the script `rag` does, wherever it is installed."""
PATIENCE = 300
"""Seconds after which a command is taken to hang."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command came to; `code` is negative where a signal ended it."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


class Command:
    """A command that is running. What it prints goes to files, so that it never waits for a reader."""

    def __init__(
        self, store: Path, *words: str, environment: Mapping[str, str] | None = None, under: Sequence[str] = (),
        stdin: Any = subprocess.DEVNULL, stdout: Any = None, stderr: Any = None,
    ) -> None:  # fmt: skip
        """`under` goes before the command; `stdout` and `stderr` may be pipes."""
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - closed by finish
        settings = {"OMP_NUM_THREADS": "1", "RAG_STORE": str(store), **(environment or {})}
        self.process = subprocess.Popen(
            [*under, *RAG, *words], stdin=stdin, stdout=stdout or self._out, stderr=stderr or self._err,
            env=os.environ | settings,
        )  # fmt: skip

    def finish(self) -> Outcome:
        """Wait for its end, as long as it takes."""
        try:
            code = self.process.wait(PATIENCE)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
                if pipe is not None:
                    pipe.close()
        return Outcome(code, _all_of(self._out), _all_of(self._err))

    def kill_after(self, seconds: float) -> Outcome:
        """SIGKILL at that moment, unless it has come to its end before."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
        return self.finish()


def _all_of(file: IO[bytes]) -> str:
    file.seek(0)
    with file:
        return file.read().decode()


def rag(store: Path, *words: str, **how: Any) -> Outcome:
    """Run a command to its end."""
    return Command(store, *words, **how).finish()


def told(outcome: Outcome) -> str:
    """The one message of a command that failed: exit code 1, no traceback, and `rag: ` before it."""
    assert outcome.code == 1, outcome
    assert "Traceback" not in outcome.stderr, outcome.stderr
    lines = outcome.stderr.splitlines()
    assert lines, "it failed without a word"
    assert all(line.startswith("rag: ") for line in lines), outcome.stderr
    return lines[-1].removeprefix("rag: ")
