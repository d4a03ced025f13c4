"""Words of a question in a paragraph and around it, with numbers worked out by hand."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.matching import BEFORE, CONTEXT, Match, Surrounded, match, sought

RARITY = {"turbines": 4.0, "brennvik": 6.0}
"""“Who built the turbines in Brennvik?” asks for two telling words, 10 in all."""
QUESTION = "Who built the turbines in Brennvik?"


def cover(text: str, context: str = "", before: str = "", question: str = QUESTION) -> float:
    (found,) = match(sought(question, RARITY), [Surrounded(text, context, before)])
    return found.cover


def pairs(text: str, question: str, rarity: dict[str, float]) -> float:
    (found,) = match(sought(question, rarity), [Surrounded(text, "", "")])
    return found.pairs


def test_cover_is_the_weight_of_the_words_held_among_those_asked_for() -> None:
    assert cover("A turbine stood in Brennvik. Brennvik has many turbines.") == 1
    assert cover("It has one turbine.") == pytest.approx(0.4)
    assert cover("Nobody in BRENNVIK knows.") == pytest.approx(0.6)
    assert cover("Who built the house?") == 0


def test_what_stands_around_counts_less_and_a_word_once() -> None:
    assert cover("Forty are planned.", context="Turbines") == pytest.approx(0.4 * CONTEXT)
    assert cover("Forty are planned.", before="Turbines in Brennvik are late.") == pytest.approx(BEFORE)
    assert cover("Turbines are planned.", context="Turbines", before="turbines") == pytest.approx(0.4)
    assert cover("They are late.", context="Brennvik", before="Brennvik turbines") == pytest.approx(
        0.6 * CONTEXT + 0.4 * BEFORE
    )
    assert 0 < BEFORE < CONTEXT < 1


def test_pairs_are_neighbours_of_the_question_that_are_neighbours_here() -> None:
    """“wind tax” weighs 5, “tax in” 3 and “in Brennvik” 6, stop words nothing: 14 in all."""
    rarity = {"wind": 2.0, "tax": 3.0, "brennvik": 6.0}
    question = "wind tax in Brennvik"
    assert pairs("The wind taxes of the coast", question, rarity) == pytest.approx(5 / 14)
    assert pairs("the tax on wind, in Brennvik", question, rarity) == pytest.approx(6 / 14)
    assert pairs("Brennvik in tax wind", question, rarity) == 0
    assert pairs("A WIND TAX IN BRENNVIK", question, rarity) == 1


def test_two_stop_words_side_by_side_are_no_pair() -> None:
    assert pairs("who is the", "Who is the mayor?", {"mayor": 3.0}) == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The WSJ said so.", 1),
        ("The W.S.J. said so.", 1),
        ("The wsj said so.", 0),
        ("The WSJX said so.", 0),
        ("The Street said so.", 1 / 3),
    ],
)
def test_a_name_is_held_by_its_short_form(text: str, expected: float) -> None:
    rarity = {"wall": 1.0, "street": 1.0, "journal": 1.0}
    (found,) = match(sought("What says the Wall Street Journal?", rarity), [Surrounded(text, "", "")])
    assert found.cover == pytest.approx(expected)


def test_a_short_form_that_is_also_a_word_is_told_by_its_capitals() -> None:
    wanted = sought("the United States", {"united": 1.0, "states": 1.0})
    them, us = match(wanted, [Surrounded("The US left.", "", ""), Surrounded("They left us.", "", "")])
    assert (them.cover, us.cover) == (1, 0)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("novák", "Novak left."),
        ("novak", "Novák left."),
        ("o'brien", "Mrs O’Brien left."),
        ("putin", "Putin’s aide"),
        ("elections", "an election"),
        ("налог", "Налог отменён."),
    ],
)
def test_words_are_the_same_however_they_are_written(word: str, text: str) -> None:
    (found,) = match(sought(word, {word: 2.0}), [Surrounded(text, "", "")])
    assert found.cover == 1


def test_a_fraction_is_not_its_digits() -> None:
    (found,) = match(sought("2 sacks", {"2": 2.0}), [Surrounded("He had 6½ sacks.", "", "")])
    assert found.cover == 0


def test_a_question_without_words_matches_nothing() -> None:
    assert match(sought("?!", {}), [Surrounded("Who knows?!", "", "")]) == [Match(0.0, 0.0)]
    assert match(sought(QUESTION, RARITY), []) == []


WORD = st.sampled_from("turbines Brennvik the in built who late wind, US ’s it's Novák 2024 ş".split())
TEXT = st.lists(WORD, max_size=8).map(" ".join)


@given(question=TEXT, places=st.lists(st.builds(Surrounded, TEXT, TEXT, TEXT), max_size=4))
def test_both_are_shares_and_each_place_is_judged_on_its_own(question: str, places: list[Surrounded]) -> None:
    wanted = sought(question, dict.fromkeys(question.lower().split(), 1.5))
    together = match(wanted, places)
    assert together == [match(wanted, [place])[0] for place in places]
    for found in together:
        assert 0 <= found.cover <= 1 + 1e-9
        assert 0 <= found.pairs <= 1 + 1e-9


@given(question=TEXT.filter(str.strip))
def test_the_question_itself_holds_all_of_it(question: str) -> None:
    wanted = sought(question, dict.fromkeys(question.lower().split(), 1.5))
    (found,) = match(wanted, [Surrounded(question, "", "")])
    assert found.cover == pytest.approx(1 if wanted.words else 0)
    assert found.pairs == pytest.approx(1 if wanted.pairs else 0)


def test_the_same_in_every_process() -> None:
    """Python shuffles sets of strings anew in each; sums of their weights must not change with them."""
    code = (
        "from rag.matching import *; ws = 'one two three four five six seven eight nine ten'.split();"
        "w = sought(' '.join(ws), {x: 1 / (i + 3) for i, x in enumerate(ws)});"
        "print(match(w, [Surrounded(' '.join(ws[::2] + ws[:4]), ws[1], ' '.join(ws[5:8]))]))"
    )
    runs = [[sys.executable, "-c", code]] * 2
    seeds = ({"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))} for seed in ("1", "2"))
    outputs = {
        subprocess.run(run, env=env, capture_output=True, text=True, check=True).stdout
        for run, env in zip(runs, seeds, strict=True)
    }
    assert len(outputs) == 1
