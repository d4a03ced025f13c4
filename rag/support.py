"""How well sentences bear a statement out: signs of it, and the probability that follows from them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.alignment import align
from rag.evidence import Line
from rag.extraction import similarity
from rag.findings import Finding
from rag.logistic import logistic
from rag.tokens import MONEY_OR_SHARE, Token, abbreviates, acronyms, figures, initials, same_name, spelled_out, telling

if TYPE_CHECKING:
    import numpy as np

    Vector = np.ndarray[Any, np.dtype[np.float32]]

WINDOW = 3
"""Neighbouring sentences that are taken together."""
CLOSEST = 3
"""Sentences laid beside the statement word by word."""
SIGNS = ("words", "triples", "order", "meaning", "closest_meaning", "figures_missing", "names_missing")

_ONE = frozenset("one a an ein eine einen einem einer un une uno una один одна одно".split())


@cache
def coefficients() -> Mapping[str, float]:
    """Weight of each sign and `intercept`, as bench/fit_verification.py wrote them."""
    content: dict[str, Any] = json.loads(Path(__file__).with_name("support.json").read_text(encoding="utf-8"))
    return {str(name): float(value) for name, value in content["weights"].items()}


def probability(signs: Mapping[str, float], weights: Mapping[str, float] | None = None) -> float:
    """That a reader would call the statement supported, between 0 and 1; by `coefficients` without other weights."""
    weights = weights or coefficients()
    logit = weights["intercept"] + sum(weights[name] * value for name, value in signs.items())
    return logistic(logit)


def closest(tokens: Sequence[Token], vector: Vector, lines: Sequence[Line], many: int = CLOSEST) -> list[Line]:
    """The lines most like the statement in words and meaning, best first."""
    keys = {token.key for token in telling(tokens)}
    scored = [(_covered(keys, (line,)) + float(line.vector @ vector), -i, line) for i, line in enumerate(lines)]
    return [line for _, _, line in sorted(scored, key=lambda one: one[:2], reverse=True)[:many]]


def measure(
    tokens: Sequence[Token], vector: Vector, lines: Sequence[Line], context: Sequence[Token] = ()
) -> dict[str, float]:
    """Every sign, for a statement and the sentences it is said to rest on; 0 throughout where there are none.

    `lines` stand in the order of their paragraphs; `context` are the tokens of titles and the like.
    """
    if not lines:
        return dict.fromkeys(SIGNS, 0.0)
    keys = {token.key for token in telling(tokens)}
    near = closest(tokens, vector, lines)
    held = [token for line in lines for token in line.tokens]
    windows = [lines[i : i + WINDOW] for i in range(len(lines))]
    return {
        "words": max(_covered(keys, window) for window in windows),
        "triples": _triples(tokens, lines),
        "order": max(align(tokens, line.tokens).share for line in near),
        "meaning": max(_meaning(vector, window[:2]) for window in windows),
        "closest_meaning": _meaning(vector, near),
        "figures_missing": float(bool(missing_figures(tokens, [*held, *context]))),
        "names_missing": _share_missing(tokens, [*held, *context]),
    }


def _covered(keys: set[str], lines: Sequence[Line]) -> float:
    """Share of the keys in the lines. Weighing them by rarity was no better: macro-F1 .673 against .678 without."""
    held = {token.key for line in lines for token in line.tokens}
    return len(keys & held) / len(keys) if keys else 0.0


def _triples(tokens: Sequence[Token], lines: Sequence[Line]) -> float:
    """Share of the statement's runs of three words that stand in a line."""
    own = _runs(tokens)
    held = {run for line in lines for run in _runs(line.tokens)}
    return sum(run in held for run in own) / max(1, len(own))


def _runs(tokens: Sequence[Token]) -> list[tuple[str, str, str]]:
    keys = [token.key for token in tokens]
    return list(zip(keys, keys[1:], keys[2:], strict=False))


def _meaning(vector: Vector, lines: Sequence[Line]) -> float:
    return similarity(vector, [line.vector for line in lines])


def missing_figures(tokens: Sequence[Token], held: Sequence[Token]) -> list[Token]:
    """Figures that stand nowhere in the sources; 1 may stand there as a word."""
    given = {token.key for token in held} | ({"1"} if any(token.text.lower() in _ONE for token in held) else set())
    return [token for token in figures(tokens) if token.key not in given]


def otherwise_measured(tokens: Sequence[Token], held: Sequence[Token]) -> Iterator[Finding]:
    """Figures that the sources give in another unit only: `$20` for 20 %."""
    units = {token.key for token in held}
    for token in figures(tokens):
        same = [other for other in held if other.kind == "figure" and other.key == token.key]
        if not token.unit or not same or any(other.unit == token.unit for other in same):
            continue
        if all(other.unit for other in same):
            yield Finding("figure instead", token.measured, same[0].measured)
        elif token.unit in MONEY_OR_SHARE and token.unit not in units:
            yield Finding("figure", token.measured)


def missing_names(tokens: Sequence[Token], held: Sequence[Token]) -> list[Token]:
    """Names that stand nowhere in the sources, neither as a country's people nor as initials."""
    given = {token.key for token in held}
    absent = [t for t in tokens if t.kind == "name" and len(t.text) > 1 and t.key not in given]
    if not absent:
        return []
    capitals = {token.text: token for token in held if token.text[:1].isupper()}.values()
    letters, short = initials(held), acronyms(capitals)
    return [
        token
        for token in absent
        if not any(same_name(token, other) for other in capitals)
        and not abbreviates(token, letters)
        and not spelled_out(token, tokens, short)
    ]


def _share_missing(tokens: Sequence[Token], held: Sequence[Token]) -> float:
    names = [token for token in tokens if token.kind == "name"]
    return len(missing_names(tokens, held)) / len(names) if names else 0.0
