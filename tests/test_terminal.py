"""`rag ask` as a program on a terminal: the draft that grows piece by piece, what replaces it, and Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from model_chain import KEY, QUESTION, Chain

pty = pytest.importorskip("pty", reason="needs pseudo-terminals")
PATIENCE = 120
"""Seconds after which something will not happen any more."""
CONTROL = re.compile(r"\x1b\][^\x1b\x07]*(?:\x1b\\|\x07)|\x1b\[[0-9;?]*[A-Za-z]")
ENDED = "The dockers of Porthaven ended their strike on 4 November 2024."
RISE = "The union of the dockers accepted a pay rise of 5.5 percent."
LIE = "The union of the dockers accepted a pay rise of 6.5 percent."


class Terminal:
    """A program whose input and outputs are a pseudo-terminal, and all it has written to it."""

    def __init__(self, chain: Chain, *options: str) -> None:
        own, its = pty.openpty()
        with open(its, "rb", buffering=0) as end:
            self.process = subprocess.Popen(
                [*command(chain), *options], stdin=end, stdout=end, stderr=end, env=environment(chain),
                start_new_session=True,
            )  # fmt: skip
        self.written = ""
        self._seen = threading.Condition()
        self._reader = threading.Thread(target=self._read, args=(own,))
        self._reader.start()

    def _read(self, own: int) -> None:
        with open(own, "rb", buffering=0) as source, suppress(OSError):  # Linux reports the end as an error
            while piece := source.read(65536):
                with self._seen:
                    self.written += piece.decode("utf-8", "replace")
                    self._seen.notify_all()

    def wait_for(self, *words: str) -> bool:
        """Whether all of these words have appeared before patience ends."""
        with self._seen:
            return self._seen.wait_for(lambda: all(word in self.text for word in words), PATIENCE)

    @property
    def text(self) -> str:
        """What was written, drafts that were taken away again included, without control sequences."""
        return " ".join(CONTROL.sub("", self.written).split())

    def end(self) -> int:
        """Waits for the program's own end; its exit code."""
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code


def command(chain: Chain) -> list[str]:
    return [str(Path(sys.executable).with_name("rag")), "ask", QUESTION, "--store", str(chain.store)]


def environment(chain: Chain) -> dict[str, str]:
    return {
        **os.environ, "RAG_LLM_BASE_URL": chain.server.base_url, "RAG_LLM_MODEL": "scripted", "RAG_LLM_API_KEY": KEY,
        "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "50",
    }  # fmt: skip


class Pieces:
    """Pieces of a reply, of which the last ones wait until they are let go."""

    def __init__(self, first: list[str], then: list[str]) -> None:
        self.first = first
        self.then = then
        self.sent = threading.Event()
        """Set when the first ones are on their way."""
        self.go_on = threading.Event()

    def __iter__(self) -> Iterator[str]:
        yield from self.first
        self.sent.set()
        if self.then:
            self.go_on.wait(PATIENCE)
        yield from self.then


def test_a_draft_shows_only_whole_and_valid_marks_and_gives_way_to_the_checked_text(chain: Chain) -> None:
    end = str(chain.numbers["end"])
    pieces = Pieces(
        [ENDED[:30], ENDED[30:-1], " [", end, "]", " [", "9", "]", ". ", RISE[:-1], " ["], ["9", "]. ", LIE]
    )
    chain.server.say("…", pieces=pieces)  # type: ignore[arg-type]
    chain.server.say("NO ANSWER")  # to the request to correct the lie
    terminal = Terminal(chain)
    assert terminal.wait_for("draft, not checked yet", ENDED, "[1]", RISE[:-1])
    pieces.go_on.set()
    assert terminal.end() == 0
    assert "[9]" not in terminal.text
    final = terminal.text.rpartition("draft, not checked yet")[2]
    assert f"{ENDED} [1]" in final
    assert "Sources" in final
    assert "Porthaven dockers end their strike" in final
    assert f"{RISE} [2]" in final
    assert LIE not in final[final.index("Sources") :]
    assert "1 statement of the model was left out" in final
    assert KEY not in terminal.written


def test_without_a_terminal_there_is_no_draft(chain: Chain) -> None:
    chain.server.say(f"{ENDED} [1]")
    result = subprocess.run(command(chain), env=environment(chain), capture_output=True, text=True, check=False)
    assert result.returncode == 0
    assert "draft" not in result.stdout + result.stderr
    assert "\x1b" not in result.stdout + result.stderr
    assert result.stderr.count("\n") == 1


def hang_before_the_first_word(chain: Chain) -> threading.Event:
    chain.server.hang()
    return chain.server.asked


def hang_in_mid_stream(chain: Chain) -> threading.Event:
    pieces = Pieces([ENDED, " [1] The uni"], [])
    chain.server.hang("…", pieces)  # type: ignore[arg-type]
    return pieces.sent


HANGS = pytest.mark.parametrize("hang", [hang_before_the_first_word, hang_in_mid_stream])


@HANGS
def test_an_interrupt_ends_the_request_at_once(chain: Chain, hang: Callable[[Chain], threading.Event]) -> None:
    begun = hang(chain)
    asking = subprocess.Popen(
        command(chain), env=environment(chain), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert begun.wait(PATIENCE)
    asking.send_signal(signal.SIGINT)
    stdout, stderr = asking.communicate(timeout=PATIENCE)
    assert (asking.returncode, stdout, stderr) == (130, "", "rag: interrupted\n")
    assert chain.server.hung_up.wait(PATIENCE)
    assert len(chain.server.requests) == 1


@HANGS
def test_an_interrupt_on_a_terminal_leaves_no_draft_behind(
    chain: Chain, hang: Callable[[Chain], threading.Event]
) -> None:
    begun = hang(chain)
    terminal = Terminal(chain)
    assert begun.wait(PATIENCE)
    assert terminal.wait_for("thinking" if hang is hang_before_the_first_word else ENDED)
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 130
    assert terminal.text.endswith("rag: interrupted")
    assert terminal.written.rfind("\x1b[?25h") > terminal.written.rfind("\x1b[?25l")  # the cursor is back
    assert chain.server.hung_up.wait(PATIENCE)
