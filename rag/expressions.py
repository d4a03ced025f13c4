"""Date expressions of a sentence, and what they mean: by the calendar, from the day of the article, or from another
event ("the next day"). English. What may mean two dates means none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from rag.briefing_schema import Precision
from rag.dates import iso_date
from rag.timexes import MONTHS, WEEKDAYS, timexes

Unit = Literal["day", "month", "year"]
MOST_BACK = {"day": 10, "month": 6, "year": 3}
"""How far "… ago" and "… later" are taken at their word: "ten years ago" and "six weeks ago" are round figures."""
OLDEST_WITHOUT_YEAR = 330
"""Days: "on 7 November" in an article of 6 November is more likely a slip, or to come, than a year ago."""
_PREPOSITION = (
    r"(?:(?:as early as|as late as|late |early |earlier |later )?(?:on|in|during|at|for)\s+"
    r"(?:the (?:(?:very )?(?:beginning|end|start|middle)|(?:early|late) (?:hours|days|weeks)|first|second|third|fourth"
    r"|spring|summer|autumn|fall|winter)(?: (?:quarter|half|week|days))? of\s+(?:the )?)?"
    r"(?:(?:early|late|mid|the (?:morning|afternoon|evening|night) of)[\s-]+)?)"
)
_DAYTIME = r"(?:,? (?:early |late )?(?:morning|afternoon|evening|night|lunchtime|midday|at noon|at midnight))?"
_WEEKDAY = "|".join(day.capitalize() for day in WEEKDAYS)
_NUMBER = "one two three four five six seven eight nine ten".split()
_COUNT = rf"(?P<count>an?|{'|'.join(_NUMBER)}|\d{{1,2}})"
_NAMED_DAY = re.compile(rf"\b(?:(?P<which>last|next|this|past|coming)\s+)?(?P<weekday>{_WEEKDAY})\b{_DAYTIME}")
_YEAR = re.compile(rf"\b(?P<lead>{_PREPOSITION})(?P<year>1[5-9]\d\d|20\d\d)(?![\w%]|[.,/–—-]\d|-[a-z])", re.IGNORECASE)
_DOTTED = re.compile(r"(?<![\d.])\d{1,2}\.\d{1,2}\.(?:1[5-9]|20)\d\d(?![\d.]\d)")
_SHIFTED = re.compile(
    r"\b(?:(?P<days>yesterday|today|tonight|tomorrow|this (?:morning|afternoon|evening)|last night)"
    r"|(?P<calendar>earlier this|later this|last|next)\s(?P<of>month|year)"
    rf"|{_COUNT}\s(?P<unit>day|month|year)s?\sago)\b(?:(?<=day){_DAYTIME})?",
    re.IGNORECASE,
)
_DAYS = {"yesterday": -1, "last night": -1, "tomorrow": 1}
_ANCHORED = re.compile(
    r"\b(?:(?:on |in |during )?(?:the (?:very )?(?P<next>next|following|previous|same)|(?P<that>that same|that))"
    r"\s(?P<next_unit>day|morning|afternoon|evening|night|month|year)"
    rf"|(?:just |only )?{_COUNT}\s(?P<unit>day|month|year)s?\s(?P<side>later|earlier|afterwards?|beforehand)"
    r"|(?:on )?(?:the|a|one)\sday\s(?P<way>after|before)\s(?:the|his|her|their|its)\s(?P<event>[a-z]+))\b",
    re.IGNORECASE,
)
_FULL_STOPS = tuple(f"{month}." for month in MONTHS)
"""They end the sentence, where the point after "Oct." belongs to the date."""
_ROUNDED = re.compile(
    r"(?:about|nearly|almost|over|around|roughly|some|approximately|at least|(?:more|less|fewer|not more|no more) than"
    r"|up to|every|within|for|and|or|to|\d[\s–-]+)\s*$",
    re.IGNORECASE,
)
"""Before a count of days or years: then it is no date."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A date as written: parts of the calendar (None where left out), or a shift from another day."""

    text: str
    start: int
    end: int
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: str = ""
    which: str = ""
    """`last`, `next` or `this`, of a weekday."""
    shift: int = 0
    unit: Unit | None = None
    """Of the shift; None where there is none."""
    anchored: bool = False
    """Whether the shift counts from another event, not from the day of the article."""
    event: str = ""
    """Which event, where it says so ("the day after the vote")."""
    led: bool = False
    """Whether a preposition of time leads it, or it needs none."""

    @property
    def yearless(self) -> bool:
        """Whether its year is that of the article, or near it."""
        return self.year is None and not self.anchored


@dataclass(frozen=True, slots=True)
class Day:
    """An ISO date at its precision: `2024`, `2024-11` or `2024-11-06`."""

    date: str
    precision: Precision


def expressions(text: str) -> list[Expression]:
    """Date expressions in order, none within another; prepositions that lead them belong to them."""
    found: list[Expression] = []
    for expression in [*_anchored(text), *_shifted(text), *_absolute(text), *_weekdays(text), *_years(text)]:
        if not any(expression.start < other.end and other.start < expression.end for other in found):
            found.append(expression)
    return sorted(found, key=lambda expression: expression.start)


def _lead(text: str, start: int) -> int:
    """Where a preposition that leads up to `start` begins; `start` where there is none."""
    leading = re.search(rf"\b{_PREPOSITION}$", text[max(0, start - 60) : start], re.IGNORECASE)
    return max(0, start - 60) + leading.start() if leading else start


def _absolute(text: str) -> Iterator[Expression]:
    for timex in timexes(text):
        start, end = timex.start, timex.end
        if timex.day is None and timex.text[:4].isdigit():
            continue  # "1910-11" is a winter as well as a November
        weekday = re.search(rf"\b({_WEEKDAY}),?\s+\(?(?:the\s+)?$", text[:start])
        behind = re.match(rf"\s?[,(]\s?({_WEEKDAY})\b\)?", text[end:]) if timex.day else None
        named = weekday.group(1) if weekday else behind.group(1) if behind else ""
        first = weekday.start() if weekday else start
        written = re.sub(r"\bthe\s+$", "", text[:first])
        led = _lead(text, len(written))
        end -= text[:end].lower().endswith(_FULL_STOPS)
        yield Expression(text[led:end].strip(), led, end, timex.year, timex.month, timex.day, named, led=led < first)
    for match in _DOTTED.finditer(text):
        iso = iso_date(match.group())
        if iso:
            year, month, day = (int(part) for part in iso.split("-"))
            led = _lead(text, match.start())
            written = text[led : match.end()]
            yield Expression(written, led, match.end(), year, month, day, led=led < match.start())


def _weekdays(text: str) -> Iterator[Expression]:
    for match in _NAMED_DAY.finditer(text):
        start, which = _lead(text, match.start()), (match["which"] or "").lower()
        which = {"past": "last", "coming": "next"}.get(which, which)
        yield Expression(
            text[start : match.end()], start, match.end(), weekday=match["weekday"], which=which,
            led=start < match.start() or bool(which),
        )  # fmt: skip


def _years(text: str) -> Iterator[Expression]:
    for match in _YEAR.finditer(text):
        yield Expression(match.group(), match.start(), match.end(), int(match["year"]), led=True)


def _shifted(text: str) -> Iterator[Expression]:
    for match in _SHIFTED.finditer(text):
        one = Expression(match.group(), match.start(), match.end(), led=True)
        if match["days"]:
            yield replace(one, shift=_DAYS.get(match["days"].lower(), 0), unit="day")
        elif match["calendar"]:
            shift = {"last": -1, "next": 1}.get(match["calendar"].lower(), 0)
            yield replace(one, shift=shift, unit=_unit(match["of"]))
        elif not _ROUNDED.search(text[: match.start()]):
            yield replace(one, shift=-_count(match["count"]), unit=_unit(match["unit"]))


def _anchored(text: str) -> Iterator[Expression]:
    for match in _ANCHORED.finditer(text):
        one = Expression(match.group(), match.start(), match.end(), anchored=True, led=True)
        if match["next_unit"]:
            shift = {"next": 1, "following": 1, "previous": -1}.get((match["next"] or "").lower(), 0)
            yield replace(one, shift=shift, unit=_unit(match["next_unit"]))
        elif match["way"]:
            yield replace(one, shift=1 if match["way"].lower() == "after" else -1, unit="day", event=match["event"])
        elif not _ROUNDED.search(text[: match.start()]):
            sign = 1 if match["side"].lower() in ("later", "afterward", "afterwards") else -1
            yield replace(one, shift=sign * _count(match["count"]), unit=_unit(match["unit"]))


def _count(written: str) -> int:
    if written.isdigit():
        return int(written)
    return _NUMBER.index(written.lower()) + 1 if written.lower() in _NUMBER else 1


def _unit(written: str) -> Unit:
    unit = written.lower()
    return "month" if unit == "month" else "year" if unit == "year" else "day"


def meaning(expression: Expression, published: str | None, future: bool, anchor: str | None = None) -> Day | None:
    """The date that is meant, or None where it cannot be told.

    `published` is the ISO date of the article and `anchor` that of the event before it, each at any precision;
    `future` says whether the sentence tells what is to come.
    """
    if expression.unit:
        day = _shift(expression, anchor if expression.anchored else published)
    elif expression.year:
        day = _written(expression.year, expression.month, expression.day)
    elif expression.month:
        day = _nearest(expression, published or "", future)
    else:
        day = _named_day(expression, published or "", future)
    if day and expression.weekday and day.precision == "day":
        falls = WEEKDAYS[date.fromisoformat(day.date).weekday()]
        return day if falls == expression.weekday.lower() else None
    return day


def _written(year: int, month: int | None = None, day: int | None = None) -> Day | None:
    parts = [f"{year:04}", *(f"{part:02}" for part in (month, day) if part)]
    iso = iso_date("-".join(parts))
    precision: Precision = "day" if day else "month" if month else "year"
    return Day(iso, precision) if iso else None


def _parts(iso: str | None) -> list[int]:
    return [int(part) for part in (iso or "").split("-") if part.isdigit()]


def _shift(expression: Expression, origin: str | None) -> Day | None:
    parts, shift, unit = _parts(origin), expression.shift, expression.unit
    if unit is None or abs(shift) > MOST_BACK[unit]:
        return None
    if unit == "year" and parts:
        return _written(parts[0] + shift)
    if unit == "month" and len(parts) > 1:
        months = parts[0] * 12 + parts[1] - 1 + shift
        return _written(months // 12, months % 12 + 1)
    if unit == "day" and len(parts) > 2:
        return Day((date(*parts) + timedelta(shift)).isoformat(), "day")
    return None


def _nearest(expression: Expression, published: str, future: bool) -> Day | None:
    """The last such month or day up to the article, or the first from it on."""
    now = _parts(published)
    if len(now) < 2 or (expression.day and len(now) < 3) or not expression.month:
        return None
    own = [expression.month, *([expression.day] if expression.day else [])]
    here = now[1 : 1 + len(own)]
    year = now[0] + (own < here if future else -(own > here))
    found = _written(year, *own)
    if found and expression.day:
        apart = abs((date.fromisoformat(found.date) - date(*now)).days)
        return found if apart <= OLDEST_WITHOUT_YEAR else None
    return found


def _named_day(expression: Expression, published: str, future: bool) -> Day | None:
    """The last such weekday up to the article, or the first after it; "last" and "next" only where both readings
    ("of last week", "the one just past") agree."""
    parts = _parts(published)
    if len(parts) < 3 or not expression.weekday:
        return None
    day = date(*parts)
    back = (day.weekday() - WEEKDAYS.index(expression.weekday.lower())) % 7
    past, ahead = day - timedelta(back or 7), day + timedelta(7 - back)
    week: Callable[[date], date] = lambda one: one - timedelta(one.weekday())  # noqa: E731
    if expression.which == "last":
        found = past if week(past) < week(day) else None
    elif expression.which == "next":
        found = ahead if week(ahead) > week(day) else None
    elif expression.which == "this":
        found = ahead if future else None
    else:
        found = ahead if future else day - timedelta(back)
    return Day(found.isoformat(), "day") if found else None
