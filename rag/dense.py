"""Nearest chunks to a question vector: exact over the catalogue's own vectors, or by Chroma where they are many."""

from __future__ import annotations

import math
import mmap
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.catalogue import IN_KEYS, Catalogue, key_list
from rag.errors import StoreError
from rag.keeping import integer_columns, state_of
from rag.storing import matrix
from rag.vectors import VectorStore

if TYPE_CHECKING:
    import numpy as np

    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]
    Vector = np.ndarray[Any, np.dtype[np.float32]]
    Matrix = np.ndarray[Any, np.dtype[np.float32]]

EXACT_LIMIT = 50_000
"""Chunks scored one by one: in memory 9 ms, where Chroma takes 5. A first question over 100,000 takes 2.2 s of the
processor's time this way and 4.1 s with Chroma, whose import alone takes 1.3."""
HELD_BYTES = 512 * 2**20
"""Of vectors in memory, 350,000 of 384 numbers; where there are more, those asked for lately. Of 500,000 a question
with a filter that passes 1 % takes 66 ms of the processor where they are read for every question."""
_SPARE = 2
"""Times k asked of the vector store, which may hold chunks a writer is adding or forgetting at this moment."""
_BATCH = 512
"""Vectors scored at a time, so that copies stay in the processor's cache: 20,000 scattered ones take 8 ms, not 14."""

Hits = list[tuple[int, float]]


def nearest_chunks(
    catalogue: Catalogue,
    open_vectors: Callable[[], VectorStore],
    vector: Vector,
    k: int,
    articles: Collection[int] | None = None,
    exact_limit: int = EXACT_LIMIT,
    held: Held | None = None,
    warn: Callable[[str], None] = lambda _: None,
) -> Hits:
    """The k chunks with the highest cosine as (key, cosine), best first, ties by key; only of `articles` if given.

    `held` keeps vectors in memory from one question to the next. A vector store that cannot be read is told to `warn`;
    raises StoreError where there are more vectors than can be held instead.
    """
    with catalogue.snapshot():
        chunks = (held or Held()).chunks(catalogue)
        if articles is not None:
            return chunks.best(vector, k, chunks.of_articles(articles))
        total = len(chunks.keys)
        waiting = [row[0] for row in catalogue.connection.execute("SELECT pk FROM chunks WHERE stored = 0")]
        if total <= exact_limit or total == len(waiting):
            return chunks.best(vector, k)
        stale = catalogue.connection.execute("SELECT count(*) FROM stale_vectors").fetchone()[0]
        # Scored again here: chunks the catalogue has forgotten drop out, and scores are the same whoever found them.
        try:
            hits = open_vectors().query(vector, k * _SPARE + stale)
        except StoreError as error:  # a copy of a store that cannot be written, for one
            if chunks.room < total:
                raise
            warn(f"{error} (until then every vector is compared, which takes longer)")
            return chunks.best(vector, k)
        return chunks.best(vector, k, chunks.places({key for key, _ in hits}.union(waiting)))


def cosines(
    catalogue: Catalogue, vector: Vector, chunks: Collection[int], held: Held | None = None
) -> dict[int, float]:
    """Cosine of the question with each of these chunks."""
    with catalogue.snapshot():
        known = (held or Held()).chunks(catalogue)
        return dict(known.best(vector, len(chunks), known.places(chunks)))


@dataclass(slots=True)
class Held:
    """The chunks of a catalogue in memory, anew when it has been written to."""

    _state: tuple[int, int] | None = None
    _chunks: Chunks | None = None

    def chunks(self, catalogue: Catalogue) -> Chunks:
        """Inside `catalogue.snapshot()`."""
        state = state_of(catalogue)
        if self._chunks is None or state != self._state:
            self._state, self._chunks = state, None  # the old one goes before the new one comes
            self._chunks = _known(catalogue)
        return self._chunks


@dataclass(slots=True)
class Chunks:
    """Keys and articles of all chunks, and their vectors, each read when it is first needed.

    Of 100,000 chunks the keys take 30 ms to read. A question needs the vectors of some hundred chunks, a filter those
    of its articles; all of them take 0.5 s to read, and 154 MB.
    """

    catalogue: Catalogue
    keys: Integers
    """(n,), ascending."""
    articles: Integers
    """(n,)"""
    vectors: Matrix | None
    """(n, dimension); rows not read yet hold anything. None where there are none, or no room for any."""
    read: Flags
    """(n,)"""
    room: int
    """Vectors that may be in memory."""

    def best(self, vector: Vector, k: int, places: Integers | None = None) -> Hits:
        """The k chunks with the highest cosine, best first, ties by key; only at `places` (ascending) if given."""
        import numpy as np

        among = np.arange(len(self.keys)) if places is None else places
        if not len(among) or k <= 0:
            return []
        scores = self._scores(vector, among)
        if len(among) > k:
            likely = np.flatnonzero(scores >= np.partition(scores, -k)[-k])
            among, scores = among[likely], scores[likely]
        # A stable sort keeps equal scores in the order of their keys.
        order = np.argsort(-scores, kind="stable")[:k]
        return list(zip(self.keys[among[order]].tolist(), scores[order].tolist(), strict=True))

    def places(self, keys: Iterable[int]) -> Integers:
        """Rows of those keys that are there, ascending."""
        import numpy as np

        wanted = np.unique(np.fromiter(keys, dtype=np.int64))
        at = np.searchsorted(self.keys, wanted)
        inside = at < len(self.keys)
        places: Integers = at[inside][self.keys[at[inside]] == wanted[inside]]
        return places

    def of_articles(self, articles: Iterable[int]) -> Integers:
        """Rows of the chunks of these articles, ascending."""
        import numpy as np

        return np.flatnonzero(np.isin(self.articles, np.fromiter(articles, dtype=np.int64)))

    def _scores(self, vector: Vector, places: Integers) -> Vector:
        """Cosines at these places, each the same to the last bit whatever is scored beside it: no BLAS does that."""
        import numpy as np

        batches = (places[at : at + _BATCH] for at in range(0, len(places), _BATCH))
        return np.concatenate([np.einsum("ij,j->i", self._rows(batch), vector) for batch in batches])

    def _rows(self, places: Integers) -> Matrix:
        """Vectors at these places, (m, dimension)."""
        import numpy as np

        if self.vectors is None or len(places) > self.room:
            return self._from_disk(places)
        missing = places[~self.read[places]]
        if len(missing):
            if self.room < len(self.keys) and np.count_nonzero(self.read) + len(missing) > self.room:
                shape, self.vectors = self.vectors.shape, None  # the old ones go before there is room for new ones
                self.vectors, missing = _empty(shape), places
                self.read[:] = False
                if self.vectors is None:
                    return self._from_disk(places)
            self.vectors[missing] = self._from_disk(missing)
            self.read[missing] = True
        first, last = int(places[0]), int(places[-1])
        return self.vectors[first : last + 1] if last - first < len(places) else self.vectors[places]

    def _from_disk(self, places: Integers) -> Matrix:
        query = f"SELECT pk, vector FROM chunks WHERE pk {IN_KEYS} ORDER BY pk"
        rows = self.catalogue.connection.execute(query, (key_list(self.keys[places].tolist()),))
        return matrix([row[1] for row in rows])


def _known(catalogue: Catalogue) -> Chunks:
    import numpy as np

    keys, articles = integer_columns(catalogue.connection, ["pk", "article"], "chunks")
    order = np.argsort(keys)
    row = catalogue.connection.execute("SELECT length(vector) FROM chunks LIMIT 1").fetchone()
    width = row[0] if row else 0
    room = HELD_BYTES // width if width else 0
    vectors = _empty((len(keys), width // 4)) if room else None
    return Chunks(catalogue, keys[order], articles[order], vectors, np.zeros(len(keys), dtype=bool), room)


def _empty(shape: tuple[int, ...]) -> Matrix | None:
    """Takes memory only as rows are written; numpy's own takes two megabytes at a time. None where that is refused."""
    import numpy as np

    try:
        held = mmap.mmap(-1, 4 * math.prod(shape))
    except OSError:
        return None
    return np.frombuffer(held, dtype=np.float32).reshape(shape)
