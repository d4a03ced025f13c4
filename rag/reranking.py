"""A second look at the best passages: a cross-encoder reads the question and each passage together. Off unless named.

Nogueira and Cho, "Passage Re-ranking with BERT" (2019). It reads slowly what the search finds fast, so only the best.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rag.errors import ModelError
from rag.logistic import logistic
from rag.quiet import quiet
from rag.schema import Passage

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

MOST = 30
"""Passages that are read; the others keep their order behind them."""
BATCH = 16
"""Pairs read at once: of 512 tokens each they take some 300 MB with a model of six layers."""
LARGEST = 512
"""Tokens of a pair where the model names no limit."""
_SPARE = 2
"""Tokens left free: a sentence may take one more behind another than alone."""
_LOGGERS = ("sentence_transformers", "transformers", "huggingface_hub", "torch", "httpx")
Count = Callable[[Sequence[str]], Sequence[int]]
"""Tokens of each text."""


class Reranker(Protocol):
    """Puts passages in a better order; `most` of them are read."""

    most: int

    def rank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        """The same passages, best first. Raises ModelError."""
        ...


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder with one output, by its name or folder."""

    def __init__(self, name: str, batch: int = BATCH, most: int = MOST) -> None:
        """Raises ModelError for one that cannot be loaded, or that has several outputs."""
        self.name, self.batch, self.most = name, batch, most
        try:
            self._model: CrossEncoder = _load(name)
        except Exception as error:  # whatever a hub, a folder or a tokenizer has to say
            raise self._error(f"cannot be loaded ({_line(error)})") from error
        if self._model.num_labels != 1:
            raise self._error(f"has {self._model.num_labels} outputs where one score is needed")

    def rank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        """Best first, ties in their former order; the first `most` are read, the others follow as they came.

        What is read gets the model's probability (0 to 1) as its score: that of its best window, where the model
        cannot hold the paragraph at once.
        """
        read = passages[: self.most]
        if not read:
            return list(passages)
        question, room = self._fitted(question)
        parts = [windows(passage, self._count, room) for passage in read]
        pairs = [(question, text) for texts in parts for text in texts]
        logits = iter(self._logits(pairs))
        best = [max(next(logits) for _ in texts) for texts in parts]
        order = sorted(range(len(read)), key=lambda i: -best[i])  # sorted is stable: ties stay as they were
        return [*(replace(read[i], score=logistic(best[i])) for i in order), *passages[self.most :]]

    def _fitted(self, question: str) -> tuple[str, int]:
        """As much of the question as fills half the model at most, and the tokens left for a passage."""
        tokenizer: Any = self._model.tokenizer
        config: Any = self._model.config
        limits = (
            self._model.max_seq_length,
            tokenizer.model_max_length,
            getattr(config, "max_position_embeddings", None),
        )
        most = min([limit for limit in limits if limit and limit < 1_000_000] or [LARGEST])
        room = most - tokenizer.num_special_tokens_to_add(pair=True) - _SPARE
        question = _pieces(question, self._count, room // 2)[0]
        return question, max(1, room - self._count([question])[0])

    def _count(self, texts: Sequence[str]) -> list[int]:
        tokenizer: Any = self._model.tokenizer
        with quiet(*_LOGGERS):  # which warn of what is longer than the model
            return [len(ids) for ids in tokenizer(list(texts), add_special_tokens=False)["input_ids"]]

    def _logits(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Of each pair, before the sigmoid: probabilities near 1 would be ties."""
        from torch import nn

        try:
            with quiet(*_LOGGERS):
                found: Any = self._model.predict(
                    list(pairs), batch_size=self.batch, show_progress_bar=False, activation_fn=nn.Identity()
                )
        except Exception as error:
            raise self._error(f"failed ({_line(error)})") from error
        logits = [float(logit) for logit in found.reshape(-1)]
        if len(logits) != len(pairs) or not all(math.isfinite(logit) for logit in logits):
            raise self._error("gives scores that are no numbers")
        return logits

    def _error(self, what: str) -> ModelError:
        return ModelError(f"the reranker {self.name} {what}; unset RAG_RERANKER, or name another")


def _load(name: str) -> CrossEncoder:
    """In float32, from its folder or the hub's cache on this machine, else from the hub."""
    with quiet(*_LOGGERS):
        from sentence_transformers import CrossEncoder
        from transformers.utils import logging as bars

        shown = bars.is_progress_bar_enabled()
        bars.disable_progress_bar()  # type: ignore[no-untyped-call]
        options: dict[str, Any] = {"device": "cpu", "model_kwargs": {"dtype": "float32"}}
        try:
            try:
                model: CrossEncoder = CrossEncoder(name, local_files_only=True, **options)
            except Exception:
                if Path(name).exists():
                    raise
                model = CrossEncoder(name, **options)
            return model
        finally:
            if shown:
                bars.enable_progress_bar()  # type: ignore[no-untyped-call]


def windows(passage: Passage, count: Count, room: int) -> list[str]:
    """The paragraph as texts of `room` tokens at most: whole sentences, each window begins with the last one before.

    What a sentence that is too long says is in two windows or more; nothing is left out.
    """
    text, start = passage.paragraph.text, passage.paragraph.start
    if count([text])[0] <= room:
        return [text]
    starts = [sentence.start - start for sentence in passage.paragraph.sentences]
    cuts = [0, *(at for at in starts if 0 < at < len(text)), len(text)]
    sentences = [text[a:b] for a, b in pairwise(cuts)]
    pieces = [piece for sentence in sentences for piece in _pieces(sentence, count, room)]
    lengths = [length + 1 for length in count(pieces)]
    found: list[str] = []
    first = total = 0
    for i, length in enumerate(lengths):
        if total + length > room and i > first:
            found.append("".join(pieces[first:i]).strip())
            # One sentence twice, so that what two neighbours say together stands in one window.
            first, total = (i - 1, lengths[i - 1]) if lengths[i - 1] + length <= room else (i, 0)
        total += length
    return [*found, "".join(pieces[first:]).strip()]


def _pieces(text: str, count: Count, room: int) -> list[str]:
    """The text in one piece if it fits, else halved until the pieces do, at spaces where there are any."""
    if len(text) < 2 or count([text])[0] <= room:
        return [text]
    middle = len(text) // 2
    at = max(text.rfind(" ", 1, middle), 0) or text.find(" ", middle)
    cut = at if 0 < at < len(text) - 1 else middle
    return [*_pieces(text[:cut], count, room), *_pieces(text[cut:], count, room)]


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
