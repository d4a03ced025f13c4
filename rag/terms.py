"""A question's telling words by their stems and weights, and how much of them a text has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from rag import matching
from rag.lexical import words

_KEPT = 8192
"""Texts whose stems are kept: every sentence of a question's passages is asked about several times."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A question's word stems with their weights, and abbreviations ("WaPo") with the stems they stand for."""

    weights: Mapping[str, float]
    abbreviations: Mapping[str, Set[str]]
    question: str = ""
    """The question itself, where the kind of answer it calls for is to count."""


def coverage(terms: Terms, text: str) -> float:
    """Share of the question's words, by weight, that stand in the text in any form, or as part of an abbreviation."""
    return share(terms, held(terms, text))


def share(terms: Terms, stems_held: Set[str], power: float = 1.0, without: Set[str] = frozenset()) -> float:
    """Share of the question's words, by weight to that power, that are among the stems; 0 if there are none.

    Those `without` count for nothing.
    """
    counted = {stem: weight**power for stem, weight in terms.weights.items() if stem not in without}
    total = sum(counted.values())
    return sum(weight for stem, weight in counted.items() if stem in stems_held) / total if total else 0.0


def held(terms: Terms, text: str) -> Set[str]:
    """Stems of a text's words, and of what abbreviations of the question in it stand for."""
    tokens, found = _stemmed(text)
    short = terms.abbreviations.keys() & tokens if terms.abbreviations else ()
    return found.union(*(terms.abbreviations[token] for token in short)) if short else found


@lru_cache(_KEPT)
def _stemmed(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Words as they are written, and their stems."""
    tokens = words(text)
    return frozenset(token.removesuffix("'s") for token in tokens), frozenset(stems(tokens))


def stems(tokens: Sequence[str]) -> list[str]:
    """Stems of words as they are written."""
    return matching.stems([token.lower().removesuffix("'s") for token in tokens])
