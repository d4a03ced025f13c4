"""Which sentences make a topic's key points: near the topic, said by many, each saying something the others do not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.citations import Claim
from rag.extraction import Weighed
from rag.gathering import Pool
from rag.joining import Joiner
from rag.openings import antecedent, dangling, needs_more
from rag.tokens import telling, tokenize

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.float32]]

ALIKE = 0.85
"""Cosine from which a sentence of another article counts as saying it too."""
SAID_OFTEN = 0.15
"""Weight of the logarithm of how many articles say it. Joint score on two topics at 0, .05, .1, .15, .2, .25: 29, 41,
52, 58, 58 and 61; more would drown what only one article knows where articles repeat each other less."""
REPEATS = 0.7
"""Cosine from which a sentence repeats a point that was picked before (maximal marginal relevance, Carbonell and
Goldstein 1998, with a hard limit). Joint score at .6, .65, .7, .75 and .8: 50, 58, 58, 59 and 51."""
SAME_ARTICLE, SAME_PUBLISHER = 0.05, 0.02
MOST = 4
"""What a sentence loses for each point before it from its article, and from its publisher in its month; at most four
times that. The page shall not be one article's, nor all of it what stood in the papers in one month."""
NEEDS_MORE = 0.3
"""What a sentence loses that cannot stand without the one before."""
CLOSE = 0.8
"""Cosine from which a sentence that can stand alone takes the place of one that cannot."""
FEWEST_WORDS = 5
"""Telling words of a point: "Putin has no plan to call" says little without what is around it."""


def pick_points(pool: Pool, limit: int) -> list[Weighed]:
    """Up to `limit` sentences, best first; ties in the order of the pool.

    One that needs the sentence before it is picked only if none says the same that does not, and only if that sentence
    can come along (`point_claim`).
    """
    import numpy as np

    if not pool.sentences:
        return []
    vectors = np.stack([one.vector for one in pool.sentences])
    alike = vectors @ vectors.T
    scores = [
        relevance + SAID_OFTEN * math.log(articles) - NEEDS_MORE * needs_more(one.text)
        for one, relevance, articles in zip(pool.sentences, pool.relevance, _reach(pool.sentences, alike), strict=True)
    ]
    order = sorted((i for i, one in enumerate(pool.sentences) if _says_something(one)), key=lambda i: (-scores[i], i))
    repeated = np.zeros(len(scores), dtype=bool)
    spread = _Spread()
    chosen: list[Weighed] = []
    while len(chosen) < limit:
        free = [i for i in order if not repeated[i]]
        if not free:
            break
        i = max(free, key=lambda i: scores[i] - spread.cost(pool.sentences[i]))
        repeated[i] = True
        standing = _standing(i, pool.sentences, alike, free)
        if standing is not None:
            chosen.append(pool.sentences[standing])
            spread.add(pool.sentences[standing])
            repeated |= alike[standing] >= REPEATS
    return chosen


@dataclass(slots=True)
class _Spread:
    """How much has been taken from each article, and from each publisher in each month."""

    articles: Counter[str] = field(default_factory=Counter)
    publishers: Counter[tuple[str, str]] = field(default_factory=Counter)

    def cost(self, one: Weighed) -> float:
        article, publisher = self._keys(one)
        return SAME_ARTICLE * min(self.articles[article], MOST) + SAME_PUBLISHER * min(self.publishers[publisher], MOST)

    def add(self, one: Weighed) -> None:
        article, publisher = self._keys(one)
        self.articles[article] += 1
        self.publishers[publisher] += bool(publisher[0])

    @staticmethod
    def _keys(one: Weighed) -> tuple[str, tuple[str, str]]:
        metadata = one.passage.metadata
        return one.passage.article_id, (metadata.publisher or "", (metadata.published or "")[:7])


def point_claim(one: Weighed, joiner: Joiner) -> Claim:
    """The sentence, with all articles that say it; or with the sentence before it, where it needs that."""
    return joiner.claim(one, antecedent(one) if needs_more(one.text) else None)


def _says_something(one: Weighed) -> bool:
    return not one.text.rstrip("\"”’') ").endswith("?") and len(telling(tokenize(one.text))) >= FEWEST_WORDS


def _standing(i: int, sentences: Sequence[Weighed], alike: Matrix, free: Sequence[int]) -> int | None:
    """The sentence itself if it can be understood, else the best of `free` that says the same and can; else None."""
    if not dangling(sentences[i].text):
        return i
    others = [j for j in free if alike[i, j] >= CLOSE and not dangling(sentences[j].text)]
    if others:
        return others[0]
    return i if not needs_more(sentences[i].text) or antecedent(sentences[i]) is not None else None


def _reach(sentences: Sequence[Weighed], alike: Matrix) -> list[int]:
    """In how many articles each sentence, or one like it, stands."""
    articles = [one.passage.article_id for one in sentences]
    return [len({articles[j] for j in row.nonzero()[0]}) for row in alike >= ALIKE]
