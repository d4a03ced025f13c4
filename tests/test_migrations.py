"""A store that an earlier version has written is used as it is, brought up to date by what writes, and says the same.

`stores/version-N.sqlite3` were written by the versions of their numbers: four invented articles, one of them removed
again, one of them also as a copy; facts that --set gave; a conversation of two turns.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_helpers import Library, check_store, dump

from rag import catalogue_file
from rag.catalogue import SCHEMA_VERSION, Catalogue
from rag.catalogue_schema import bring_up
from rag.conversing import ChatOptions
from rag.engine import Engine
from rag.errors import StoreError, StoreMismatchError
from rag.parts import CATALOGUE
from rag.sessions import Sessions

STORES = Path(__file__).parent / "stores"
VERSIONS = range(1, SCHEMA_VERSION)
QUESTIONS = ("Who said that the wind tax would pay for forty turbines?", "What did repair trains do at night?")
SAME = ("articles", "paragraphs", "files", "duplicates", "overrides", "sessions", "turns")


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    """A store of an earlier version; its vectors were lost on the way, as after a copy of the one file."""
    library = Library(tmp_path)
    library.store.mkdir()
    shutil.copy(STORES / f"version-{request.param}.sqlite3", library.store / CATALOGUE)
    yield library
    library.close()


def version_of(store: Path) -> int:
    catalogue = Catalogue.open(store / CATALOGUE)
    version = catalogue.connection.execute("PRAGMA user_version").fetchone()[0]
    catalogue.close()
    return int(version)


def said(engine: Engine) -> list[object]:
    """All that a user can ask of a store, but for how long it took."""
    answers = [engine.ask(question, model=False) for question in QUESTIONS]
    found = [engine.search(question) for question in QUESTIONS]
    sessions = [engine.upkept(engine.session(one.name)) for one in engine.sessions()]
    told = [(one.statements, one.citations, one.confidence, one.nearest) for one in answers]
    return [engine.articles(), told, found, sessions, [engine.show(one.id) for one in engine.articles()]]


def test_there_is_a_store_of_every_earlier_version() -> None:
    assert {path.name for path in STORES.glob("*.sqlite3")} == {f"version-{number}.sqlite3" for number in VERSIONS}


def test_it_says_the_same_before_and_after(old: Library) -> None:
    before, rows = said(old.engine), dump(old.store / CATALOGUE)
    assert version_of(old.store) < SCHEMA_VERSION, "reading changes nothing"
    assert [article.id for article in old.engine.articles()] == ["chess-copy", "flood", "vote"]
    assert [one.name for one in old.engine.sessions()] == ["harbour talk"]
    old.engine.rebuild()
    assert version_of(old.store) == SCHEMA_VERSION
    assert said(old.engine) == before
    after = dump(old.store / CATALOGUE)
    assert [after[table] for table in SAME] == [rows[table] for table in SAME]
    old.close()
    check_store(old.store)


def test_its_conversations_are_read_and_go_on(old: Library) -> None:
    turns = old.engine.session("harbour talk").turns
    assert [turn.asked for turn in turns] == [
        QUESTIONS[0], "How long was the railway between Ostrava and Brno closed?",
    ]  # fmt: skip
    assert [turn.citations[0].passage.paragraph_id for turn in turns] == ["vote#2", "flood#1"]
    conversation = old.engine.chat("harbour talk", ChatOptions(model=False), resume=True)
    conversation.ask("How many turbines will the wind tax pay for?")
    assert len(old.engine.session("harbour talk").turns) == 3
    assert version_of(old.store) == SCHEMA_VERSION


def test_words_of_what_was_removed_from_it_are_wiped(old: Library) -> None:
    assert b"vandersloot" in (old.store / CATALOGUE).read_bytes()
    old.engine.rebuild()
    old.close()
    assert b"vandersloot" not in b"".join(file.read_bytes() for file in old.store.rglob("*") if file.is_file())


def test_it_is_brought_up_to_date_as_a_whole_or_not_at_all(old: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (old.store / CATALOGUE).read_bytes()
    rows = dump(old.store / CATALOGUE)

    def die(*given: object) -> None:
        bring_up(*given)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(catalogue_file, "bring_up", die)
    with pytest.raises(KeyboardInterrupt):
        Catalogue.create(old.store / CATALOGUE)
    assert dump(old.store / CATALOGUE) == rows
    assert len(before) == (old.store / CATALOGUE).stat().st_size
    monkeypatch.undo()
    Catalogue.create(old.store / CATALOGUE).close()
    assert version_of(old.store) == SCHEMA_VERSION


def test_two_that_open_it_at_once_bring_it_up_once(old: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Catalogue.transaction

    def later(catalogue: Catalogue) -> object:
        monkeypatch.undo()
        Catalogue.create(catalogue.path).close()  # another program was faster
        return real(catalogue)

    monkeypatch.setattr(Catalogue, "transaction", later)
    catalogue = Catalogue.create(old.store / CATALOGUE)
    assert catalogue.connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    assert len(catalogue.known()) == 3
    catalogue.close()


def test_who_has_it_open_reads_on_while_it_is_brought_up(old: Library) -> None:
    sessions = Sessions.open(old.store / CATALOGUE, create=False)
    assert old.engine.search(QUESTIONS[0]).passages
    other = old.open()
    other.rebuild()
    other.close()
    assert old.engine.search(QUESTIONS[1]).passages[0].article_id == "flood"
    assert [one.turns for one in sessions.list()] == [2]
    sessions.close()


def test_a_backup_of_it_is_brought_up_when_it_is_restored(old: Library, tmp_path: Path) -> None:
    before = said(old.engine)
    old.engine.backup(tmp_path / "kept")
    assert version_of(old.store) < SCHEMA_VERSION
    old.engine.restore(tmp_path / "kept", force=True)
    assert version_of(old.store) == SCHEMA_VERSION
    assert said(old.engine) == before
    old.close()
    check_store(old.store)


def test_one_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    catalogue = Catalogue.create(tmp_path / CATALOGUE)
    catalogue.connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    catalogue.close()
    for opening in (Catalogue.open, Catalogue.create):
        with pytest.raises(StoreMismatchError, match="newer version of rag"):
            opening(tmp_path / CATALOGUE)


def test_one_that_cannot_be_written_is_read_and_says_so_when_written(old: Library) -> None:
    old.store.chmod(0o500)
    (old.store / CATALOGUE).chmod(0o400)
    try:
        assert old.engine.search(QUESTIONS[0]).passages
        if not os.access(old.store, os.W_OK):
            with pytest.raises(StoreError, match="cannot be written"):
                old.engine.rebuild()
    finally:
        old.store.chmod(0o700)
