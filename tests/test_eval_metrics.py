"""The measures of an evaluation, against figures worked out by hand and against what is true of every one of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.eval_metrics import (
    MEASURES,
    by_article,
    by_evidence,
    by_part,
    characters,
    evidence_share,
    held_evidence,
    iou,
    means,
    overlap,
    ranking_metrics,
    refusals,
    sentence_choice,
)
from rag.eval_schema import Gold, Outcome, Place, Ranked

HARBOUR, FERRY = "harbour#1", "ferry#2"
ONE, TWO = Place(HARBOUR, 0, 40), Place(FERRY, 10, 30)
GOLD = Gold(("harbour", "ferry"), (HARBOUR, FERRY), ((ONE,), (TWO,)), (ONE, TWO))
"""Two pieces of evidence, of 40 and 20 characters, in two paragraphs."""

names = st.lists(st.sampled_from([f"p{i}" for i in range(14)]), unique=True)
places = st.lists(
    st.builds(
        lambda name, start, length: Place(name, start, start + length),
        st.sampled_from([HARBOUR, FERRY]), st.integers(0, 30), st.integers(1, 12),
    ),
    max_size=6,
)  # fmt: skip


def judged(answerable, *, answered=None, sure=None, seconds=None, metrics=None):
    return Outcome(
        "q", "Who?", answerable, Gold(), answered=answered, confidence=sure, seconds=seconds or {},
        metrics=metrics or {},
    )  # fmt: skip


def covered(some):
    """The characters one by one."""
    return {(place.paragraph_id, at) for place in some for at in range(place.start, place.end)}


# --- rankings ----------------------------------------------------------------------------------------------------


def test_a_ranking_against_figures_worked_out_by_hand():
    """Right at ranks 1 and 3 of 2: DCG = 1/log2(2) + 1/log2(4) = 1.5, the best possible 1 + 1/log2(3) = 1.63093;
    R@1 = R@2 = 1/2, R@5 = 2/2; RR = 1/1; AP = (1/1 + 2/3) / 2 = 5/6.
    """
    found = ranking_metrics({"q": (["a", "x", "b"], ["a", "b"])})["q"]
    assert found == pytest.approx(
        {"nDCG@10": 1.5 / 1.6309297536, "R@1": 0.5, "R@2": 0.5, "R@5": 1, "R@10": 1, "RR": 1, "AP": 5 / 6}
    )


def test_what_is_right_far_down_still_counts_a_little():
    """At rank 11 of 1: beyond nDCG@10 and R@10; RR = AP = 1/11."""
    found = ranking_metrics({"q": ([*(f"x{i}" for i in range(10)), "a"], ["a"])})["q"]
    assert found == pytest.approx(dict.fromkeys(MEASURES, 0.0) | {"RR": 1 / 11, "AP": 1 / 11})


def test_ranks_count_and_not_names():
    """Equal scores would be broken by name."""
    assert ranking_metrics({"q": (["z", "a"], ["z"])})["q"]["RR"] == 1
    assert ranking_metrics({"q": (["a", "z"], ["z"])})["q"]["RR"] == 0.5


@pytest.mark.parametrize("beside", [{}, {"other": (["a"], ["a"])}], ids=["alone", "beside another"])
def test_a_question_that_finds_nothing_counts_as_zero(beside):
    found = ranking_metrics({"q": ([], ["a"]), **beside})
    assert found["q"] == dict.fromkeys(MEASURES, 0.0)
    assert found.keys() == {"q", *beside}


def test_without_questions_there_are_no_measures():
    assert ranking_metrics({}) == {}


@settings(deadline=None)
@given(names, names.filter(bool))
def test_recall_grows_with_depth_and_every_measure_is_a_share(ranking, right):
    found = ranking_metrics({"q": (ranking, right)})["q"]
    assert found["R@1"] <= found["R@2"] <= found["R@5"] <= found["R@10"]
    assert all(0 <= value <= 1 + 1e-9 for value in found.values())
    for k in (1, 2, 5, 10):
        assert found[f"R@{k}"] == pytest.approx(len(set(ranking[:k]) & set(right)) / len(right))


def test_articles_stand_where_their_best_paragraphs_do():
    ranking = [Ranked(name, 0) for name in ("a#3", "b#1", "a#1", "c#9", "b#2")]
    assert by_article(ranking) == ["a", "b", "c"]


def test_each_part_of_the_search_has_a_ranking_of_its_own():
    ranking = [Ranked("a#1", 3, 2, None), Ranked("b#1", 2, 1, 2), Ranked("c#1", 1, None, 1), Ranked("d#1", 0)]
    assert [one.name for one in by_part(ranking, "dense")] == ["b#1", "a#1"]
    assert [one.name for one in by_part(ranking, "lexical")] == ["c#1", "b#1"]


# --- sentences ---------------------------------------------------------------------------------------------------


def test_a_sentence_holds_evidence_from_half_of_the_shorter_one_on():
    """The evidence has 40 characters, these sentences 20: 10 of them are half, 9 are less."""
    assert held_evidence(Place(HARBOUR, 30, 50), GOLD) == [0]
    assert held_evidence(Place(HARBOUR, 31, 51), GOLD) == []
    assert held_evidence(Place("harbour#2", 0, 40), GOLD) == []
    assert held_evidence(Place(FERRY, 0, 100), GOLD) == [1]


def test_of_two_sentences_with_the_same_evidence_the_first_counts():
    sentences = [Place("x#1", 0, 9), Place(HARBOUR, 0, 20), Place(HARBOUR, 20, 40), Place(FERRY, 10, 30)]
    assert by_evidence(sentences, GOLD) == ["x#1:0-9", "gold 0", "gold 1"]


@given(places, places)
def test_no_name_stands_twice_in_a_ranking_of_sentences(sentences, evidence):
    gold = Gold(("harbour",), (), tuple((place,) for place in evidence), tuple(evidence))
    found = by_evidence(sentences, gold)
    assert len(set(found)) == len(found)
    assert {name for name in found if name.startswith("gold")} == {
        f"gold {i}" for sentence in sentences for i in held_evidence(sentence, gold)
    }


def test_the_choice_of_sentences_against_figures_worked_out_by_hand():
    """Of three quoted one holds evidence: precision 1/3, recall 1/2, F1 = 2 · 1/6 / (5/6) = 2/5."""
    quoted = [ONE, Place("x#1", 0, 9), Place(FERRY, 40, 60)]
    assert sentence_choice(quoted, GOLD) == pytest.approx(
        {"sentence precision": 1 / 3, "sentence recall": 1 / 2, "sentence F1": 2 / 5}
    )


def test_evidence_quoted_twice_is_found_once():
    """Both sentences hold the first piece: precision 2/2, recall 1/2, F1 = 2 · 1/2 / (3/2) = 2/3."""
    assert sentence_choice([Place(HARBOUR, 0, 20), Place(HARBOUR, 20, 40)], GOLD) == pytest.approx(
        {"sentence precision": 1, "sentence recall": 1 / 2, "sentence F1": 2 / 3}
    )


def test_one_sentence_may_hold_all_the_evidence():
    gold = Gold(("harbour",), (), ((Place(HARBOUR, 0, 10),), (Place(HARBOUR, 12, 20),)))
    assert sentence_choice([ONE], gold) == {"sentence precision": 1, "sentence recall": 1, "sentence F1": 1}


def test_who_quotes_nothing_finds_nothing():
    assert sentence_choice([], GOLD) == {"sentence precision": 0, "sentence recall": 0, "sentence F1": 0}


# --- characters --------------------------------------------------------------------------------------------------


def test_characters_that_overlap_count_once():
    some = [Place("a#1", 5, 10), Place("a#1", 0, 6), Place("b#1", 0, 2), Place("a#1", 20, 21), Place("a#1", 10, 12)]
    assert characters(some) == {"a#1": [(0, 12), (20, 21)], "b#1": [(0, 2)]}


def test_shared_characters_against_figures_worked_out_by_hand():
    """15 characters (0 to 15), 10 of them as evidence (5 to 15), and 10 in another paragraph: 10 of 25 are both."""
    quoted = [Place("a#1", 0, 10), Place("a#1", 5, 15)]
    evidence = [Place("a#1", 5, 15), Place("b#1", 0, 10)]
    assert overlap(quoted, evidence) == (15, 20, 10)
    assert iou(quoted, evidence) == pytest.approx(10 / 25)


def test_nothing_has_nothing_in_common():
    assert iou([], []) == iou([], [ONE]) == iou([ONE], []) == 0
    assert iou([ONE], [Place(FERRY, 0, 40)]) == 0


@given(places, places)
def test_shared_characters_counted_one_by_one(some, others):
    both, either = covered(some) & covered(others), covered(some) | covered(others)
    assert overlap(some, others) == (len(covered(some)), len(covered(others)), len(both))
    assert iou(some, others) == iou(others, some) == pytest.approx(len(both) / len(either) if either else 0)
    assert iou(some, some) == (1 if some else 0)


def test_the_share_of_evidence_is_that_of_its_characters_in_the_first_five_paragraphs():
    """40 of 60 characters lie in the first paragraph; the other one is the sixth."""
    ranking = [Ranked(name, 0) for name in (HARBOUR, "x#1", "x#2", "x#3", "x#4", FERRY)]
    assert evidence_share(ranking, [ONE, TWO]) == pytest.approx(40 / 60)
    assert evidence_share(ranking[1:], [ONE, TWO]) == pytest.approx(20 / 60)
    assert evidence_share(ranking, [ONE, ONE, Place(HARBOUR, 20, 40)]) == 1
    assert evidence_share([], [ONE]) == evidence_share(ranking, []) == 0


# --- all questions together --------------------------------------------------------------------------------------


def test_refusals_against_figures_worked_out_by_hand():
    """Sure of what can be answered .9 and .4, of the rest .4 and .1. Pairs: .9 wins twice, .4 ties once and wins
    once: (2 + 1/2 + 1) / 4 = 7/8. One of two is declined on either side.
    """
    outcomes = [
        judged(True, answered=True, sure=0.9), judged(True, answered=False, sure=0.4),
        judged(False, answered=True, sure=0.4), judged(False, answered=False, sure=0.1),
    ]  # fmt: skip
    assert refusals(outcomes) == pytest.approx(
        {"rightly declined": 0.5, "wrongly declined": 0.5, "abstention AUROC": 7 / 8}
    )


def test_with_one_kind_of_questions_only_that_is_said():
    assert refusals([judged(True, answered=True, sure=0.5)] * 3) == {"wrongly declined": 0}
    assert refusals([judged(False, answered=False, sure=0.5)]) == {"rightly declined": 1}
    assert refusals([judged(True), judged(False)]) == {}


def test_questions_that_were_only_searched_for_do_not_count_as_declined():
    assert refusals([judged(True, answered=False, sure=0.2), judged(True)]) == {"wrongly declined": 1}


sureties = st.lists(st.sampled_from([0, 0.25, 0.5, 1]), min_size=1, max_size=6)


@settings(deadline=None)
@given(sureties, sureties)
def test_the_area_under_the_curve_is_the_share_of_pairs_in_the_right_order(yes, no):
    outcomes = [judged(True, answered=True, sure=one) for one in yes]
    outcomes += [judged(False, answered=True, sure=one) for one in no]
    won = sum((a > b) + (a == b) / 2 for a in yes for b in no)
    assert refusals(outcomes)["abstention AUROC"] == pytest.approx(won / (len(yes) * len(no)))


def test_means_are_over_the_questions_that_a_measure_is_known_of():
    """F1 of two questions (1 and 0), R@1 of all three (1, 1, 0)."""
    outcomes = [
        judged(True, metrics={"paragraph R@1": 1, "sentence F1": 1}), judged(True, metrics={"paragraph R@1": 1}),
        judged(True, metrics={"paragraph R@1": 0, "sentence F1": 0}), judged(True),
    ]  # fmt: skip
    assert means(outcomes) == pytest.approx({"paragraph R@1": 2 / 3, "sentence F1": 1 / 2})
    assert means([]) == {}


def test_seconds_are_told_by_percentiles():
    """Of 0, 1, …, 100 the median is 50 and the 95th percentile 95; of 0 and 1, between them, 0.5 and 0.95."""
    outcomes = [judged(True, seconds={"search": float(i)}) for i in range(101)]
    outcomes += [judged(True, seconds={"ask": 0.0}), judged(True, seconds={"ask": 1.0})]
    found = means(outcomes)
    assert found == pytest.approx({"search p50": 50, "search p95": 95, "ask p50": 0.5, "ask p95": 0.95})
