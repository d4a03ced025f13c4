"""What articles leave open, and what of a topic they do not cover."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_timeline import EMBEDDER, paragraph

from rag.joining import Joiner
from rag.unknowns import leaves_open, uncovered, unknowns
from rag.verification import Verifier

MANY = "the crews of the port repaired the ferries of the fjord " + "and the boats of the harbour " * 9 + "in May"
"""Some sixty words that leave nothing open."""


@pytest.mark.parametrize(
    "text",
    [
        "It is not clear who paid for the bridge.",
        "It was not immediately clear how many were on board.",
        "The cause of the fire is still unknown.",
        "It remains to be seen whether the port opens.",
        "The ministry declined to comment.",
        "Holm did not respond to a request for comment.",
        "The report could not be independently verified.",
        "There is no evidence that the bridge was unsafe.",
        "Holm denied that she had known of the fire.",
        "The company has denied the allegations.",
        "The cause of the fire is under investigation.",
        "The operator has not said when the port will open.",
        "Police do not know who lit the fire.",
        "There was no official confirmation from Oslo.",
        "The figures are disputed.",
        "The cause of the fire (the third this year) is still unknown.",
        "While " + MANY + ", it is not clear who paid for the bridge.",
        "It is not clear who paid for the bridge, although " + MANY + ".",
    ],
)
def test_left_open(text: str) -> None:
    assert leaves_open(text)


@pytest.mark.parametrize(
    "text",
    [
        "The port is open.",
        "The little known port of Lunde is closed.",
        "They were denied entry to the port.",
        "The court denied the motion of the port.",
        "My parents did not know how to swim.",
        "Is it not clear who paid for the bridge?",
        "Holm made it clear that the cause is unknown to nobody.",
        "Holm is alleged to have lit the fire.",
        "If the cause is unknown, the port stays closed.",
        "The port opens in May (it is unclear who will pay).",
        "The port opens in May [its cost is still unknown].",
        "The port opens in May, although it is not clear who paid for " + MANY + ".",
        "The bridge, which is said to be disputed and whose cost is still unknown, opens in May, as " + MANY + ".",
        "The bridge – it is unclear who paid for it – opens in May and " + MANY + ".",
    ],
)
def test_not_left_open(text: str) -> None:
    assert not leaves_open(text)


def test_what_two_articles_leave_open_is_one_line() -> None:
    text = "It is not clear who paid for the new bridge of Lunde."
    pool = [*paragraph("a", "The ferry sails. " + text), *paragraph("b", text)]
    (claim,) = unknowns(pool, Joiner(pool, Verifier(EMBEDDER)), 5)
    assert claim.text == text
    assert [passage.article_id for passage, _ in claim.places] == ["a", "b"]


def test_a_pronoun_comes_with_whom_it_means_or_not_at_all() -> None:
    pool = paragraph("a", "Clara Holm led the port. She declined to comment.")
    (claim,) = unknowns(pool, Joiner(pool, Verifier(EMBEDDER)), 5)
    assert claim.text == "Clara Holm led the port. She declined to comment."
    alone = paragraph("a", "She declined to comment on the port.")
    assert unknowns(alone, Joiner(alone, Verifier(EMBEDDER)), 5) == []


def test_what_only_follows_on_stands_alone() -> None:
    pool = paragraph("a", "The port of Lunde is shut. Meanwhile, Clara Holm denied that she had known of the fire.")
    (claim,) = unknowns(pool, Joiner(pool, Verifier(EMBEDDER)), 5)
    assert claim.text == "Meanwhile, Clara Holm denied that she had known of the fire."


def test_no_more_than_asked_for_and_nothing_from_nothing() -> None:
    pool = paragraph("a", "The cause of the fire is unknown. It is not clear who paid for the bridge.")
    joiner = Joiner(pool, Verifier(EMBEDDER))
    assert [claim.text for claim in unknowns(pool, joiner, 1)] == ["The cause of the fire is unknown."]
    assert unknowns(pool, joiner, 0) == unknowns([], Joiner([], Verifier(EMBEDDER)), 5) == []


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("Clara Holm and the port of Lunde", []),
        ("Clara Holm and Nikolai Verner on the port", ["Nikolai Verner"]),
        ("What does Iran say about the port in 2019?", ["Iran", "2019"]),
        ("the port of Lunde in 2024", []),
        ("German ports", []),
        ("the EBRD and the port", []),
        ("the price of wheat", ["price", "wheat"]),
        ("latest news and background on the port", []),
        ("", []),
    ],
)
def test_what_no_article_covers(topic: str, expected: list[str]) -> None:
    text = "Clara Holm sold the port of Lunde in Germany to the European Bank for Reconstruction and Development."
    assert uncovered(topic, paragraph("a", text)) == expected


@settings(deadline=None)
@given(st.text(max_size=60))
def test_missing_phrases_stand_in_the_topic(topic: str) -> None:
    assert all(phrase in topic for phrase in uncovered(topic, paragraph("a", "The port of Lunde closed.")))
