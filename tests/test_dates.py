"""Dates in the many ways people write them, and what is none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.dates import iso_date

YEARS = st.dates(date(1400, 1, 1), date(2199, 12, 31))


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2024", "2024"),
        ("2024-11", "2024-11"),
        ("2024-11-06", "2024-11-06"),
        (" 2024-11-06 ", "2024-11-06"),
        ("2024-1-6", "2024-01-06"),
        ("2024/11/06", "2024-11-06"),
        ("2024.11.06", "2024-11-06"),
        ("20241106", "2024-11-06"),
        ("2024-11-06T10:00:00Z", "2024-11-06"),
        ("2024-11-06 10:00", "2024-11-06"),
        ("2024-11-06T23:59:59.123+05:30", "2024-11-06"),
        ("October 27, 2025", "2025-10-27"),
        ("october 27 2025", "2025-10-27"),
        ("Oct. 27, 2025", "2025-10-27"),
        ("Sept. 3, 2024", "2024-09-03"),
        ("27 October 2025", "2025-10-27"),
        ("27th of October, 2025", "2025-10-27"),
        ("27-Oct-2025", "2025-10-27"),
        ("Monday, October 27th, 2025", "2025-10-27"),
        ("Nov. 6, 2024, 10:32 a.m. EST", "2024-11-06"),
        ("November 6, 2024 at 10:32 PM", "2024-11-06"),
        ("Wed, 06 Nov 2024 10:00:00 +0000", "2024-11-06"),
        ("November 2024", "2024-11"),
        ("March of 2024", "2024-03"),
        ("2024. november 6.", "2024-11-06"),
        ("06.11.2024", "2024-11-06"),
        ("6. 11. 2024", "2024-11-06"),
    ],
)
def test_usual_shapes(written: str, iso: str) -> None:
    assert iso_date(written) == iso


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("27 октября 2025 г.", "2025-10-27"),
        ("ноябрь 2024", "2024-11"),
        ("6 novembre 2024", "2024-11-06"),
        ("mercredi 6 novembre 2024", "2024-11-06"),
        ("6 de noviembre de 2024", "2024-11-06"),
        ("6. März 2024", "2024-03-06"),
        ("6 listopada 2024", "2024-11-06"),
        ("2024年11月6日", "2024-11-06"),
    ],
)
def test_other_languages(written: str, iso: str) -> None:
    assert iso_date(written) == iso


def test_language_decides_between_day_and_month() -> None:
    assert iso_date("06/11/2024") == "2024-06-11"
    assert iso_date("06/11/2024", languages=["en"]) == "2024-06-11"
    assert iso_date("06/11/2024", languages=["de"]) == "2024-11-06"
    assert iso_date("27/10/2025") == "2025-10-27"


def test_wrong_or_unknown_language_does_not_hide_a_date() -> None:
    assert iso_date("6. März 2024", languages=["en"]) == "2024-03-06"
    assert iso_date("6. März 2024", languages=["xx"]) == "2024-03-06"


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "May", "May 6", "10:30", "--", "yesterday", "3 days ago", "1 day ago 2024", "last Tuesday"),
        *("the 1990s", "1914-1918", "2024-2025", "2024/25", "2024 2025", "12/31/24"),
        *("2024-13-01", "2024-02-30", "February 30, 2024", "13/13/2024", "0001-01-01", "9999-01-01"),
        *("Election 2024", "Windows 2000", "Q3 2024", "Spring 2024", "Page 12 2024", "no 2024", "in 2024", "1st 2024"),
        *("May 2024 was hot", "We met on 6 May 2024", "August 2024 and May 2025", "12:30 2024", "x" * 100 + " 2024"),
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert iso_date(text) is None


def test_values_that_parsers_give() -> None:
    assert iso_date(date(2024, 11, 6)) == "2024-11-06"
    assert iso_date(datetime(2024, 11, 6, 23, 30, tzinfo=timezone(timedelta(hours=-5)))) == "2024-11-06"
    assert iso_date(datetime(2024, 11, 6, tzinfo=UTC)) == "2024-11-06"
    assert iso_date(2024) == "2024"
    assert iso_date(20241106) == "2024-11-06"
    assert iso_date(1730900000) == "2024-11-06"
    assert iso_date(1730900000123) == "2024-11-06"


@pytest.mark.parametrize("value", [None, True, 5, 0, -1, 10**400, float("nan"), float("inf"), [], {}, b"2024"])
def test_other_values(value: object) -> None:
    assert iso_date(value) is None


@given(YEARS)
def test_every_day_survives_the_usual_ways_of_writing(day: date) -> None:
    for shape in ("%B %d, %Y", "%d %B %Y", "%b. %d, %Y", "%A, %d %b %Y", "%Y/%m/%d", "%d.%m.%Y"):
        written = day.strftime(shape)
        assert iso_date(written) == day.isoformat()


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40))
def test_any_text_gives_a_date_or_none(text: str) -> None:
    found = iso_date(text)
    assert found is None or iso_date(found) == found
