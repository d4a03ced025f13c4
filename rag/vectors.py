"""The vector store: Chroma on the local disk. Holds ids, vectors and filter metadata, never text.

The catalogue keeps a copy of every vector, so this folder can be thrown away and made again (`rag rebuild`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rag.errors import StoreError

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.float32]]

COLLECTION = "chunks"
BATCH = 300
"""Rows a write: the limit of the hosted service, so that moving there needs no change. Local Chroma takes 5,461."""


class VectorStore(Protocol):
    """Vectors by integer id. Similarity is the cosine."""

    def add(self, ids: Sequence[int], vectors: Matrix, facts: Sequence[Mapping[str, str | int]]) -> None:
        """Add or replace; `vectors` is (n, dimension) float32."""
        ...

    def delete(self, ids: Sequence[int]) -> None:
        """Forget ids; those that are not there are ignored."""
        ...

    def query(self, vector: Matrix, k: int) -> list[tuple[int, float]]:
        """The k nearest as (id, cosine), best first."""
        ...

    def ids(self) -> set[int]: ...

    def count(self) -> int: ...

    def close(self) -> None: ...


class ChromaVectors:
    """`VectorStore` over an embedded Chroma. A writer holds the store's lock from before this is made until closed."""

    def __init__(self, folder: Path, *, create: bool = True, anew: bool = False) -> None:
        """`anew` throws away what the folder holds. Raises StoreError when Chroma cannot open the folder."""
        self._folder = folder
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
        return self._client.get_or_create_collection(
            COLLECTION, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )

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
        with self._readable_errors("cannot be read"):
            result = self._collection.query(query_embeddings=vector.reshape(1, -1), n_results=k, include=["distances"])
        distances = (result["distances"] or [[]])[0]
        # Chroma returns cosine distances, a little below 0 by rounding; this is where they become similarities.
        return [(int(i), 1.0 - max(0.0, float(d))) for i, d in zip(result["ids"][0], distances, strict=True)]

    def ids(self) -> set[int]:
        with self._readable_errors("cannot be read"):
            return {int(i) for i in self._collection.get(include=[])["ids"]}

    def count(self) -> int:
        with self._readable_errors("cannot be read"):
            return int(self._collection.count())

    def close(self) -> None:
        self._client.close()

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
