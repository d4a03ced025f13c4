"""Fusion of what the parts of the search say of a paragraph: a weighted mean on one scale for all questions and stores.

Cosine, cover and pairs are absolute, BM25 is a share of the best hit's. So a part that cannot tell the candidates apart
adds the same to all of them, and the others decide: on limit_small, where the dense part is blind (R@2 .16), this finds
.99 of the answers in two places, reciprocal rank fusion .48, standard scores weighted by their gaps .98. A convex
combination of scores needs few questions to be fitted and beats fusion of ranks (Bruch, Gai and Ingber 2023).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

COVER, PAIRS, LEXICAL, ARTICLE = 0.35, 0.3, 0.1, 0.08
"""Weights against the cosine's 1: shares of the question's words and of its pairs, BM25 of the paragraph and of its
whole article. Of 200 random weightings, each weight between a quarter and four times these, the best raises the mean
over nine sets from .883 to .885 (bench/fit_fusion.py); nDCG@10 has a standard deviation of .001 to .015 over them."""
USUAL_WORDS = 6
"""Telling words of a question for which these weights hold. Theirs grow with the root of the number: in a statement
words say more, in a short question meaning does. nDCG@10 rises from .619 to .638 on wice_dev (14 words a claim), from
.821 to .825 on chunking_eval, and falls nowhere by more than .002; R@1 of single sentences falls from .817 to .813."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Scores of a paragraph (a key of the catalogue) in each part of the search; ranks None where it was not found."""

    paragraph: int
    dense: float
    """Cosine with the question."""
    lexical: float
    article: float
    """BM25 of the paragraph and of its whole article, in any unit."""
    dense_rank: int | None
    lexical_rank: int | None
    cover: float = 0.0
    pairs: float = 0.0
    """Shares of the question's words and pairs of words that it holds, 0 to 1 (`matching`)."""


def fuse(found: Sequence[Evidence], words: int = USUAL_WORDS) -> list[float]:
    """One score each, in order: at most 1. `words` is the number of telling words of the question."""
    best, best_article = _best(one.lexical for one in found), _best(one.article for one in found)
    trust = math.sqrt(words / USUAL_WORDS)
    total = 1.0 + trust * (COVER + PAIRS + LEXICAL + ARTICLE)
    return [
        (
            one.dense
            + trust * (COVER * one.cover + PAIRS * one.pairs)
            + trust * (LEXICAL * one.lexical / best + ARTICLE * one.article / best_article)
        )
        / total
        for one in found
    ]


def _best(scores: Iterable[float]) -> float:
    """The highest score; 1 where nothing scores, so that it can be divided by."""
    return max(scores, default=0.0) or 1.0
