"""What several articles report is one statement with all of them cited: which sentences say the same as another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.citations import Claim
from rag.evidence import Evidence, gather
from rag.extraction import Weighed

if TYPE_CHECKING:
    import numpy as np

    from rag.verification import Verifier

    Matrix = np.ndarray[Any, np.dtype[np.float32]]

NEAR = 0.7
"""Cosine from which two sentences may say the same."""


@dataclass(slots=True)
class Joiner:
    """Finds who else says what a sentence says, among the sentences of a pool."""

    pool: Sequence[Weighed]
    verifier: Verifier
    _vectors: Matrix = field(init=False)
    _evidence: dict[str, Evidence] = field(init=False)

    def __post_init__(self) -> None:
        import numpy as np

        self._vectors = np.stack([one.vector for one in self.pool]) if self.pool else np.zeros((0, 0), np.float32)
        self._evidence = {one.passage.paragraph_id: one for one in gather(self.pool)}

    def near(self, one: Weighed, floor: float = NEAR) -> list[Weighed]:
        """Sentences of other articles nearest in meaning, best first, one an article."""
        scores = self._vectors @ one.vector
        order = sorted((i for i, score in enumerate(scores) if score >= floor), key=lambda i: (-scores[i], i))
        best: dict[str, Weighed] = {}
        for i in order:
            other = self.pool[i]
            if other.passage.article_id != one.passage.article_id:
                best.setdefault(other.passage.article_id, other)
        return list(best.values())

    def bears_out(self, one: Weighed, other: Weighed) -> bool:
        """Whether the paragraph of `other` says what `one` says: its figures, names, dates and negations too."""
        evidence = self._evidence[other.passage.paragraph_id]
        return self.verifier.verdict(one.text, one.vector, [evidence]).support == "supported"

    def claim(self, one: Weighed, floor: float = NEAR) -> Claim:
        """The sentence as it stands, resting on itself and on every other article that bears it out."""
        others = [other for other in self.near(one, floor) if self.bears_out(one, other)]
        return Claim(one.text, tuple((place.passage, place.sentence) for place in (one, *others)))
