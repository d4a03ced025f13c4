"""Dates that a sentence mentions or means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.timexes import agrees, falls_on, published_timex, resolved, timexes, weekdays

THURSDAY = "2024-11-07"


def parts(text: str) -> list[tuple[int | None, int | None, int | None]]:
    return [(timex.year, timex.month, timex.day) for timex in timexes(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on 5 November 2024", [(2024, 11, 5)]),
        ("on November 5, 2024", [(2024, 11, 5)]),
        ("on the 5th of November", [(None, 11, 5)]),
        ("on 2024-11-05", [(2024, 11, 5)]),
        ("in 2024-11", [(2024, 11, None)]),
        ("in November 2024 and in March", [(2024, 11, None), (None, 3, None)]),
        ("Sept. 3", [(None, 9, 3)]),
        ("It may rain", []),
        ("in May", [(None, 5, None)]),
        ("May 20,000 people come", []),
        ("they march 5 miles", []),
        ("call 2024-11-05-77", []),
        ("in 2024", []),
    ],
)
def test_dates_have_the_parts_that_are_given(text: str, expected: list[tuple[int | None, ...]]) -> None:
    assert parts(text) == expected


def test_a_date_is_told_as_it_is_written() -> None:
    (timex,) = timexes("It began on 5 November 2024, they say.")
    assert timex.text == "5 November 2024"
    assert "It began on 5 November 2024, they say."[timex.start : timex.end] == timex.text


def test_on_tuesday_is_the_tuesday_before_and_the_one_after() -> None:
    assert sorted((t.month, t.day) for t in resolved("on Tuesday", THURSDAY)) == [(10, 29), (11, 5), (11, 12)]
    assert sorted((t.month, t.day) for t in resolved("on Thursday", THURSDAY)) == [(10, 31), (11, 7), (11, 14)]


def test_yesterday_and_tomorrow_count_from_the_day_of_the_article() -> None:
    assert [t.day for t in resolved("yesterday, today, tomorrow", THURSDAY)] == [6, 7, 8]
    assert resolved("yesterday", None) == resolved("yesterday", "2024") == []


@pytest.mark.parametrize(
    ("stated", "source", "right"),
    [
        ("on 5 November 2024", "on 5 November", True),
        ("on 5 November", "on 5 November 2024", True),
        ("in November", "on 5 November", True),
        ("on 5 November", "in November", False),
        ("on 6 November", "on 5 November", False),
        ("on 5 November 2019", "on 5 November", False),
        ("on 5 November 2024", "on Tuesday", True),
        ("on 6 November 2024", "on Tuesday", False),
        ("on 7 November 2024", "no date at all", True),
    ],
)
def test_a_date_agrees_where_every_part_of_it_is_given(stated: str, source: str, right: bool) -> None:
    given_dates = timexes(source) + resolved(source, THURSDAY) + published_timex(THURSDAY)
    assert agrees(timexes(stated)[0], given_dates, THURSDAY) is right


@pytest.mark.parametrize(("day", "right"), [("Tuesday", True), ("Wednesday", False)])
def test_a_day_of_the_week_agrees_with_a_date_that_falls_on_it(day: str, right: bool) -> None:
    assert falls_on(day, timexes("on 5 November 2024"), None) is right
    assert falls_on(day, timexes("on 5 November"), THURSDAY) is right
    assert falls_on(day, timexes("on 5 November"), None) is False


def test_days_that_no_calendar_has_agree_with_nothing() -> None:
    assert not falls_on("Tuesday", timexes("on 31 June 2024"), THURSDAY)
    assert weekdays("On Tuesday, not on MONDAY") == ["Tuesday", "MONDAY"]


@pytest.mark.parametrize(
    ("published", "expected"),
    [("2024-11-07", (2024, 11, 7)), ("2024-11", (2024, 11, None)), ("2024", (2024, None, None))],
)
def test_an_article_is_dated_as_far_as_is_known(published: str, expected: tuple[int | None, ...]) -> None:
    (timex,) = published_timex(published)
    assert (timex.year, timex.month, timex.day) == expected
    assert published_timex(None) == published_timex("soon") == []


@given(st.text(max_size=100), st.none() | st.text(max_size=12))
def test_any_text_can_be_searched_for_dates(text: str, published: str | None) -> None:
    for timex in timexes(text) + resolved(text, published) + published_timex(published):
        agrees(timex, timexes(text), published)
        falls_on("Monday", [timex], published)
