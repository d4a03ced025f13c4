"""Embedding spread over processes or machines by Ray Data: the same embedder in each, a block of texts at a time.

Loaded only when `[embedding] ray` or `--ray` asks for it. Texts and vectors pass through Ray's shared memory; vectors
are the same as those of one process to rounding (< 1e-6).
"""

from __future__ import annotations

import os
import platform
import re
import secrets
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rag.embedding import Embedder, load_embedder
from rag.embedding_cache import TextKind
from rag.errors import ConfigError, ModelError, RagError
from rag.quiet import quiet

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

AT_ONCE = 16_384
"""Chunks embedded and committed at a time: a dataset of Ray takes about a second to set up, and these 40 MB."""
BLOCK = 256
"""Texts a process takes at a time: a few seconds of MiniLM on one core."""
LEAST = 2 * BLOCK
"""Fewer texts than this are embedded here: Ray takes longer to start."""
OBJECT_STORE = 256 * 2**20
"""Bytes of shared memory of a cluster that is started here; the texts and vectors of AT_ONCE chunks take a sixth."""
_LOCAL = re.compile(r"local:([1-9]\d{0,3})")
_ADDRESS = re.compile(r"(ray://)?[\w.\-\[\]:]+:\d+")
_WAY_OUT = "or leave out --ray and [embedding] ray"
_LOGGERS = ("ray.data._internal.execution.streaming_executor", "ray.data._internal.progress")
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token", "RAY_DISABLE_IMPORT_WARNING": "1",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}  # fmt: skip
"""Of a cluster that is started here: nothing is reported, and its ports answer to nobody else."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How every process makes its embedder; the arguments of `load_embedder`."""

    model: str
    cache: Path
    base_url: str = ""
    api_key: str = field(default="", repr=False)

    def build(self) -> Embedder:
        """Raises ModelError."""
        return load_embedder(
            self.model, cache=self.cache, base_url=self.base_url or None, api_key=self.api_key or None
        )  # fmt: skip


class RayEmbedder:
    """An embedder that has others do the work. The cluster is started, or joined, by the first large `encode`."""

    def __init__(self, embedder: Embedder, recipe: Recipe, where: str, stack: ExitStack) -> None:
        """`stack` closes the cluster. Raises ConfigError for a `where` that means nothing."""
        if not _LOCAL.fullmatch(where):
            _check(where)
        self.identity = embedder.identity
        self.dimension = embedder.dimension
        self.max_tokens = embedder.max_tokens
        self._embedder, self._recipe, self._where, self._stack = embedder, recipe, where, stack
        self._started = False

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See Embedder.count_tokens."""
        return self._embedder.count_tokens(texts)

    def encode(
        self, texts: Sequence[str], *, kind: TextKind = "passage", progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float32]:
        """See Embedder.encode. Raises ModelError."""
        if len(texts) < LEAST or kind != "passage":
            return self._embedder.encode(texts, kind=kind, progress=progress)
        import numpy as np

        if not self._started:
            self._stack.enter_context(_cluster(self._where))
            self._started = True
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        with _readable_errors():
            for rows, some in _spread(texts, self._recipe, self.identity):
                vectors[rows] = some
                if progress is not None:
                    progress(len(rows))
        return vectors


@contextmanager
def spread(embedder: Embedder, recipe: Recipe, where: str) -> Iterator[Embedder]:
    """`embedder`, its work spread over `where`: "local:N" processes of this machine, or the address of a cluster.

    "auto" is the cluster this machine belongs to. What was started is shut down at the end. Raises ConfigError.
    """
    with ExitStack() as stack:
        yield RayEmbedder(embedder, recipe, where, stack)


def _check(where: str) -> None:
    if where != "auto" and (where.startswith("local:") or not _ADDRESS.fullmatch(where)):
        raise ConfigError(f"[embedding] ray must be local:N, auto, or the address of a cluster, not {where!r}")


@contextmanager
def _cluster(where: str) -> Iterator[None]:
    """A cluster of Ray, started for the block or joined. Raises ModelError."""
    local = _LOCAL.fullmatch(where)
    with ExitStack() as stack:
        stack.enter_context(_environment(_ENVIRONMENT | {"RAY_AUTH_TOKEN": _token()} if local else {}))
        try:
            with quiet():
                import ray
        except ImportError:
            raise ModelError(f"Ray is not installed; run: pip install 'rag-articles[ray]', {_WAY_OUT}") from None
        common: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": True}
        if local:
            folder = tempfile.mkdtemp(prefix="rag-ray-")  # short: sockets in it have names of at most 107 characters
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            common |= {
                "num_cpus": int(local[1]), "include_dashboard": False, "object_store_memory": OBJECT_STORE,
                "_temp_dir": folder, "_node_ip_address": "127.0.0.1",
            }  # fmt: skip
        elif where != "auto":
            _reach(where)
        stack.callback(ray.shutdown)
        try:
            with quiet():
                ray.init(address="local" if local else where, **common)
        except Exception as error:  # ConnectionError, RuntimeError, or what gRPC raises
            said = " ".join(str(error).split())[:200] or type(error).__name__
            raise ModelError(f"no cluster of Ray at {where} ({said}); start it, {_WAY_OUT}") from None
        yield


def _reach(where: str) -> None:
    """That something listens there: Ray itself waits for minutes. Raises ModelError."""
    host, _, port = where.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except (OSError, OverflowError) as error:
        raise ModelError(f"no cluster of Ray at {where} ({error}); start it, {_WAY_OUT}") from None


@cache
def _token() -> str:
    """Of all clusters of this process: Ray reads it once."""
    return secrets.token_hex(32)


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """With these variables; Ray sets some of its own, which go too."""
    before = {name: value for name, value in os.environ.items() if name.startswith("RAY_")}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith("RAY_")]:
            del os.environ[name]
        os.environ.update(before)


def _spread(texts: Sequence[str], recipe: Recipe, identity: str) -> Iterator[tuple[Any, Any]]:
    """Rows and their vectors, block by block, as they are done."""
    with quiet():
        import pyarrow
        import ray.data

        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        # Bytes: Arrow's text knows no lone surrogates, and articles may hold some.
        blocks = [
            pyarrow.table({
                "row": range(at, min(at + BLOCK, len(texts))),
                "text": [text.encode("utf-8", "surrogatepass") for text in texts[at : at + BLOCK]],
            })
            for at in range(0, len(texts), BLOCK)
        ]  # fmt: skip
        done = ray.data.from_arrow(blocks).map_batches(
            cast(Any, encode_block), fn_args=(recipe, identity), batch_size=None, batch_format="numpy", num_cpus=1
        )
        with quiet("ray.data", *_LOGGERS):
            for batch in done.iter_batches(batch_size=None, batch_format="numpy", prefetch_batches=1):
                yield batch["row"], batch["vector"]


def encode_block(block: dict[str, Any], recipe: Recipe, identity: str) -> dict[str, Any]:
    """In a process of Ray: rows and texts to rows and vectors. Raises ModelError where the model is another one."""
    embedder = _embedder(recipe)
    if embedder.identity != identity:
        raise ModelError(
            f"the machine {platform.node()} has another embedding model ({embedder.identity}, not {identity}); "
            "give every machine of the cluster the same one"
        )
    texts = [text.decode("utf-8", "surrogatepass") for text in block["text"]]
    return {"row": block["row"], "vector": embedder.encode(texts)}


@lru_cache(maxsize=1)
def _embedder(recipe: Recipe) -> Embedder:
    """One for each process, which lives as long as the cluster."""
    from rag import embedding_onnx

    embedding_onnx.WORKERS = 1  # the other cores have processes of their own
    return recipe.build()


@contextmanager
def _readable_errors() -> Iterator[None]:
    """What went wrong in a process far away, as our own error."""
    try:
        yield
    except RagError:
        raise
    except Exception as error:
        own = _own(error)
        if own is not None:
            raise type(own)(str(own)) from None
        said = " ".join(str(error).split())[-200:] or type(error).__name__
        raise ModelError(f"embedding by Ray failed ({type(error).__name__}: {said}); try again, {_WAY_OUT}") from None


def _own(error: BaseException | None) -> RagError | None:
    """Our own error among the causes of Ray's."""
    while error is not None:
        if isinstance(error, RagError):
            return error
        error = getattr(error, "cause", None) or error.__cause__
    return None
