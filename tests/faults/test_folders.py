"""Folders that cannot be written, or are gone in the middle of a command."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import rag, told
from disks import read_only
from store_helpers import FakeEmbedder
from world import STORIES, World

from rag.conversing import ChatOptions
from rag.engine import Engine
from rag.errors import StoreError
from rag.ingesting import Options

OLD, NEW = STORIES[:4], STORIES[4:8]


def prepared(home: Path, embedder: FakeEmbedder | None) -> World:
    world = World(home, embedder)
    for story in OLD:
        world.write(story)
    with world.engine() as engine:
        engine.ingest([str(world.folder)])
    return world


class Meddler:
    """Watches an ingest, and does something once so many files have been looked at."""

    def __init__(self, when: int, deed: Callable[[], object]) -> None:
        self.left, self.deed = when, deed

    def begin(self, files: int) -> None: ...

    def looked(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.deed()

    def stored(self, articles: int, paragraphs: int) -> None: ...


# --- the store ---------------------------------------------------------------------------------------------------


def test_a_store_that_cannot_be_written_can_be_asked_and_says_so(tmp_path: Path) -> None:
    world = prepared(tmp_path, FakeEmbedder())
    world.write(NEW[0])
    commands: list[Callable[[Engine], object]] = [
        lambda engine: engine.ingest([str(world.folder)]),
        lambda engine: engine.remove([engine.articles()[0].id]),
        lambda engine: engine.rebuild(),
        lambda engine: engine.rebuild(embed=True),
    ]
    with read_only(world.store):
        world.check_answers(OLD)
        for command in commands:
            with (
                world.engine() as engine,
                pytest.raises(StoreError, match=r"cannot be (written|opened|removed)") as told,
            ):
                command(engine)
            assert "\n" not in str(told.value)
        warnings: list[str] = []
        with world.engine() as engine:
            engine.warn = warnings.append
            turn = engine.chat("talk", ChatOptions(model=False)).ask(OLD[0].question)
        world.check_answer(OLD[0], turn.answer or pytest.fail("no answer"))
        assert [line for line in warnings if "not kept" in line]
    with world.engine() as engine:
        assert engine.ingest([str(world.folder)]).added == 1
        engine.rebuild()
    world.check([*OLD, NEW[0]])


def test_a_store_that_becomes_read_only_says_so_in_one_line(tmp_path: Path) -> None:
    world = prepared(tmp_path, None)
    with read_only(world.store):
        assert "cannot be written" in told(rag(world.store, "ingest", str(world.folder)))


@pytest.mark.parametrize("gone", ["removed", "moved"])
def test_a_store_that_is_taken_away_under_an_ingest_is_not_reported_as_filled(tmp_path: Path, gone: str) -> None:
    world = prepared(tmp_path, FakeEmbedder())
    for story in NEW:
        world.write(story)
    away = tmp_path / "elsewhere"
    deed = {"removed": lambda: shutil.rmtree(world.store), "moved": lambda: world.store.rename(away)}[gone]
    with world.engine() as engine, pytest.raises(StoreError) as told:
        engine.ingest([str(world.folder)], progress=Meddler(6, deed))
    assert "\n" not in str(told.value)
    shutil.rmtree(world.store, ignore_errors=True)
    if gone == "moved":
        away.rename(world.store)
    with world.engine() as engine:
        engine.ingest([str(world.folder)])
    world.check([*OLD, *NEW])


# --- the articles ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", [1, 3, 7])
def test_a_folder_that_vanishes_under_an_ingest_takes_nothing_with_it(tmp_path: Path, when: int) -> None:
    """A disk that is unplugged, say: what was read stays, what was not is told, and it all comes back."""
    world = prepared(tmp_path, FakeEmbedder())
    for story in NEW:
        world.write(story)
    away = tmp_path / "unplugged"
    with world.engine() as engine:
        report = engine.ingest([str(world.folder)], progress=Meddler(when, lambda: world.folder.rename(away)))
    assert report.removed == 0
    assert report.failed or report.notes
    away.rename(world.folder)
    world.check_answers(OLD)
    with world.engine() as engine:
        again = engine.ingest([str(world.folder)])
    assert (again.failed, again.removed) == ((), 0)
    world.check([*OLD, *NEW])


def test_an_empty_folder_in_the_place_of_the_articles_takes_nothing_away(tmp_path: Path) -> None:
    """The place where a disk is plugged in is an empty folder when it is not."""
    world = prepared(tmp_path, FakeEmbedder())
    away = tmp_path / "unplugged"
    world.folder.rename(away)
    world.folder.mkdir()
    with world.engine() as engine:
        assert (report := engine.ingest([str(world.folder)])).removed == 0
        assert "they were kept" in report.notes[0]
    world.folder.rmdir()
    away.rename(world.folder)
    with world.engine() as engine:
        assert engine.ingest([str(world.folder)], Options(prune=True)).removed == 0
    world.check(OLD)
