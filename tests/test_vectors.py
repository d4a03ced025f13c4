"""The contract of a vector store, on a real Chroma in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.errors import StoreError
from rag.vectors import BATCH, ChromaVectors

Matrix = np.ndarray[Any, np.dtype[np.float32]]
COMPASS = np.array([[1, 0, 0], [0.8, 0.6, 0], [0, 1, 0], [-1, 0, 0]], dtype=np.float32)
EAST = np.array([1, 0, 0], dtype=np.float32)


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[ChromaVectors]:
    """Four vectors in a plane, with the ids 1, 2, 3 and 4."""
    vectors = ChromaVectors(tmp_path / "chroma")
    vectors.add([1, 2, 3, 4], COMPASS, [{"article": "a", "published": 20241106}] * 4)
    yield vectors
    vectors.close()


def test_the_nearest_come_first_with_their_cosines(vectors: ChromaVectors) -> None:
    hits = vectors.query(EAST, 4)
    assert [key for key, _ in hits] == [1, 2, 3, 4]
    assert [score for _, score in hits] == pytest.approx([1, 0.8, 0, -1], abs=1e-6)


def test_k_limits_the_hits_and_may_be_larger_than_the_store(vectors: ChromaVectors) -> None:
    assert [key for key, _ in vectors.query(EAST, 2)] == [1, 2]
    assert len(vectors.query(EAST, 1000)) == 4


def test_an_empty_store_finds_nothing(tmp_path: Path) -> None:
    vectors = ChromaVectors(tmp_path / "chroma")
    assert vectors.query(EAST, 5) == []
    assert vectors.ids() == set()
    assert vectors.count() == 0
    vectors.delete([1])
    vectors.add([], np.zeros((0, 3), dtype=np.float32), [])
    vectors.close()


def test_adding_an_id_again_replaces_its_vector(vectors: ChromaVectors) -> None:
    vectors.add([4], COMPASS[:1], [{"article": "b"}])
    assert vectors.count() == 4
    assert dict(vectors.query(EAST, 4))[4] == pytest.approx(1)


def test_what_is_deleted_is_not_found_and_unknown_ids_are_ignored(vectors: ChromaVectors) -> None:
    vectors.delete([1, 99])
    assert vectors.ids() == {2, 3, 4}
    assert vectors.query(EAST, 1)[0][0] == 2


def test_an_id_can_come_back_after_it_was_deleted(vectors: ChromaVectors) -> None:
    vectors.delete([2])
    vectors.add([2], COMPASS[3:], [{"article": "a"}])
    assert dict(vectors.query(EAST, 4))[2] == pytest.approx(-1)


def test_closing_and_opening_again_finds_the_same(vectors: ChromaVectors, tmp_path: Path) -> None:
    before = vectors.query(EAST, 4)
    vectors.close()
    again = ChromaVectors(tmp_path / "chroma", create=False)
    assert again.query(EAST, 4) == before
    again.close()


def test_cosines_stay_between_minus_one_and_one(tmp_path: Path) -> None:
    """Chroma's distances fall a little below 0 by rounding, and 1 less them would pass 1."""
    random = np.random.default_rng(7)
    some = random.normal(size=(200, 384)).astype(np.float32)
    some /= np.linalg.norm(some, axis=1, keepdims=True)
    vectors = ChromaVectors(tmp_path / "chroma")
    vectors.add(range(200), some, [{"article": "a"}] * 200)
    for row in range(0, 200, 10):
        hits = vectors.query(some[row], 200)
        assert hits[0][0] == row
        assert all(-1 <= score <= 1 for _, score in hits)
        assert dict(hits)[row] == pytest.approx(1, abs=1e-5)
    vectors.close()


def test_more_rows_than_one_write_takes_are_all_there(tmp_path: Path) -> None:
    n = 2 * BATCH + 1
    some = np.random.default_rng(1).normal(size=(n, 3)).astype(np.float32)
    vectors = ChromaVectors(tmp_path / "chroma")
    vectors.add(range(n), some, [{"article": "a"}] * n)
    assert vectors.ids() == set(range(n))
    vectors.delete(range(1, n))
    assert vectors.ids() == {0}
    vectors.close()


def test_anew_throws_away_what_was_there_whatever_its_size(vectors: ChromaVectors, tmp_path: Path) -> None:
    vectors.close()
    anew = ChromaVectors(tmp_path / "chroma", anew=True)
    assert anew.count() == 0
    anew.add([1], np.ones((1, 5), dtype=np.float32), [{"article": "a"}])
    assert anew.ids() == {1}
    anew.close()


def test_a_vector_of_another_length_is_refused_with_the_command_that_helps(vectors: ChromaVectors) -> None:
    with pytest.raises(StoreError, match=r"cannot be written .*; run: rag rebuild"):
        vectors.add([9], np.ones((1, 5), dtype=np.float32), [{"article": "a"}])
    with pytest.raises(StoreError, match=r"cannot be read .*; run: rag rebuild"):
        vectors.query(np.ones(5, dtype=np.float32), 1)


def test_a_folder_without_a_store_is_refused_for_reading(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot be opened .*; run: rag rebuild"):
        ChromaVectors(tmp_path / "chroma", create=False)


def test_a_damaged_folder_is_refused_in_one_line(vectors: ChromaVectors, tmp_path: Path) -> None:
    vectors.close()
    (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(b"garbage" * 100)
    with pytest.raises(StoreError, match=r"cannot be opened .*; run: rag rebuild") as caught:
        ChromaVectors(tmp_path / "chroma")
    assert "\n" not in str(caught.value)
