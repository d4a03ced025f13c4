"""What became of a question: ranks of its evidence at every level, recall by hand, and what is called a fault."""

from __future__ import annotations

from dataclasses import replace

from eval_records import EMPTY, HOSTILE, RUN, gold, judged, ranking

from rag.eval_reading import curve, faults, first_rank, found, names, place_in_ranking, recall, worst_first
from rag.eval_schema import Gold, Outcome, Place

TWO = Outcome(
    "q", "Who?", True,
    Gold(("a", "b"), ("a#2", "b#1"), ((Place("a#2", 10, 50), Place("a#2", 51, 80)), (Place("b#1", 0, 40),))),
    ranking("c#1", "a#1", "a#2", "c#2", "d#1", "b#1"),
    ranking("c#1:0-9", "a#2:51-80", "a#2:10-50", "b#1:0-40"),
)  # fmt: skip


def test_ranks_by_hand():
    assert [first_rank(TWO, level) for level in ("paragraph", "article", "sentence")] == [3, 2, 2]
    assert names(TWO, "article") == ["c", "a", "d", "b"]
    assert first_rank(replace(TWO, paragraphs=()), "paragraph") is None


def test_recall_by_hand():
    assert recall(TWO, "paragraph", (1, 2, 3, 5, 6)) == [0.0, 0.0, 0.5, 0.5, 1.0]


def test_a_piece_of_evidence_is_found_by_any_of_its_sentences_once():
    assert recall(TWO, "sentence", (1, 2, 3, 4)) == [0.0, 0.5, 1.0, 1.0]
    assert names(TWO, "sentence") == ["c#1:0-9", "gold 0", "gold 1"]


def test_the_curve_goes_as_deep_as_the_rankings():
    assert curve([TWO], "paragraph") == [(1, 0.0), (2, 0.0), (3, 0.5), (5, 0.5)]
    assert curve(RUN.outcomes, "paragraph")[0] == (1, 3 / 8)
    assert curve(EMPTY.outcomes, "paragraph") == []


def test_questions_for_which_evidence_is_among_the_first():
    at = found(RUN.outcomes, "paragraph")
    assert (at.questions, at.first, at.among) == (8, 3, 6)
    assert found(EMPTY.outcomes, "sentence").questions == 0


def test_faults_in_words():
    said = {outcome.id: faults(outcome) for outcome in RUN.outcomes if faults(outcome)}
    assert said == {
        "q4": ["the right paragraph is only at rank 6", "the answer quotes none of the evidence"],
        "q5": ["the right paragraph is not in the first 8", "the answer quotes none of the evidence"],
        "q6": ["declined, though the articles answer it"],
        "q10": ["answered, though it should have been declined"],
    }


def test_the_gravest_faults_come_first():
    assert [outcome.id for outcome in worst_first(RUN.outcomes)][:5] == ["q10", "q6", "q5", "q4", "q3"]
    fine = [judged(f"q{i}", "Who?", 1, sure=0.9) for i in range(3)]
    assert worst_first(fine) == fine


def test_a_question_that_was_only_searched_for_has_no_fault_of_an_answer():
    searched = Outcome("q", "Who?", True, gold("a#1"), ranking("a#1"))
    assert faults(searched) == []
    assert faults(replace(searched, paragraphs=())) == []
    assert faults(Outcome("q", "Who?", False, Gold(), ranking("a#1"))) == []


def test_names_that_are_no_places_are_names():
    assert all(place_in_ranking(outcome) for outcome in HOSTILE.outcomes)
    odd = replace(TWO, sentences=ranking("no place", "a#2:x-y", "a#2:"))
    assert first_rank(odd, "sentence") is None
