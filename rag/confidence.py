"""How sure it is that the articles answer a question: a logistic regression over four signs, fitted on clapnq_dev."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rag.catalogue import Catalogue
from rag.extraction import Candidate, Terms, coverage, stems
from rag.lexical import abbreviations, idf, query_terms, words
from rag.schema import Passage

INTERCEPT = -5.6
WEIGHTS = {"passage": 6.0, "sentence": 4.0, "passage_words": 1.0, "sentence_words": 1.0}
THRESHOLD = 0.5
NAME_WEIGHT = 2.0


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


def signs(terms: Terms, passages: Sequence[Passage], found: Sequence[Candidate]) -> dict[str, float]:
    """What the confidence is reckoned from, each between 0 and 1: cosines and shares of the question's words.

    Taken from the passage the search ranks first, and its best sentence.
    """
    best = passages[0]
    own = [c for c in found if c.passage is best and len(c.sentences) == 1]
    context = f"{best.metadata.title} {best.paragraph.heading} {best.paragraph.text}"
    return {
        "passage": max(0.0, best.dense_score),
        "sentence": max((c.similarity for c in own), default=0.0),
        "passage_words": coverage(terms, context),
        "sentence_words": max((c.coverage for c in own), default=0.0),
    }


def confidence(values: Mapping[str, float]) -> float:
    """Probability that the question is answered, between 0 and 1."""
    logit = INTERCEPT + sum(WEIGHTS[name] * value for name, value in values.items())
    return 1.0 / (1.0 + math.exp(-logit))
