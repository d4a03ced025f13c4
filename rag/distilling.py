"""Distil an embedding model into a static one: a vector for each token of its tokenizer, by the model itself.

As model2vec does (Tulkens and van Dongen 2024, after Arora and others 2017 for the weights), by the ONNX export that is
there: each token between the model's special ones is embedded as if it were a text; the mean is taken away; and a token
counts the less the more usual it is, by its rank, as vocabularies list tokens from usual to rare (Zipf's law). The axes
stay as they are: turning them by a PCA would change no cosine, and would not be the same on another machine.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rag.embedding_cache import (
    TOKENIZER,
    VECTORS,
    ModelMeta,
    Source,
    file_states,
    publish,
    static_folder,
    sweep,
    work_folder,
    write_meta,
)
from rag.embedding_onnx import OnnxEmbedder
from rag.embedding_static import MADE, SIF
from rag.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MAX_TOKENS = 256
"""Of a chunk: the vectors have no limit, but say less of a longer text."""


def distil(base: OnnxEmbedder, source: Source, cache: Path, warn: Callable[[str], None]) -> tuple[Path, ModelMeta]:
    """Make the static embedding of `base`, the export of `source`, under `cache`; where that cannot be written, for
    this process only.

    Returns its folder and record. Safe while other processes do the same. Raises ModelError.
    """
    final, meta = static_folder(source, MADE, cache), describe(base, source)
    try:
        work = work_folder(final)
        try:
            _fill(work, base, meta)
            publish(work, final)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        sweep(final, meta)
        return final, meta
    except OSError as error:
        warn(
            f"{cache} cannot be written ({error.strerror}), so every command prepares the static embedding anew; "
            "set RAG_CACHE to a folder that can"
        )
    return _temporary(base, meta)


def describe(base: OnnxEmbedder, source: Source) -> ModelMeta:
    """The record of what is made of `base`."""
    return replace(
        base.meta,
        identity=f"{MADE}:{base.identity}",
        max_tokens=min(base.max_tokens, MAX_TOKENS),
        max_seq_length=None,
        inputs=(),
        files=file_states(source),
        runner="static",
    )


def token_vectors(base: OnnxEmbedder) -> npt.NDArray[np.float32]:
    """(tokens, dimension): what each token adds to a text. Row n is of the token with the number n.

    Rounded to half precision, which hides most of what processors differ in.
    """
    import numpy as np

    before, after, special = base.special_ids()
    count = base.vocabulary_size()
    vectors = base.encode_ids([np.array([*before, n, *after], dtype=np.int64) for n in range(count)])
    vectors -= vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    rounded = vectors.astype(np.float16).astype(np.float32) * weights(count)[:, None]
    rounded[sorted(special)] = 0
    return rounded


def weights(count: int, sif: float = SIF) -> npt.NDArray[np.float32]:
    """(count,) a / (a + p): the weight of smooth inverse frequency, with p by Zipf's law from the rank."""
    import numpy as np

    share = 1.0 / np.arange(2, count + 2)
    share /= share.sum()
    return (sif / (sif + share)).astype(np.float32)


def _fill(folder: Path, base: OnnxEmbedder, meta: ModelMeta) -> None:
    import numpy as np

    np.save(folder / VECTORS, token_vectors(base))
    shutil.copyfile(base.folder / TOKENIZER, folder / TOKENIZER)
    write_meta(folder, meta)


def _temporary(base: OnnxEmbedder, meta: ModelMeta) -> tuple[Path, ModelMeta]:
    try:
        work = Path(tempfile.mkdtemp(prefix="rag-embedding-"))
        atexit.register(shutil.rmtree, work, ignore_errors=True)
        _fill(work, base, meta)
        return work, meta
    except OSError as error:
        raise ModelError(f"no room to prepare the embedding model ({error.strerror}); free some space") from error
