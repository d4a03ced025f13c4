"""Fusion of scores, with numbers worked out by hand."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.fusion import ARTICLE_WEIGHT, Evidence, fuse


def evidence(dense: list[float], lexical: list[float], article: list[float] | None = None) -> list[Evidence]:
    rows = zip(dense, lexical, article or [0.0] * len(dense), strict=True)
    return [Evidence(i, *row, None, None) for i, row in enumerate(rows)]


def test_a_worked_example() -> None:
    """Dense .9 .5 .1: mean .5, deviation √(.32/3) = .32660; standard scores ±1.22474 and 0.
    The first stands 1.22474 - (0 - 1.22474)/2 = 1.83712 above the others.

    Lexical 4 4 1: mean 3, deviation √2; standard .70711 .70711 -1.41421.
    The first stands .70711 - (.70711 - 1.41421)/2 = 1.06066 above the others.

    Share of the dense part: 1.83712 / 2.89778 = .63397.
    """
    share = 1.83712 / (1.83712 + 1.06066)
    assert share == pytest.approx(0.63397, abs=1e-5)
    expected = [
        share * 1.22474 + (1 - share) * 0.70711,
        (1 - share) * 0.70711,
        -share * 1.22474 - (1 - share) * 1.41421,
    ]
    assert fuse(evidence([0.9, 0.5, 0.1], [4, 4, 1])) == pytest.approx(expected, abs=1e-4)


def test_the_whole_article_adds_its_standard_score_by_its_weight() -> None:
    """Articles 2 and 0: standard scores 1 and -1."""
    assert fuse(evidence([0, 0], [0, 0], [2, 0])) == pytest.approx([ARTICLE_WEIGHT, -ARTICLE_WEIGHT])


@pytest.mark.parametrize("blind", ["dense", "lexical"])
def test_where_one_part_is_blind_the_other_decides_alone(blind: str) -> None:
    """Scores 1 and 0 become 1 and -1; the blind part weighs nothing."""
    seeing, same = [1.0, 0.0], [0.3, 0.3]
    parts = (same, seeing) if blind == "dense" else (seeing, same)
    assert fuse(evidence(*parts)) == pytest.approx([1, -1])


def test_the_part_that_is_sure_outweighs_the_one_that_guesses() -> None:
    sure, guess = [1.0] + [0.1] * 9, [0.5, 0.6] + [0.55] * 8
    assert fuse(evidence(sure, guess))[0] > fuse(evidence(sure, guess))[1]
    assert fuse(evidence(guess, sure))[0] > fuse(evidence(guess, sure))[1]


def test_one_candidate_or_none_is_no_harm() -> None:
    assert fuse([]) == []
    assert fuse(evidence([0.7], [3.0], [1.0])) == [0.0]
    assert fuse(evidence([0.7] * 5, [3.0] * 5)) == [0.0] * 5


SCORE = st.floats(0, 20).map(lambda score: round(score, 3))
ROWS = st.lists(st.tuples(SCORE, SCORE, SCORE), min_size=1, max_size=30)


def scored(rows: list[tuple[float, float, float]]) -> list[float]:
    return fuse([Evidence(i, *row, None, None) for i, row in enumerate(rows)])


@given(rows=ROWS)
def test_what_is_at_least_as_good_in_every_part_is_never_ranked_below(rows: list[tuple[float, float, float]]) -> None:
    scores = scored(rows)
    for better, high in zip(rows, scores, strict=True):
        for worse, low in zip(rows, scores, strict=True):
            if all(one >= other for one, other in zip(better, worse, strict=True)):
                assert high >= low - 1e-9


@given(rows=ROWS, seed=st.integers())
def test_the_order_of_the_candidates_does_not_matter(rows: list[tuple[float, float, float]], seed: int) -> None:
    order = list(range(len(rows)))
    random.Random(seed).shuffle(order)  # noqa: S311
    shuffled = dict(zip(order, scored([rows[i] for i in order]), strict=True))
    assert [shuffled[i] for i in range(len(rows))] == pytest.approx(scored(rows), abs=1e-6)


@given(rows=ROWS, scale=st.floats(0.5, 8))
def test_the_unit_of_a_part_does_not_matter(rows: list[tuple[float, float, float]], scale: float) -> None:
    """BM25 of a large store is larger than of a small one."""
    scaled = [(dense, lexical * scale, article) for dense, lexical, article in rows]
    assert scored(scaled) == pytest.approx(scored(rows), abs=1e-6)
