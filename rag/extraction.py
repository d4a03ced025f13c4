"""Answers without a model: which sentences of the passages answer the question, word for word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.lexical import words
from rag.schema import Passage, Sentence

if TYPE_CHECKING:
    import numpy as np

    from rag.embedding import Embedder

    Vector = np.ndarray[Any, np.dtype[np.float32]]

MAX_STATEMENTS = 4
COVERAGE_WEIGHT = 0.3
"""Weight of the question's words in the sentence beside the cosine. On clapnq_dev 0 to .6 give sentence F1 .60 to .61."""
KEEP = 0.72
"""A sentence is taken when it scores at least this share of the best one."""
PASSAGE_WEIGHT = 0.2
"""Weight of the passage's own cosine: a good sentence in a good paragraph is rather the answer than one that strayed in."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may answer: cosine with the question, share of the question's rare words in it, both together."""

    passage: Passage
    sentence: Sentence
    text: str
    similarity: float
    coverage: float
    score: float


def candidates(
    question_vector: Vector, terms: Mapping[str, float], passages: Sequence[Passage], embedder: Embedder
) -> list[Candidate]:
    """Every sentence of the passages, scored, best first; ties in the order of the passages.

    `terms` are the question's word stems with their weights (see `confidence`).
    """
    pairs = [(passage, sentence) for passage in passages for sentence in passage.paragraph.sentences]
    if not pairs:
        return []
    texts = [sentence_text(passage, sentence) for passage, sentence in pairs]
    similarities = embedder.encode(texts) @ question_vector
    found = []
    for (passage, sentence), text, similarity in zip(pairs, texts, similarities.tolist(), strict=True):
        covered = coverage(terms, text)
        score = similarity + COVERAGE_WEIGHT * covered + PASSAGE_WEIGHT * passage.dense_score
        found.append(Candidate(passage, sentence, text, similarity, covered, score))
    return sorted(found, key=lambda candidate: -candidate.score)


def choose(found: Sequence[Candidate]) -> list[list[Candidate]]:
    """The sentences that answer, best first; one that stands in several articles is one group with all its places."""
    if not found:
        return []
    groups: dict[str, list[Candidate]] = {}
    floor = KEEP * found[0].score
    for candidate in found:
        key = " ".join(words(candidate.text)).casefold()
        if not key or candidate.score < floor:
            continue
        if key in groups:
            if all(other.passage.paragraph_id != candidate.passage.paragraph_id for other in groups[key]):
                groups[key].append(candidate)
        elif len(groups) < MAX_STATEMENTS and not any(_within(key, other) for other in groups):
            groups[key] = [candidate]
    return list(groups.values())


def _within(key: str, other: str) -> bool:
    """Whether one sentence says the other one too, word for word."""
    return f" {key} " in f" {other} " or f" {other} " in f" {key} "


def sentence_text(passage: Passage, sentence: Sentence) -> str:
    start = passage.paragraph.start
    return passage.paragraph.text[sentence.start - start : sentence.end - start]


def coverage(terms: Mapping[str, float], text: str) -> float:
    """Share of the question's words, by weight, that stand in the text in any form."""
    total = sum(terms.values())
    if not total:
        return 0.0
    held = set(stems(words(text)))
    return sum(weight for term, weight in terms.items() if term in held) / total


def stems(tokens: Sequence[str]) -> list[str]:
    """Stems of words, as the catalogue's index makes them (Porter 1980)."""
    import Stemmer

    result: list[str] = Stemmer.Stemmer("porter").stemWords([t.lower().removesuffix("'s") for t in tokens])
    return result
