"""Embeddings from any server that speaks OpenAI's embeddings protocol.

Knows nothing of the model behind it: how long a text may be and how it counts tokens are estimates. No message
holds the key, whatever the server echoes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rag.embedding_cache import TextKind
from rag.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from openai import OpenAI

BATCH_TEXTS = 32
"""Texts a request: what text-embeddings-inference allows unless told otherwise; other servers allow more."""

MAX_TOKENS = 512
"""Servers do not tell their limit; the usual small models read this much, and longer chunks are found less exactly."""

BYTES_PER_TOKEN = 3
"""UTF-8 bytes taken for one token. English news has 4.7 a token with a BERT vocabulary and more with larger ones,
Chinese about 3: an estimate that is too high costs a shorter chunk, one too low a refused request."""

TIMEOUT = 60.0
"""Seconds for one request: a small server may first have to load the model."""


class OpenAIEmbedder:
    """A model of an OpenAI-compatible endpoint. Its dimension is asked for once and remembered under `cache`."""

    max_tokens = MAX_TOKENS

    def __init__(
        self, model: str, *, base_url: str, api_key: str | None = None, cache: Path | None = None, retries: int = 2
    ) -> None:
        """`retries` repeats a request after a busy, failing or silent server, waiting between."""
        address = urlsplit(base_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ModelError("the address of the embedding endpoint must begin with http:// or https://")
        port = f":{address.port}" if address.port else ""
        self._where = address.hostname + port + address.path.rstrip("/")  # without user and password
        self._model = model
        self._base_url = base_url
        self._key = (api_key or "").strip()
        self._retries = retries
        name = hashlib.sha256(f"{self._where}\n{model}".encode()).hexdigest()[:16]
        self._memory = cache / "embedding" / f"endpoint-{name}.json" if cache else None

    @property
    def identity(self) -> str:
        """See Embedder.identity."""
        return f"openai:{self._where}:{self._model}:{self.dimension}"

    @cached_property
    def dimension(self) -> int:
        """See Embedder.dimension. May call the endpoint."""
        try:
            if self._memory is not None:
                return int(json.loads(self._memory.read_bytes())["dimension"])
        except (OSError, ValueError, TypeError, KeyError):
            pass  # not remembered yet
        dimension = int(self._request(["How many numbers has a vector?"]).shape[1])
        if self._memory is not None:
            try:
                self._memory.parent.mkdir(parents=True, exist_ok=True)
                self._memory.write_text(json.dumps({"model": self._model, "dimension": dimension}), encoding="utf-8")
            except OSError:
                pass  # asked for again next time
        return dimension

    def encode(
        self,
        texts: Sequence[str],
        *,
        kind: TextKind = "passage",  # noqa: ARG002
        progress: Callable[[int], None] | None = None,
    ) -> npt.NDArray[np.float32]:
        """See Embedder.encode. `kind` makes no difference: the protocol has no word for it."""
        import numpy as np

        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), BATCH_TEXTS):
            part = [_presentable(text) for text in texts[start : start + BATCH_TEXTS]]
            found = self._request(part)
            if found.shape[1] != self.dimension:
                self._forget()
                raise self._error(
                    f"gave vectors of {found.shape[1]} numbers where it gave {self.dimension} before; "
                    "if its model was replaced, run: rag rebuild --embed"
                )
            vectors[start : start + len(part)] = found
            if progress is not None:
                progress(len(part))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See Embedder.count_tokens: an estimate."""
        return [-(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN) for text in texts]

    @cached_property
    def _client(self) -> OpenAI:
        from openai import OpenAI

        # "none": without a key the library would send the one in the environment, meant for another server
        return OpenAI(base_url=self._base_url, api_key=self._key or "none", timeout=TIMEOUT, max_retries=self._retries)

    def _request(self, texts: list[str]) -> npt.NDArray[np.float32]:
        """Unit vectors of one batch, shape (n, whatever the server gives)."""
        try:
            response = self._client.embeddings.create(model=self._model, input=texts, encoding_format="float")
        except Exception as error:  # openai's, and those of the HTTP library beneath it
            raise self._translate(error) from None  # the cause may quote the key
        try:
            return _unit_rows(response, len(texts))
        except (AttributeError, TypeError, ValueError, OverflowError):
            raise self._error("did not answer with one vector a text; is it an embeddings endpoint?") from None

    def _translate(self, error: Exception) -> ModelError:
        import openai

        if isinstance(error, openai.APITimeoutError):
            return self._error(f"did not answer within {TIMEOUT:.0f} s; try again, or check that it is up")
        if isinstance(error, openai.APIConnectionError):
            return self._error("cannot be reached; check embedding.base_url and that the server is running")
        if not isinstance(error, openai.APIStatusError):
            return self._error("did not answer as an embeddings endpoint; check embedding.base_url and the key")
        status = error.status_code
        if status in (401, 403):
            return self._error(f"refused the key ({status}); check embedding.api_key")
        if status == 404:
            return self._error(f"knows no model {self._model!r} (404); check embedding.model and embedding.base_url")
        if status == 429:
            return self._error("is over its limit (429); try again later")
        said = " ".join(str(error.message).split())[:200]
        if status >= 500:
            return self._error(f"failed ({status}: {said}); try again, or see the server's log")
        return self._error(f"refused the request ({status}: {said}); check embedding.model")

    def _error(self, what: str) -> ModelError:
        message = f"the embedding endpoint {self._where} {what}"
        return ModelError(message.replace(self._key, "[key]") if self._key else message)

    def _forget(self) -> None:
        if self._memory is not None:
            self._memory.unlink(missing_ok=True)


def _presentable(text: str) -> str:
    """A text the protocol allows: never empty, nothing UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8") if text.strip() else "."


def _unit_rows(response: Any, count: int) -> npt.NDArray[np.float32]:
    """The vectors of a response in the order of the texts. Raises ValueError and its like for anything else."""
    import numpy as np

    rows = sorted(response.data, key=lambda row: row.index)
    vectors = np.array([row.embedding for row in rows], dtype=np.float64)
    if [row.index for row in rows] != list(range(count)) or vectors.ndim != 2:
        raise ValueError("not a vector for every text")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(norms).all() and (norms > 0).all()):
        raise ValueError("a vector without direction")
    return np.asarray(vectors / norms, dtype=np.float32)
