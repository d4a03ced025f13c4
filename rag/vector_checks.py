"""Are the vectors what the model made, and does the vector store hold the same ones?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.catalogue import Catalogue
from rag.chunking import VERSION
from rag.errors import RagError, StoreError
from rag.health import Fault
from rag.probing import Seen
from rag.schema import EVIDENCE

if TYPE_CHECKING:
    import numpy as np

    from rag.embedding import Embedder

SAMPLE = 200
"""Vectors compared one by one, spread evenly over all: damage to one in fifty is found with a probability of 98 %."""
_BATCH = 4096
"""Vectors in memory at a time: 6 MB of 384 numbers."""
_NEAR = 1e-3
"""How far from 1 a length, or the cosine of two copies of a vector, may be: rounding moves them by 1e-6."""
_MISSED = 0.1
"""Share of vectors that a sound HNSW index may not find by themselves: the search is an approximate one."""

Look = Callable[[Sequence[int]], Seen]
"""What the vector store holds, with these vectors. Raises StoreError."""


def vector_faults(catalogue: Catalogue) -> Iterator[Fault]:
    """Damaged vectors in the catalogue and paragraphs without one. The key is that of their article."""
    size = 4 * int(catalogue.setting("dimension") or 0)
    rows = catalogue.connection.execute(
        "SELECT c.pk, c.article, a.id, c.vector FROM chunks c JOIN articles a ON a.pk = c.article"
    )
    while batch := rows.fetchmany(_BATCH):
        whole = [row for row in batch if isinstance(row[3], bytes) and len(row[3]) == size]
        good = {row[0] for row, sound in zip(whole, _sound([row[3] for row in whole]), strict=True) if sound}
        yield from (
            Fault("vectors", f"{name}, chunk {key}", article) for key, article, name, _ in batch if key not in good
        )
    yield from _uncovered(catalogue)


def _sound(vectors: Sequence[bytes]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """(n,): of finite numbers, and of length 1."""
    import numpy as np

    if not vectors:
        return np.zeros(0, dtype=bool)
    numbers = np.frombuffer(b"".join(vectors), dtype="<f4").reshape(len(vectors), -1)
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(numbers.astype(np.float64), axis=1)
        near: np.ndarray[Any, np.dtype[np.bool_]] = np.abs(lengths - 1) < _NEAR
    return near


def _uncovered(catalogue: Catalogue) -> Iterator[Fault]:
    """Paragraphs that may be cited and that no chunk holds."""
    ask = catalogue.connection.execute
    for article, name in ask("SELECT pk, id FROM articles"):
        covered: set[int] = set()
        for (numbers,) in ask("SELECT paragraphs FROM chunks WHERE article = ?", (article,)):
            covered.update(_numbers(numbers))
        for n, kind in ask("SELECT n, kind FROM paragraphs WHERE article = ?", (article,)):
            if kind in EVIDENCE and n not in covered:
                yield Fault("uncovered", f"{name}#{n}", article)


def _numbers(text: str) -> list[int]:
    try:
        return [int(n) for n in json.loads(text)]
    except (ValueError, TypeError):
        return []


def model_faults(catalogue: Catalogue, embedder: Callable[[], Embedder]) -> Iterator[Fault]:
    """A model that cannot be loaded, or that is not the one the vectors were made with."""
    made_with, chunking = catalogue.setting("embedder"), catalogue.setting("chunking")
    if made_with is None:
        return
    try:
        now = embedder().identity
    except RagError as error:
        yield Fault("model", str(error))
        return
    if made_with != now:
        yield Fault("model", f"the vectors are of {made_with}, the configured model is {now}")
    elif chunking != str(VERSION):
        yield Fault("model", f"the articles were cut into chunks by version {chunking}, this is version {VERSION}")


# --- the vector store against the catalogue ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Moment:
    """What the vector store should hold, at one moment."""

    stored: frozenset[int]
    waiting: frozenset[int]
    stale: frozenset[int]

    @property
    def known(self) -> frozenset[int]:
        return self.stored | self.waiting | self.stale


def _moment(catalogue: Catalogue) -> _Moment:
    def keys(query: str) -> frozenset[int]:
        return frozenset(row[0] for row in catalogue.connection.execute(query))

    with catalogue.snapshot():
        return _Moment(
            keys("SELECT pk FROM chunks WHERE stored != 0"),
            keys("SELECT pk FROM chunks WHERE stored = 0"),
            keys("SELECT chunk FROM stale_vectors"),
        )


def store_faults(catalogue: Catalogue, look: Look) -> Iterator[Fault]:
    """What the vector store lacks, has too much or has otherwise. The key is that of a vector, where there is one.

    A writer may be at work: only what holds before and after the look is told. Outside of a snapshot.
    """
    before = _moment(catalogue)
    for kind, keys in (("waiting", before.waiting), ("stale", before.stale)):
        yield from (Fault(kind, f"vector {key}", key) for key in sorted(keys))
    if not before.stored and not before.stale:
        return
    stored = sorted(before.stored)
    sample = stored[:: max(1, len(stored) // SAMPLE)]
    try:
        seen = look(sample)
    except StoreError as error:
        if before.stored & _moment(catalogue).stored:  # else a writer is making it anew
            yield Fault("chroma", str(error))
        return
    after = _moment(catalogue)
    if seen.ids is not None:
        yield from (Fault("lost", f"vector {key}", key) for key in sorted(before.stored & after.stored - seen.ids))
        strange = seen.ids - before.known - after.known
        yield from (Fault("strange", f"vector {key}", key) for key in sorted(strange))
    yield from _differing(catalogue, seen, [key for key in sample if key in after.stored])


def _differing(catalogue: Catalogue, seen: Seen, sample: Sequence[int]) -> Iterator[Fault]:
    """Vectors of another direction than the catalogue's copy; and an index that does not find its own vectors."""
    if seen.vectors is None:
        return
    held = [key for key in sample if key in seen.vectors]
    for key in held:
        (own,) = catalogue.connection.execute("SELECT vector FROM chunks WHERE pk = ?", (key,)).fetchone()
        if not _alike(own, seen.vectors[key]):
            yield Fault("chroma", f"vector {key} is not the catalogue's")
    missed = [key for key in held if key not in seen.found]
    if len(missed) > _MISSED * len(held):
        yield Fault("chroma", f"its search does not find {len(missed)} of {len(held)} vectors")


def _alike(own: bytes, other: np.ndarray[Any, np.dtype[np.float32]]) -> bool:
    import numpy as np

    mine = np.frombuffer(own[: len(own) // 4 * 4], dtype="<f4").astype(np.float64)
    if mine.shape != other.shape:
        return False
    with np.errstate(all="ignore"):
        cosine = mine @ other / (np.linalg.norm(mine) * np.linalg.norm(other))
    return bool(cosine > 1 - _NEAR)
