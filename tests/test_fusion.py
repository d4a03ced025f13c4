"""Fusion of scores, with numbers worked out by hand."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.fusion import ARTICLE, COVER, LEXICAL, PAIRS, USUAL_WORDS, Evidence, fuse

Row = tuple[float, float, float, float, float]


def evidence(*rows: Row) -> list[Evidence]:
    """Of (dense, lexical, article, cover, pairs)."""
    return [
        Evidence(i, dense, lexical, article, None, None, cover, pairs)
        for i, (dense, lexical, article, cover, pairs) in enumerate(rows)
    ]


def test_a_worked_example() -> None:
    """Weights 1, .35, .3, .1 and .08: their sum is 1.83.

    First:  .5 + .35 · 1 + .3 · .4 + .1 · 4/8 + .08 · 3/3 = 1.1.
    Second: .7 + .35 · .5 + .3 · 0 + .1 · 8/8 + .08 · 0/3 = .975.
    """
    assert (COVER, PAIRS, LEXICAL, ARTICLE) == (0.35, 0.3, 0.1, 0.08)
    found = evidence((0.5, 4, 3, 1, 0.4), (0.7, 8, 0, 0.5, 0))
    assert fuse(found) == pytest.approx([1.1 / 1.83, 0.975 / 1.83])


def test_words_weigh_by_the_root_of_their_number() -> None:
    """Four times as many weigh twice: (.5 + 2 · .35) / (1 + 2 · .83); none weighs nothing."""
    found = evidence((0.5, 0, 0, 1, 0))
    assert fuse(found, 4 * USUAL_WORDS) == pytest.approx([1.2 / 2.66])
    assert fuse(found, 0) == [0.5]


def test_all_there_is_scores_one_and_nothing_scores_nothing() -> None:
    assert fuse(evidence((1, 7, 9, 1, 1), (0, 0, 0, 0, 0))) == pytest.approx([1, 0])
    assert fuse([]) == []


def test_a_part_that_tells_nothing_apart_leaves_the_choice_to_the_others() -> None:
    """Ranks of the blind part would be a guess that counts as much as knowledge."""
    blind = fuse(evidence((0.3, 2, 0, 0.5, 0), (0.31, 4, 0, 1, 0), (0.32, 1, 0, 0.2, 0)))
    assert sorted(range(3), key=lambda i: -blind[i]) == [1, 0, 2]
    blind = fuse(evidence((0.2, 4, 0, 1, 0), (0.6, 4, 0, 1, 0), (0.4, 4, 0, 1, 0)))
    assert sorted(range(3), key=lambda i: -blind[i]) == [1, 2, 0]


SHARE = st.floats(0, 1).map(lambda score: round(score, 3))
SCORE = st.floats(0, 20).map(lambda score: round(score, 3))
ROWS = st.lists(st.tuples(SHARE, SCORE, SCORE, SHARE, SHARE), min_size=1, max_size=20)
WORDS = st.integers(0, 64)


@given(rows=ROWS, words=WORDS)
def test_what_is_at_least_as_good_in_every_part_is_never_ranked_below(rows: list[Row], words: int) -> None:
    scores = fuse(evidence(*rows), words)
    for better, high in zip(rows, scores, strict=True):
        for worse, low in zip(rows, scores, strict=True):
            if all(one >= other for one, other in zip(better, worse, strict=True)):
                assert high >= low - 1e-9


@given(rows=ROWS, words=WORDS)
def test_scores_are_between_nothing_and_one(rows: list[Row], words: int) -> None:
    assert all(0 <= score <= 1 + 1e-9 for score in fuse(evidence(*rows), words))


@given(rows=ROWS, seed=st.integers())
def test_the_order_of_the_candidates_does_not_matter(rows: list[Row], seed: int) -> None:
    order = list(range(len(rows)))
    random.Random(seed).shuffle(order)  # noqa: S311
    shuffled = dict(zip(order, fuse(evidence(*(rows[i] for i in order))), strict=True))
    assert [shuffled[i] for i in range(len(rows))] == fuse(evidence(*rows))


@given(rows=ROWS, scale=st.floats(0.5, 8))
def test_the_unit_of_bm25_does_not_matter(rows: list[Row], scale: float) -> None:
    """BM25 of a large store is larger than of a small one."""
    scaled = [(dense, lexical * scale, article * scale, *shares) for dense, lexical, article, *shares in rows]
    assert fuse(evidence(*scaled)) == pytest.approx(fuse(evidence(*rows)), abs=1e-9)


@given(rows=ROWS, weak=st.tuples(SHARE, SHARE, SHARE))
def test_another_candidate_that_is_not_the_best_changes_no_score(rows: list[Row], weak: tuple[float, ...]) -> None:
    """Not so with standard scores: there a hundred weak hits more make every good one better."""
    dense, cover, pairs = weak
    assert fuse(evidence(*rows, (dense, 0, 0, cover, pairs)))[:-1] == fuse(evidence(*rows))
