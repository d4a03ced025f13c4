"""The life of a store whose commands are killed at random moments: what is done to it, and what must hold after."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from commands import Command, Outcome
from world import STORIES, Story, World

from rag.embedding import load_embedder
from rag.ingesting import Options
from rag.parts import CATALOGUE
from rag.sessions import Sessions

EARLY = 0.6
"""Share of the time until a command first touches the store after which it may be killed: most of what comes before
is loading of libraries."""


class Life:
    """One store, one command after the other, each killed at a moment that `draw` chooses."""

    def __init__(self, home: Path, draw: random.Random) -> None:
        embedder = load_embedder("", cache=Path(os.environ["RAG_CACHE"]))  # loaded once for all checks
        self.world = World(home, embedder)
        self.draw = draw
        self.kept: dict[str, int] = {}
        """The stories that are in the folder and were reported as ingested, and the version of each."""
        self.kills: Counter[str] = Counter()
        self.came_through: Counter[str] = Counter()
        self.moments: list[str] = []
        self._talks = 0

    def begin(self) -> None:
        """A first ingest, undisturbed: how long it takes says when others may be killed."""
        for story in STORIES[:8]:
            self.world.write(story)
        began, clock = time.monotonic(), time.time()
        done = self._run("ingest", str(self.world.folder), "--json").finish()
        self.long = time.monotonic() - began
        self.touched = (self.world.store / ".lock").stat().st_mtime - clock
        assert done.code == 0, done
        self.kept = {story.name: 0 for story in STORIES[:8]}
        self._all_is_well()

    def kill_one(self, act: str) -> None:
        """One command killed; then a reader, the next command, and all that must hold."""
        self.killed = False
        DEEDS[act](self)
        (self.kills if self.killed else self.came_through)[act] += 1
        held = [story for story in STORIES if story.name in self.kept]
        self.world.check_answers(self.draw.sample(held, 2))
        with self.world.engine() as engine:
            assert engine.ingest([str(self.world.folder)], Options(prune=True)).failed == ()
        self.kept = {path.name: 0 for path in self.world.folder.iterdir()}
        self._all_is_well()

    def _all_is_well(self) -> None:
        self.world.settle()
        self.world.check([story for story in STORIES if story.name in self.kept])

    def _run(self, *words: str, **how: object) -> Command:
        return Command(self.world.store, *words, **how)

    def _killed(self, *words: str) -> Outcome:
        moment = self.draw.uniform(self.touched * EARLY, self.long)
        outcome = self._run(*words).kill_after(moment)
        assert outcome.code in (0, -9), outcome
        self._note(words[0], moment, killed=outcome.code == -9)
        return outcome

    def _note(self, act: str, moment: float, *, killed: bool) -> None:
        self.killed = killed
        self.moments.append(f"{act} {'killed' if killed else 'done'} at {moment:.3f} s")

    # --- what is done ------------------------------------------------------------------------------------------

    def ingest(self) -> None:
        """Files that were not there before."""
        absent = [story for story in STORIES if story.name not in self.kept]
        for story in self.draw.sample(absent, min(3, len(absent))):
            self.world.write(story, self.draw.randrange(1, 800))
        self._killed("ingest", str(self.world.folder), "--json")

    def update(self) -> None:
        """Files changed, one moved, one taken away."""
        held = [story for story in STORIES if story.name in self.kept]
        *changed, gone = self.draw.sample(held, 4)
        for story in changed:
            self.world.write(story, self.draw.randrange(1, 800))
        self.world.path(gone).unlink()
        del self.kept[gone.name]
        self._killed("ingest", str(self.world.folder), "--prune", "--json")

    def remove(self) -> None:
        story = self._one_of_the_kept()
        with self.world.engine() as engine:
            (name,) = (one.id for one in engine.articles() if Path(one.path).name == story.name)
        self.world.path(story).unlink()
        del self.kept[story.name]
        self._killed("remove", name)

    def rebuild(self) -> None:
        self._killed("rebuild")

    def embed(self) -> None:
        self._killed("rebuild", "--embed")

    def chat(self) -> None:
        """Killed a random time after a random answer: what was shown is kept, word for word."""
        self._talks += 1
        name, asked = f"talk {self._talks}", self.draw.sample([s for s in STORIES if s.name in self.kept], 4)
        talk = self._run(
            "chat", "--session", name, "--json", "--no-model", stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert talk.process.stdin is not None
        assert talk.process.stdout is not None
        talk.process.stdin.write("".join(f"{story.question}\n" for story in asked).encode())
        talk.process.stdin.flush()
        shown = [talk.process.stdout.readline() for _ in range(self.draw.randrange(4))]
        moment = self.draw.uniform(0, 0.2 if shown else self.long)
        try:
            talk.process.wait(moment)
        except subprocess.TimeoutExpired:
            talk.process.kill()
        shown += talk.process.stdout.readlines()
        outcome = talk.finish()
        self._note("chat", moment, killed=outcome.code == -9)
        self._check_talk(name, [line for line in shown if line.endswith(b"\n")], asked)

    def _check_talk(self, name: str, shown: list[bytes], asked: list[Story]) -> None:
        answers = [json.loads(line) for line in shown]
        sessions = Sessions.open(self.world.store / CATALOGUE, create=False)
        kept = sessions.load(name).turns if name in {one.name for one in sessions.list()} else ()
        sessions.close()
        assert len(answers) <= len(kept) <= len(answers) + 1, f"{len(answers)} shown, {len(kept)} kept"
        for turn, answer, story in zip(kept, answers, asked, strict=False):
            assert turn.answer is not None
            assert turn.asked == story.question == answer["asked"]
            assert [one.quote for one in turn.answer.citations] == [one["quote"] for one in answer["citations"]]
            for one in turn.answer.citations:
                self.world.check_quote(Path(one.passage.path), one.quote)

    def _one_of_the_kept(self) -> Story:
        return self.draw.choice([story for story in STORIES if story.name in self.kept])


DEEDS: dict[str, Callable[[Life], object]] = {
    "ingest": Life.ingest, "update": Life.update, "remove": Life.remove, "rebuild": Life.rebuild,
    "embed": Life.embed, "chat": Life.chat,
}  # fmt: skip
ORDER = ("update", "ingest", "chat", "remove", "rebuild", "ingest", "embed", "chat")
"""Removals and updates take articles away, ingests bring them back."""


def live(home: Path, kills: int, seed: int, until: float = float("inf")) -> Life:
    """That many commands killed, or as many as there is time for: `until` is a time of `time.monotonic`."""
    life = Life(home, random.Random(seed))  # noqa: S311 - moments, not secrets
    life.begin()
    turn = 0
    while sum(life.kills.values()) < kills and time.monotonic() < until:
        act = ORDER[turn % len(ORDER)]
        turn += 1
        try:
            life.kill_one(act)
        except BaseException as error:
            error.add_note(f"seed {seed}, command {turn}: {', '.join(life.moments[-3:])}")
            raise
    return life
