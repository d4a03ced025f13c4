"""The chain from question to answer: retrieve, choose sentences, judge whether they answer, number the citations."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rag.citations import number_statements
from rag.confidence import THRESHOLD, confidence, question_terms, signs
from rag.extraction import candidates, choose, weigh
from rag.retrieval import Retriever
from rag.schema import Answer, Filters, Passage

if TYPE_CHECKING:
    import numpy as np

    Vector = np.ndarray[Any, np.dtype[np.float32]]

PASSAGES = 8
"""Passages whose sentences are weighed."""
NEAREST = 3
"""Passages shown when the question is declined."""


@dataclass(slots=True)
class Answerer:
    """Answers questions from the passages a retriever finds; declines below `threshold`."""

    retriever: Retriever
    threshold: float = THRESHOLD
    passages: int = PASSAGES

    def ask(self, question: str, filters: Filters | None = None, max_per_article: int = 0) -> Answer:
        """The sentences that answer, quoted and cited, or an abstention with the nearest passages."""
        began = time.perf_counter()
        vector = self.retriever.encode(question)
        passages = self.retriever.search(question, vector, self.passages, filters, max_per_article)
        retrieved = time.perf_counter()
        answer = self._answer(question, vector, passages)
        seconds = {"retrieval": retrieved - began, "answering": time.perf_counter() - retrieved}
        return replace(answer, seconds=seconds)

    def _answer(self, question: str, vector: Vector, passages: Sequence[Passage]) -> Answer:
        if not passages:
            return Answer(question, False, "extractive")
        terms = question_terms(self.retriever.catalogue, question)
        weighed = weigh(passages, terms, self.retriever.embedder)
        sure = confidence(signs(vector, terms, passages, weighed))
        nearest = tuple(passages[:NEAREST])
        if sure < self.threshold:
            return Answer(question, False, "extractive", confidence=sure, nearest=nearest)
        statements, citations = number_statements(choose(candidates(vector, terms, weighed)))
        return Answer(question, True, "extractive", statements, citations, sure, nearest)
