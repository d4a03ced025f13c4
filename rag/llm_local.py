"""A language model from a file, run in this process by llama.cpp (xllamacpp).

llama.cpp serves OpenAI's protocol on a free port of this machine, with a key that only this process knows; replies
come through `llm_endpoint` as from any other server.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from rag.errors import ModelError
from rag.llm_endpoint import OpenAIModel
from rag.llm_faults import WAY_OUT
from rag.llm_records import READ_TIMEOUT

CONTEXT = 8192
"""Tokens unless set otherwise. The memory for them grows with their number (1 GB for a model of 3 billion weights)."""

MAGIC = b"GGUF"
"""How every file of this format begins."""


class LocalModel(OpenAIModel):
    """The model in `path`. Loading it takes some seconds and happens at once; `close` frees its memory."""

    def __init__(self, path: Path, *, context: int | None = None, timeout: float = READ_TIMEOUT) -> None:
        """Raises ModelError for a missing file, one that is no model, and a missing library."""
        _check(path)
        key = secrets.token_urlsafe()
        self._server: Any = _start(path, context or CONTEXT, key)
        super().__init__(
            path.stem, base_url=f"{self._server.listening_address}/v1", api_key=key, timeout=timeout,
        )  # fmt: skip
        about = path.stat()
        self._identity = f"local:{path.name}:{about.st_size}:{about.st_mtime_ns}"

    @property
    def identity(self) -> str:
        """See LanguageModel.identity. The file's size and time stand for its content."""
        return self._identity

    def close(self) -> None:
        """See LanguageModel.close. The server ends with its last reference."""
        super().close()
        self._server = None


def _check(path: Path) -> None:
    try:
        with path.open("rb") as file:
            begins = file.read(len(MAGIC))
    except OSError as error:
        reason = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        raise ModelError(f"the language model {path} {reason}; set RAG_LLM_MODEL to local:PATH.gguf{WAY_OUT}") from None
    if begins != MAGIC:
        raise ModelError(f"{path} is no GGUF file; set RAG_LLM_MODEL to local: and the path of one{WAY_OUT}")


def _start(path: Path, context: int, key: str) -> Any:
    """A server for the model, listening."""
    try:
        from xllamacpp import CommonParams, Server
    except ImportError:
        raise ModelError(f"local: models need llama.cpp; run: pip install 'rag-articles[local]'{WAY_OUT}") from None
    parameters = CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = context
    parameters.verbosity = -1  # not a word on stderr
    parameters.ui = False
    parameters.api_keys = [key]  # without one, any web page that is open in a browser could ask it
    parameters.cpuparams.n_threads = _threads()
    try:
        return Server(parameters)
    except Exception:  # it says no more than that it failed
        raise ModelError(
            f"llama.cpp cannot load {path}: the file is damaged, of a kind it does not know, or larger than the memory "
            f"that is free; try another model or a smaller RAG_LLM_CONTEXT{WAY_OUT}"
        ) from None


def _threads() -> int:
    """Processors that this process may use, which may be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
