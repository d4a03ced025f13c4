"""Words that turn a statement round: negations, opposites, hedges."""

from __future__ import annotations

import pytest

from rag.polarity import OPPOSITES, hedges, negations, opposite
from rag.tokens import tokenize


def texts(found: list) -> list[str]:
    return [token.text for token in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is not so", ["not"]),
        ("It isn't so", ["isn't"]),
        ("It isn’t so, and never was", ["isn't", "never"]),
        ("They cannot", ["cannot"]),
        ("He denied it", ["denied"]),
        ("It is not only cheap but safe", []),
        ("Nothing but a cloth", []),
        ("No. 10 said so", []),
        ("No ship came", ["No"]),
        ("A knot", []),
    ],
)
def test_what_says_no(text: str, expected: list[str]) -> None:
    assert texts(negations(tokenize(text))) == expected


def test_what_says_perhaps_and_the_month_does_not() -> None:
    assert texts(hedges(tokenize("It may reportedly happen in May"))) == ["may", "reportedly"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("rose", "fell"),
        ("before", "after"),
        ("legal", "illegal"),
        ("likely", "unlikely"),
        ("agreed", "disagreed"),
        ("direct", "indirect"),
        ("possible", "impossible"),
        ("closed", "reopened"),
        ("imports", "exports"),
    ],
)
def test_opposites_are_known_both_ways_round(one: str, other: str) -> None:
    for ours, theirs in ((one, other), (other, one)):
        found = opposite(tokenize(f"it {ours}"), tokenize(f"it {theirs}"))
        assert found is not None
        assert (found[0].text, found[1].text) == (ours, theirs)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("port", "import"),
        ("form", "inform"),
        ("come", "income"),
        ("tend", "intend"),
        ("cover", "discover"),
        ("play", "display"),
        ("count", "discount"),
        ("less", "unless"),
        ("sure", "insure"),
        ("tent", "intent"),
        ("general", "generous"),
        ("ship", "boat"),
    ],
)
def test_words_that_only_look_like_opposites_are_none(one: str, other: str) -> None:
    assert opposite(tokenize(f"it {one}"), tokenize(f"it {other}")) is None


def test_words_that_both_sides_have_are_no_opposites() -> None:
    both = tokenize("a trained heart and an untrained heart, more or less")
    assert opposite(tokenize("an untrained heart, more"), both) is None
    assert opposite(both, tokenize("less, trained")) is None


def test_no_word_is_its_own_opposite() -> None:
    assert not [word for word, others in OPPOSITES.items() if word in others]
