"""The sides of a topic: key points that belong together, under a heading of their own words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rag.extraction import Weighed, stems
from rag.lexical import query_terms, words

if TYPE_CHECKING:
    import numpy as np

    Vector = np.ndarray[Any, np.dtype[np.float32]]

FEWEST = 12
"""Points from which a page is easier to read in parts."""
A_PART = 6
"""Points of a part, about."""
HEADING_WORDS = 3


def into_facets(points: Sequence[Weighed], known: Mapping[str, float]) -> list[tuple[str, list[int]]]:
    """Headings, each with the places of its points in `points`; best first, as the points are.

    `known` holds the stems of the topic's own words, which tell no part from another. One part without a heading where
    there are few points. Clusters by Ward's method (1963) over the sentences' vectors.
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
    return list(zip(_headings([[points[i].text for i in part] for part in parts.values()], known), parts.values(),
                    strict=True))  # fmt: skip


def _headings(parts: Sequence[Sequence[str]], known: Mapping[str, float]) -> list[str]:
    """For each part the words that most of its sentences share and the others lack, as they are mostly written."""
    held = [Counter(stem for text in part for stem in set(_stems(text))) for part in parts]
    everywhere = Counter(stem for counts in held for stem in counts)
    headings = []
    for part, counts in zip(parts, held, strict=True):
        weights = {
            stem: count * math.log((1 + len(parts)) / everywhere[stem])
            for stem, count in counts.items()
            if stem not in known and (count > 1 or len(part) == 1) and len(stem) > 2 and not stem.isdigit()
        }
        best = sorted(weights, key=lambda stem: (-weights[stem], stem))[:HEADING_WORDS]
        headings.append(", ".join(_written(part, stem) for stem in best))
    return [heading[:1].upper() + heading[1:] for heading in headings]


def _stems(text: str) -> list[str]:
    return stems(query_terms(text))


def _written(part: Sequence[str], stem: str) -> str:
    """The commonest form of a word, in lower case unless it is always written with a capital."""
    forms = Counter(
        token for text in part for token, own in zip(words(text), stems(words(text)), strict=True) if own == stem
    )
    small = {form for form in forms if form[:1].islower()}
    for form in [form for form in forms if form not in small]:
        if (lower := form[:1].lower() + form[1:]) in small:
            forms[lower] += forms.pop(form)
    best = max(forms, key=lambda form: (forms[form], form))
    return best.removesuffix("'s")
