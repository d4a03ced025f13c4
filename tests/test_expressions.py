"""Date expressions, and what they mean from the day of an article."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.expressions import expressions, meaning

WEDNESDAY = "2024-11-06"


def means(text: str, published: str | None = WEDNESDAY, future: bool = False, anchor: str | None = None) -> str | None:
    (one,) = expressions(text)
    day = meaning(one, published, future, anchor)
    return day.date if day else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on 6 November 2024", "2024-11-06"),
        ("on November 6", "2024-11-06"),
        ("on Tuesday, November 5", "2024-11-05"),
        ("on Tuesday, November 6", None),
        ("in October", "2024-10"),
        ("in December", "2023-12"),
        ("in early October 2023", "2023-10"),
        ("in 2019", "2019"),
        ("in the summer of 2019", "2019"),
        ("on 06.11.2024", "2024-11-06"),
        ("yesterday", "2024-11-05"),
        ("last night", "2024-11-05"),
        ("on Wednesday", "2024-11-06"),
        ("on Thursday", "2024-10-31"),
        ("last Monday", None),
        ("last Friday", "2024-11-01"),
        ("last month", "2024-10"),
        ("last year", "2023"),
        ("earlier this year", "2024"),
        ("three days ago", "2024-11-03"),
        ("two years ago", "2022"),
        ("ten years ago", None),
        ("on 31 June", None),
        ("on 30 December 2024", "2024-12-30"),
        ("on 20 November", None),
    ],
)
def test_the_past(text: str, expected: str | None) -> None:
    assert means(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on Friday", "2024-11-08"),
        ("on Wednesday", "2024-11-13"),
        ("next Tuesday", "2024-11-12"),
        ("next Friday", None),
        ("tomorrow", "2024-11-07"),
        ("next month", "2024-12"),
        ("in October", "2025-10"),
        ("in November", "2024-11"),
        ("on 2 January", "2025-01-02"),
    ],
)
def test_what_is_to_come(text: str, expected: str | None) -> None:
    assert means(text, future=True) == expected


@pytest.mark.parametrize(
    ("text", "anchor", "expected"),
    [
        ("the next day", "2024-12-31", "2025-01-01"),
        ("a day later", "2024-11", None),
        ("two days earlier", "2024-11-01", "2024-10-30"),
        ("a month later", "2024-12-24", "2025-01"),
        ("a year later", "2019", "2020"),
        ("the same day", "2024-11-01", "2024-11-01"),
        ("the day after the vote", "2024-11-01", "2024-11-02"),
        ("the next day", None, None),
    ],
)
def test_from_another_event(text: str, anchor: str | None, expected: str | None) -> None:
    assert means(text, anchor=anchor) == expected


@pytest.mark.parametrize(
    "text", ["about two years ago", "It may rain", "$2024", "in the 1990s", "in 2019-20", "in 1910-11", "last week"]
)
def test_no_date(text: str) -> None:
    assert expressions(text) == []


@pytest.mark.parametrize(
    ("text", "published", "expected"),
    [
        ("in October", "2024-11", "2024-10"),
        ("in October", "2024", None),
        ("last year", "2024", "2023"),
        ("yesterday", "2024-11", None),
        ("on Friday", None, None),
        ("in 2019", None, "2019"),
    ],
)
def test_no_more_is_known_than_the_article_is_dated(text: str, published: str | None, expected: str | None) -> None:
    assert means(text, published) == expected


def test_an_expression_is_told_with_its_preposition_and_without_the_full_stop() -> None:
    assert [one.text for one in expressions("It closed on Friday, and in October.")] == ["on Friday", "in October"]


@given(st.dates(date(1900, 1, 8), date(2199, 1, 1)), st.sampled_from(["Monday", "Friday", "Sunday"]), st.booleans())
def test_a_weekday_is_within_a_week_and_falls_on_its_name(day: date, name: str, future: bool) -> None:
    found = date.fromisoformat(means(f"on {name}", day.isoformat(), future) or "")
    assert found.strftime("%A") == name
    assert 0 < (found - day).days <= 7 if future else 0 <= (day - found).days < 7


@given(st.text(max_size=100), st.none() | st.text(max_size=12), st.booleans())
def test_any_text_can_be_searched(text: str, published: str | None, future: bool) -> None:
    for one in expressions(text):
        assert text[one.start : one.end].strip() == one.text
        meaning(one, published, future, published)
