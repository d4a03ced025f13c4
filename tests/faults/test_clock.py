"""A clock that goes back, or far forward, between commands and within one: nothing hangs on it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from unittest import mock

import pytest
from store_helpers import FakeEmbedder
from world import STORIES, World

from rag import chat, sessions
from rag.conversing import ChatOptions

YEAR = 365 * 86400
OPTIONS = ChatOptions(model=False)


@contextmanager
def clock(shift: Callable[[], float]) -> Iterator[None]:
    """The time of day is `shift()` seconds off, wherever the program reads it. That of `monotonic` is the kernel's."""
    now = time.time

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(now(), tz) + timedelta(seconds=shift())

    with (
        mock.patch("time.time", side_effect=lambda: now() + shift()),
        mock.patch("time.time_ns", side_effect=lambda: int((now() + shift()) * 1e9)),
        mock.patch.object(chat, "datetime", Shifted),
        mock.patch.object(sessions, "datetime", Shifted),
    ):
        yield


def backwards() -> Callable[[], float]:
    """An hour earlier each time somebody looks."""
    looked = iter(range(10**9))
    return lambda: -3600.0 * next(looked)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, FakeEmbedder())
    for story in STORIES[:4]:
        world.write(story)
    with world.engine() as engine:
        engine.ingest([str(world.folder)])
    return world


@pytest.mark.parametrize("shift", [lambda: -20.0 * YEAR, lambda: 30.0 * YEAR, backwards()])
def test_commands_work_at_any_time_of_day(world: World, shift: Callable[[], float]) -> None:
    world.write(STORIES[4])
    world.write(STORIES[0], 3)
    with clock(shift), world.engine() as engine:
        report = engine.ingest([str(world.folder)])
        assert (report.added, report.updated) == (1, 1)
        assert report.seconds >= 0
        answer = engine.ask(STORIES[0].question)
        assert all(seconds >= 0 for seconds in answer.seconds.values())
        engine.rebuild()
    world.settle()
    world.check(STORIES[:5])


def test_a_changed_file_of_the_same_size_and_an_older_time_is_noticed(world: World) -> None:
    """By its bytes: a file copied from an older disk keeps the time it had there."""
    path = world.path(STORIES[0])
    before = path.stat()
    for version, moment in ((1, before.st_mtime_ns), (2, before.st_mtime_ns - YEAR * 10**9), (3, 0)):
        world.write(STORIES[0], version)
        os.utime(path, ns=(moment, moment))
        assert path.stat().st_size == before.st_size
        with world.engine() as engine:
            assert engine.ingest([str(world.folder)]).updated == 1
        world.settle()
        world.check(STORIES[:4])


def test_a_file_that_was_only_touched_is_not_read_again(world: World) -> None:
    for story in STORIES[:4]:
        os.utime(world.path(story), (4e9, 4e9))
    assert isinstance(world.embedder, FakeEmbedder)
    world.embedder.history.clear()
    with world.engine() as engine:
        assert engine.ingest([str(world.folder)]).unchanged == 4
    assert world.embedder.history == []


def test_conversations_stay_in_the_order_they_were_held(world: World) -> None:
    """The one used last is the one that is gone on with, whatever the clock said."""
    for name, years in (("first", 0.0), ("second", -20.0), ("third", 30.0), ("first", -25.0)):
        with clock(lambda years=years: years * YEAR), world.engine() as engine:  # type: ignore[misc]
            talk = engine.chat(name, OPTIONS)
            talk.ask(STORIES[len(talk.turns)].question)
    with world.engine() as engine:
        assert [session.name for session in engine.sessions()] == ["first", "third", "second"]
        session = engine.session()
    assert session.name == "first"
    assert [turn.asked for turn in session.turns] == [story.question for story in STORIES[:2]]


def test_a_lock_left_in_the_future_holds_nobody_up(world: World) -> None:
    os.utime(world.store / ".lock", (5e9, 5e9))
    world.write(STORIES[4])
    with clock(backwards()), world.engine() as engine:
        engine.wait = False
        assert engine.ingest([str(world.folder)]).added == 1
    world.check(STORIES[:5])
