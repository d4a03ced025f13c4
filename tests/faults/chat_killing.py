"""Kills conversations with SIGKILL at random moments and checks what is kept. Run by test_kills.py.

    PYTHONPATH=tests python tests/faults/chat_killing.py FOLDER CONVERSATIONS

Everything is imported once; each conversation then runs in a fork and dies at a random act (a statement of SQLite, on
either of its connections), or comes to its end. Prints what came of it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from pathlib import Path

from killing import forked
from store_helpers import CHESS, FLOOD, VOTE, Library

import rag.answering
import rag.followups
import rag.render_json
import rag.serialising  # noqa: F401 - imported here once rather than in every fork
from rag.config import Config
from rag.conversing import ChatOptions
from rag.engine import Engine
from rag.parts import CATALOGUE
from rag.piped import Piped
from rag.sessions import Sessions

QUESTIONS = (
    "Who said the tax would pay for turbines?", "Why?", "How much damage did insurers report?", "And the railway?",
    "Who won the chess final?", "When was that?",
)  # fmt: skip
OPTIONS = ChatOptions(model=False)


class Acts:
    """Statements of SQLite; the `deadline`-th ends the process."""

    def __init__(self, deadline: int) -> None:
        self.done, self.deadline = 0, deadline

    def __call__(self, _: str) -> None:
        self.done += 1
        if self.done == self.deadline:
            os.kill(os.getpid(), signal.SIGKILL)


def converse(library: Library, name: str, deadline: int, shown: Path) -> None:
    """Ask all questions; every answer is in the file `shown` once it has been shown."""
    acts, (source, sink) = Acts(deadline), os.pipe()
    os.write(sink, "\n".join(QUESTIONS).encode())
    os.close(sink)
    with Engine(Config(store=library.store)) as engine, shown.open("w", encoding="utf-8") as sys.stdout:
        engine.__dict__["embedder"] = library.embedder
        talk = engine.chat(name, OPTIONS)
        assert talk.sessions is not None
        assert talk.sessions._catalogue is not None
        for catalogue in (engine.catalogue, talk.sessions._catalogue):
            catalogue.connection.set_trace_callback(acts)
        with open(source, "rb") as lines:
            assert Piped(engine, talk, OPTIONS, json=True).run(lines)
    (shown.parent / "acts").write_text(str(acts.done))


def check(library: Library, name: str, shown: Path) -> str:
    """All that was shown is kept, word for word, with at most one turn that was not; and the conversation goes on."""
    finished = [json.loads(line) for line in shown.read_text("utf-8").splitlines()]
    sessions = Sessions.open(library.store / CATALOGUE, create=False)
    kept = sessions.load(name).turns if name in {one.name for one in sessions.list()} else ()
    sessions.close()
    assert len(finished) <= len(kept) <= len(finished) + 1, f"{len(finished)} shown, {len(kept)} kept"
    assert [turn.asked for turn in kept] == list(QUESTIONS[: len(kept)])
    for turn, answer in zip(kept, finished, strict=False):
        assert turn.answer is not None
        assert [s.text for s in turn.answer.statements] == [s["text"] for s in answer["statements"]]
        assert [(c.number, c.quote) for c in turn.answer.citations] == [
            (c["number"], c["quote"]) for c in answer["citations"]
        ]
    with Engine(Config(store=library.store)) as engine:
        engine.__dict__["embedder"] = library.embedder
        talk = engine.chat(name, OPTIONS)
        talk.ask("Who won the chess final?")
        assert len(engine.session(name).turns) == len(kept) + 1
    return f"{len(finished)} of {len(QUESTIONS)} shown, {len(kept)} kept"


def main(home: Path, conversations: int) -> None:
    library = Library(home)
    for name, text in {"vote": VOTE, "flood": FLOOD, "chess": CHESS}.items():
        library.write(f"{name}.txt", text)
    library.ingest()
    library.close()
    shown = home / "shown"
    assert forked(lambda: converse(library, "whole", 0, shown)) == 0
    most = int((home / "acts").read_text())
    draw = random.Random(5)  # noqa: S311 - moments, not secrets
    for n in range(conversations):
        deadline = draw.randint(1, most)
        name = f"talk {n}"
        assert forked(lambda: converse(library, name, deadline, shown)) == -signal.SIGKILL  # noqa: B023 - done before the next turn
        print(f"killed at act {deadline} of {most}: {check(library, name, shown)}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
