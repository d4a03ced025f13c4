"""Two runs compared: figures worked by hand, intervals that hold what they should, and questions that changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eval_records import EARLIER, EMPTY, RUN, gold, judged, large, ranking, run_of
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.comparing import FEWEST, Difference, Flip, changes, compare, matched
from rag.eval_schema import Gold, Outcome


def scored(values, name="sentence F1", **more):
    """A run with a question for each value of one measure."""
    return run_of(
        tuple(Outcome(f"q{i}", "Who?", True, Gold(), metrics={name: v}, **more) for i, v in enumerate(values))
    )


def sure(*kinds):
    """A run of (answerable, confidence), answered from one half on."""
    return run_of(
        tuple(
            Outcome(f"q{i}", "Who?", answerable, Gold(), answered=c >= 0.5, confidence=c)
            for i, (answerable, c) in enumerate(kinds)
        )
    )


def test_means_differences_and_shares_by_hand():
    found = compare(scored([0.0, 0.5, 1.0, 0.25]), scored([1.0, 0.5, 0.75, 0.5])).difference("sentence F1")
    assert (found.before, found.after, found.difference) == (0.4375, 0.6875, 0.25)
    assert (found.questions, found.better, found.worse, found.equal) == (4, 2, 1, 1)
    assert found.low <= 0.25 <= found.high


def test_an_interval_is_that_of_the_mean():
    """Of 400 gains of 0 or 1 the mean has a standard error of √(¼/400) = .025: the interval is .5 ± .049."""
    found = compare(scored([0.0] * 400), scored([0.0, 1.0] * 200)).difference("sentence F1")
    assert found.low == pytest.approx(0.451, abs=0.004)
    assert found.high == pytest.approx(0.549, abs=0.004)
    assert found.verdict == "better"


def test_what_all_questions_gain_is_certain():
    found = compare(scored([0.25] * 50), scored([0.5] * 50)).difference("sentence F1")
    assert (found.low, found.high) == (0.25, 0.25)


def test_few_questions_show_nothing():
    few = [0.0] * (FEWEST - 1)
    assert compare(scored(few), scored([1.0] * len(few))).difference("sentence F1").verdict == "no clear difference"
    enough = [0.0] * FEWEST
    assert compare(scored(enough), scored([1.0] * FEWEST)).difference("sentence F1").verdict == "better"


def test_an_interval_that_holds_nought_is_no_clear_difference():
    def verdict(low, high, metric="coverage"):
        return Difference(metric, 0.0, 0.0, (low + high) / 2, low, high, 100).verdict

    assert verdict(-0.1, 0.3) == verdict(0.0, 0.3) == verdict(-0.1, 0.0) == "no clear difference"
    assert (verdict(0.1, 0.3), verdict(-0.3, -0.1)) == ("better", "worse")
    assert (verdict(0.1, 0.3, "wrongly declined"), verdict(-0.3, -0.1, "wrongly declined")) == ("worse", "better")


def test_auroc_by_hand():
    """Before, 3 of the 4 pairs are in order; after, one more is, but for one that is level: 3.5 of 4."""
    before = sure((True, 0.9), (True, 0.4), (False, 0.6), (False, 0.2))
    after = sure((True, 0.9), (True, 0.6), (False, 0.6), (False, 0.2))
    found = compare(before, after).difference("abstention AUROC")
    assert (found.before, found.after, found.difference) == (0.75, 0.875, 0.125)
    assert found.low == 0.0 <= found.high


def test_declined_shares_by_hand():
    before = sure((True, 0.9), (True, 0.4), (False, 0.6), (False, 0.7))
    after = sure((True, 0.9), (True, 0.6), (False, 0.2), (False, 0.7))
    compared = compare(before, after)
    rightly, wrongly = (compared.difference(f"{how} declined") for how in ("rightly", "wrongly"))
    assert (rightly.before, rightly.after, rightly.better, rightly.worse, rightly.equal) == (0.0, 0.5, 1, 0, 1)
    assert (wrongly.before, wrongly.after, wrongly.better, wrongly.worse, wrongly.equal) == (0.5, 0.0, 1, 0, 1)


def test_without_answers_or_one_kind_of_question_nothing_is_said_of_declining():
    plain = scored([0.0, 1.0])
    assert [one.metric for one in compare(plain, plain).differences] == ["sentence F1"]
    names = [one.metric for one in compare(sure((True, 0.9)), sure((True, 0.2))).differences]
    assert names == ["wrongly declined"]


def test_only_questions_with_the_same_id_and_words_are_compared():
    one, two, three = (judged(f"q{i}", f"Question {i}?", 1, sure=0.9) for i in (1, 2, 3))
    compared = compare(run_of((one, two)), run_of((replace(two, question="Another?"), one, three)))
    assert (compared.matched, compared.only_before, compared.only_after) == (1, 1, 2)
    assert [pair[0].id for pair in matched(compared.before, compared.after)] == ["q1"]
    assert all(found.questions == 1 for found in compared.differences)


def test_runs_without_a_common_question_differ_in_nothing():
    compared = compare(EMPTY, RUN)
    assert (compared.matched, compared.only_after, compared.differences, compared.flips) == (0, 10, (), ())


def test_questions_that_changed_worst_first():
    flips = compare(EARLIER, RUN).flips
    assert [(flip.id, flip.kind, flip.before, flip.after) for flip in flips] == [
        ("q10", "answer", "declined", "answered"),
        ("q6", "answer", "answered", "declined"),
        ("q4", "evidence", "3", "6"),
        ("q8", "evidence", "8", "4"),
        ("q2", "evidence", "7", "1"),
        ("q8", "answer", "declined", "answered"),
        ("q9", "answer", "answered", "declined"),
    ]
    assert flips[2] == Flip("evidence", "q4", "Which company builds the cranes?", "3", "6", 1 / 6 - 1 / 3)
    assert [flip.change > 0 for flip in flips] == [False] * 3 + [True] * 4


def test_evidence_that_is_known_by_article_only_counts_too():
    only_article = Gold(("harbour",))
    before = Outcome("q", "Who?", True, only_article, ranking(*(f"a{i}#1" for i in range(6)), "harbour#2"))
    after = Outcome("q", "Who?", True, only_article, ranking("harbour#9"))
    assert [(f.before, f.after) for f in compare(run_of((before,)), run_of((after,))).flips] == [("7", "1")]


def test_what_was_not_found_at_all_is_said_to_be():
    lost = Outcome("q", "Who?", True, gold("harbour#1"), ranking("a#1", "a#2"))
    found = Outcome("q", "Who?", True, gold("harbour#1"), ranking("harbour#1"))
    assert [f.after for f in compare(run_of((found,)), run_of((lost,))).flips] == ["not in the first 2"]


def test_changes_question_by_question():
    gains = changes(matched(EARLIER, RUN), "sentence recall")
    assert {outcome.id: gain for outcome, gain in gains} == {"q1": 0, "q2": 1, "q3": 0, "q4": -0.5, "q5": 0, "q7": 0}


def test_seconds_stand_beside_each_other():
    assert compare(EARLIER, RUN).seconds[0] == ("search p50", 0.11, 0.11)
    assert compare(EARLIER, EMPTY).seconds == ()


VALUES = st.lists(st.tuples(st.booleans(), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=12)


@settings(max_examples=12, deadline=None)
@given(VALUES, VALUES)
def test_a_run_does_not_differ_from_itself_and_swapping_negates(first, second):
    def run(values):
        return run_of(
            tuple(
                Outcome(f"q{i}", "Who?", kind, Gold(), answered=c > 0.5, confidence=c, metrics={"coverage": value})
                for i, (kind, c, value) in enumerate(values)
            )
        )

    before, after = run(first), run(second)
    same, there, back = compare(before, before), compare(before, after), compare(after, before)
    for one in same.differences:
        assert (one.difference, one.low, one.high, one.better, one.worse) == (0, 0, 0, 0, 0)
    assert same.flips == ()
    assert [one.metric for one in there.differences] == [one.metric for one in back.differences]
    for one, other in zip(there.differences, back.differences, strict=True):
        assert (one.before, one.after, one.better, one.worse) == (other.after, other.before, other.worse, other.better)
        assert one.difference == pytest.approx(-other.difference, abs=1e-9)
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-5)
    assert sorted(flip.id for flip in there.flips) == sorted(flip.id for flip in back.flips)


def test_the_same_runs_give_the_same_intervals():
    before, after = large(300, 1), large(300, 2, 1.0)
    assert compare(before, after).differences == compare(before, after).differences
    assert compare(before, after).difference("paragraph RR").verdict == "better"
