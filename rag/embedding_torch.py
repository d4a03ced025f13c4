"""sentence-transformers itself: loading a model quietly, and running one that cannot be exported.

Importing it takes about ten seconds, so nothing here is on the path of a usual question. Knows nothing of ONNX.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rag.embedding_cache import ModelMeta, Source, TextKind
from rag.errors import ModelError
from rag.quiet import quiet

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from sentence_transformers import SentenceTransformer

LOGGERS = ("sentence_transformers", "transformers", "huggingface_hub", "torch", "httpx")

BATCH_TEXTS = 16
"""Texts a batch. sentence-transformers sorts by length itself but knows no token budget."""

SLICE_TEXTS = 256
"""Texts between two calls of `progress`."""

HUB_TIMEOUT = 10
"""Seconds to wait for the hub's first word. Without this question the libraries retry for 70 s when offline."""


class SentenceTransformerEmbedder:
    """A model run by sentence-transformers, loaded by the first `encode` or `count_tokens`."""

    def __init__(self, source: Source, meta: ModelMeta) -> None:
        self.identity = meta.identity
        self.dimension = meta.dimension
        self.max_tokens = meta.max_tokens
        self._source = source
        self._meta = meta

    def encode(
        self, texts: Sequence[str], *, kind: TextKind = "passage", progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float32]:
        """See Embedder.encode."""
        import numpy as np

        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), SLICE_TEXTS):
            part = [text.encode("utf-8", "replace").decode("utf-8") for text in texts[start : start + SLICE_TEXTS]]
            vectors[start : start + len(part)] = self._encode(part, kind)
            if progress is not None:
                progress(len(part))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See Embedder.count_tokens."""
        return count_tokens(self._model, texts)

    def _encode(self, texts: list[str], kind: TextKind) -> npt.NDArray[np.float32]:
        model = self._model
        try:
            return encode(model, texts, kind, self._meta.prompts[kind])
        except Exception as error:  # torch and whatever code the model brings
            what = f"the embedding model {self._source.label} failed: {_line(error)}"
            raise ModelError(f"{what}; free some memory, or choose another model") from error

    @cached_property
    def _model(self) -> SentenceTransformer:
        return load_model(self._source, device=None)


def load_model(source: Source, *, device: str | None = "cpu") -> SentenceTransformer:
    """The model in float32, from its folder, else from the hub's cache on this machine, else from the hub; `device`
    None lets the library choose. Raises ModelError.
    """
    with quiet(*LOGGERS):
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as bars

        shown = bars.is_progress_bar_enabled()
        bars.disable_progress_bar()  # type: ignore[no-untyped-call]
        options: dict[str, Any] = {"device": device, "model_kwargs": {"dtype": "float32"}}
        try:
            if source.folder is not None:
                return SentenceTransformer(str(source.folder), local_files_only=True, **options)
            if hub_cached(source.location, "modules.json") is not None:  # without it, pooling would be guessed
                try:
                    return SentenceTransformer(source.location, local_files_only=True, **options)
                except Exception as error:  # the rest of it was not fetched
                    logging.getLogger(__name__).debug("incomplete in the hub's cache: %s", error)
            _ask_hub(source.location)
            return SentenceTransformer(source.location, **options)
        except ModelError:
            raise
        except Exception as error:  # the libraries raise nearly everything
            where = source.folder or source.location
            raise ModelError(f"the embedding model {where} cannot be loaded: {_line(error)}") from error
        finally:
            if shown:
                bars.enable_progress_bar()  # type: ignore[no-untyped-call]


def hub_cached(name: str, file: str) -> Any:
    """Path of a file of a hub model in the hub's cache on this machine; None if it was never asked for, some other
    object if the model is known not to have it.
    """
    from huggingface_hub import try_to_load_from_cache

    cache = os.environ.get("SENTENCE_TRANSFORMERS_HOME")
    found = (try_to_load_from_cache(repository, file, cache_dir=cache) for repository in _repositories(name))
    return next((path for path in found if path is not None), None)


def _repositories(name: str) -> tuple[str, ...]:
    return (name,) if "/" in name else (f"sentence-transformers/{name}", name)


def _ask_hub(name: str) -> None:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RepositoryNotFoundError

    hint = "give the folder of a model, or unset embedding.model for the default"
    for repository in _repositories(name):
        try:
            HfApi().model_info(repository, timeout=HUB_TIMEOUT)
            return
        except RepositoryNotFoundError:
            continue
        except Exception as error:  # no network, in the words of whatever library speaks to it
            raise ModelError(
                f"the embedding model {name} is not on this machine and cannot be fetched ({_line(error)}); {hint}"
            ) from error
    raise ModelError(f"there is no embedding model {name} on this machine or on the hub; {hint}")


def encode(model: SentenceTransformer, texts: Sequence[str], kind: TextKind, prompt: str) -> npt.NDArray[np.float32]:
    """Unit vectors of `texts`, shape (n, dimension), n at least 1."""
    import numpy as np

    call = model.encode_query if kind == "query" else model.encode_document
    with quiet(*LOGGERS):
        vectors = call(
            list(texts), prompt=prompt, batch_size=BATCH_TEXTS, show_progress_bar=False, normalize_embeddings=True
        )
    return np.asarray(vectors, dtype=np.float32)


def count_tokens(model: SentenceTransformer, texts: Sequence[str]) -> list[int]:
    """Tokens of each text, special ones not counted; words for a model that has no tokenizer."""
    tokenizer: Any = getattr(model[0], "tokenizer", None)
    with quiet(*LOGGERS):
        if hasattr(tokenizer, "encode_batch_fast"):  # a bare tokenizer, as in models of static word vectors
            return [len(encoding) for encoding in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
        if callable(tokenizer):
            encoded = [tokenizer(text, add_special_tokens=False, truncation=False, verbose=False) for text in texts]
            return [len(encoding["input_ids"]) for encoding in encoded]
    return [len(text.split()) for text in texts]


def _line(error: Exception) -> str:
    """First line of what a library says, short enough to stand in ours."""
    lines = str(error).strip().splitlines()
    return lines[0][:160] if lines else type(error).__name__
