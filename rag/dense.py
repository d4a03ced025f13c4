"""Nearest chunks to a question vector: exact over the catalogue's own vectors, or by Chroma where they are many."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.catalogue import IN_KEYS, Catalogue, key_list
from rag.storing import matrix
from rag.vectors import VectorStore

if TYPE_CHECKING:
    import numpy as np

    Vector = np.ndarray[Any, np.dtype[np.float32]]
    Matrix = np.ndarray[Any, np.dtype[np.float32]]

EXACT_LIMIT = 20_000
"""Chunks scored one by one. 20,000 cost about 60 ms read from SQLite; importing Chroma alone costs 1,300 ms."""
_SPARE = 2
"""Times k asked of the vector store, which may hold chunks a writer is adding or forgetting at this moment."""

Hits = list[tuple[int, float]]


def nearest_chunks(
    catalogue: Catalogue,
    open_vectors: Callable[[], VectorStore],
    vector: Vector,
    k: int,
    articles: Collection[int] | None = None,
    exact_limit: int = EXACT_LIMIT,
    held: Held | None = None,
) -> Hits:
    """The k chunks with the highest cosine as (key, cosine), best first, ties by key; only of `articles` if given.

    `held` keeps the vectors of a store that is scored one by one from one question to the next.
    """
    if articles is not None:
        return _exact(catalogue, vector, k, f"WHERE article {IN_KEYS}", articles)
    counts = catalogue.counts()
    if counts["chunks"] <= exact_limit or counts["chunks"] == counts["waiting"]:
        keys, vectors = (held or Held()).read(catalogue)
        return _best(keys, vectors, vector, k)
    # Scored again here: chunks the catalogue has forgotten drop out, and scores are the same whoever found them.
    hits = open_vectors().query(vector, k * _SPARE + counts["stale"])
    found = _exact(catalogue, vector, k, f"WHERE pk {IN_KEYS}", [key for key, _ in hits])
    merged = dict(found) | dict(_exact(catalogue, vector, k, "WHERE stored = 0"))
    return sorted(merged.items(), key=_best_first)[:k]


def cosines(catalogue: Catalogue, vector: Vector, chunks: Collection[int]) -> dict[int, float]:
    """Cosine of the question with each of these chunks."""
    return dict(_exact(catalogue, vector, len(chunks), f"WHERE pk {IN_KEYS}", chunks))


@dataclass(slots=True)
class Held:
    """The vectors of all chunks in memory, read anew when the catalogue has been written to.

    Of 10,500 chunks they take 16 MB, and 90 ms to read.
    """

    _state: tuple[int, int] | None = None
    _keys: list[int] = field(default_factory=list)
    _vectors: Matrix | None = None

    def read(self, catalogue: Catalogue) -> tuple[list[int], Matrix | None]:
        """Keys in order, and their vectors, (n, dimension); None where there is none.

        Inside `catalogue.snapshot()`, after a first query: then no write comes between the two readings.
        """
        connection = catalogue.connection
        # The first counts what other connections have written, the second what this one has.
        state = (connection.execute("PRAGMA data_version").fetchone()[0], connection.total_changes)
        if state != self._state:
            self._keys, self._vectors = _read(catalogue)
            self._state = state
        return self._keys, self._vectors


def _exact(catalogue: Catalogue, vector: Vector, k: int, where: str, keys: Collection[int] | None = None) -> Hits:
    return _best(*_read(catalogue, where, keys), vector, k)


def _read(
    catalogue: Catalogue, where: str = "", keys: Collection[int] | None = None
) -> tuple[list[int], Matrix | None]:
    query = f"SELECT pk, vector FROM chunks {where} ORDER BY pk"
    rows = catalogue.connection.execute(query, () if keys is None else (key_list(keys),)).fetchall()
    return [row[0] for row in rows], matrix([row[1] for row in rows]) if rows else None


def _best(keys: list[int], vectors: Matrix | None, vector: Vector, k: int) -> Hits:
    if vectors is None or k <= 0:
        return []
    import numpy as np

    scores = vectors @ vector
    # A stable sort keeps equal scores in the order of their keys.
    return [(keys[i], float(scores[i])) for i in np.argsort(-scores, kind="stable")[:k]]


def _best_first(hit: tuple[int, float]) -> tuple[float, int]:
    return (-hit[1], hit[0])
