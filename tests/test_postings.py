"""Words in memory: the same scores as FTS5's own bm25, whatever the texts and the question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_helpers import make_article

from rag import postings as room
from rag.catalogue import Catalogue, ChunkRow
from rag.postings import Postings, _varints, postings, quoted

WORDS = "mill mills harbour calm burned fire o'brien café CAFE 1917 b-side".split()
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)
TERMS = ["mill", "mills", "calm", "o'brien", "cafe", "fires", "1917", "zebra", "side", "_"]


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    catalogue = Catalogue.create(tmp_path / "catalogue.sqlite3")
    yield catalogue
    catalogue.close()


def put(catalogue: Catalogue, name: str, *texts: str, title: str = "") -> None:
    with catalogue.transaction():
        chunks = [ChunkRow((1,), bytes(32), bytes(16))]
        catalogue.put_article(make_article(name, *texts, title=title), chunks, len(texts) + 1, b"")


def index(catalogue: Catalogue) -> Postings:
    with catalogue.snapshot():
        return postings(catalogue, "paragraph_words", "context", 0.4)


def by_fts5(catalogue: Catalogue, terms: list[str]) -> list[tuple[int, float]]:
    query = "SELECT rowid, -bm25(paragraph_words, 0.4, 1.0) AS score FROM paragraph_words WHERE paragraph_words MATCH ?"
    found = catalogue.connection.execute(query, (" OR ".join(map(quoted, terms)),)).fetchall()
    return sorted(found, key=lambda hit: (-round(hit[1], 9), hit[0]))


def rounded(hits: list[tuple[int, float]]) -> list[tuple[int, float]]:
    return sorted(((key, round(score, 9)) for key, score in hits), key=lambda hit: (-hit[1], hit[0]))


_shared: list[Catalogue] = []


@given(
    articles=st.lists(st.tuples(TEXTS, st.lists(TEXTS, min_size=1, max_size=4)), min_size=1, max_size=4),
    terms=st.lists(st.sampled_from(TERMS), min_size=1, max_size=5),
)
def test_scores_are_those_of_fts5(
    tmp_path_factory: pytest.TempPathFactory, articles: list[tuple[str, list[str]]], terms: list[str]
) -> None:
    """Of words in titles and texts, in several forms, as phrases, twice in a question, and of words found nowhere."""
    if not _shared:
        _shared.append(Catalogue.create(tmp_path_factory.mktemp("words") / "catalogue.sqlite3"))
    catalogue = _shared[0]
    with catalogue.transaction():
        for name in catalogue.article_ids():
            catalogue.delete_article(name)
    for n, (title, texts) in enumerate(articles):
        put(catalogue, f"a{n}", *texts, title=title)
    expected = by_fts5(catalogue, terms)
    assert rounded(index(catalogue).best(terms, 99)) == rounded(expected)


def test_the_k_best_are_the_first_of_all_with_ties_by_key(catalogue: Catalogue) -> None:
    put(catalogue, "a", *(" ".join(WORDS[n * step % len(WORDS)] for step in (1, 3, 7)) for n in range(200)))
    found = index(catalogue)
    everything = found.best(["mill", "calm"], 999)
    assert len({score for _, score in everything}) < len(everything)
    assert everything == sorted(everything, key=lambda hit: (-hit[1], hit[0]))
    for k in (0, 1, 2, 30, len(everything)):
        assert found.best(["mill", "calm"], k) == everything[:k]


def test_only_rows_that_are_allowed_are_found_with_the_same_scores(catalogue: Catalogue) -> None:
    put(catalogue, "a", "mill", "calm mill", "calm", "mill fire")
    found = index(catalogue)
    allowed = np.array([True, False, True, True])
    assert found.best(["mill"], 9, allowed) == [hit for hit in found.best(["mill"], 9) if hit[0] != 2]
    assert found.best(["mill"], 9, np.zeros(4, dtype=bool)) == []


def test_places_are_those_of_the_keys_that_are_there(catalogue: Catalogue) -> None:
    put(catalogue, "a", "mill", "calm")
    put(catalogue, "b", "fire")
    with catalogue.transaction():
        catalogue.delete_article("a")
    assert index(catalogue).places([3, 1, 99]).tolist() == [0]
    assert index(catalogue).places([]).tolist() == []


def test_an_empty_index_finds_nothing(catalogue: Catalogue) -> None:
    assert index(catalogue).best(["mill", "o'brien"], 9) == []


def test_a_word_is_read_once(catalogue: Catalogue) -> None:
    put(catalogue, "a", "mill calm")
    index(catalogue).best(["mill", "o'brien"], 9)
    run: list[str] = []
    catalogue.connection.set_trace_callback(run.append)
    assert len(index(catalogue).best(["mill", "o'brien"], 9)) == 1
    catalogue.connection.set_trace_callback(None)
    assert not any("paragraph_words" in statement for statement in run), run
    assert index(catalogue).frequency("mill") == 1
    assert index(catalogue).frequency("calm") is None


def test_words_used_longest_ago_are_forgotten_first(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each stands in two rows, and four rows are kept."""
    monkeypatch.setattr(room, "KEPT_POSTINGS", 4)
    put(catalogue, "a", "mill calm fire", "mill calm fire")
    found = index(catalogue)
    for terms in (["mill"], ["calm"], ["mill"], ["fire"]):
        assert len(found.best(terms, 9)) == 2
    assert [found.frequency(term) for term in ("mill", "calm", "fire")] == [2, None, 2]
    assert len(found.best(["mill", "calm", "fire"], 9)) == 2


def test_a_write_that_is_taken_back_leaves_the_search_working(catalogue: Catalogue) -> None:
    put(catalogue, "a", "mill")
    with suppress(KeyboardInterrupt), catalogue.transaction():
        assert len(index(catalogue).best(["mill"], 9)) == 1
        raise KeyboardInterrupt
    assert len(index(catalogue).best(["mill", "calm"], 9)) == 1


@given(numbers=st.lists(st.integers(0, 2**40), max_size=30))
def test_packed_numbers_are_read_back(numbers: list[int]) -> None:
    packed = b""
    for number in numbers:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(number & 0x7F | 0x80)
        packed += bytes(reversed(groups))
    assert _varints(packed).tolist() == numbers
