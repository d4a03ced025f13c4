"""Dates that a sentence mentions, each with the parts it gives. English month names; other languages go unnoticed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_DAY = r"(?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>1[5-9]\d\d|20\d\d|21\d\d)"
_FORMS = [
    re.compile(rf"(?<![\d.-]){_YEAR}-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12]\d|3[01]))?(?![\d-])"),
    re.compile(rf"\b{_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR}\b)?"),
    re.compile(rf"\b{_MONTH}\s+{_DAY}\b(?!\s*(?:,\d|%|percent))(?:,?\s+{_YEAR}\b)?"),
    re.compile(rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}\b"),
    re.compile(rf"\b(?:in|since|until|till|by|of|late|early|last|next|this|mid|from|between|and)[\s-]+{_MONTH}(?!\s*\d)"),
]  # fmt: skip
_RELATIVE = re.compile(rf"\b(?:yesterday|today|tonight|tomorrow|(?P<weekday>{'|'.join(WEEKDAYS)}))\b", re.I)


@dataclass(frozen=True, slots=True)
class Timex:
    """A date as mentioned; None for a part it leaves out. `start:end` is where."""

    text: str
    year: int | None
    month: int | None
    day: int | None
    start: int
    end: int


def timexes(text: str) -> list[Timex]:
    """Dates with a month, in order; none within another."""
    found: list[Timex] = []
    taken: list[tuple[int, int]] = []
    for form in _FORMS:
        for match in form.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            parts = match.groupdict()
            start = match.start() if parts.get("day") or parts.get("year") else match.start("month")
            written = text[start : match.end()].strip()
            day, year = parts.get("day"), parts.get("year")
            found.append(Timex(written, int(year) if year else None, _month(parts["month"]), int(day) if day else None,
                               start, match.end()))  # fmt: skip
            taken.append((start, match.end()))
    return sorted(found, key=lambda timex: timex.start)


def _month(written: str) -> int:
    if written.isdigit():
        return int(written)
    return next(i for i, name in enumerate(MONTHS, 1) if name.startswith(written.lower()[:3]))


def resolved(text: str, published: str | None) -> list[Timex]:
    """What "yesterday" and "on Tuesday" mean in an article of that day; both the Tuesday before and the one after."""
    day = _day(published)
    if day is None:
        return []
    found = []
    for match in _RELATIVE.finditer(text):
        for meant in _days(match.group().lower(), match["weekday"], day):
            found.append(Timex(match.group(), meant.year, meant.month, meant.day, match.start(), match.end()))
    return found


def _days(words: str, weekday: str | None, day: date) -> list[date]:
    if weekday is None:
        return [day + timedelta({"yesterday": -1, "tomorrow": 1}.get(words, 0))]
    back = (day.weekday() - WEEKDAYS.index(weekday.lower())) % 7
    return [day - timedelta(back), day - timedelta(back - 7), day - timedelta(back + 7)]


def _day(published: str | None) -> date | None:
    try:
        return date.fromisoformat(published or "")
    except ValueError:
        return None


def weekdays(text: str) -> list[str]:
    """Names of days that it mentions, as written."""
    return [match["weekday"] for match in _RELATIVE.finditer(text) if match["weekday"]]


def falls_on(weekday: str, given: Iterable[Timex], published: str | None) -> bool:
    """Whether one of the dates is such a day; a year left out is that of the article."""
    known = int(published[:4]) if published and published[:4].isdigit() else None
    for timex in given:
        year = timex.year or known
        if year and timex.month and timex.day and _weekday(year, timex.month, timex.day) == weekday.lower():
            return True
    return False


def _weekday(year: int, month: int, day: int) -> str | None:
    try:
        return WEEKDAYS[date(year, month, day).weekday()]
    except ValueError:  # 31 June
        return None


def published_timex(published: str | None) -> list[Timex]:
    """The day an article appeared, as far as it is known."""
    parts = [int(part) for part in (published or "").split("-") if part.isdigit()]
    year, month, day = (*parts, None, None, None)[:3]
    return [Timex(published or "", year, month, day, 0, 0)] if year else []


def agrees(stated: Timex, given: Iterable[Timex], published: str | None) -> bool:
    """Whether one of the given dates has every part of the stated one; a year left out is that of the article."""
    known = {int(published[:4])} if published and published[:4].isdigit() else set()
    for timex in given:
        years = {timex.year} if timex.year else {y + step for y in known for step in (-1, 0, 1)}
        same_day = stated.month == timex.month and stated.day in (None, timex.day)
        if same_day and (stated.year is None or not years or stated.year in years):
            return True
    return False
