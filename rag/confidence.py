"""How sure it is that the articles answer a question: a logistic regression over signs of the first passages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

from rag.catalogue import Catalogue
from rag.extraction import Weighed, similarity
from rag.lexical import STOP_WORDS, abbreviations, idf, query_terms, words
from rag.logistic import logistic
from rag.schema import Passage
from rag.terms import Terms, coverage, held, stems

if TYPE_CHECKING:
    import numpy as np

    Vector = np.ndarray[Any, np.dtype[np.float32]]

WEIGHTS = {
    "passage": 2.81, "sentence": 7.85, "passage_words": 1.88, "sentence_words": 1.68, "ahead": 2.1, "named": 2.5,
}  # fmt: skip
INTERCEPT = -10.67
"""By bench/fit_confidence.py on 600 questions of clapnq_dev and 2,380 of xquad_en (each half of the articles in a
store of its own, asked about both halves), both sets with the same weight. AUROC .881 and .994 in ten folds. The weight
of "named" is set by hand, on questions of xquad_en with another name put in. What stands in the title counts for
nothing here: less for it gives clapnq .893, but titles there are names of things, and a headline tells what its article
answers."""
STRICTNESS: Mapping[str, float] = {"lenient": 0.25, "standard": 0.35, "strict": 0.7}
"""Thresholds by name. Of 300 questions of clapnq_dev whose passage only seems to answer they decline 49, 59 and 82 %,
and wrongly 4, 7 and 24 % of 300 that are answered; of 1,190 of xquad_en on articles that are not there 98.4, 99.0 and
99.9 %, and wrongly 5, 7 and 21 % of 1,190 (ten folds)."""
THRESHOLD = STRICTNESS["standard"]
"""On five real articles every answered question has .41 or more, the nearest unanswered one .20."""
NAME_WEIGHT = 2.0
"""A question about a person whom no paragraph names is seldom answered, however near the topic."""
SMALL_LETTERS = 0.25
"""Share of a question's words that must begin small for the capital ones to be names: headlines have them all over."""
ALIKE = 4
"""Letters that two forms of a name begin with alike, at least; all but two of the shorter form."""
_NAME = re.compile(r"(?<![\w’'-])[A-Z][\w’'-]*+(?: (?:of |the |and |for )?[A-Z][\w’'-]*+)*")
_NO_NAMES = STOP_WORDS | frozenset(
    "mr mrs ms dr sir lord lady king queen prince princess president chancellor minister professor senator general "
    "pope monday tuesday wednesday thursday friday saturday sunday january february march april may june july "
    "august september october november december".split()
)  # fmt: skip
_PEOPLES = {
    stem: frozenset({one, other}) for one, other in (
        ("british", "britain"), ("french", "franc"), ("dutch", "netherland"), ("spanish", "spain"),
        ("danish", "denmark"), ("irish", "ireland"), ("welsh", "wale"), ("greek", "greec"), ("polish", "poland"),
        ("swiss", "switzerland"), ("norwegian", "norwai"), ("turkish", "turkei"), ("thai", "thailand"),
    ) for stem in (one, other)
}  # fmt: skip
"""Stems of peoples and countries that begin too unlike."""
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
        best |= {name: max(best[name], value) for name, value in values.items()}
    return best | {
        # Of several places that are as near, none is the place that answers.
        "ahead": max(0.0, passages[0].score - passages[1].score) if len(passages) > 1 else 0.0,
        "named": 1.0 - unnamed(terms, passages),
    }


def unnamed(terms: Terms, passages: Sequence[Passage]) -> float:
    """Largest share of a name in the question, by weight, that the first passage's article has nowhere near it, 0 to 1.

    Near are its title, heading, publisher and authors, and the other paragraphs of it that were found. The last word of
    a name stands for it (a surname), in any form; titles, days and months are no names. Small letters hide names.
    """
    if not passages:
        return 0.0
    first = passages[0]
    about = first.metadata
    near = [about.title, first.paragraph.heading, about.publisher or "", *about.authors]
    near += [one.paragraph.text for one in passages if one.article_id == first.article_id]
    found = held(terms, "\n".join(near))
    return max((_missing(terms, name, found) for name in _names(terms.question)), default=0.0)


def _names(question: str) -> Iterator[list[str]]:
    """Telling words of each name in the question, lower case; none where nearly every word is capitalised."""
    tokens = words(question)[1:]
    if sum(token[0].islower() for token in tokens) < SMALL_LETTERS * len(tokens):
        return
    for match in _NAME.finditer(question):
        parts = [part.lower().removesuffix("'s") for part in words(match.group()) if part[0].isupper()]
        # The first word of a question is capitalised whatever it is.
        parts = parts if question[: match.start()].strip(" \"'“‘(¿") else parts[1:]
        if parts := [part for part in parts if part not in _NO_NAMES]:
            yield parts


def _missing(terms: Terms, name: Sequence[str], found: Set[str]) -> float:
    """Share of the name that is not found, by weight; 0 where its last word is."""
    parts = stems(name)
    there = [_stands(part, found) for part in parts]
    weights = [terms.weights.get(part, 0.0) for part in parts]
    if there[-1] or not sum(weights):
        return 0.0
    return sum(weight for weight, one in zip(weights, there, strict=True) if not one) / sum(weights)


def _stands(stem: str, found: Set[str]) -> bool:
    """Whether a word of a name stands there in some form: Russian for Russia, Zelensky for Zelenskyy."""
    if stem in found or not found.isdisjoint(_PEOPLES.get(stem, ())):
        return True
    return any(
        stem[:shared] == one[:shared] and len(one) >= shared <= len(stem)
        for one in found
        for shared in [max(ALIKE, min(len(stem), len(one)) - 2)]
    )


def confidence(values: Mapping[str, float]) -> float:
    """Probability that the question is answered, between 0 and 1."""
    logit = INTERCEPT + sum(WEIGHTS[name] * value for name, value in values.items())
    return logistic(logit)
