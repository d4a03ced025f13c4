"""What is kept in memory of a catalogue, and when it is read anew."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_helpers import make_article

from rag.catalogue import Catalogue
from rag.errors import InputError
from rag.keeping import integer_columns, once, state_of
from rag.retrieval import FILTERS_KEPT, matching_articles
from rag.schema import Filters


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    catalogue = Catalogue.create(tmp_path / "catalogue.sqlite3")
    yield catalogue
    catalogue.close()


def add(catalogue: Catalogue, name: str) -> None:
    with catalogue.transaction():
        catalogue.put_article(make_article(name, "The mill burned down."), [], 2, b"")


def test_a_value_is_made_once_for_each_name(catalogue: Catalogue) -> None:
    made: list[str] = []
    with catalogue.snapshot():
        for name in ("a", "b", "a"):
            once(catalogue, name, lambda name=name: made.append(name))  # type: ignore[misc]
    assert made == ["a", "b"]


def test_it_is_made_anew_when_anybody_has_written(catalogue: Catalogue, tmp_path: Path) -> None:
    reader = Catalogue.open(tmp_path / "catalogue.sqlite3")

    def count() -> int:
        with reader.snapshot():
            return once(reader, "articles", lambda: len(reader.article_ids()))

    try:
        assert count() == 0
        add(catalogue, "a")
        assert count() == 1
        with catalogue.snapshot():
            assert once(catalogue, "articles", lambda: len(catalogue.article_ids())) == 1
        add(catalogue, "b")
        with catalogue.snapshot():
            assert once(catalogue, "articles", lambda: len(catalogue.article_ids())) == 2
        assert count() == 2
    finally:
        reader.close()


def test_within_a_snapshot_it_stays_what_it_was(catalogue: Catalogue, tmp_path: Path) -> None:
    reader = Catalogue.open(tmp_path / "catalogue.sqlite3")
    try:
        with reader.snapshot():
            before = state_of(reader)
            add(catalogue, "a")
            assert state_of(reader) == before
            assert reader.article_ids() == set()
        with reader.snapshot():
            assert state_of(reader) != before
    finally:
        reader.close()


def test_what_is_kept_goes_with_its_catalogue(tmp_path: Path) -> None:
    class Thing: ...

    catalogue = Catalogue.create(tmp_path / "catalogue.sqlite3")
    with catalogue.snapshot():
        thing = weakref.ref(once(catalogue, "thing", Thing))
    assert thing() is not None
    catalogue.close()
    del catalogue
    gc.collect()
    assert thing() is None


def test_columns_come_in_one_order(catalogue: Catalogue) -> None:
    add(catalogue, "a")
    add(catalogue, "b")
    keys, doubled = integer_columns(catalogue.connection, ["pk", "2 * pk"], "articles WHERE pk > ?", [0])
    assert sorted(keys.tolist()) == [1, 2]
    assert doubled.tolist() == [2 * key for key in keys]
    (none,) = integer_columns(catalogue.connection, ["pk"], "articles WHERE pk > 9")
    assert none.tolist() == []


def test_articles_that_pass_a_filter_are_looked_for_once_and_again_after_a_write(catalogue: Catalogue) -> None:
    harbour, mill = Filters(publishers=("harbour",)), Filters(publishers=("mill",))

    def publish(name: str, publisher: str) -> None:
        with catalogue.transaction():
            catalogue.put_article(make_article(name, "The mill burned down.", publisher=publisher), [], 2, b"")

    publish("a", "Harbour Post")
    assert matching_articles(catalogue, harbour) == {1}
    run: list[str] = []
    catalogue.connection.set_trace_callback(run.append)
    assert matching_articles(catalogue, harbour) == {1}
    catalogue.connection.set_trace_callback(None)
    assert not any("articles" in statement for statement in run), run
    for _ in range(2):
        with pytest.raises(InputError, match="no article passes"):
            matching_articles(catalogue, mill)
    publish("b", "The Harbour")
    publish("c", "The Mill")
    assert matching_articles(catalogue, harbour) == {1, 2}
    assert matching_articles(catalogue, mill) == {3}


def test_more_filters_than_are_remembered_do_no_harm(catalogue: Catalogue) -> None:
    add(catalogue, "a")
    for _ in range(2):
        for n in range(FILTERS_KEPT + 2):
            assert matching_articles(catalogue, Filters(articles=("a",) * (n + 1))) == {1}
