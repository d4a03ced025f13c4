"""From articles to rows: chunks embedded in batches, a transaction each, and the vectors handed on afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rag.catalogue import Catalogue, ChunkRow
from rag.chunking import VERSION, chunk_article
from rag.errors import StoreError, StoreMismatchError, UnsoundError
from rag.schema import Article, Chunk
from rag.vectors import BATCH, VectorStore

if TYPE_CHECKING:
    import numpy as np

    from rag.embedding import Embedder

BATCH_CHUNKS = 512
"""Chunks embedded and committed at a time: long enough to sort by length, short enough to lose little when killed."""

SAMPLE = 20
"""Chunks looked for in a vector store that cannot count: of stores that have lost a fifth, 99 in 100 are found out."""
ITSELF = 0.999
"""Cosine from which a vector counts as found: stores may keep half precision."""

Progress = Callable[[int, int], None]
"""Called with (articles, paragraphs) committed since the last call."""


class Writer:
    """Collects articles and writes them batch by batch. Hold the lock; call `flush` at the end."""

    def __init__(self, catalogue: Catalogue, embedder: Embedder, progress: Progress, batch: int = BATCH_CHUNKS) -> None:
        self.catalogue = catalogue
        self.embedder = embedder
        self.progress = progress
        self.batch = batch
        self._waiting: list[tuple[Article, list[Chunk], int, bytes]] = []
        self._steps: list[Callable[[], None]] = []
        self._chunks = 0

    def add(self, article: Article, next_n: int, signature: bytes) -> None:
        """Write `article` with the next batch; `next_n` is the first paragraph number it never used."""
        chunks = chunk_article(article, self.embedder.count_tokens, self.embedder.max_tokens)
        self._waiting.append((article, chunks, next_n, signature))
        self._chunks += len(chunks)
        if self._chunks >= self.batch:
            self.flush()

    def then(self, step: Callable[[], None]) -> None:
        """Do `step` in the same transaction as the articles added so far."""
        self._steps.append(step)

    def flush(self) -> None:
        """Embed what waits and commit it, all or nothing."""
        rows = self._rows([chunk.text for _, chunks, _, _ in self._waiting for chunk in chunks])
        with self.catalogue.transaction():
            for article, chunks, next_n, signature in self._waiting:
                stored = [ChunkRow(chunk.paragraphs, *rows[chunk.text]) for chunk in chunks]
                self.catalogue.put_article(article, stored, next_n, signature)
            for step in self._steps:
                step()
        if self._waiting:
            self.progress(len(self._waiting), sum(len(article.paragraphs) for article, *_ in self._waiting))
        self._waiting, self._steps, self._chunks = [], [], 0

    def _rows(self, texts: Sequence[str]) -> dict[str, tuple[bytes, bytes]]:
        """Hash and vector of each text; a text that is stored already is not embedded again."""
        hashes = {text: hashlib.sha256(text.encode()).digest() for text in texts}
        known = stored_vectors(self.catalogue, hashes.values())
        fresh = [text for text, digest in hashes.items() if digest not in known]
        if fresh:
            for text, vector in zip(fresh, self.embedder.encode(fresh), strict=True):
                known[hashes[text]] = vector.astype("<f4").tobytes()
        return {text: (digest, known[digest]) for text, digest in hashes.items()}


def stored_vectors(catalogue: Catalogue, hashes: Any) -> dict[bytes, bytes]:
    """Vectors the catalogue holds of texts with these hashes."""
    found = {}
    for digest in hashes:
        row = catalogue.connection.execute("SELECT vector FROM chunks WHERE hash = ? LIMIT 1", (digest,)).fetchone()
        if row:
            found[digest] = row[0]
    return found


def check_model(catalogue: Catalogue, embedder: Embedder, *, claim: bool = False) -> None:
    """`claim` notes the model of a new store. Raises StoreMismatchError when the vectors are another model's."""
    made_with, chunking = catalogue.setting("embedder"), catalogue.setting("chunking")
    if made_with is None or not catalogue.counts()["chunks"]:
        if claim and (made_with, chunking) != (embedder.identity, str(VERSION)):
            with catalogue.transaction():
                _claim_model(catalogue, embedder)
        return
    if made_with != embedder.identity or chunking != str(VERSION):
        what = "another embedding model" if made_with != embedder.identity else "another way of cutting chunks"
        again = " --model static" if embedder.identity.startswith("static-") else ""
        raise StoreMismatchError(
            f"the store was made with {what} ({made_with}, chunks {chunking}; now {embedder.identity}, "
            f"chunks {VERSION}); set the model back, or embed everything anew with: rag rebuild --embed{again}"
        )


def _claim_model(catalogue: Catalogue, embedder: Embedder) -> None:
    """Note that the vectors are this embedder's. Inside a transaction."""
    if catalogue.setting("embedder") not in (None, embedder.identity):
        start_anew(catalogue)  # vectors of another length do not fit in
    catalogue.set_setting("embedder", embedder.identity)
    catalogue.set_setting("dimension", str(embedder.dimension))
    catalogue.set_setting("chunking", str(VERSION))


def start_anew(catalogue: Catalogue) -> None:
    """Let the next `hand_on` throw the vector store away and fill it again. Inside a transaction."""
    catalogue.set_setting("vectors", "anew")
    catalogue.connection.execute("UPDATE chunks SET stored = 0")
    catalogue.connection.execute("DELETE FROM stale_vectors")


def embed_anew(catalogue: Catalogue, embedder: Embedder, progress: Progress, batch: int = BATCH_CHUNKS) -> None:
    """Cut and embed every article again, in one transaction: readers see the old store until the end."""
    with catalogue.transaction():
        catalogue.connection.execute("DELETE FROM chunks")
        waiting: list[tuple[Article, list[Chunk]]] = []
        for known in catalogue.known():
            article = catalogue.article(known.id)
            waiting.append((article, chunk_article(article, embedder.count_tokens, embedder.max_tokens)))
            if sum(len(chunks) for _, chunks in waiting) >= batch:
                _embed(catalogue, embedder, waiting, progress)
        _embed(catalogue, embedder, waiting, progress)
        _claim_model(catalogue, embedder)
        start_anew(catalogue)


def _embed(
    catalogue: Catalogue, embedder: Embedder, waiting: list[tuple[Article, list[Chunk]]], progress: Progress
) -> None:
    """Put the chunks of articles, which wait no longer. Inside a transaction."""
    texts = [chunk.text for _, chunks in waiting for chunk in chunks]
    vectors = iter(embedder.encode(texts)) if texts else iter(())
    for article, chunks in waiting:
        rows = [
            ChunkRow(
                chunk.paragraphs, hashlib.sha256(chunk.text.encode()).digest(), next(vectors).astype("<f4").tobytes()
            )
            for chunk in chunks
        ]
        catalogue.put_chunks(article.id, rows)
        progress(1, len(article.paragraphs))
    waiting.clear()


def hand_on(catalogue: Catalogue, open_vectors: Callable[[bool], VectorStore]) -> int:
    """Teach the vector store what it has yet to learn and forget; returns how many vectors that were.

    May be killed anywhere: what was not noted as stored is handed on again by the next call. A store that has lost
    vectors it was handed before is filled anew. `open_vectors(True)` opens it empty.
    """
    counts, anew = catalogue.counts(), catalogue.setting("vectors") == "anew"
    if not counts["waiting"] and not counts["stale"] and not anew:
        return 0
    if not catalogue.path.is_file():  # or the vectors would go to a new store, and be noted as stored in the old one
        raise StoreError(f"{catalogue.path.parent} was moved or deleted while it was written; run the command again")
    try:
        vectors = open_vectors(anew)
    except UnsoundError:  # whoever opens it crashes: it is not opened but made anew
        with catalogue.transaction():
            start_anew(catalogue)
        return hand_on(catalogue, open_vectors)
    try:
        if anew:
            catalogue.set_setting("vectors", "kept")
        _forget(catalogue, vectors)
        _teach(catalogue, vectors)
        complete = _complete(catalogue, vectors, counts["chunks"])
    finally:
        vectors.close()
    if complete or anew:
        return counts["waiting"] + counts["stale"]
    with catalogue.transaction():
        start_anew(catalogue)
    return hand_on(catalogue, open_vectors)


def _complete(catalogue: Catalogue, vectors: VectorStore, chunks: int) -> bool:
    """Whether the store holds as many vectors as there are chunks; one that cannot count is asked for a sample."""
    held = vectors.count()
    if held is not None:
        return held == chunks
    rows = catalogue.connection.execute(
        "SELECT vector FROM chunks WHERE pk % max(1, ? / ?) = 0 ORDER BY pk LIMIT ?", (chunks, SAMPLE, 2 * SAMPLE)
    ).fetchall()
    return all(_finds(catalogue, vectors, row[0]) for row in rows)


def _finds(catalogue: Catalogue, vectors: VectorStore, vector: bytes) -> bool:
    """Whether the store finds this vector, or one that is as good as the same, when it is asked for it."""
    import numpy as np

    wanted = np.frombuffer(vector, dtype="<f4")
    keys = [key for key, _ in vectors.query(wanted, 5)]
    marks = ", ".join("?" * len(keys))
    found = catalogue.connection.execute(f"SELECT vector FROM chunks WHERE pk IN ({marks})", keys).fetchall()
    return any(float(np.frombuffer(row[0], dtype="<f4") @ wanted) > ITSELF for row in found)


def _teach(catalogue: Catalogue, vectors: VectorStore) -> None:
    while rows := _waiting(catalogue):
        keys = [row[0] for row in rows]
        vectors.add(keys, matrix([row[1] for row in rows]), [_facts(row) for row in rows])
        with catalogue.transaction():
            catalogue.connection.executemany("UPDATE chunks SET stored = 1 WHERE pk = ?", [(key,) for key in keys])


def _forget(catalogue: Catalogue, vectors: VectorStore) -> None:
    while rows := catalogue.connection.execute("SELECT chunk FROM stale_vectors LIMIT ?", (BATCH,)).fetchall():
        vectors.delete([row[0] for row in rows])
        with catalogue.transaction():
            catalogue.connection.executemany("DELETE FROM stale_vectors WHERE chunk = ?", rows)


def _waiting(catalogue: Catalogue) -> list[Any]:
    return catalogue.connection.execute(
        "SELECT c.pk, c.vector, a.pk, a.publisher, a.first_day FROM chunks c JOIN articles a ON a.pk = c.article "
        "WHERE c.stored = 0 ORDER BY c.pk LIMIT ?",
        (BATCH,),
    ).fetchall()


def _facts(row: Sequence[Any]) -> dict[str, str | int]:
    """For filters. The article by number: its id, made of its file's name, would outlive it in the folder."""
    facts: dict[str, str | int] = {"article": row[2]}
    if row[3]:
        facts["publisher"] = row[3]
    if row[4]:
        facts["published"] = row[4]
    return facts


def matrix(vectors: Sequence[bytes]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Stored vectors as one (n, dimension) float32 matrix."""
    import numpy as np

    return np.frombuffer(b"".join(vectors), dtype="<f4").reshape(len(vectors), -1)
