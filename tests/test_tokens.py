"""Words by stem, figures by value and unit, names by how they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.tokens import (
    LONGEST,
    abbreviates,
    acronyms,
    figures,
    initials,
    same_name,
    spelled_out,
    telling,
    tokenize,
)


def values(text: str, language: str = "en") -> list[str]:
    return [token.key for token in figures(tokenize(text, language))]


def names(text: str, language: str = "en") -> list[str]:
    return [token.text for token in tokenize(text, language) if token.kind == "name"]


def keys(text: str, language: str = "en") -> list[str]:
    return [token.key for token in tokenize(text, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fifty thousand people", ["50000"]),
        ("50,000 people", ["50000"]),
        ("50k people", ["50000"]),
        ("3.5 million", ["3500000"]),
        ("3.5bn", ["3500000000"]),
        ("3,500,000", ["3500000"]),
        ("twenty-five", ["25"]),
        ("20 billion and one of two", ["20000000000", "2"]),
        ("two ships, three boats", ["2", "3"]),
        ("two hundred and five", ["205"]),
        ("1.50", ["1.5"]),
        ("fell to -5 degrees", ["-5"]),
        ("in 2010-2015", ["2010", "2015"]),
        ("one ship", []),
        ("due to rain", []),
        ("١٢ ships", ["12"]),
        ("9" * 40, ["9" * 40]),
    ],
)
def test_figures_are_compared_by_what_they_are_worth(text: str, expected: list[str]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("3,5 Millionen Menschen in 50.000 Häusern", "de", ["3500000", "50000"]),
        ("zwei Männer, zwanzig Frauen", "de", ["2", "20"]),
        ("50 000 человек, два дома, 3,5 млн рублей", "ru", ["50000", "2", "3500000"]),
        ("семь кораблей", "ru", ["7"]),
        ("vingt-cinq personnes et deux chiens", "fr", ["25", "2"]),
        ("двое", "xx", []),
    ],
)
def test_figures_of_other_languages(text: str, language: str, expected: list[str]) -> None:
    assert values(text, language) == expected


@pytest.mark.parametrize(
    ("text", "unit", "shown"),
    [
        ("$20", "$", "$20"),
        ("US$20 million", "$", "$20 million"),
        ("20 dollars", "$", "$20"),
        ("20 US dollars", "$", "$20"),
        ("20 %", "%", "20 %"),
        ("20 per cent", "%", "20 %"),
        ("€20", "€", "€20"),
        ("20 kilometres", "km", "20 km"),
        ("20 square miles", "square miles", "20 square miles"),
        ("20-year-old", "years", "20 years"),
        ("20 people", "", "20"),
        ("20", "", "20"),
    ],
)
def test_a_figure_knows_its_unit(text: str, unit: str, shown: str) -> None:
    (figure,) = figures(tokenize(text))
    assert (figure.unit, figure.measured) == (unit, shown)


def test_a_unit_belongs_to_the_nearest_figure_only() -> None:
    assert [f.unit for f in figures(tokenize("20 people paid 30 euros for 5 square miles"))] == [
        "",
        "€",
        "square miles",
    ]
    assert [f.unit for f in figures(tokenize("30 dollars, 5 ships"))] == ["$", ""]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("United States", "US"),
        ("United States of America", "U.S."),
        ("European Union", "EU"),
        ("said", "say"),
        ("risen", "rose"),
        ("Alemanía", "Alemania"),
        ("hasn’t", "hasn't"),
        ("ships", "ship"),
        ("percent", "%"),
    ],
)
def test_two_ways_of_writing_one_thing_have_one_key(one: str, other: str) -> None:
    assert keys(one) == keys(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The visit of Anna Berg", ["Anna", "Berg"]),
        ("Anna Berg came", ["Anna", "Berg"]),
        ("Officials came from Oslo", ["Oslo"]),
        ("Although Brits came", ["Brits"]),
        ("Additionally, Advance runs shops", ["Advance"]),
        ("then Mr. Putin left", ["Putin"]),
        ("a ship of the US navy", ["US"]),
        ("MINISTER RESIGNS AFTER FLOOD", []),
        ("Minister Resigns After Flood", []),
        ("He left. Officials stayed", []),
    ],
)
def test_names_are_words_with_a_capital_that_their_place_does_not_explain(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_german_nouns_are_not_taken_for_names() -> None:
    tokens = tokenize("Die Regierung sprach in Berlin", "de")
    assert {token.text: token.kind for token in tokens}["Regierung"] == "noun"
    assert names("Die Regierung sprach in Berlin", "de") == []


def test_stop_words_tell_nothing_and_no_key_is_told_twice() -> None:
    assert [token.key for token in telling(tokenize("the ship and the ships of Oslo"))] == ["ship", "oslo"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Russia", "Russian", True),
        ("France", "French", True),
        ("Norway", "Norwegian", True),
        ("Austria", "Australia", False),
        ("Iran", "Iraq", False),
        ("Oslo", "Ostrava", False),
    ],
)
def test_a_country_and_its_people_are_one_name(one: str, other: str, same: bool) -> None:
    (first,), (second,) = tokenize(one), tokenize(other)
    assert same_name(first, second) is same_name(second, first) is same


def test_initials_stand_for_the_names_they_are_made_of() -> None:
    bank = tokenize("the European Bank for Reconstruction and Development lent money")
    (ebrd,) = [token for token in tokenize("the EBRD lent money") if token.kind == "name"]
    assert initials(bank).strip() == "EBRD"
    assert abbreviates(ebrd, initials(bank))
    assert not abbreviates(ebrd, initials(tokenize("the bank of Oslo")))
    assert all(spelled_out(token, bank, acronyms([ebrd])) for token in bank if token.kind == "name")
    assert not spelled_out(bank[1], bank, {"NATO"})


@given(st.text(max_size=200), st.sampled_from(["en", "de", "ru", "fr", "zz", ""]))
def test_any_text_has_tokens_and_each_has_a_key(text: str, language: str) -> None:
    assert all(token.text for token in tokenize(text, language))


def test_only_the_beginning_of_endless_text_is_looked_at() -> None:
    assert len(tokenize("a " * LONGEST)) == LONGEST // 2
