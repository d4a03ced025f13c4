"""From how far off a sentence says a thing: as so, perhaps so, said by somebody, wished, or not so. English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rag.alignment import align
from rag.polarity import HEDGES, negations
from rag.tokens import Token, telling

Distance = Literal["denied", "doubted", "reported", "wished"]

_WORDS: dict[Distance, frozenset[str]] = {
    "denied": frozenset(
        "false untrue incorrect baseless unfounded groundless fake hoax myth rumour rumours rumor rumors denies denied "
        "denying disputes disputed disputing refutes refuted refuting rejects rejected rejecting dismissed".split()
    ),
    "doubted": HEDGES | frozenset("supposed unclear unlikely doubtful".split()),
    "reported": frozenset(
        "said says saying told tells claims claimed claiming alleges alleging according reports reported argues argued "
        "believes believed thinks thought insists insisted warns warned predicts predicted forecasts asserts asserted "
        "accuses accused suggests suggested expects some".split()
    ),
    "wished": frozenset(
        "want wants wanted wanting hope hopes hoped hoping wish wishes wished plan plans planned planning intends "
        "intended tries tried trying attempts attempted considers considered considering refuses refused fails failed "
        "failing proposes proposed demanded demands asked promised promises vowed threatened".split()
    ),
}
COPY = 0.85
"""Share of telling words in the same order from which the words that are missing are the point of the difference."""
_TIMES = frozenset(
    "spring summer autumn winter morning afternoon evening night today yesterday tomorrow weekend week month year "
    "decade century monday tuesday wednesday thursday friday saturday sunday".split()
)


def distances(tokens: Sequence[Token]) -> frozenset[Distance]:
    """How a sentence stands to what it says; empty where it says it as so."""
    said = {token.text.lower() for token in tokens}
    found = {name for name, words in _WORDS.items() if said & words}
    if negations(tokens):
        found.add("denied")
    return frozenset(found)


def stands_back(ours: Sequence[Token], theirs: Sequence[Token]) -> bool:
    """Whether theirs denies, doubts, reports or only wishes what ours does not: then it does not say the same."""
    return bool(distances(theirs) - distances(ours))


def missing_points(
    ours: Sequence[Token], theirs: Sequence[Token], held: Sequence[Token]
) -> list[tuple[str, tuple[str, ...]]]:
    """Where theirs is nearly ours: telling words of ours that stand nowhere in `held`, with those that may stand for
    them, in small letters. A word that has none is left out unless it tells when.
    """
    if align(ours, theirs).share < COPY:
        return []
    given, own = {token.key for token in held}, {token.key for token in ours}
    instead = tuple(token.text.lower() for token in telling(theirs) if token.key not in own)
    missing = [token.text.lower() for token in telling(ours) if token.key not in given]
    if len(missing) != 1:  # several: it is told in other words
        return []
    return [(word, instead) for word in missing if instead or word in _TIMES]
