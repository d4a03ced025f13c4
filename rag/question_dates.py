"""Date phrases of a question as spans of days: "in October 2025", "since March", "last week". English.

A month or a day without a year is the last one up to today. What may mean two spans, or lies ahead, means none.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from rag.timexes import MONTHS, WEEKDAYS

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|March|Mar|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?|january|february|april|june|july|august|september|october|november|december)\b\.?"
)
"""Abbreviations with a capital only; "may" and "march" in small letters are other words."""
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?\b"
_YEAR = r"(?:1[5-9]\d\d|20\d\d)(?![\w%]|[-–—/.,]\d)"
_POINT = (
    rf"(?:\d{{4}}-\d\d(?:-\d\d)?(?![\w-])|{_DAY}(?:\s+of)?\s+{_MONTH}(?:,?\s+{_YEAR})?"
    rf"|{_MONTH}\s+(?:the\s+)?{_DAY}(?!\s+(?:percent|people))(?:,?\s+{_YEAR})?|{_MONTH}(?:,?\s+(?:of\s+)?{_YEAR})?|{_YEAR})"
)
_RELATIVE = r"(?i:yesterday|today|(?:last|this)\s(?:week|month|year))"
_COUNTS = {word: n for n, word in enumerate("one two three four five six seven eight nine ten".split(), 1)}
_RECENT = (
    r"(?:(?i:in|over|during|within|from|for)\s)?(?i:the)\s(?:last|past)\s"
    rf"(?:(?P<count>\d{{1,3}}|{'|'.join(_COUNTS)})\s)?(?P<unit>day|week|month|year)s?"
)
_WEEKDAY = "|".join(day.capitalize() for day in WEEKDAYS)
_ROUGH = r"(?:(?:early|mid|late)[\s-])?"
_PHRASE = (
    rf"(?<![\w./-])(?:(?P<recent>{_RECENT})"
    rf"|(?P<pair>(?i:between|from))\s(?P<first>{_POINT}|\d{{1,2}}(?:st|nd|rd|th)?)\s(?P<to>and|to|until|till|through)\s"
    rf"(?P<second>{_POINT})"
    rf"|(?:(?P<lead>(?i:in|on|during|from|of|since|before|after|until|till|up\sto|as\sof))\s)?"
    rf"(?:the\s(?:year|month)\s(?:of\s)?)?{_ROUGH}(?:(?P<point>{_POINT})|(?P<relative>{_RELATIVE}))"
    rf"|[Oo]n\s(?P<weekday>{_WEEKDAY}))(?![\w-])"
)
_MARKS = (*"0123456789", "day", "last", "past", "this", *(month[:3] for month in MONTHS))
"""Every phrase holds one of them. Most questions hold none: they need no pattern compiled, which takes 10 ms."""
_UNITS = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `since` to `until`, ISO and inclusive, None where open; `text[start:end]` says so."""

    since: str | None
    until: str | None
    start: int
    end: int
    lead: str
    """The word that leads it ("since"), in small letters; empty where there is none."""


def periods(text: str, today: date) -> list[Period]:
    """Date phrases in order, none within another; `today` is what "last week" counts from."""
    lower = text.lower()
    if text.isascii() and not any(mark in lower for mark in _MARKS):
        return []
    found = []
    for match in _phrase().finditer(text):
        span = _span(match, today)
        if span is None:
            continue
        since, until = span
        if since and (since > today or (until and since > until)):
            continue
        lead = (
            "between"
            if match["pair"]
            else "in"
            if match["recent"] or match["weekday"]
            else (match["lead"] or "").lower()
        )
        shown = [day.isoformat() if day else None for day in (since, until)]
        found.append(Period(shown[0], shown[1], match.start(), match.end(), " ".join(lead.split())))
    return found


@cache
def _phrase() -> re.Pattern[str]:
    return re.compile(_PHRASE)


def _span(match: re.Match[str], today: date) -> tuple[date | None, date | None] | None:
    """First and last day that a phrase means; None where it means no day of the calendar."""
    if match["recent"]:
        count = match["count"] or "1"
        return _back(today, int(count) if count.isdigit() else _COUNTS[count], match["unit"]), None
    if match["weekday"]:
        day = today - timedelta((today.weekday() - WEEKDAYS.index(match["weekday"].lower())) % 7)
        return day, day
    if match["pair"]:
        return _between(match["first"], match["second"], today)
    days = _relative(match["relative"].lower(), today) if match["relative"] else _point(match["point"], today)
    return _led((match["lead"] or "").lower(), days) if days else None


def _led(lead: str, days: tuple[date, date]) -> tuple[date | None, date | None] | None:
    """What a preposition makes of a day, month or year."""
    first, last = days
    if lead == "since":
        return first, None
    if lead == "after":
        return last + timedelta(1), None
    if lead == "before":
        return None, first - timedelta(1)
    if lead in ("until", "till") or lead.startswith("up"):
        return None, last
    return None if lead.startswith("as") else (first, last)


def _between(first: str, second: str, today: date) -> tuple[date, date] | None:
    """ "1 and 5 May 2024", "March and May 2024", "2022 and 2023": what the first leaves out stands in the second."""
    to = _point(second, today)
    year = re.search(_YEAR, second)
    if re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)?", first):
        month = re.search(_MONTH, second)
        if not month or not re.search(r"\d", second.replace(year.group() if year else "", "")):
            return None
        first = f"{first} {month.group()}"
    if year and not re.search(_YEAR, first) and not re.match(r"\d{4}-", first):
        first = f"{first} {year.group()}"
    start = _point(first, today)
    if not (start and to):
        return None
    if not year and start[0] > to[0]:  # "between November and February"
        start = _point(f"{first} {to[0].year - 1}", today)
    return (start[0], to[1]) if start else None


def _point(written: str, today: date) -> tuple[date, date] | None:
    """First and last day of a day, month or year; None where the calendar has no such day."""
    try:
        if re.match(r"\d{4}-", written):
            parts = [int(part) for part in written.split("-")]
            return _whole(parts[0], parts[1], parts[2] if len(parts) > 2 else None)
        year_found, month_found = re.search(_YEAR, written), re.search(_MONTH, written)
        year = int(year_found.group()) if year_found else None
        if month_found is None:
            return _whole(year) if year else None
        month = _month(month_found.group())
        day_found = re.search(rf"\b{_DAY}", written.replace(year_found.group(), "") if year_found else written)
        day = int(re.sub(r"\D", "", day_found.group())) if day_found else None
        if year is None:
            year = today.year - ((month, day or 1) > (today.month, today.day))
        return _whole(year, month, day)
    except ValueError:  # 31 June
        return None


def _whole(year: int, month: int | None = None, day: int | None = None) -> tuple[date, date]:
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


def _month(written: str) -> int:
    return next(n for n, name in enumerate(MONTHS, 1) if name.startswith(written.lower()[:3]))


def _relative(written: str, today: date) -> tuple[date, date]:
    """Weeks begin on Monday; what is not over yet ends today."""
    if written in ("today", "yesterday"):
        day = today - timedelta(written == "yesterday")
        return day, day
    which, unit = written.split()
    monday, month = today - timedelta(today.weekday()), today.replace(day=1)
    begun = {"week": monday, "month": month, "year": today.replace(month=1, day=1)}[unit]
    if which == "this":
        return begun, today
    before = begun - timedelta(1)
    first = {"week": monday - timedelta(7), "month": before.replace(day=1), "year": before.replace(month=1, day=1)}
    return first[unit], before


def _back(today: date, count: int, unit: str) -> date:
    if unit in _UNITS:
        return today - timedelta(count * _UNITS[unit])
    months = max(12, today.year * 12 + today.month - 1 - count * (12 if unit == "year" else 1))
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(today.day, calendar.monthrange(year, month)[1]))
