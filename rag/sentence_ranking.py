"""Ranks the sentences of passages by how likely each is to answer: two linear models over signs, and a third on top.

The first model knows the words alone and picks the sentences worth embedding; the second ranks these with their
meaning. Both are fitted as a softmax over the sentences of a question (ListNet: Cao and others, ICML 2007). The third
says which of them belong to the answer. bench/fit_sentences.py makes rag/sentences.json.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from rag.answer_types import answer_type, holds
from rag.lexical import words
from rag.logistic import logistic
from rag.schema import Passage
from rag.terms import Terms, held, share

LAST_RANK = 8
"""Places of passages are told apart up to this one: those a conversation carries along come after."""
WORDS = ("words", "with_before", "beyond_title", "best_words", "passage", "rank", "no_type")
"""Signs that need no embedding of the sentence."""
MEANING = (*WORDS, "meaning", "meaning_behind")
TAKING = (
    "score_behind", "share", "best_share", "same_paragraph", "terms", "behind_in_paragraph", "best_share_in_paragraph",
)  # fmt: skip
"""Signs of whether a ranked sentence belongs to the answer. The last two count in the best one's paragraph alone: with
them, and as many sentences from clapnq, lareqa's precision is .60 instead of .58."""
_TERMS = 12
"""Words of a question that are told apart: short questions call for more sentences."""

Signs = dict[str, float]


@cache
def coefficients() -> Mapping[str, Mapping[str, float]]:
    """Weights of the three models (`words`, `meaning`, `taking`), as bench/fit_sentences.py wrote them."""
    content: dict[str, Any] = json.loads(Path(__file__).with_name("sentences.json").read_text(encoding="utf-8"))
    return {model: {str(k): float(v) for k, v in content[model].items()} for model in ("words", "meaning", "taking")}


def score(signs: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Weighted sum of the signs; those without a weight count for nothing."""
    return sum(weight * signs[name] for name, weight in weights.items() if name in signs)


def word_signs(terms: Terms, passage: Passage, rank: int) -> dict[int, Signs]:
    """The signs in `WORDS` of every sentence of a passage, by where it starts; `rank` of the passage counts from 0."""
    paragraph = passage.paragraph
    asked = {word.lower().removesuffix("'s") for word in words(terms.question)}
    kind = answer_type(terms.question)
    before = title = held(terms, f"{passage.metadata.title} {paragraph.heading}")
    found: dict[int, Signs] = {}
    most = 0.0
    for sentence in paragraph.sentences:
        text = paragraph.text[sentence.start - paragraph.start : sentence.end - paragraph.start]
        own = held(terms, text)
        all_in_title = terms.weights.keys() <= title
        found[sentence.start] = {
            # All words alike: rare ones tell the paragraph, common ones the sentence in it.
            "words": share(terms, own, power=0),
            # "It was named after …": what the sentence before, or the title, speaks of is spoken of here.
            "with_before": share(terms, own | before),
            "beyond_title": 1.0 if all_in_title else share(terms, own, without=title),
            "passage": passage.dense_score,
            "rank": min(rank, LAST_RANK) / LAST_RANK,
            "no_type": float(kind in _STRICT and not holds(kind, text, asked)),
        }
        before = own
        most = max(most, share(terms, own))
    return {start: {**signs, "best_words": most} for start, signs in found.items()}


_STRICT = frozenset({"name", "date", "place", "number", "reason"})
"""Kinds of answers whose absence tells; nearly every sentence has a verb that may define."""


def chances(scores: Sequence[float], paragraphs: Sequence[str], terms: Terms,
            weights: Mapping[str, float] | None = None) -> list[float]:  # fmt: skip
    """Probability of each sentence that it belongs to the answer, from the scores of all of them and their paragraphs.

    The best one has the highest.
    """
    weights = weights or coefficients()["taking"]
    return [logistic(weights["intercept"] + score(s, weights)) for s in taking_signs(scores, paragraphs, terms)]


def taking_signs(scores: Sequence[float], paragraphs: Sequence[str], terms: Terms) -> list[Signs]:
    """The signs in `TAKING` of every sentence, in order."""
    if not scores:
        return []
    best = max(range(len(scores)), key=lambda i: scores[i])
    powers = [math.exp(one - scores[best]) for one in scores]
    total = sum(powers)
    same = [float(paragraph == paragraphs[best]) for paragraph in paragraphs]
    return [
        {
            "score_behind": scores[best] - own,
            "share": power / total,
            "best_share": 1 / total,
            "same_paragraph": here,
            "terms": min(len(terms.weights), _TERMS) / _TERMS,
            "behind_in_paragraph": here * (scores[best] - own),
            "best_share_in_paragraph": here / total,
        }
        for own, power, here in zip(scores, powers, same, strict=True)
    ]
