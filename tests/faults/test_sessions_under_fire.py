"""A conversation whose turn is damaged, or that two terminals go on with at a time, or whose store is gone."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_helpers import FakeEmbedder
from world import STORIES, World

from rag.conversing import ChatOptions
from rag.parts import CATALOGUE
from rag.render_session_html import session_html
from rag.render_session_json import session_json
from rag.render_session_markdown import session_markdown
from rag.wording import DAMAGED_TURN

ASKED = STORIES[:3]
OPTIONS = ChatOptions(model=False)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Five stories, and a conversation of three questions."""
    world = World(tmp_path, FakeEmbedder())
    for story in STORIES[:5]:
        world.write(story)
    with world.engine() as engine:
        engine.ingest([str(world.folder)])
        talk = engine.chat("talk", OPTIONS)
        for story in ASKED:
            talk.ask(story.question)
    return world


@pytest.mark.parametrize(("column", "value"), [("record", "{"), ("record", b"\xff\x00"), ("format", "half")])
def test_a_damaged_turn_takes_no_other_with_it(world: World, column: str, value: object) -> None:
    connection = sqlite3.connect(world.store / CATALOGUE)
    with connection:
        connection.execute(f"UPDATE turns SET {column} = ? WHERE position = 2", (value,))
        connection.execute("UPDATE turns SET record = '{' WHERE position = 2")
    connection.close()
    warnings: list[str] = []
    with world.engine() as engine:
        engine.warn = warnings.append
        talk = engine.chat("talk", OPTIONS, resume=True)
        assert [line for line in warnings if "turn 2 of session 'talk' is damaged" in line]
        turn = talk.ask(STORIES[3].question)
        world.check_answer(STORIES[3], turn.answer or pytest.fail("no answer"))
        session = engine.session("talk")
    assert [turn.asked for turn in session.turns] == [story.question for story in STORIES[:4]]
    assert [turn.damaged for turn in session.turns] == [False, True, False, False]
    for document in (session_markdown(session), session_html(session)):
        assert document.count(DAMAGED_TURN) == 1
        assert all(story.question in document for story in STORIES[:4])
    turns = json.loads(session_json(session))["turns"]
    assert [turn.get("damaged", False) for turn in turns] == [False, True, False, False]


def test_two_terminals_in_one_conversation_keep_all_turns(world: World) -> None:
    """In the order they were finished; what a terminal does not know of it does not take back."""
    with world.engine() as here, world.engine() as there:
        one, other = here.chat("talk", OPTIONS, resume=True), there.chat("talk", OPTIONS, resume=True)
        one.ask(STORIES[3].question)
        other.ask(STORIES[4].question)
        one.ask(STORIES[0].question)
    with world.engine() as engine:
        turns = engine.session("talk").turns
    order = [*ASKED, STORIES[3], STORIES[4], STORIES[0]]
    assert [turn.asked for turn in turns] == [story.question for story in order]
    for story, turn in zip(order, turns, strict=True):
        world.check_answer(story, turn.answer or pytest.fail("no answer"))


def test_a_store_that_is_taken_away_under_a_conversation_is_told(world: World) -> None:
    """Nothing is said to be kept that is not, and no store is made where one was removed."""
    warnings: list[str] = []
    with world.engine() as engine:
        engine.warn = warnings.append
        talk = engine.chat("talk", OPTIONS, resume=True)
        shutil.rmtree(world.store)
        talk.ask(STORIES[3].question)
    assert [line for line in warnings if "no longer kept" in line], warnings
    assert not (world.store / CATALOGUE).exists()
