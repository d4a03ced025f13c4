"""Figures as a sentence means them: exact, rounded, at least, about; and whether two can both be right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from rag.tokens import MONEY_OR_SHARE, Token

ABOUT = 0.15
"""Share by which a figure called "about" or "nearly" may be off."""
EXACT = 100
"""Below it whole figures are counted, not rounded: 20 dead are not 22."""
_ABOUT = frozenset("about around approximately approx roughly nearly almost some circa close estimated near".split())
_ABOVE = frozenset("over exceeding exceeded exceeds above least beyond minimum upwards plus".split())
_BELOW = frozenset("under below most maximum within".split())
_ORDINAL = frozenset("st nd rd th".split())
_RANGE = frozenset("to and or between from versus vs compared against".split())
_WORDS = frozenset(
    "more less fewer than at least most up to no as many much just only exactly over under a the".split()
)
"""Words that may stand before a figure and belong to it."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure of a sentence, and between what it may lie."""

    token: Token
    low: float
    high: float
    counted: tuple[str, ...]
    """Keys of the two telling words after it; of those before it where none follow."""
    written: str
    """With the words that qualify it: `nearly 50,000`."""


def quantities(tokens: Sequence[Token]) -> list[Quantity]:
    """Figures that count or measure something; neither years, ordinals and ranges nor parts of names."""
    found = []
    for i, token in enumerate(tokens):
        value = _value(token)
        if value is None or is_year(token) or _no_count(tokens, i):
            continue
        start = i
        while start and i - start < 4 and qualifies(tokens[start - 1]):
            start -= 1
        words = [t.text.lower() for t in tokens[start:i]]
        low, high = _bounds(value, token, words)
        after = _telling(tokens[i + 1 : i + 7]) or _telling(tokens[max(0, start - 6) : start])[::-1]
        words = [word for word in words if word not in MONEY_OR_SHARE]
        while words and words[0] in ("a", "the", "as", "to", "at", "and") and words[:2] != ["at", "least"]:
            words = words[1:]
        written = " ".join([*words, token.measured])
        found.append(Quantity(token, low, high, tuple(after[:2]), written))
    return found


def _telling(tokens: Sequence[Token]) -> list[str]:
    return [token.key for token in tokens if token.telling and token.key not in MONEY_OR_SHARE]


def years(tokens: Sequence[Token]) -> list[Token]:
    """Figures written like a year; not decades ("the 1980s")."""
    following = [*tokens[1:], None]
    return [t for t, after in zip(tokens, following, strict=True) if is_year(t) and (not after or after.text != "s")]


def is_year(token: Token) -> bool:
    """Whether a figure is written like a year or a decade."""
    return token.kind == "figure" and token.text.isdigit() and 1500 <= int(token.text) <= 2100 and not token.unit


def compatible(one: Quantity, other: Quantity) -> bool:
    """Whether both can be right: "more than 5,000" and 5,012, "about 5,000" and 4,980, 1.66 and 1.7."""
    return one.low <= other.high and other.low <= one.high


def _value(token: Token) -> float | None:
    try:
        value = float(Decimal(token.key)) if token.kind == "figure" else None
    except InvalidOperation:
        return None
    return value if value is not None and math.isfinite(value) else None


def qualifies(token: Token) -> bool:
    """Whether the word may stand before a figure and belong to it ("nearly", "more", "than")."""
    word = token.text.lower()
    return word in _ABOUT | _ABOVE | _BELOW | _WORDS or token.text in "$€£¥₽"


def _no_count(tokens: Sequence[Token], i: int) -> bool:
    """Ordinals, ranges, and numbers that are part of a name ("Boeing 737")."""
    before, after = tokens[max(0, i - 2) : i], tokens[i + 1 : i + 4]
    if after and (after[0].text.lower() in _ORDINAL or after[0].kind == "figure"):
        return True
    if before and (before[-1].kind in ("figure", "name", "noun")):
        return True
    ranged = len(after) > 1 and after[0].text.lower() in _RANGE and any(t.kind == "figure" for t in after[1:])
    back = len(before) > 1 and before[-1].text.lower() in _RANGE and before[0].kind == "figure"
    return ranged or back


def _bounds(value: float, token: Token, words: Sequence[str]) -> tuple[float, float]:
    said = set(words)
    rounding = _rounding(token)
    if {"more", "than"} <= said or said & _ABOVE:
        return value, math.inf
    if ({"less", "than"} <= said or {"fewer", "than"} <= said) or said & _BELOW or {"up", "to"} <= said:
        return -math.inf, value
    margin = max(rounding, abs(value) * ABOUT if said & _ABOUT else 0.0)
    return value - margin, value + margin


def _rounding(token: Token) -> float:
    """Half of the last place that is not zero: 5,000 may be anything from 4,500 to 5,500; below 100 all is exact."""
    exponent = Decimal(token.key).normalize().as_tuple().exponent
    if not isinstance(exponent, int) or exponent == 0 or (exponent > 0 and abs(Decimal(token.key)) < EXACT):
        return 0.0
    return float(Decimal(10) ** exponent) / 2
