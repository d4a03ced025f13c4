"""Signs of sentences and the chances that follow from their scores."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_citations import passage_of

from rag.sentence_ranking import MEANING, TAKING, WORDS, chances, coefficients, score, taking_signs, word_signs
from rag.terms import Terms, coverage, held, share, stems

TERMS = Terms({"mill": 3.0, "open": 1.0}, {}, "When did the mill open?")


def test_every_sign_has_a_weight() -> None:
    weights = coefficients()
    assert set(weights["words"]) == set(WORDS)
    assert set(weights["meaning"]) == set(MEANING)
    assert set(weights["taking"]) == {"intercept", *TAKING}


def test_word_signs_by_hand() -> None:
    passage = passage_of("a", 1, ("The mill is old.", " "), ("It was opened in 1921.", ""))
    first, second = word_signs(TERMS, passage, 2).values()
    assert (first["words"], second["words"]) == (0.5, 0.5)
    assert first["best_words"] == second["best_words"] == pytest.approx(0.75)
    assert second["with_before"] == pytest.approx(1.0)
    assert (first["no_type"], second["no_type"]) == (1.0, 0.0)
    assert first["rank"] == 0.25


def test_a_score_is_the_weighted_sum_of_the_signs() -> None:
    assert score({"words": 0.5, "rank": 1.0}, {"words": 2.0, "rank": -1.0, "passage": 9.0}) == pytest.approx(0.0)


def test_taking_signs_by_hand() -> None:
    best, other = taking_signs([1.0, 1.0], ["a#1", "b#1"], TERMS)
    assert (best["share"], other["share"], other["score_behind"]) == (0.5, 0.5, 0.0)
    assert (best["same_paragraph"], other["same_paragraph"]) == (1.0, 0.0)
    assert (best["best_share_in_paragraph"], other["best_share_in_paragraph"]) == (0.5, 0.0)
    assert taking_signs([1.0, 0.0], ["a#1", "a#1"], TERMS)[1]["behind_in_paragraph"] == 1.0
    assert best["terms"] == pytest.approx(2 / 12)
    assert taking_signs([], [], TERMS) == []


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=12))
def test_chances_are_probabilities_and_the_best_score_has_the_highest(scores: list[float]) -> None:
    found = chances(scores, ["a#1"] * len(scores), TERMS)
    assert all(0 < chance < 1 for chance in found)
    assert found[scores.index(max(scores))] == max(found)


def test_shares_of_words() -> None:
    assert coverage(TERMS, "The mills of the town") == pytest.approx(0.75)
    assert share(TERMS, {"mill"}, power=0) == 0.5
    assert share(TERMS, {"open"}, without={"mill"}) == 1.0
    assert share(TERMS, {"open"}, without={"mill", "open"}) == 0.0
    assert held(Terms({}, {"WaPo": {"post"}}), "WaPo’s mills") >= {"post", "mill"}
    assert stems(["Mills", "mill's"]) == ["mill", "mill"]
