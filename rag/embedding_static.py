"""Run a static embedding: a text's vector is the sum of vectors looked up for its tokens, at length 1.

The query path: imports numpy and tokenizers, and those on first use. Knows nothing of how the vectors came about
(`distilling`), of torch or of ONNX Runtime.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rag.embedding_cache import VECTORS, ModelMeta, TextKind
from rag.embedding_onnx import damaged, load_tokenizer, slices
from rag.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import tokenizers

SIF = 1e-5
"""How steeply usual tokens lose weight. nDCG@10 on clapnq_dev and lareqa_en of the vectors alone at 1e-4, 3e-5, 1e-5,
3e-6: .767 .805, .840 .840, .854 .836, .819 .813; fused with BM25: .950 .976, .956 .976, .959 .976, .962 .974. Without
taking the mean away: .842 .824, fused .946 .977. Of half the axes, by PCA: .845 .830, fused .960 .976."""

MADE = f"static-1-sif-{SIF:g}"
"""How the vectors are made: part of their identity; another number where the way of making them changes."""

AT_ONCE = 64
"""Texts tokenized and looked up together: 64 of 100 tokens are 10 MB of looked-up vectors, and more gains nothing."""


class StaticEmbedder:
    """A distilled model. Nothing is loaded before the first `encode` or `count_tokens`."""

    def __init__(self, folder: Path, meta: ModelMeta) -> None:
        self.identity = meta.identity
        self.dimension = meta.dimension
        self.max_tokens = meta.max_tokens
        self._folder = folder

    def encode(
        self,
        texts: Sequence[str],
        *,
        kind: TextKind = "passage",  # noqa: ARG002, a model's prompts say nothing word by word
        progress: Callable[[int], None] | None = None,
    ) -> npt.NDArray[np.float32]:
        """See Embedder.encode. Every token counts, also those beyond `max_tokens`; `kind` makes no difference.

        A text without a known token gets the first axis: it is near nothing in particular.
        """
        import numpy as np

        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        start = 0
        for part in slices(texts, AT_ONCE):
            ids = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(part, add_special_tokens=False)]
            vectors[start : start + len(part)] = self._sums(ids)
            start += len(part)
            if progress is not None:
                progress(len(part))
        lengths = np.linalg.norm(vectors, axis=1)
        vectors[lengths == 0, 0] = 1.0
        vectors /= np.where(lengths > 0, lengths, 1.0)[:, None].astype(np.float32)
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See Embedder.count_tokens."""
        return [
            len(encoding)
            for part in slices(texts, AT_ONCE)
            for encoding in self._tokenizer.encode_batch_fast(part, add_special_tokens=False)
        ]

    def _sums(self, ids: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
        """(n, dimension): each text's own tokens added up in their order, so company changes no bit."""
        import numpy as np

        sums = np.zeros((len(ids), self.dimension), dtype=np.float32)
        for row, own in enumerate(ids):
            if own:
                sums[row] = self._vectors.take(own, axis=0).sum(axis=0)
        return sums

    @cached_property
    def _vectors(self) -> npt.NDArray[np.float32]:
        """(tokens, dimension), mapped into memory: a question reads the few rows it needs."""
        import numpy as np

        try:
            vectors: npt.NDArray[np.float32] = np.load(self._folder / VECTORS, mmap_mode="r").view(
                np.ndarray
            )  # which is looked up faster
        except (OSError, ValueError, EOFError) as error:
            raise self._damaged() from error
        if vectors.shape[1:] != (self.dimension,) or vectors.dtype != np.float32:
            raise self._damaged()
        return vectors

    @cached_property
    def _tokenizer(self) -> tokenizers.Tokenizer:
        tokenizer = load_tokenizer(self._folder)
        tokenizer.no_truncation()
        if tokenizer.get_vocab_size() > len(self._vectors):  # a file of another model
            raise self._damaged()
        return tokenizer

    def _damaged(self) -> ModelError:
        return damaged(self._folder)
