"""Remembers the vectors of texts met lately: follow-up questions weigh much the same sentences again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.embedding import Embedder
from rag.embedding_cache import TextKind

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

REMEMBERED = 4096
"""Texts: 6 MB at 384 dimensions, the sentences of some three hundred questions or of two long briefings."""


@dataclass(slots=True)
class RememberingEmbedder:
    """An embedder that embeds a passage once while it is remembered. Not shared between threads."""

    embedder: Embedder
    _vectors: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    """The one used longest ago first."""

    @property
    def identity(self) -> str:
        return self.embedder.identity

    @property
    def dimension(self) -> int:
        return self.embedder.dimension

    @property
    def max_tokens(self) -> int:
        return self.embedder.max_tokens

    def encode(
        self, texts: Sequence[str], *, kind: TextKind = "passage", progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float32]:
        """See Embedder.encode."""
        if kind != "passage":
            return self.embedder.encode(texts, kind=kind, progress=progress)
        import numpy as np

        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        found = dict(zip(new, self.embedder.encode(new, progress=progress), strict=True)) if new else {}
        if progress is not None:
            progress(len(texts) - len(new))
        found |= {text: self._vectors.pop(text) for text in dict.fromkeys(texts) if text not in found}
        self._vectors |= found
        for text in list(self._vectors)[: max(0, len(self._vectors) - REMEMBERED)]:
            del self._vectors[text]
        return np.array([found[text] for text in texts], dtype=np.float32).reshape(len(texts), self.dimension)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See Embedder.count_tokens."""
        return self.embedder.count_tokens(texts)
