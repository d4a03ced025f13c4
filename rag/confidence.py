"""How sure it is that the articles answer a question: a logistic regression over four signs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rag.catalogue import Catalogue
from rag.extraction import Terms, Weighed, coverage, similarity, stems
from rag.lexical import abbreviations, idf, query_terms, words
from rag.schema import Passage

if TYPE_CHECKING:
    import numpy as np

    Vector = np.ndarray[Any, np.dtype[np.float32]]

WEIGHTS = {"passage": 4.0, "sentence": 8.02, "passage_words": 1.57, "sentence_words": 1.87}
INTERCEPT = -8.39
"""By bench/fit_confidence.py on 600 questions of clapnq_dev and 600 of xquad_en, half of these on articles left out."""
THRESHOLD = 0.35
"""Declines 51 % of the clapnq_dev questions whose passage only seems to answer, 98 % of the xquad_en questions on
articles that are not there, and wrongly 6 % and 8 % of those that are answered. At .5: 67, 100, 11 and 14 %."""
NAME_WEIGHT = 2.0
"""A question about a person whom no paragraph names is seldom answered, however near the topic."""
NEAREST = 3
"""Passages the signs are taken from; the first alone is misled when a title outweighs a short paragraph."""


def question_terms(catalogue: Catalogue, question: str) -> Terms:
    """Stems of the question's telling words, weighted by how rare they are in the store; names count double."""
    terms = query_terms(question)
    rarity = idf(catalogue, terms)
    named = names(question)
    weights = {
        stem: rarity[term] * (NAME_WEIGHT if term in named else 1.0)
        for term, stem in zip(terms, stems(terms), strict=True)
    }
    short = {form: frozenset(stems(spelled)) for form, spelled in abbreviations(question).items()}
    return Terms(weights, short)


def names(question: str) -> set[str]:
    """Words of the question, lower case, that are written like names: capitalised, and not because they come first."""
    tokens = words(question)
    return {token.lower().removesuffix("'s") for token in tokens[1:] if token[0].isupper() or token.isdigit()}


def signs(question: Vector, terms: Terms, passages: Sequence[Passage], weighed: Sequence[Weighed]) -> dict[str, float]:
    """What the confidence is reckoned from, each between 0 and 1: the best cosines and shares of the question's words.

    `question` is the question's vector; `weighed` the sentences of the passages.
    """
    best = dict.fromkeys(WEIGHTS, 0.0)
    for passage in passages[:NEAREST]:
        own = [one for one in weighed if one.passage is passage]
        vectors = [one.vector for one in own]
        context = f"{passage.metadata.title} {passage.paragraph.heading} {passage.paragraph.text}"
        values = {
            # The embedded chunk has a title before it that may drown a short paragraph: its sentences alone count too.
            "passage": max([passage.dense_score, *([similarity(question, vectors)] if vectors else [])]),
            "sentence": max((similarity(question, [vector]) for vector in vectors), default=0.0),
            "passage_words": coverage(terms, context),
            "sentence_words": max((coverage(terms, one.text) for one in own), default=0.0),
        }
        best = {name: max(value, values[name]) for name, value in best.items()}
    return best


def confidence(values: Mapping[str, float]) -> float:
    """Probability that the question is answered, between 0 and 1."""
    logit = INTERCEPT + sum(WEIGHTS[name] * value for name, value in values.items())
    return 1.0 / (1.0 + math.exp(-logit))
