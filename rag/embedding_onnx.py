"""Run an exported model with ONNX Runtime: token ids in, unit vectors out.

The query path: imports numpy, onnxruntime and tokenizers, and those on first use. Knows nothing of torch.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rag.embedding_cache import GRAPH, TOKENIZER, ModelMeta, TextKind
from rag.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import onnxruntime  # type: ignore[import-untyped]
    import tokenizers

BATCH_TOKENS = 512
"""Most tokens of a batch, padding included; a longer text is a batch of its own.

Small batches stay in the processor's cache. MiniLM, 163 news paragraphs, tokens a second on two cores at budgets of
128, 256, 512, 1,024, 2,048 and 4,096: 4,786, 4,987, 4,888, 4,688, 3,702, 2,662; at 16,384 it was 764.
"""

WORKERS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
"""Batches run side by side, a core each, rather than one batch on all cores: 5,515 tokens a second against 4,644 on
two idle cores, 4,057 against 2,565 while other programs ran. A question of 12 tokens then took 7 ms against 15."""

LEAST_TOKENS = 128
"""Where there are few texts, batches are made smaller down to this, so that every core has some: twelve sentences took
154 ms instead of 218 on two cores, one of them busy with something else."""

TOKENIZE_AT_ONCE = 1000
"""Texts handed to the tokenizer in one call: its own record of a text takes far more memory than the ids."""


class OnnxEmbedder:
    """An exported sentence-transformers model. Nothing is loaded before the first `encode` or `count_tokens`."""

    def __init__(self, folder: Path, meta: ModelMeta) -> None:
        self.identity = meta.identity
        self.dimension = meta.dimension
        self.max_tokens = meta.max_tokens
        self.folder = folder
        self.meta = meta

    def encode(
        self, texts: Sequence[str], *, kind: TextKind = "passage", progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float32]:
        """See Embedder.encode."""
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return self.encode_ids(self._tokenize([self.meta.prompts[kind] + text for text in texts]), progress)

    def encode_ids(
        self, tokens: Sequence[npt.NDArray[np.int64]], progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float32]:
        """Vectors of texts that are given as token ids, special ones included: shape (n, dimension), as `encode`."""
        import numpy as np

        vectors = np.zeros((len(tokens), self.dimension), dtype=np.float32)
        session = self._session  # made here: worker threads must not race to make it
        lengths = [len(ids) for ids in tokens]
        batches = plan_batches(lengths, min(BATCH_TOKENS, max(LEAST_TOKENS, sum(lengths) // (2 * WORKERS))))

        def run(rows: list[int]) -> npt.NDArray[np.float32]:
            return self._run(session, [tokens[row] for row in rows])

        with closing(_each(run, batches)) as results:
            for rows, result in results:
                vectors[rows] = result
                if progress is not None:
                    progress(len(rows))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See Embedder.count_tokens."""
        counter = self._counter
        return [
            len(encoding)
            for part in slices(texts, TOKENIZE_AT_ONCE)
            for encoding in counter.encode_batch_fast(part, add_special_tokens=False)
        ]

    def vocabulary_size(self) -> int:
        """Tokens there are: their numbers are the ones below it."""
        return max(self._counter.get_vocab(with_added_tokens=True).values(), default=-1) + 1

    def special_ids(self) -> tuple[list[int], list[int], set[int]]:
        """What the tokenizer puts before a text, what after it, and all that stand for no text."""
        around = self._counter.encode("a", add_special_tokens=self.meta.special_tokens)
        own = [place for place, special in enumerate(around.special_tokens_mask) if not special]
        first, last = (own[0], own[-1]) if own else (len(around.ids), len(around.ids))
        added = self._counter.get_added_tokens_decoder()
        return around.ids[:first], around.ids[last + 1 :], {n for n, token in added.items() if token.special}

    def _tokenize(self, texts: list[str]) -> list[npt.NDArray[np.int64]]:
        import numpy as np

        return [
            np.array(encoding.ids, dtype=np.int64)
            for part in slices(texts, TOKENIZE_AT_ONCE)
            for encoding in self._tokenizer.encode_batch_fast(part, add_special_tokens=self.meta.special_tokens)
        ]

    def _run(
        self, session: onnxruntime.InferenceSession, tokens: list[npt.NDArray[np.int64]]
    ) -> npt.NDArray[np.float32]:
        import numpy as np

        width = max(1, *(len(ids) for ids in tokens))
        input_ids = np.full((len(tokens), width), self.meta.pad_id, dtype=np.int64)
        mask = np.zeros((len(tokens), width), dtype=np.int64)
        for row, ids in enumerate(tokens):
            span = slice(width - len(ids), width) if self.meta.pad_left else slice(0, len(ids))
            input_ids[row, span] = ids
            mask[row, span] = 1
        feed = {"input_ids": input_ids, "attention_mask": mask, "token_type_ids": np.zeros_like(mask)}
        try:
            (vectors,) = session.run(None, {name: feed[name] for name in self.meta.inputs})
        except Exception as error:  # onnxruntime's errors share no base class
            raise ModelError("the embedding model failed while running; is there enough free memory?") from error
        return np.asarray(vectors, dtype=np.float32)

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # see WORKERS
        options.log_severity_level = 4
        # The graph was optimised when it was exported (see embedding_graph.optimise).
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        try:
            return onnxruntime.InferenceSession(str(self.folder / GRAPH), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors share no base class
            raise damaged(self.folder) from error

    @cached_property
    def _tokenizer(self) -> tokenizers.Tokenizer:
        tokenizer = load_tokenizer(self.folder)
        if self.meta.max_seq_length is not None:
            direction = (tokenizer.truncation or {}).get("direction", "right")
            tokenizer.enable_truncation(self.meta.max_seq_length, direction=direction)
        return tokenizer

    @cached_property
    def _counter(self) -> tokenizers.Tokenizer:
        tokenizer = load_tokenizer(self.folder)  # its own: truncation is a state of the tokenizer, not of a call
        tokenizer.no_truncation()
        return tokenizer


def load_tokenizer(folder: Path) -> tokenizers.Tokenizer:
    """The tokenizer of a prepared model, without padding. Raises ModelError."""
    import tokenizers

    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(folder / TOKENIZER))
    except Exception as error:  # tokenizers raises plain Exception
        raise damaged(folder) from error
    tokenizer.no_padding()
    return tokenizer


def damaged(folder: Path) -> ModelError:
    """What is said of a prepared model that cannot be read."""
    return ModelError(f"the prepared embedding model is damaged; delete {folder} and run the command again")


def plan_batches(lengths: Sequence[int], budget: int = BATCH_TOKENS) -> list[list[int]]:
    """Positions of `lengths` in batches, longest first, such that longest × count of a batch stays within `budget`."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    batches: list[list[int]] = []
    while order:
        count = max(1, budget // max(1, lengths[order[0]]))
        batches.append(order[:count])
        order = order[count:]
    return batches


def _each(
    run: Callable[[list[int]], npt.NDArray[np.float32]], batches: list[list[int]]
) -> Generator[tuple[list[int], npt.NDArray[np.float32]], None, None]:
    """Batches and their results, in order; closing it gives up the batches that have not begun."""
    if len(batches) == 1 or WORKERS == 1:
        yield from ((rows, run(rows)) for rows in batches)
        return
    pool = ThreadPoolExecutor(WORKERS)
    try:
        yield from zip(batches, pool.map(run, batches), strict=True)
    finally:
        pool.shutdown(cancel_futures=True)


def slices(texts: Sequence[str], size: int) -> Iterator[list[str]]:
    """`texts` in lists of `size`, with what UTF-8 cannot hold (half a surrogate pair) replaced."""
    for start in range(0, len(texts), size):
        yield [text.encode("utf-8", "replace").decode("utf-8") for text in texts[start : start + size]]
