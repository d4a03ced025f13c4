"""Texts to vectors: what an embedder is, and the one place that chooses which one.

Knows nothing of articles, chunks or stores. The embedders live beside it, one outside library a file:
`embedding_onnx` (the usual one), `embedding_static` (a fast one made of it), `embedding_torch` (sentence-transformers
itself), `embedding_endpoint` (a server).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rag.embedding_cache import TextKind, export_folder, find_source, read_meta, static_folder
from rag.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


DEFAULT, STATIC = "default", "static"
"""Models that are ours: the packaged one, and the static embedding made of it; "static:NAME" is made of another."""


class Embedder(Protocol):
    """Turns texts into vectors whose dot product says how close they are in meaning."""

    @property
    def identity(self) -> str:
        """Changes when the vectors would: vectors of two identities must not be compared."""

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that are read, the model's own (special tokens, prompt) not counted; the rest is cut off."""

    def encode(
        self, texts: Sequence[str], *, kind: TextKind = "passage", progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float32]:
        """Vectors of `texts`, in their order: shape (n, dimension), each of length 1.

        `kind` chooses the prompt of models that have one. `progress` is called from the calling thread after each
        batch with the number of texts in it; these add up to n. The same texts give the same bits again; the
        company a text is encoded in moves its vector by rounding only (< 1e-6). Raises ModelError.
        """

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Length of each text in the unit of `max_tokens`, nothing cut off; an estimate where the model is remote."""


def _ignore(_: str) -> None:
    pass


def base_of(model: str) -> str | None:
    """The model that a static one is made of, "" for the packaged one; None for a model that is not static."""
    name, _, base = model.partition(":")
    return base if name == STATIC else None


def lasting(model: str) -> str:
    """The name of a static model as a store keeps it: it leads to the same folder from anywhere."""
    base = base_of(model)
    folder = Path(base).expanduser() if base else None
    return f"{STATIC}:{folder.resolve()}" if folder and folder.is_dir() else model


def model_of(identity: str | None, noted: str | None) -> str:
    """The model that made a store, by what the store knows of it: only a static one, else "" for whichever is set."""
    return noted or STATIC if (identity or "").startswith(f"{STATIC}-") else ""


def load_embedder(
    model: str,
    *,
    cache: Path,
    base_url: str | None = None,
    api_key: str | None = None,
    warn: Callable[[str], None] = _ignore,
) -> Embedder:
    """The embedder for `model`: "" or "default" (in the package), a sentence-transformers name or folder, "static" or
    "static:MODEL" for the static embedding of one of these, or, where `base_url` is given, a model of an
    OpenAI-compatible endpoint.

    A local model is exported to ONNX under `cache` when it is first met, which takes some ten seconds (a static one is
    made of the export, which takes half a minute); afterwards
    `identity`, `dimension` and `max_tokens` are read from a small file and the model is loaded by the first `encode`.
    An endpoint is first called when its dimension is asked for and not yet remembered under `cache`. `warn` gets
    one-line hints. Raises ModelError when there is no such model.
    """
    base = base_of(model)
    if base is not None:
        return _static(base, cache, warn)
    if base_url:
        from rag.embedding_endpoint import OpenAIEmbedder

        if not model or model == DEFAULT:
            raise ModelError("an embedding endpoint is set but no model; set embedding.model to one that it serves")
        return OpenAIEmbedder(model, base_url=base_url, api_key=api_key, cache=cache)
    source = find_source(model)
    folder = export_folder(source, cache)
    meta = read_meta(folder)
    if meta is None:
        from rag.embedding_export import export

        warn(f"preparing the embedding model {source.label} for its first use; this happens once")
        folder, meta = export(source, cache, warn)
    if meta.runner == "onnx":
        from rag.embedding_onnx import OnnxEmbedder

        return OnnxEmbedder(folder, meta)
    from rag.embedding_torch import SentenceTransformerEmbedder

    warn(f"the embedding model {source.label} runs in sentence-transformers, which starts slowly: {meta.reason}")
    return SentenceTransformerEmbedder(source, meta)


def _static(base: str, cache: Path, warn: Callable[[str], None]) -> Embedder:
    from rag.embedding_static import MADE, StaticEmbedder

    source = find_source(base)
    folder = static_folder(source, MADE, cache)
    meta = read_meta(folder)
    if meta is None:
        from rag.distilling import distil
        from rag.embedding_onnx import OnnxEmbedder

        model = load_embedder(base, cache=cache, warn=warn)
        if not isinstance(model, OnnxEmbedder):
            raise ModelError(f"{source.label} has no ONNX export to make a static embedding of; choose another model")
        warn(f"making the static embedding of {source.label}, which takes half a minute; this happens once")
        folder, meta = distil(model, source, cache, warn)
    return StaticEmbedder(folder, meta)
