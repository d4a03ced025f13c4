"""Quotations stand in a source, and are shown as they stand there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.verbatim import find, quotations, restore

SOURCE = "The mayor said: “We will rebuild the harbour before winter comes,” and left. It’s Brno’s task."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He said “one” and “two”.", ["one", "two"]),
        ('He said "one".', ["one"]),
        ("Er sagte „eins“ und «zwei».", ["eins", "zwei"]),
        ("He said ‘one word’ and didn’t.", ["one word"]),
        ("It’s the boys’ own", []),
        ("no “end", []),
        ("“”", []),
    ],
)
def test_quotations_are_what_stands_between_marks(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in quotations(text)] == expected


@pytest.mark.parametrize(
    "quoted",
    [
        "We will rebuild the harbour before winter comes",
        "we will rebuild the harbour",
        "We will rebuild the harbour before winter comes.",
        "We will rebuild the harbour … before winter comes",
        "We will [soon] rebuild the harbour",
    ],
)
def test_words_that_stand_there_are_let_through(quoted: str) -> None:
    assert restore(f"The mayor said “{quoted}”.", [SOURCE]).findings == ()


def test_a_quotation_is_put_right_where_it_is_nearly_so() -> None:
    """One letter of 47 is wrong: 98 % alike."""
    restored = restore("She said “We will rebuild the harbor before winter comes”.", [SOURCE])
    assert restored.text == "She said “We will rebuild the harbour before winter comes”."
    assert restored.findings == ()


def test_case_and_typography_are_put_right() -> None:
    assert restore("She said \"it's brno's task\".", [SOURCE]).text == 'She said "It’s Brno’s task".'


@pytest.mark.parametrize(
    "quoted",
    [
        "We will never rebuild the harbour",
        "We will rebuild the city before winter comes",
        "harb",
        "We will rebuild … next summer",
        "x" * 300,
    ],
)
def test_an_invented_quotation_fails_and_is_left_as_it_was(quoted: str) -> None:
    text = f"The mayor said “{quoted}”."
    restored = restore(text, [SOURCE])
    assert restored.text == text
    assert [(finding.kind, finding.ours) for finding in restored.findings] == [("quotation", quoted)]


def test_every_source_is_looked_at_and_each_quotation_judged_alone() -> None:
    restored = restore("“One mill” and “two mills”.", ["Here is one mill.", "There is nothing."])
    assert restored.text == "“one mill” and “two mills”."
    assert [finding.ours for finding in restored.findings] == ["two mills"]


def test_a_quotation_of_nothing_but_signs_says_nothing() -> None:
    assert restore("He said “…”.", [SOURCE]).findings == ()
    assert restore("He said “…”.", []).text == "He said “…”."


def test_whole_words_only() -> None:
    assert find("art", "a part of it") is None
    assert find("art", "part of art") == "art"


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=3))
def test_what_is_found_stands_in_the_source(words: str, sources: list[str]) -> None:
    for source in sources:
        found = find(words, source) if words.strip() else None
        assert found is None or found in source


@given(st.lists(st.sampled_from(["“", "”", '"', "‘", "’", "«", "»", "…", "[x]", " one ", "mill", " "]), max_size=20))
def test_without_findings_every_quotation_stands_in_the_source(pieces: list[str]) -> None:
    source = "There was one mill, and one mill more."
    restored = restore("".join(pieces), [source])
    if not restored.findings:
        for start, end in quotations(restored.text):
            quoted = restored.text[start:end]
            for part in quoted.replace("[x]", "…").split("…"):
                assert part.strip(' “”‘’«»"') in source
