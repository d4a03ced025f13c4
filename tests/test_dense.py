"""Nearest chunks: the same hits from the catalogue's own vectors and through Chroma."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from store_helpers import make_article

from rag import dense
from rag.catalogue import Catalogue, ChunkRow
from rag.dense import Held, cosines, nearest_chunks
from rag.errors import StoreError
from rag.storing import hand_on
from rag.vectors import ChromaVectors, VectorStore

MANY = 300
UNIT = np.random.default_rng(5).normal(size=(MANY, 16)).astype(np.float32)
UNIT /= np.linalg.norm(UNIT, axis=1, keepdims=True)
QUESTIONS = UNIT[::37] + UNIT[1::37][: len(UNIT[::37])] / 2


def never() -> VectorStore:
    raise AssertionError("the vector store is not needed here")


class Store:
    """A catalogue of one-chunk articles, and its Chroma."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalogue = Catalogue.create(folder / "catalogue.sqlite3")
        self.opened: list[VectorStore] = []

    def add(self, *rows: int, article: str = "") -> None:
        with self.catalogue.transaction():
            for row in rows:
                name = article or f"a{row}"
                chunks = [ChunkRow((1,), row.to_bytes(32), UNIT[row].tobytes())]
                self.catalogue.put_article(make_article(name, f"Paragraph {row}."), chunks, 2, b"")

    def hand_on(self) -> None:
        hand_on(self.catalogue, lambda anew: ChromaVectors(self.folder / "chroma", anew=anew))

    def open(self) -> VectorStore:
        if not self.opened:
            self.opened.append(ChromaVectors(self.folder / "chroma", create=False))
        return self.opened[0]

    def nowhere(self) -> VectorStore:
        return ChromaVectors(self.folder / "no", create=False)

    def both(self, question: int, k: int = 20) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
        vector = QUESTIONS[question] / np.linalg.norm(QUESTIONS[question])
        exact = nearest_chunks(self.catalogue, never, vector, k)
        return exact, nearest_chunks(self.catalogue, self.open, vector, k, exact_limit=0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    for vectors in store.opened:
        vectors.close()
    store.catalogue.close()


def assert_same(exact: list[tuple[int, float]], other: list[tuple[int, float]]) -> None:
    assert [key for key, _ in other] == [key for key, _ in exact]
    assert [score for _, score in other] == pytest.approx([score for _, score in exact], abs=1e-6)


@pytest.mark.parametrize("question", range(len(QUESTIONS)))
def test_both_ways_find_the_same_in_the_same_order(tmp_path_factory: pytest.TempPathFactory, question: int) -> None:
    exact, through_chroma = full(tmp_path_factory).both(question)
    assert len(exact) == 20
    assert_same(exact, through_chroma)


_full: list[Store] = []


def full(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """One store of all vectors for the tests that only read."""
    if not _full:
        _full.append(Store(tmp_path_factory.mktemp("full")))
        _full[0].add(*range(MANY))
        _full[0].hand_on()
    return _full[0]


def test_scores_are_the_cosines_worked_out_by_hand(store: Store) -> None:
    store.add(0, 1, 2)
    expected = {row + 1: float(UNIT[row] @ UNIT[0]) for row in range(3)}
    hits = nearest_chunks(store.catalogue, never, UNIT[0], 3)
    assert dict(hits) == pytest.approx(expected, abs=1e-6)
    assert [score for _, score in hits] == sorted((score for _, score in hits), reverse=True)
    assert cosines(store.catalogue, UNIT[0], [2, 3]) == pytest.approx({2: expected[2], 3: expected[3]}, abs=1e-6)


def test_chunks_that_wait_for_the_vector_store_are_found_all_the_same(store: Store) -> None:
    store.add(*range(0, MANY, 2))
    store.hand_on()
    store.add(*range(1, MANY, 2))
    assert_same(*store.both(0))


def test_chunks_the_vector_store_has_yet_to_forget_are_not_found(store: Store) -> None:
    """Even where they are all that it finds at first."""
    store.add(*range(MANY))
    store.hand_on()
    vector = QUESTIONS[0] / np.linalg.norm(QUESTIONS[0])
    with store.catalogue.transaction():
        for key, _ in nearest_chunks(store.catalogue, never, vector, 60):
            store.catalogue.delete_article(f"a{key - 1}")
    exact, through_chroma = store.both(0)
    assert len(exact) == 20
    assert_same(exact, through_chroma)


def test_before_anything_was_handed_on_the_vector_store_is_not_opened(store: Store) -> None:
    store.add(0, 1)
    assert len(nearest_chunks(store.catalogue, never, UNIT[0], 5, exact_limit=0)) == 2


def test_an_empty_catalogue_finds_nothing(store: Store) -> None:
    assert nearest_chunks(store.catalogue, never, UNIT[0], 5) == []
    assert nearest_chunks(store.catalogue, never, UNIT[0], 5, exact_limit=0) == []


def test_without_its_vector_store_every_vector_is_compared_and_that_is_told(store: Store) -> None:
    store.add(0, 1)
    store.hand_on()
    told: list[str] = []
    hits = nearest_chunks(store.catalogue, store.nowhere, UNIT[0], 5, exact_limit=0, warn=told.append)
    assert hits == nearest_chunks(store.catalogue, never, UNIT[0], 5)
    assert len(told) == 1
    assert "rag rebuild" in told[0]


def test_a_vector_store_that_is_gone_is_an_error_where_vectors_are_too_many(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(0, 1)
    store.hand_on()
    monkeypatch.setattr(dense, "HELD_BYTES", 1)
    with pytest.raises(StoreError, match="rag rebuild"):
        nearest_chunks(store.catalogue, store.nowhere, UNIT[0], 5, exact_limit=0)


def test_ties_go_to_the_lower_key_both_ways(store: Store) -> None:
    with store.catalogue.transaction():
        for n in range(40):
            chunks = [ChunkRow((1,), bytes(32), UNIT[n % 2].tobytes())]
            store.catalogue.put_article(make_article(f"a{n}", "The same."), chunks, 2, b"")
    store.hand_on()
    exact = nearest_chunks(store.catalogue, never, UNIT[0], 40)
    through_chroma = nearest_chunks(store.catalogue, store.open, UNIT[0], 40, exact_limit=0)
    assert [key for key, _ in exact] == [*range(1, 41, 2), *range(2, 41, 2)]
    assert through_chroma == exact


def test_only_the_chunks_of_given_articles_are_scored(store: Store) -> None:
    store.add(*range(50))
    keys = {row[0] for row in store.catalogue.connection.execute("SELECT pk FROM articles WHERE id IN ('a3', 'a7')")}
    hits = nearest_chunks(store.catalogue, never, UNIT[0], 10, articles=keys, exact_limit=0)
    assert {key for key, _ in hits} == {4, 8}
    assert nearest_chunks(store.catalogue, never, UNIT[0], 10, articles=()) == []


def test_any_number_of_articles_may_be_given(store: Store) -> None:
    store.add(0)
    assert len(nearest_chunks(store.catalogue, never, UNIT[0], 5, articles=range(100_000))) == 1


@pytest.mark.parametrize("k", [0, 1, 3, 1000])
def test_at_most_k_are_found(store: Store, k: int) -> None:
    store.add(0, 1, 2)
    assert len(nearest_chunks(store.catalogue, never, UNIT[0], k)) == min(k, 3)


def test_vectors_in_memory_are_read_anew_when_anybody_has_written(store: Store, tmp_path: Path) -> None:
    store.add(0, 1)
    reader, held = Catalogue.open(tmp_path / "catalogue.sqlite3"), Held()

    def found() -> list[tuple[int, float]]:
        with reader.snapshot():
            return nearest_chunks(reader, never, UNIT[2], 5, held=held)

    try:
        assert len(found()) == 2
        store.add(2)
        assert found() == nearest_chunks(store.catalogue, never, UNIT[2], 5)
        assert len(found()) == 3
        statements: list[str] = []
        reader.connection.set_trace_callback(statements.append)
        found()
        assert not any("SELECT pk, vector" in statement for statement in statements)
    finally:
        reader.close()
    own = Held()
    assert len(nearest_chunks(store.catalogue, never, UNIT[2], 5, held=own)) == 3
    store.add(3)
    assert len(nearest_chunks(store.catalogue, never, UNIT[2], 5, held=own)) == 4


def traced(store: Store, held: Held, articles: list[int] | None = None) -> tuple[list[tuple[int, float]], int]:
    """Hits, and how many times vectors were read for them."""
    run: list[str] = []
    store.catalogue.connection.set_trace_callback(run.append)
    hits = nearest_chunks(store.catalogue, never, UNIT[2], 5, articles, held=held)
    store.catalogue.connection.set_trace_callback(None)
    return hits, sum("SELECT pk, vector" in statement for statement in run)


def test_a_filter_reads_the_vectors_of_its_articles_once(store: Store) -> None:
    store.add(*range(9))
    held = Held()
    few, read = traced(store, held, [3, 4])
    assert read == 1
    assert traced(store, held, [3, 4]) == (few, 0)
    more, read = traced(store, held, [3, 4, 8])
    assert (sorted(key for key, _ in more), read) == ([3, 4, 8], 1)
    everything = nearest_chunks(store.catalogue, never, UNIT[2], 9, held=held)
    assert everything == nearest_chunks(store.catalogue, never, UNIT[2], 9)


def test_vectors_that_take_too_much_memory_stay_on_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add(*range(9))
    expected, _ = traced(store, Held())
    monkeypatch.setattr(dense, "HELD_BYTES", 9 * UNIT[0].nbytes - 1)
    held = Held()
    assert traced(store, held) == (expected, 1)
    assert traced(store, held) == (expected, 1)


def test_of_too_many_vectors_those_asked_for_lately_stay_in_memory(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Room for four: two and two stay, a fifth takes the place of all before it."""
    store.add(*range(9))
    monkeypatch.setattr(dense, "HELD_BYTES", 4 * UNIT[0].nbytes)
    held = Held()
    expected = {places: traced(store, Held(), list(places))[0] for places in ((3, 4), (5, 6), (6, 7))}
    for places, read in (((3, 4), 1), ((5, 6), 1), ((3, 4), 0), ((6, 7), 1), ((6, 7), 0), ((3, 4), 1), ((6, 7), 0)):
        assert traced(store, held, list(places)) == (expected[places], read)


def test_a_cosine_is_the_same_to_the_last_bit_whatever_is_scored_beside_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """So that what was asked before, and how many are asked for, never changes the order."""
    catalogue = full(tmp_path_factory).catalogue
    everything = dict(nearest_chunks(catalogue, never, UNIT[0], MANY))
    for some in ([1], [2, 3, 5], [*range(7, 150, 2)], [*range(40, 177)]):
        assert cosines(catalogue, UNIT[0], some) == {key: everything[key] for key in some}
