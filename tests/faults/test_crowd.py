"""Many processes on one store at once: nobody fails, nobody is shown words that stand in no article."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import pytest
from commands import PATIENCE, Command, rag, told
from world import STORIES, Story, World

SOAK_SECONDS = float(os.environ.get("RAG_SOAK_SECONDS", "1200"))
TOUCHED = STORIES[:4]
"""Changed while they are read."""
REMOVED = STORIES[4:6]
"""Taken away while they are read."""
STEADY = STORIES[6:]
"""There all the time: their questions must be answered at any moment."""


class Reader:
    """A process that asks all questions over and over: see crowding.py."""

    def __init__(self, home: Path, number: int) -> None:
        here = Path(__file__).parent
        paths = os.pathsep.join([str(here), str(here.parent)])
        self._err: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop
        self._answers = home / f"reader-{number}.jsonl"
        self.process = subprocess.Popen(
            [sys.executable, str(here / "crowding.py"), str(home), str(self._answers)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._err,
            env=os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        if self.process.stdout.readline() != b"ready\n":
            pytest.fail(self._said())

    def stop(self) -> list[dict[str, Any]]:
        """All it was answered."""
        try:
            self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        said = self._said()
        assert self.process.returncode == 0, said
        assert said == ""
        return [json.loads(line) for line in self._answers.read_text("utf-8").splitlines()]

    def _said(self) -> str:
        self._err.seek(0)
        with self._err:
            return self._err.read().decode()


class Talk:
    """`rag chat --json` on pipes: one question, one answer, as long as one likes."""

    def __init__(self, store: Path, name: str) -> None:
        self.command = Command(
            store, "chat", "--session", name, "--json", "--no-model", stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, question: str) -> dict[str, Any]:
        process = self.command.process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{question}\n".encode())
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline())
        return answer

    def end(self) -> None:
        assert self.command.process.stdin is not None
        self.command.process.stdin.close()
        outcome = self.command.finish()
        assert (outcome.code, outcome.stderr) == (0, ""), outcome


def check_readings(world: World, answers: Sequence[dict[str, Any]]) -> None:
    """Whole answers only, of words that stood in one version of a file; what nobody touched is always found."""
    steady = {story.name for story in STEADY}
    for answer in answers:
        for path, quote in answer["citations"]:
            world.check_quote(Path(path), quote)
        if answer["story"] in steady:
            assert answer["answered"], answer
            assert str(world.folder / answer["story"]) in {path for path, _ in answer["citations"]}, answer


def crowd(home: Path, readers: int, rounds: int, until: float = float("inf")) -> Counter[str]:
    """Readers ask while articles are changed, added and removed `rounds` times by two commands at a time."""
    world = World(home)
    for story in STORIES:
        world.write(story)
    bring_in(world)
    crowd, done = [Reader(home, number) for number in range(readers)], Counter[str]()
    for reader in crowd:
        reader.wait_until_ready()
    try:
        for turn in range(1, rounds + 1):
            if time.monotonic() > until:
                break
            change(world, turn)
            done["rounds"] += 1
    finally:
        answers = [answer for reader in crowd for answer in reader.stop()]
    check_readings(world, answers)
    world.settle()
    world.check(STORIES)
    return done + Counter(answers=len(answers))


def change(world: World, turn: int) -> None:
    """Two ingests at once, of which one waits; then one removes what the others read, and it comes back."""
    for story in TOUCHED:
        world.write(story, turn % 800)
    together = [Command(world.store, "ingest", str(world.folder), "--json") for _ in range(2)]
    outcomes = [command.finish() for command in together]
    assert [one.code for one in outcomes] == [0, 0], outcomes
    assert sum(one.json["updated"] for one in outcomes) == len(TOUCHED), outcomes
    names = [name_of(world, story) for story in REMOVED]
    removing, talking = (
        Command(world.store, "remove", *names),
        Command(world.store, "ask", STEADY[0].question, "--json"),
    )
    asked, removed = talking.finish(), removing.finish()
    assert (removed.code, asked.code) == (0, 0), (removed, asked)
    for one in asked.json["citations"]:
        world.check_quote(Path(one["path"]), one["quote"])
    assert bring_in(world) == len(REMOVED)


def bring_in(world: World) -> int:
    """How many articles an ingest in this process added."""
    with world.engine() as engine:
        return engine.ingest([str(world.folder)]).added


def name_of(world: World, story: Story) -> str:
    with world.engine() as engine:
        (name,) = (one.id for one in engine.articles() if one.path == str(world.path(story)))
    return name


def test_readers_beside_two_writers_are_never_told_a_wrong_word(tmp_path: Path) -> None:
    done = crowd(tmp_path, readers=2, rounds=1)
    assert done["answers"] >= 2 * len(STORIES)


@pytest.mark.soak
def test_eight_processes_for_minutes(tmp_path: Path) -> None:
    done = crowd(tmp_path, readers=6, rounds=10**6, until=time.monotonic() + SOAK_SECONDS * 0.3)
    print(f"\n{dict(done)}")  # noqa: T201 - what a soak is for


def test_a_conversation_sees_what_another_command_ingests_and_keeps_what_it_cited(tmp_path: Path) -> None:
    """Its next answer has the new words; what it cited before stays as it was cited, and says that it has changed."""
    world, story = World(tmp_path), STORIES[3]
    for one in STORIES[:6]:
        world.write(one)
    bring_in(world)
    talk = Talk(world.store, "bees")
    (before,) = talk.ask(story.question)["citations"]
    assert before["quote"] in story.at(0)
    world.write(story, 7)
    assert rag(world.store, "ingest", str(world.folder)).code == 0
    (after,) = talk.ask(story.question)["citations"]
    assert after["quote"] in story.at(7)
    assert "107" in after["quote"]
    talk.end()
    with world.engine() as engine:
        first, second = engine.session("bees").turns
    assert [(one.quote, one.since) for one in first.citations] == [(before["quote"], "changed")]
    assert [(one.quote, one.since) for one in second.citations] == [(after["quote"], "")]


def test_of_two_that_write_one_waits_or_gives_up_as_it_was_told(tmp_path: Path) -> None:
    """The lock is held here, so that there is no doubt who comes first."""
    from filelock import FileLock

    world = World(tmp_path)
    for story in STORIES[:4]:
        world.write(story)
    world.store.mkdir()
    with FileLock(world.store / ".lock"):
        refused = rag(world.store, "ingest", str(world.folder), "--no-wait")
        assert "another rag command is writing" in told(refused)
        waiting = Command(world.store, "ingest", str(world.folder), stderr=subprocess.PIPE)
        assert waiting.process.stderr is not None
        assert b"waiting for another rag command" in waiting.process.stderr.readline()
    assert waiting.finish().code == 0
    world.check(STORIES[:4])
