"""How sure it is that the articles answer a question: a logistic regression over six signs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rag.catalogue import Catalogue
from rag.extraction import Weighed, similarity
from rag.lexical import abbreviations, idf, query_terms, words
from rag.schema import Passage
from rag.terms import Terms, coverage, stems

if TYPE_CHECKING:
    import numpy as np

    Vector = np.ndarray[Any, np.dtype[np.float32]]

WEIGHTS = {
    "passage": 4.1, "first_passage": 5.57, "sentence": 4.35, "passage_words": 3.54, "sentence_words": 1.76,
    "beyond_title": 5.0,
}  # fmt: skip
INTERCEPT = -14.08
"""By bench/fit_confidence.py on 600 questions of clapnq_dev and 2,380 of xquad_en (each half of the articles in a
store of its own, asked about both halves), both sets with the same weight. AUROC .888 and .996 in ten folds; with the
first four signs alone .877 and .995."""
STRICTNESS: Mapping[str, float] = {"lenient": 0.25, "standard": 0.5, "strict": 0.7}
"""Thresholds by name. Of 300 questions of clapnq_dev whose passage only seems to answer they decline 56, 78 and 87 %,
and wrongly 4, 14 and 25 % of 300 that are answered; of 1,190 of xquad_en on articles that are not there 96.6, 99.1 and
99.6 %, and wrongly 3, 7 and 12 % of 1,190 (ten folds)."""
THRESHOLD = STRICTNESS["standard"]
"""On five real articles every answered question has .70 or more, the nearest unanswered one .46."""
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
    return Terms(weights, short, question)


def names(question: str) -> set[str]:
    """Words of the question, lower case, that are written like names: capitalised, and not because they come first."""
    tokens = words(question)
    return {token.lower().removesuffix("'s") for token in tokens[1:] if token[0].isupper() or token.isdigit()}


def signs(question: Vector, terms: Terms, passages: Sequence[Passage], weighed: Sequence[Weighed]) -> dict[str, float]:
    """What the confidence is reckoned from, each between 0 and 1: the best cosines and shares of the question's words.

    `question` is the question's vector; `weighed` the sentences of the passages.
    """
    best = dict.fromkeys(WEIGHTS, 0.0)
    title = 0.0
    for passage in passages[:NEAREST]:
        own = [one for one in weighed if one.passage is passage]
        vectors = [one.vector for one in own]
        context = f"{passage.metadata.title} {passage.paragraph.heading} {passage.paragraph.text}"
        title = max(title, coverage(terms, passage.metadata.title))
        values = {
            # The embedded chunk has a title before it that may drown a short paragraph: its sentences alone count too.
            "passage": max([passage.dense_score, *([similarity(question, vectors)] if vectors else [])]),
            "sentence": max((similarity(question, [vector]) for vector in vectors), default=0.0),
            "passage_words": coverage(terms, context),
            "sentence_words": max((coverage(terms, one.text) for one in own), default=0.0),
        }
        best |= {name: max(best[name], value) for name, value in values.items()}
    # A title that repeats the question brings every paragraph under it near: that says little of an answer.
    return best | {"first_passage": max(0.0, passages[0].dense_score) if passages else 0.0, "beyond_title": 1.0 - title}


def confidence(values: Mapping[str, float]) -> float:
    """Probability that the question is answered, between 0 and 1."""
    logit = INTERCEPT + sum(WEIGHTS[name] * value for name, value in values.items())
    return 1.0 / (1.0 + math.exp(-logit))
