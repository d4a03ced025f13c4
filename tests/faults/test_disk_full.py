"""A disk that fills up in the middle of a command: one line that says so, nothing lost, and all is well with room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import rag, told
from disks import SmallDisk, small_disk
from store_helpers import FakeEmbedder
from world import STORIES, World

from rag.conversing import ChatOptions
from rag.engine import Engine
from rag.errors import StoreError
from rag.ingesting import Options

OLD, NEW = STORIES[:6], STORIES[6:]
ROOMS = (0, 24, 96, 260)
"""KiB left: from no room for a lock to about what an ingest of six stories needs. Tried too: 8, 48, 160."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


def prepared(disk: SmallDisk, embedder: FakeEmbedder | None = None) -> World:
    """A store of six stories on the disk; the stories lie elsewhere."""
    world = World(disk.folder, embedder)
    world.folder = disk.folder.parent / "news"
    world.folder.mkdir()
    for story in OLD:
        world.write(story)
    return world


def _ingest(world: World, engine: Engine) -> None:
    for story in (*NEW, OLD[0]):
        world.write(story, 5)
    world.path(OLD[1]).unlink(missing_ok=True)
    engine.ingest([str(world.folder)], Options(prune=True))


def _remove(world: World, engine: Engine) -> None:
    world.path(OLD[2]).unlink(missing_ok=True)
    engine.remove([article.id for article in engine.articles() if article.path == str(world.path(OLD[2]))])


def _rebuild(world: World, engine: Engine) -> None:
    engine.rebuild()


def _embed(world: World, engine: Engine) -> None:
    engine.rebuild(embed=True)


def failure_of(world: World, command: Callable[[World, Engine], None]) -> str:
    """What it said; empty where it came through."""
    try:
        with world.engine() as engine:
            command(world, engine)
    except StoreError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("command", [_ingest, _remove, _rebuild, _embed])
def test_a_full_disk_loses_nothing(disk: SmallDisk, command: Callable[[World, Engine], None]) -> None:
    world = prepared(disk, FakeEmbedder())
    failures = 0
    for room in ROOMS:
        disk.free()
        for story in OLD:
            world.write(story)
        for story in NEW:
            world.path(story).unlink(missing_ok=True)
        with world.engine() as engine:
            engine.ingest([str(world.folder)], Options(prune=True))
        world.settle()
        disk.leave(room << 10)
        said = failure_of(world, command)
        failures += bool(said)
        assert not said or "is full; free some space" in said
        assert "\n" not in said
        disk.free()
        world.check_answers([story for story in OLD if world.path(story).is_file()])
        with world.engine() as engine:
            engine.ingest([str(world.folder)], Options(prune=True))
            if command in (_rebuild, _embed):
                engine.rebuild()
        world.settle()
        world.check([story for story in STORIES if world.path(story).is_file()])
    assert failures, "the disk never was full"


def test_a_conversation_goes_on_when_the_disk_is_full_and_says_that_it_is_not_kept(disk: SmallDisk) -> None:
    world = prepared(disk, FakeEmbedder())
    warnings: list[str] = []
    with world.engine() as engine:
        engine.warn = warnings.append
        engine.ingest([str(world.folder)])
        talk = engine.chat("talk", ChatOptions(model=False))
        talk.ask(OLD[0].question)
        disk.leave(0)
        asked = [talk.ask(story.question) for story in OLD[1:4]]
    for story, turn in zip(OLD[1:4], asked, strict=True):
        world.check_answer(story, turn.answer or pytest.fail("no answer"))
    disk.free()
    with world.engine() as engine:
        kept = engine.session("talk").turns
    unkept = len(asked) + 1 - len(kept)
    assert [turn.asked for turn in kept] == [story.question for story in OLD[: len(kept)]]
    assert unkept == 0 or [line for line in warnings if "no longer kept" in line and "full" in line], warnings


def test_the_command_says_in_one_line_that_the_disk_is_full(disk: SmallDisk) -> None:
    world = prepared(disk)
    with world.engine() as engine:
        engine.ingest([str(world.folder)])
    for story in NEW:
        world.write(story)
    disk.leave(0)
    said = told(rag(world.store, "ingest", str(world.folder)))
    assert "is full; free some space" in said
    asked = rag(world.store, "ask", OLD[0].question, "--json")
    assert asked.code == 0 or "is full; free some space" in told(asked)
    disk.free()
    with world.engine() as engine:
        engine.ingest([str(world.folder)])
    world.check(STORIES)
