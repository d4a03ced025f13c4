"""Vectors in a vector store of LlamaIndex: its name and arguments, what goes in, and what is noticed of a loss."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores.types import BasePydanticVectorStore, VectorStoreQuery, VectorStoreQueryResult
from qdrant_client import QdrantClient
from store_helpers import CHESS, FLOOD, VOTE, Library

from rag.config import Config
from rag.errors import ConfigError, RagError, StoreError
from rag.vectors_llamaindex import LlamaIndexVectors

QDRANT = "llama_index.vector_stores.qdrant.QdrantVectorStore"
HERE = "test_vectors_llamaindex"
QUESTION = "Who protested against the turbines?"
EAST = np.array([1, 0], dtype=np.float32)
PLANE = np.array([[1, 0], [0, 1], [-1, 0]], dtype=np.float32)
SHELVES: dict[str, dict[str, BaseNode]] = {}
"""What the bare stores of this file hold, by their names."""


class BareStore(BasePydanticVectorStore):
    """No more than LlamaIndex demands of a vector store: nothing is counted, listed or emptied. Appends blindly."""

    stores_text: bool = False
    shelf: str
    api_key: str = ""

    @property
    def client(self) -> None:
        return None

    def add(self, nodes: Sequence[BaseNode], **_: object) -> list[str]:
        held = SHELVES.setdefault(self.shelf, {})
        if self.api_key == "expired":
            raise PermissionError(f"401: {self.api_key} is no key of ours")
        assert not {node.node_id for node in nodes} & held.keys(), "a row would stand there twice"
        held |= {node.node_id: node for node in nodes}
        return [node.node_id for node in nodes]

    def delete(self, ref_doc_id: str, **_: object) -> None:
        held = SHELVES.setdefault(self.shelf, {})
        for name in [name for name, node in held.items() if node.ref_doc_id == ref_doc_id]:
            del held[name]

    def query(self, query: VectorStoreQuery, **_: object) -> VectorStoreQueryResult:
        wanted = np.array(query.query_embedding)
        scores = {name: float(wanted @ np.array(node.embedding)) for name, node in SHELVES[self.shelf].items()}
        best = sorted(scores, key=lambda name: -scores[name])[: query.similarity_top_k]
        return VectorStoreQueryResult(ids=best, similarities=[scores[name] for name in best])


@pytest.fixture
def bare() -> Iterator[LlamaIndexVectors]:
    SHELVES.clear()
    vectors = LlamaIndexVectors(f"{HERE}.BareStore", {"shelf": "a"})
    vectors.add([1, 2, 3], PLANE, [{"article": "a"}] * 3)
    yield vectors
    vectors.close()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    SHELVES.clear()
    library = Library(
        tmp_path, exact_limit=0, vectors_llamaindex=f"{HERE}.BareStore", vectors_arguments={"shelf": "news"}
    )
    for name, text in (("vote.txt", VOTE), ("flood.txt", FLOOD), ("chess.txt", CHESS)):
        library.write(name, text)
    library.ingest()
    yield library
    library.close()


def on_shelf() -> set[int]:
    return {int(name.replace("-", ""), 16) for name in SHELVES["news"]}


def keys(library: Library) -> set[int]:
    return {row[0] for row in library.dump()["chunks"]}


def refusal(dotted: str, arguments: dict[str, object]) -> str:
    with pytest.raises(RagError) as caught:
        LlamaIndexVectors(dotted, arguments)
    assert isinstance(caught.value, ConfigError)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- a class that can do the least -----------------------------------------------------------------------------------


def test_a_bare_store_adds_replaces_forgets_and_finds(bare: LlamaIndexVectors) -> None:
    assert bare.query(EAST, 2) == [(1, 1.0), (2, 0.0)]
    bare.add([3], PLANE[:1], [{"article": "a"}])
    assert dict(bare.query(EAST, 3))[3] == 1.0
    bare.delete([1, 99])
    assert [key for key, _ in bare.query(EAST, 9)] == [3, 2]


def test_what_it_cannot_tell_it_does_not_guess(bare: LlamaIndexVectors) -> None:
    assert (bare.ids(), bare.count(), bare.vectors_of([1])) == (None, None, None)


def test_one_that_cannot_be_emptied_says_what_to_do() -> None:
    with pytest.raises(StoreError, match="name a new table or collection in"):
        LlamaIndexVectors(f"{HERE}.BareStore", {"shelf": "a"}, anew=True)


def test_a_store_is_kept_in_step_and_answers(library: Library) -> None:
    assert on_shelf() == keys(library)
    local = library.open(vectors_llamaindex="", exact_limit=100)
    expected = [(p.paragraph_id, p.score) for p in local.search(QUESTION).passages]
    assert [(p.paragraph_id, p.score) for p in library.engine.search(QUESTION).passages] == expected
    local.close()
    library.write("chess.txt", CHESS.replace("Lisbon", "Porto"))
    (library.folder / "flood.txt").unlink()
    library.ingest()
    assert on_shelf() == keys(library)


def test_a_loss_is_noticed_when_something_is_written(library: Library) -> None:
    """It cannot count: a sample is looked for. This one cannot be emptied either, and says so."""
    SHELVES["news"].clear()
    library.write("new.txt", CHESS.replace("Lisbon", "Porto").replace("chess", "bridge"))
    (library.folder / "chess.txt").unlink()
    with pytest.raises(StoreError, match="cannot be emptied"):
        library.ingest()


def test_moving_there_empties_nothing(tmp_path: Path) -> None:
    """Another program's rows may stand in it."""
    SHELVES.clear()
    LlamaIndexVectors(f"{HERE}.BareStore", {"shelf": "news"}).add([10**6], np.ones((1, 64), np.float32), [{}])
    library = Library(tmp_path)
    library.write("vote.txt", VOTE)
    library.ingest()
    library.embedder.history.clear()
    moved = library.open(vectors_llamaindex=f"{HERE}.BareStore", vectors_arguments={"shelf": "news"})
    moved.ingest([str(library.folder)])
    assert on_shelf() == keys(library) | {10**6}
    assert library.embedder.history == []
    assert moved.status()["vectors"] == {"path": f"{HERE}.BareStore", "bytes": None}
    moved.close()
    library.close()


def test_no_text_goes_in(library: Library) -> None:
    held = json.dumps([node.to_dict() for node in SHELVES["news"].values()])
    assert "turbines" not in held
    assert "Lisbon" not in held
    assert all(node.get_content() == node.node_id for node in SHELVES["news"].values())


# --- its name and arguments ------------------------------------------------------------------------------------------


def test_qdrant_holds_no_text_either(tmp_path: Path) -> None:
    client = {"call": "qdrant_client.QdrantClient", "path": str(tmp_path / "qdrant")}
    library = Library(
        tmp_path, exact_limit=0, vectors_llamaindex=QDRANT,
        vectors_arguments={"collection_name": "news", "client": client},
    )  # fmt: skip
    library.write("vote.txt", VOTE)
    library.ingest()
    assert len(library.engine.search(QUESTION).passages) == 3
    library.engine.rebuild()
    library.close()
    held = QdrantClient(path=str(tmp_path / "qdrant"))
    points, _ = held.scroll("news", with_vectors=True)
    held.close()
    assert len(points) == 3
    assert "turbines" not in repr(points)


@pytest.mark.parametrize(
    ("dotted", "said"),
    [
        ("llama_index.vector_stores.nowhere.NowhereVectorStore", "run: pip install llama-index-vector-stores-nowhere"),
        ("no.such.module", "check its name"),
        ("", "check its name"),
        ("llama_index.core.schema.TextNode", "is no vector store of LlamaIndex"),
        ("os.system", "is no vector store of LlamaIndex"),
    ],
)
def test_what_is_no_vector_store_is_refused(dotted: str, said: str) -> None:
    assert said in refusal(dotted, {})


@pytest.mark.parametrize("call", ["os.system", "subprocess.Popen", "builtins.eval", "pexpect.spawn", "nowhere.at.all"])
def test_only_what_the_store_itself_needs_can_be_called(call: str) -> None:
    assert "is of no package that" in refusal(
        QDRANT, {"collection_name": "a", "client": {"call": call, "command": "x"}}
    )


def test_a_call_that_is_not_there_is_named() -> None:
    said = refusal(QDRANT, {"collection_name": "a", "client": {"call": "qdrant_client.NoClient"}})
    assert said == "[vectors.arguments] call: there is no qdrant_client.NoClient; check its name"


def test_wrong_arguments_are_told_without_keys() -> None:
    said = refusal(f"{HERE}.BareStore", {"shelf": ["hush", "hush"], "api_key": "hush"})
    assert "does not take its arguments" in said
    assert "hush" not in said


def test_a_key_is_in_no_message_and_no_repr() -> None:
    vectors = LlamaIndexVectors(f"{HERE}.BareStore", {"shelf": "b", "api_key": "expired"})
    with pytest.raises(StoreError, match=r"cannot be written \(401: \[key\] is no key of ours\)"):
        vectors.add([1], PLANE[:1], [{}])
    config = Config(vectors_llamaindex="x.Y", vectors_arguments={"client": {"token": "hush"}})
    assert "hush" not in repr(config)
    assert "expired" not in vectors.place


def test_a_class_method_may_make_the_store() -> None:
    class_method = "llama_index.core.vector_stores.simple.SimpleVectorStore.from_dict"
    vectors = LlamaIndexVectors(class_method, {"data": {}})
    vectors.add([5], PLANE[:1], [{"article": "a"}])
    assert vectors.query(EAST, 3) == [(5, pytest.approx(1.0))]
    vectors.close()


def test_a_list_of_arguments_is_built_too(tmp_path: Path) -> None:
    made: list[Any] = []
    from rag.vectors_llamaindex import _built, _store_class

    client = {"call": "qdrant_client.QdrantClient", "location": ":memory:"}
    built = _built([{"inner": client}, 3], _store_class(QDRANT), made)
    assert isinstance(built[0]["inner"], QdrantClient)
    assert built[1] == 3
    assert made == [built[0]["inner"]]
    made[0].close()
