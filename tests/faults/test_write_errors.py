"""An I/O error at any one call of SQLite or Chroma: one line, nothing lost, and the next command needs no help."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from failing import Calls, failing_storage
from store_helpers import FakeEmbedder
from world import STORIES, World

from rag.config import Config
from rag.conversing import ChatOptions
from rag.engine import Engine
from rag.errors import ModelError, StoreError
from rag.ingesting import Options

OLD, NEW = STORIES[:4], STORIES[4:6]
SAMPLE = 5
"""Calls tried of each command, spread evenly, in the short form."""


class Faulty:
    """A store with four stories, and one command on it whose n-th call fails."""

    def __init__(self, home: Path, command: str) -> None:
        self.saved, self.live = home / "saved", home / "live"
        self.command = command
        world = World(self.saved, FakeEmbedder())
        for story in OLD:
            world.write(story)
        with world.engine() as engine:
            engine.ingest([str(self._moved(world))])
            engine.chat("talk", ChatOptions(model=False)).ask(OLD[0].question)

    def _moved(self, world: World) -> Path:
        """Articles are known by their paths: the folder stands where the copies will find it."""
        folder = self.saved.parent / "news"
        world.folder.rename(folder)
        return folder

    def world(self) -> World:
        """The store as it was before the command, and the folder as the command finds it."""
        shutil.rmtree(self.live, ignore_errors=True)
        shutil.copytree(self.saved, self.live)
        world = World(self.live, FakeEmbedder())
        world.folder.rmdir()
        world.folder = self.saved.parent / "news"
        shutil.rmtree(world.folder)
        world.folder.mkdir()
        for story in OLD:
            world.write(story)
        COMMANDS[self.command][0](world)
        return world

    def run(self, world: World, calls: Calls) -> str:
        """What the command said when it failed; empty where it came through."""
        with failing_storage(calls):
            try:
                with world.engine() as engine:
                    COMMANDS[self.command][1](world, engine)
            except StoreError as error:
                return str(error)
        return ""

    def attempt(self, fatal: int, *, lasting: bool, after: bool) -> None:
        world, calls = self.world(), Calls(fatal, lasting=lasting, after=after)
        said = self.run(world, calls)
        assert calls.failed, "no call failed"
        assert said or self.command == "chat" or _harmless(calls), f"nothing was said of {calls.failed}"
        assert "\n" not in said
        reported = [story for story in OLD if world.path(story).is_file()]
        world.check_answers(reported)
        with world.engine() as engine:
            report = engine.ingest([str(world.folder)], Options(prune=True))
            assert report.failed == ()
            if self.command == "rebuild":
                engine.rebuild()
            turns = engine.session("talk").turns
            assert [turn.asked for turn in turns][:1] == [OLD[0].question]
            assert len({turn.asked for turn in turns}) == len(turns)
        world.settle()
        world.check([story for story in STORIES if world.path(story).is_file()])


def _harmless(calls: Calls) -> bool:
    """Calls whose failure takes nothing from anyone: the read that finds out whether a read is possible."""
    return all(what.startswith(("SELECT count(*) FROM sqlite_master", "PRAGMA")) for what in calls.failed)


def _add(world: World) -> None:
    for story in NEW:
        world.write(story)


def _change(world: World) -> None:
    world.write(OLD[0], 7)
    world.path(OLD[1]).unlink()


def _drop(world: World) -> None:
    world.path(OLD[2]).unlink()


def _nothing(world: World) -> None: ...


def _ingest(world: World, engine: Engine) -> None:
    engine.ingest([str(world.folder)], Options(prune=True))


def _remove(world: World, engine: Engine) -> None:
    engine.remove(["vaccine"])


def _rebuild(world: World, engine: Engine) -> None:
    engine.rebuild()


def _embed(world: World, engine: Engine) -> None:
    engine.rebuild(embed=True)


def _chat(world: World, engine: Engine) -> None:
    talk = engine.chat("talk", ChatOptions(model=False))
    for story in OLD[1:3]:
        world.check_answer(story, talk.ask(story.question).answer or pytest.fail("no answer"))


COMMANDS: dict[str, tuple[Callable[[World], None], Callable[[World, Engine], None]]] = {
    "ingest": (_add, _ingest), "update": (_change, _ingest), "remove": (_drop, _remove),
    "rebuild": (_nothing, _rebuild), "embed": (_nothing, _embed), "chat": (_nothing, _chat),
}  # fmt: skip


def spread(calls: int, sample: int) -> Sequence[int]:
    """Numbers from 1 to `calls`, at most `sample`, evenly spread, the last one included."""
    return sorted({max(1, round(calls * n / sample)) for n in range(1, sample + 1)})


def try_all(home: Path, command: str, sample: int) -> int:
    faulty, calls = Faulty(home, command), Calls()
    assert faulty.run(faulty.world(), calls) == ""
    fatal = spread(calls.done, min(sample, calls.done))
    for index, n in enumerate(fatal):
        # In turn: an error that passes, one that stays, one that is said though the work was done.
        lasting, after = index % 3 == 1, index % 3 == 2
        try:
            faulty.attempt(n, lasting=lasting, after=after)
        except BaseException as error:
            error.add_note(f"{command}: call {n} of {calls.done} failed, lasting {lasting}, after {after}")
            raise
    return len(fatal)


@pytest.mark.parametrize("command", COMMANDS)
def test_an_io_error_loses_nothing(tmp_path: Path, command: str) -> None:
    assert try_all(tmp_path, command, SAMPLE) == SAMPLE


@pytest.mark.soak
@pytest.mark.parametrize("command", COMMANDS)
def test_an_io_error_at_every_call_loses_nothing(tmp_path: Path, command: str) -> None:
    assert try_all(tmp_path, command, 10**6) > SAMPLE


# --- the model -----------------------------------------------------------------------------------------------------


class Failing(FakeEmbedder):
    """An endpoint that goes away after so many texts."""

    left = 10**6

    def encode(self, texts: Sequence[str], **how: Any) -> Any:
        self.left -= len(texts)
        if self.left < 0:
            raise ModelError("the embedding endpoint does not answer; start it and run the command again")
        return super().encode(texts, **how)


class SmallBatches(Engine):
    def _synchroniser(self, catalogue: Any, writer: Any, *rest: Any) -> Any:
        writer.batch = 2
        return super()._synchroniser(catalogue, writer, *rest)


def test_what_was_committed_before_the_model_failed_stays(tmp_path: Path) -> None:
    embedder = Failing()
    world = World(tmp_path, embedder)
    for story in STORIES:
        world.write(story)
    reported = 0

    class Told:
        def begin(self, files: int) -> None: ...

        def looked(self) -> None: ...

        def stored(self, articles: int, paragraphs: int) -> None:
            nonlocal reported
            reported += articles

    embedder.left = 7
    engine = SmallBatches(Config(store=world.store))
    engine.__dict__["embedder"] = embedder
    with engine, pytest.raises(ModelError):
        engine.ingest([str(world.folder)], progress=Told())
    assert 0 < reported < len(STORIES)
    embedder.left = 10**6
    stored = sorted(STORIES, key=lambda story: story.name)[:reported]
    world.check_answers(stored)
    embedder.history.clear()
    with world.engine() as again:
        report = again.ingest([str(world.folder)])
    assert (report.added, report.unchanged) == (len(STORIES) - reported, reported)
    world.check(STORIES)
