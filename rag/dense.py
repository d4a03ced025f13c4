"""Nearest chunks to a question vector: exact over the catalogue's own vectors, or by Chroma where they are many."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from rag.catalogue import IN_KEYS, Catalogue, key_list
from rag.storing import matrix
from rag.vectors import VectorStore

if TYPE_CHECKING:
    import numpy as np

    Vector = np.ndarray[Any, np.dtype[np.float32]]

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
) -> Hits:
    """The k chunks with the highest cosine as (key, cosine), best first, ties by key; only of `articles` if given."""
    if articles is not None:
        return _exact(catalogue, vector, k, f"WHERE article {IN_KEYS}", articles)
    counts = catalogue.counts()
    if counts["chunks"] <= exact_limit or counts["chunks"] == counts["waiting"]:
        return _exact(catalogue, vector, k)
    # Scored again here: chunks the catalogue has forgotten drop out, and scores are the same whoever found them.
    hits = open_vectors().query(vector, k * _SPARE + counts["stale"])
    found = _exact(catalogue, vector, k, f"WHERE pk {IN_KEYS}", [key for key, _ in hits])
    merged = dict(found) | dict(_exact(catalogue, vector, k, "WHERE stored = 0"))
    return sorted(merged.items(), key=_best_first)[:k]


def cosines(catalogue: Catalogue, vector: Vector, chunks: Collection[int]) -> dict[int, float]:
    """Cosine of the question with each of these chunks."""
    return dict(_exact(catalogue, vector, len(chunks), f"WHERE pk {IN_KEYS}", chunks))


def _exact(catalogue: Catalogue, vector: Vector, k: int, where: str = "", keys: Collection[int] | None = None) -> Hits:
    query = f"SELECT pk, vector FROM chunks {where} ORDER BY pk"
    rows = catalogue.connection.execute(query, () if keys is None else (key_list(keys),)).fetchall()
    if not rows or k <= 0:
        return []
    import numpy as np

    scores = matrix([row[1] for row in rows]) @ vector
    # A stable sort keeps equal scores in the order of their keys.
    return [(rows[i][0], float(scores[i])) for i in np.argsort(-scores, kind="stable")[:k]]


def _best_first(hit: tuple[int, float]) -> tuple[float, int]:
    return (-hit[1], hit[0])
