"""The contract of a vector store, on every kind there is: Chroma in a folder, Chroma on a server, one of LlamaIndex."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from chroma_server import chroma_server

from rag.errors import StoreError
from rag.vectors import BATCH, ChromaVectors, VectorStore
from rag.vectors_llamaindex import LlamaIndexVectors
from rag.vectors_server import Server, ServerVectors

Matrix = np.ndarray[Any, np.dtype[np.float32]]
COMPASS = np.array([[1, 0, 0], [0.8, 0.6, 0], [0, 1, 0], [-1, 0, 0]], dtype=np.float32)
EAST = np.array([1, 0, 0], dtype=np.float32)
Opening = Callable[..., VectorStore]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chroma_server(tmp_path_factory.mktemp("server")) as url:
        yield url


def qdrant(where: dict[str, str], *, create: bool = True, anew: bool = False) -> LlamaIndexVectors:
    """Qdrant in a folder or in memory, by its class of LlamaIndex."""
    client = {"call": "qdrant_client.QdrantClient", **where}
    arguments = {"collection_name": "chunks", "client": client}
    return LlamaIndexVectors("llama_index.vector_stores.qdrant.QdrantVectorStore", arguments, anew=anew)


@pytest.fixture(params=["folder", "server", "llamaindex"])
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opening]:
    """Opens a vector store, the same one every time, and closes what the test leaves open.

    "memory" is LlamaIndex too: Qdrant's folder commits every row, and hundreds take seconds.
    """
    opened: list[VectorStore] = []
    name = uuid4().hex

    def open_store(**how: bool) -> VectorStore:
        if request.param == "folder":
            opened.append(ChromaVectors(tmp_path / "vectors", **how))
        elif request.param == "server":
            opened.append(ServerVectors(Server(request.getfixturevalue("server")), name, "me", **how))
        else:
            folder = {"path": str(tmp_path / "vectors")}
            opened.append(qdrant(folder if request.param == "llamaindex" else {"location": ":memory:"}, **how))
        return opened[-1]

    yield open_store
    for store in opened:
        store.close()


@pytest.fixture
def vectors(opening: Opening) -> VectorStore:
    """Four vectors in a plane, with the ids 1, 2, 3 and 4."""
    vectors = opening()
    vectors.add([1, 2, 3, 4], COMPASS, [{"article": "a", "published": 20241106}] * 4)
    return vectors


def found(vectors: VectorStore, among: range) -> set[int]:
    """Which of these ids are there, whether or not the store can list them."""
    listed = vectors.ids()
    held = set(vectors.vectors_of(among) or ())
    assert listed is None or listed & set(among) == held
    assert vectors.count() in (None, len(listed or ()))
    return held


def test_the_nearest_come_first_with_their_cosines(vectors: VectorStore) -> None:
    hits = vectors.query(EAST, 4)
    assert [key for key, _ in hits] == [1, 2, 3, 4]
    assert [score for _, score in hits] == pytest.approx([1, 0.8, 0, -1], abs=1e-6)


def test_k_limits_the_hits_and_may_be_larger_than_the_store(vectors: VectorStore) -> None:
    assert [key for key, _ in vectors.query(EAST, 2)] == [1, 2]
    assert len(vectors.query(EAST, 1000)) == 4


def test_vectors_come_back_as_they_were(vectors: VectorStore) -> None:
    back = vectors.vectors_of([2, 4, 99])
    assert back is not None
    assert back.keys() == {2, 4}
    np.testing.assert_allclose(back[2], COMPASS[1], atol=1e-6)
    assert vectors.vectors_of([]) == {}


def test_nothing_to_add_and_nothing_to_forget_change_nothing(vectors: VectorStore) -> None:
    vectors.add([], np.zeros((0, 3), dtype=np.float32), [])
    vectors.delete([])
    assert found(vectors, range(10)) == {1, 2, 3, 4}


def test_adding_an_id_again_replaces_its_vector(vectors: VectorStore) -> None:
    vectors.add([4], COMPASS[:1], [{"article": "b"}])
    assert found(vectors, range(10)) == {1, 2, 3, 4}
    hits = vectors.query(EAST, 4)
    assert len(hits) == 4
    assert dict(hits)[4] == pytest.approx(1)


def test_what_is_deleted_is_not_found_and_unknown_ids_are_ignored(vectors: VectorStore) -> None:
    vectors.delete([1, 99])
    assert found(vectors, range(10)) == {2, 3, 4}
    assert vectors.query(EAST, 1)[0][0] == 2


def test_an_id_can_come_back_after_it_was_deleted(vectors: VectorStore) -> None:
    vectors.delete([2])
    vectors.add([2], COMPASS[3:], [{"article": "a"}])
    assert dict(vectors.query(EAST, 4))[2] == pytest.approx(-1)


def test_closing_and_opening_again_finds_the_same(vectors: VectorStore, opening: Opening) -> None:
    before = vectors.query(EAST, 4)
    vectors.close()
    after = opening(create=False).query(EAST, 4)
    assert [key for key, _ in after] == [key for key, _ in before]
    assert [score for _, score in after] == pytest.approx([score for _, score in before], abs=1e-6)


@pytest.mark.parametrize("opening", ["folder", "server", "memory"], indirect=True)
def test_cosines_stay_between_minus_one_and_one(opening: Opening) -> None:
    """Distances fall a little below 0 by rounding, and 1 less them would pass 1."""
    some = np.random.default_rng(7).normal(size=(200, 384)).astype(np.float32)
    some /= np.linalg.norm(some, axis=1, keepdims=True)
    vectors = opening()
    vectors.add(range(200), some, [{"article": "a"}] * 200)
    for row in range(0, 200, 10):
        hits = vectors.query(some[row], 200)
        assert hits[0][0] == row
        assert all(-1 <= score <= 1 + 1e-6 for _, score in hits)
        assert dict(hits)[row] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("opening", ["folder", "server", "memory"], indirect=True)
def test_more_rows_than_one_request_takes_are_all_there(opening: Opening) -> None:
    n = BATCH + 1
    some = np.random.default_rng(1).normal(size=(n, 3)).astype(np.float32)
    vectors = opening()
    vectors.add(range(n), some, [{"article": "a"}] * n)
    assert found(vectors, range(n)) == set(range(n))
    vectors.delete(range(1, n))
    assert found(vectors, range(n)) == {0}


def test_anew_throws_away_what_was_there_whatever_its_size(vectors: VectorStore, opening: Opening) -> None:
    vectors.close()
    anew = opening(anew=True)
    anew.add([7], np.ones((1, 5), dtype=np.float32), [{"article": "a"}])
    assert found(anew, range(10)) == {7}


def test_a_vector_of_another_length_is_refused_with_the_command_that_helps(vectors: VectorStore) -> None:
    with pytest.raises(StoreError, match=r"cannot be written .*run: rag rebuild$") as caught:
        vectors.add([9], np.ones((1, 5), dtype=np.float32), [{"article": "a"}])
    assert "\n" not in str(caught.value)
    with pytest.raises(StoreError, match=r"cannot be read .*run: rag rebuild$"):
        vectors.query(np.ones(5, dtype=np.float32), 1)


# --- in a folder ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("opening", ["folder", "server"], indirect=True)
def test_an_empty_chroma_finds_nothing(opening: Opening) -> None:
    vectors = opening()
    assert vectors.query(EAST, 5) == []
    assert vectors.ids() == set()
    assert vectors.count() == 0
    vectors.delete([1])


@pytest.mark.parametrize("opening", ["folder", "server"], indirect=True)
def test_a_chroma_without_the_collection_is_refused_for_reading(opening: Opening) -> None:
    with pytest.raises(StoreError, match=r"cannot be opened .*run: rag rebuild$"):
        opening(create=False)


def test_a_damaged_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    ChromaVectors(tmp_path / "chroma").close()
    (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(b"garbage" * 100)
    with pytest.raises(StoreError, match=r"cannot be opened .*; run: rag rebuild") as caught:
        ChromaVectors(tmp_path / "chroma")
    assert "\n" not in str(caught.value)
