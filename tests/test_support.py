"""Signs of support and the probability that follows, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from checking import line_of
from hypothesis import given
from hypothesis import strategies as st

from rag import support
from rag.support import (
    SIGNS,
    closest,
    coefficients,
    measure,
    missing_figures,
    missing_names,
    otherwise_measured,
    probability,
)
from rag.tokens import tokenize

EAST = np.array([1.0, 0.0], dtype=np.float32)
DIAGONAL = 1 / math.sqrt(2)


def test_signs_of_a_sentence_and_two_lines() -> None:
    """Red, ship, sank and Oslo are told; "the red ship" is one of three runs of three; the lines stand at right angles.

    The first line has red and ship, the second Oslo: three of four. In order the first has two of four. Both
    together lie halfway between their vectors, and the first lies on the statement's.
    """
    lines = [line_of("The red ship left.", (1.0, 0.0)), line_of("In Oslo it rained.", (0.0, 1.0))]
    signs = measure(tokenize("The red ship sank, Oslo"), EAST, lines)
    expected = {
        "words": 3 / 4,
        "triples": 1 / 3,
        "order": 2 / 4,
        "meaning": DIAGONAL,
        "closest_meaning": DIAGONAL,
        "figures_missing": 0.0,
        "names_missing": 0.0,
    }
    assert signs.keys() == expected.keys() == set(SIGNS)
    assert signs == pytest.approx(expected, abs=1e-6)


def test_the_best_window_counts_for_meaning() -> None:
    """The pair of lines lies halfway; the last alone lies on the statement."""
    lines = [line_of("Rain.", (0.0, 1.0)), line_of("Ships.", (1.0, 0.0))]
    assert measure(tokenize("Ships"), EAST, lines)["meaning"] == pytest.approx(1.0)


def test_missing_figures_and_names_are_signs() -> None:
    signs = measure(tokenize("In 30 days Anna Berg left"), EAST, [line_of("Later Anna left after 40 days")])
    assert (signs["figures_missing"], signs["names_missing"]) == (1.0, 0.5)
    signs = measure(tokenize("In 30 days Anna Berg left"), EAST, [line_of("She left")], tokenize("30 Anna Berg"))
    assert (signs["figures_missing"], signs["names_missing"]) == (0.0, 0.0)


def test_no_lines_are_no_signs() -> None:
    assert measure(tokenize("A ship"), EAST, []) == dict.fromkeys(SIGNS, 0.0)


def test_probability_is_the_logistic_of_the_weighted_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    """-1 + 2 · .5 + 4 · .25 = 1, and 1 / (1 + e⁻¹) is .731."""
    monkeypatch.setattr(support, "coefficients", lambda: {"intercept": -1.0, "words": 2.0, "order": 4.0})
    assert probability({"words": 0.5, "order": 0.25}) == pytest.approx(0.7311, abs=1e-4)
    assert probability({"words": 1e9, "order": 0.0}) == pytest.approx(1.0)


def test_there_is_a_weight_for_every_sign() -> None:
    assert set(coefficients()) == {"intercept", *SIGNS}


def test_the_closest_lines_have_its_words_and_its_meaning() -> None:
    """1 for both of its words, .5 for one, 0 for none, and the cosine on top: 1, 1.5 and .8; ties go to the first."""
    lines = [line_of("Red ship.", (0.0, 1.0)), line_of("A ship.", (1.0, 0.0)), line_of("Rain.", (0.8, 0.6))]
    assert [line.text for line in closest(tokenize("red ship"), EAST, lines)] == ["A ship.", "Red ship.", "Rain."]
    assert [line.text for line in closest(tokenize("red ship"), EAST, lines * 2, many=2)] == ["A ship.", "A ship."]


def missing(statement: str, source: str) -> tuple[list[str], list[str]]:
    tokens, held = tokenize(statement), tokenize(source)
    return [t.text for t in missing_figures(tokens, held)], [t.text for t in missing_names(tokens, held)]


@pytest.mark.parametrize(
    ("statement", "source", "figures", "names"),
    [
        ("50 ships of Norway", "Norwegian fleet: fifty vessels", [], []),
        ("1 ship", "One vessel", [], []),
        ("1 ship", "Vessels", ["1"], []),
        (
            "the EU, the EBRD",
            "the union is the European Union, the bank the European Bank for Reconstruction and Development",
            [],
            [],
        ),
        ("then Michael Jordan won", "then MJ won", [], []),
        ("a man from Austria", "a man from Australia", [], ["Austria"]),
        ("the letter R", "letters", [], []),
    ],
)
def test_what_is_missing(statement: str, source: str, figures: list[str], names: list[str]) -> None:
    assert missing(statement, source) == (figures, names)


@pytest.mark.parametrize(
    ("statement", "source", "expected"),
    [
        ("$20", "20 %", [("$20", "20 %")]),
        ("20 km", "20 metres", [("20 km", "20 m")]),
        ("20 %", "20 people", [("20 %", "")]),
        ("20 %", "between 20 and 30 percent", []),
        ("20 weeks", "20", []),
        ("20", "20 %", []),
        ("$20", "20 % or $20", []),
        ("$30", "20 %", []),
    ],
)
def test_a_figure_in_another_unit_is_another_figure(
    statement: str, source: str, expected: list[tuple[str, str]]
) -> None:
    found = otherwise_measured(tokenize(statement), tokenize(source))
    assert [(finding.ours, finding.theirs) for finding in found] == expected


@given(st.text(max_size=100), st.lists(st.text(max_size=50), max_size=4))
def test_signs_are_shares_for_any_text(statement: str, sources: list[str]) -> None:
    signs = measure(tokenize(statement), EAST, [line_of(text) for text in sources])
    assert all(-1e-6 <= value <= 1 + 1e-6 for value in signs.values())
    assert 0 < probability(signs) < 1
