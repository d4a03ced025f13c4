"""The sentences a briefing may use: those of every paragraph that is found for the topic, most relevant first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rag.confidence import question_terms
from rag.extraction import MOST_SENTENCES as MOST_OF_A_PARAGRAPH
from rag.extraction import Weighed, weigh
from rag.retrieval import Retriever
from rag.schema import Filters, Passage
from rag.terms import Terms, coverage

if TYPE_CHECKING:
    import numpy as np

    Vector = np.ndarray[Any, np.dtype[np.float32]]

MOST_SENTENCES = 1600
"""Embedding one costs about 5 ms. On two topics of 100 articles more are no better: what stands far down the ranking
is said often and off the point."""
ON_TOPIC = 0.35
"""Share of the best relevance from which a sentence is about the topic. In a store on one topic the coverage falls from
.4 on; in five articles on several, what lies below .35 speaks of other things."""
MOST_PASSAGES = 1000
CONTEXT = 0.2
"""Weight of the paragraph's own cosine: a sentence often leaves out what its paragraph is about."""
WORDS = 0.1
"""Weight of the topic's words that stand in the sentence."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Sentences on a topic, most relevant first, each with its relevance, and the passages searched, best first."""

    passages: tuple[Passage, ...]
    sentences: tuple[Weighed, ...]
    relevance: tuple[float, ...]
    vector: Vector
    """Of the topic, (dimension,) float32."""
    terms: Terms

    def on_topic(self) -> Pool:
        """What is near enough to the best to be about the topic, not beside it."""
        # Below zero a share of the best relevance lies above it.
        floor = min(ON_TOPIC * self.relevance[0], self.relevance[0]) if self.relevance else 0.0
        kept = sum(relevance >= floor for relevance in self.relevance)
        return replace(self, sentences=self.sentences[:kept], relevance=self.relevance[:kept])


def gather_widely(retriever: Retriever, topic: str, filters: Filters | None = None, max_per_article: int = 0) -> Pool:
    """All that is near the topic. Raises InputError for an empty topic or when no article passes the filters."""
    vector = retriever.encode(topic)
    found = _most(retriever.search(topic, vector, MOST_PASSAGES, filters, max_per_article))
    terms = question_terms(retriever.catalogue, topic)
    vector = retriever.meaning(topic, vector)
    weighed = weigh(found, terms, retriever.reading)
    scores = [_relevance(vector, terms, one) for one in weighed]
    order = sorted(range(len(weighed)), key=lambda i: (-scores[i], i))
    return Pool(tuple(found), tuple(weighed[i] for i in order), tuple(scores[i] for i in order), vector, terms)


def _most(passages: Sequence[Passage]) -> list[Passage]:
    """As many of the best passages as hold the most sentences that are weighed."""
    kept, room = [], MOST_SENTENCES
    for passage in passages:
        room -= min(len(passage.paragraph.sentences), MOST_OF_A_PARAGRAPH)
        kept.append(passage)
        if room <= 0:
            break
    return kept


def _relevance(vector: Vector, terms: Terms, one: Weighed) -> float:
    own = float(vector @ one.vector)
    return own + CONTEXT * one.passage.dense_score + WORDS * coverage(terms, one.text)
