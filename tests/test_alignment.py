"""A statement beside the sentence it is taken from: what was put in place of what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.alignment import NEAR_COPY, align, differences, exchanged, miscounted
from rag.tokens import tokenize


def told(statement: str, source: str, language: str = "en") -> list[tuple[str, str, str]]:
    ours, theirs = tokenize(statement, language), tokenize(source, language)
    return [(f.kind, f.ours, f.theirs) for f in differences(ours, theirs, align(ours, theirs))]


def test_shares_count_the_words_that_stand_in_the_same_order() -> None:
    """Of ships, sank, near, Oslo and May all but May; "in" is a stop word and counts half in `alike`."""
    laid = align(tokenize("ships sank near Oslo in May"), tokenize("Two ships sank yesterday near Oslo in June"))
    assert laid.share == 4 / 5
    assert laid.alike == (4 + 0.5) / (5 + 0.5)


def test_nothing_in_common_is_no_alignment() -> None:
    assert align(tokenize("a red ship"), tokenize("blue houses")).share == 0.0
    assert align((), tokenize("blue houses")) == align(tokenize("ship"), ())


def test_an_edit_has_the_words_of_both_sides() -> None:
    (edit,) = align(tokenize("The red ship sank"), tokenize("The blue ship sank")).edits
    assert ([t.text for t in edit.ours], [t.text for t in edit.theirs]) == (["red"], ["blue"])


@pytest.mark.parametrize(
    ("statement", "source", "expected"),
    [
        ("The flood hit 30 towns", "The flood hit 40 towns", [("figure instead", "30", "40")]),
        ("The flood hit one town", "The flood hit 40 towns", [("figure instead", "one", "40")]),
        ("He left from Oslo by ship", "He left from Bergen by ship", [("name instead", "Oslo", "Bergen")]),
        ("The cost of bread rose", "The cost of bread fell", [("opposite", "rose", "fell")]),
        ("The dam is not safe now", "The dam is safe now", [("negation", "not", "")]),
        ("The dam is safe now", "The dam isn’t safe now", [("negation", "isn't", "")]),
        ("The firm will sell the plant", "The firm may sell the plant", [("hedge", "", "may")]),
        (
            "The minister said that taxes would not rise",
            "The minister did not say that taxes would rise",
            [("negation", "not", "")],
        ),
    ],
)
def test_what_a_near_copy_says_otherwise(statement: str, source: str, expected: list[tuple[str, str, str]]) -> None:
    assert told(statement, source) == expected


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        ("The dam isn't safe now", "The dam is not safe now"),
        ("They cannot focus on objects", "Insects can’t focus on objects"),
        ("The firm may sell the plant", "The firm could sell the plant"),
        ("He did not think that taxes would rise", "He thought that taxes would not rise"),
        ("It rains in the north of Norway", "It rains in the north of Norway, but not in Sweden"),
        ("The bank lent money to the EU", "The bank lent money to the European Union"),
        ("then the EBRD lent the money", "then the European Bank for Reconstruction and Development lent the money"),
        ("Michael Jordan holds the record of the league", "MJ holds the record of the league"),
        ("The visit on 5 November was short", "The visit on Tuesday was short"),
        ("50,000 people fled the city", "Nearly 50,000 people fled the city"),
        ("", "The dam is safe"),
    ],
)
def test_harmless_edits_are_no_differences(statement: str, source: str) -> None:
    assert told(statement, source) == []


def test_a_german_noun_put_in_place_of_another_is_only_missing() -> None:
    assert told("Die Truppen liegen jetzt vor Kiew", "Die Truppen liegen jetzt vor Odessa", "de") == [
        ("name", "Kiew", "")
    ]


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        ("Russia attacked Ukraine in February", "Ukraine attacked Russia in February"),
        ("Petr Novak sued Jan Dvorak", "Jan Dvorak sued Petr Novak"),
        ("Ukraine was attacked by Russia", "Russia was attacked by Ukraine"),
        ("20 people died and 5 were wounded", "5 people died and 20 were wounded"),
        ("It killed 20 people and wounded 5", "It killed 5 people and wounded 20"),
    ],
)
def test_names_and_figures_that_changed_places(statement: str, source: str) -> None:
    for one, other in ((statement, source), (source, statement)):
        found = exchanged(tokenize(one), tokenize(other))
        assert found is not None
        assert found.kind == "names swapped"


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        ("Ukraine was attacked by Russia", "Russia attacked Ukraine"),
        ("Russia and Ukraine signed the deal", "Ukraine and Russia signed the deal"),
        ("Anna Berg met Peter Marlowe", "Peter Marlowe met Anna Berg"),
        ("20 wounded and 5 dead", "5 dead and 20 wounded"),
        ("Deputy Chief Justice Philomena Mwilu", "Philomena Mwilu - Deputy Chief Justice"),
        ("England, Scotland, Wales and Northern Ireland", "Northern Ireland, Scotland, Wales and England"),
        ("the Latin term for the land was Germania", "Germania was the Latin term for the land"),
        ("Russia attacked Ukraine", "Russia attacked Ukraine"),
    ],
)
def test_what_stands_in_another_order_but_means_the_same_is_no_swap(statement: str, source: str) -> None:
    assert exchanged(tokenize(statement), tokenize(source)) is None


def test_a_figure_given_to_another_thing_is_found_in_other_words_too() -> None:
    found = miscounted(tokenize("There were 20 dead"), tokenize("The blast left 5 dead and 20 wounded"))
    assert found is not None
    assert (found.ours, found.theirs) == ("20 dead", "5 dead")
    assert miscounted(tokenize("There were 20 wounded"), tokenize("The blast left 5 dead, 20 wounded")) is None
    assert miscounted(tokenize("There were 30 dead"), tokenize("The blast left 5 dead, 20 wounded")) is None


@given(st.text(max_size=80), st.text(max_size=80))
def test_shares_lie_between_none_and_all_of_it(one: str, other: str) -> None:
    ours, theirs = tokenize(one), tokenize(other)
    laid = align(ours, theirs)
    assert 0 <= laid.share <= 1
    assert 0 <= laid.alike <= 1
    differences(ours, theirs, laid)
    exchanged(ours, theirs)


@given(st.lists(st.sampled_from("Oslo not may 5 ships sank more the Anna by US".split()), max_size=12))
def test_a_sentence_differs_in_nothing_from_itself(words: list[str]) -> None:
    tokens = tokenize(" ".join(words))
    laid = align(tokens, tokens)
    assert differences(tokens, tokens, laid) == []
    assert exchanged(tokens, tokens) is None
    assert miscounted(tokens, tokens) is None
    assert laid.share in (0.0, 1.0)
    assert NEAR_COPY < 1
