"""The vector store: Chroma on the local disk. Holds ids, vectors and filter metadata, never text.

The catalogue keeps a copy of every vector, so this folder can be thrown away and made again (`rag rebuild`). Other
places for vectors: `vectors_server` (Chroma on a server) and `vectors_llamaindex`; `vectors_opening` chooses.
"""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rag.errors import StoreError

if TYPE_CHECKING:
    import numpy as np

    Vector = np.ndarray[Any, np.dtype[np.float32]]
    Matrix = np.ndarray[Any, np.dtype[np.float32]]

COLLECTION = "chunks"
BATCH = 300
"""Rows a request: the limit of the hosted service, for writes and for results. Local Chroma takes writes of 5,461."""
COSINE = {"hnsw": {"space": "cosine"}}
"""Configuration of every collection of ours."""


class VectorStore(Protocol):
    """Vectors by integer id. Similarity is the cosine."""

    @property
    def place(self) -> str:
        """Where the vectors are, for people: a folder, or a server and a name there; no key stands in it."""
        ...

    def add(self, ids: Sequence[int], vectors: Matrix, facts: Sequence[Mapping[str, str | int]]) -> None:
        """Add or replace; `vectors` is (n, dimension) float32."""
        ...

    def delete(self, ids: Sequence[int]) -> None:
        """Forget ids; those that are not there are ignored."""
        ...

    def query(self, vector: Matrix, k: int) -> list[tuple[int, float]]:
        """The k nearest as (id, cosine), best first; fewer where a store limits what it returns."""
        ...

    def vectors_of(self, ids: Sequence[int]) -> dict[int, Vector] | None:
        """Vectors of those ids that are there; None where the store cannot tell."""
        ...

    def ids(self) -> set[int] | None:
        """All ids; None where the store cannot tell."""
        ...

    def count(self) -> int | None:
        """How many there are; None where the store cannot tell."""
        ...

    def close(self) -> None: ...


class ChromaCollection(ABC):
    """`VectorStore` over an open collection of Chroma, wherever it is; who makes one says what an error means."""

    place: str
    _client: Any
    _collection: Any
    _page: int | None = None
    """Rows read in one request; None for all at once."""

    def add(self, ids: Sequence[int], vectors: Matrix, facts: Sequence[Mapping[str, str | int]]) -> None:
        with self._readable_errors("cannot be written"):
            for at in range(0, len(ids), BATCH):
                self._collection.upsert(
                    ids=[str(i) for i in ids[at : at + BATCH]],
                    embeddings=vectors[at : at + BATCH],
                    metadatas=[dict(fact) for fact in facts[at : at + BATCH]],
                )

    def delete(self, ids: Sequence[int]) -> None:
        with self._readable_errors("cannot be written"):
            for at in range(0, len(ids), BATCH):
                self._collection.delete(ids=[str(i) for i in ids[at : at + BATCH]])

    def query(self, vector: Matrix, k: int) -> list[tuple[int, float]]:
        most = k if self._page is None else min(k, self._page)
        with self._readable_errors("cannot be read"):
            result = self._collection.query(
                query_embeddings=vector.reshape(1, -1), n_results=most, include=["distances"]
            )
        distances = (result["distances"] or [[]])[0]
        # Chroma returns cosine distances, a little below 0 by rounding; this is where they become similarities.
        return [(int(i), 1.0 - max(0.0, float(d))) for i, d in zip(result["ids"][0], distances, strict=True)]

    def vectors_of(self, ids: Sequence[int]) -> dict[int, Vector]:
        import numpy as np

        found: dict[int, Vector] = {}
        with self._readable_errors("cannot be read"):
            for at in range(0, len(ids), BATCH):
                names = [str(i) for i in ids[at : at + BATCH]]
                rows = self._collection.get(ids=names, include=["embeddings"])
                found |= {
                    int(i): np.asarray(row, dtype=np.float32)
                    for i, row in zip(rows["ids"], rows["embeddings"], strict=True)
                }
        return found

    def ids(self) -> set[int]:
        found: set[int] = set()
        with self._readable_errors("cannot be read"):
            while True:
                more = self._collection.get(include=[], limit=self._page, offset=len(found) if self._page else None)
                found |= {int(i) for i in more["ids"]}
                if self._page is None or len(more["ids"]) < self._page:
                    return found

    def count(self) -> int:
        with self._readable_errors("cannot be read"):
            return int(self._collection.count())

    def close(self) -> None:
        self._client.close()

    @abstractmethod
    def _readable_errors(self, what: str) -> AbstractContextManager[None]:
        """Whatever Chroma raises in the block becomes a StoreError of one line; `what` tells what could not be done."""


class ChromaVectors(ChromaCollection):
    """`VectorStore` over an embedded Chroma. A writer holds the store's lock from before this is made until closed."""

    def __init__(self, folder: Path, *, create: bool = True, anew: bool = False) -> None:
        """`anew` throws away what the folder holds. Raises StoreError when Chroma cannot open the folder."""
        self._folder = folder
        self.place = str(folder)
        if anew:
            _remove(folder)
        with self._readable_errors("cannot be opened"):
            self._client = _connect(folder)
            try:
                self._collection = self._open_collection(create)
            except Exception:
                self.close()
                raise

    def _open_collection(self, create: bool) -> Any:
        if not create:
            return self._client.get_collection(COLLECTION, embedding_function=None)
        return self._client.get_or_create_collection(COLLECTION, embedding_function=None, configuration=COSINE)

    @contextmanager
    def _readable_errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # Chroma raises types of its Rust core, sqlite3 and its own
            reason = " ".join(str(error).split())
            raise StoreError(f"the vector store in {self._folder} {what} ({reason}); run: rag rebuild") from error


def _connect(folder: Path) -> Any:
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    try:
        return chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
    except BaseException:
        # Chroma keeps what failed to start, and would hand it out again after the folder was mended.
        if not SharedSystemClient._identifier_to_refcount.get(str(folder)):
            SharedSystemClient._identifier_to_system.pop(str(folder), None)
        raise


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise StoreError(f"{folder} cannot be removed ({error.strerror}); check its permissions") from error
