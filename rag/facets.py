"""The sides of a topic: key points that belong together, under a heading of their own words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rag.extraction import Weighed
from rag.lexical import STOP_WORDS, words
from rag.terms import stems

if TYPE_CHECKING:
    import numpy as np

    Vector = np.ndarray[Any, np.dtype[np.float32]]

_BETWEEN = re.compile(r"[^\w\s'’-]+|[’']s\b")
FEWEST = 12
"""Points from which a page is easier to read in parts."""
A_PART = 6
"""Points of a part, about."""
WORDS = {1: 0.5, 2: 1.5, 3: 1.6}
"""Worth of a phrase by its number of words: two say more than one, a third is often a verb."""
REST = "Also"
"""Heading of the points that share no phrase."""


def into_facets(points: Sequence[Weighed], known: Mapping[str, float]) -> list[tuple[str, list[int]]]:
    """Headings, each with the places of its points in `points`; best first, as the points are.

    A heading is a phrase that sentences of the part share and those of others lack, not one of the topic's own words,
    whose stems `known` holds. One part without a heading where there are few points. Clusters by Ward's method (1963)
    over the sentences' vectors.
    """
    if len(points) < FEWEST:
        return [("", list(range(len(points))))] if points else []
    import numpy as np
    from scipy.cluster.hierarchy import fcluster, linkage

    many = max(2, round(len(points) / A_PART))
    labels = fcluster(linkage(np.stack([one.vector for one in points]), "ward"), many, criterion="maxclust")
    parts: dict[int, list[int]] = {}
    for i, label in enumerate(labels):
        parts.setdefault(int(label), []).append(i)
    phrases = [_phrases(one.text) for one in points]
    headed: dict[str, list[int]] = {}
    for part in parts.values():
        headed.setdefault(_heading(part, phrases, known), []).extend(part)
    if len(headed) == 1:
        return [("", sorted(*headed.values()))]
    rest = headed.pop("", [])
    headings = [*headed.items(), *([(REST, rest)] if rest else [])]
    return [(heading, sorted(places)) for heading, places in headings]


def _heading(part: Sequence[int], phrases: Sequence[Mapping[str, str]], known: Mapping[str, float]) -> str:
    """The phrase that sets the part apart best; empty if its sentences share none."""
    inside = Counter(key for i in part for key in phrases[i])
    everywhere = Counter(key for one in phrases for key in one)
    shared = {
        key: count * math.log(1 + len(phrases) / everywhere[key]) * WORDS[len(key.split())]
        for key, count in inside.items()
        if count > 1 and not set(key.split()) <= known.keys()
    }
    if not shared:
        return ""
    best = min(shared, key=lambda key: (-shared[key], key))
    forms = Counter(phrases[i][best] for i in part if best in phrases[i])
    written = max(forms, key=lambda form: (forms[form], form))
    return written[:1].upper() + written[1:]


def _phrases(text: str) -> dict[str, str]:
    """Two or three telling words side by side, and names: their stems → as written."""
    found: dict[str, str] = {}
    for run in _BETWEEN.split(text):
        told = words(run)
        keys = stems(told)
        telling = [word.lower() not in STOP_WORDS and len(word) > 1 and not word[0].isdigit() for word in told]
        for size in (2, 3):
            for i in range(len(told) - size + 1):
                if all(telling[i : i + size]) and " ".join(told[i : i + size]) in run:
                    found.setdefault(" ".join(keys[i : i + size]), " ".join(told[i : i + size]))
        for i, word in enumerate(told[1:], 1):
            if telling[i] and word[0].isupper() and len(word) > 2:
                found.setdefault(keys[i], word.removesuffix("'s").removesuffix("’s"))
    return found
