"""When things happened, drawn: a line of time with a labelled staff at every date."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from rag.briefing_schema import Event
from rag.svg import ACCENT, CHARACTER, MONTHS, box, drawing, line, text
from rag.wording import counted, people_date

LANE = 22
"""Pixels from one row of labels to the next: what a finger or a shaky pointer still hits."""

BREAK = 4
"""An empty stretch of time more than this many times as long as all the rest is drawn short, with a sign of it."""
_BROKEN = 34.0
"""Pixels of a stretch drawn short."""

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Moment:
    """Events of one date: the first and last day it may mean, as ordinals; their places in the list, from 1."""

    date: str
    first: int
    last: int
    events: tuple[int, ...]

    @property
    def middle(self) -> float:
        return (self.first + self.last) / 2


@dataclass(frozen=True, slots=True)
class _Scale:
    """Days to pixels; `gap` is the empty stretch that is drawn short."""

    first: int
    last: int
    right: float
    gap: tuple[int, int] | None
    left: float = 8.0

    def at(self, day: float) -> float:
        short, begin, end = (_BROKEN, *self.gap) if self.gap else (0.0, self.last, self.last)
        days = (begin - self.first) + (self.last - end)
        pixel = (self.right - self.left - short) / max(days, 1)
        if day <= begin:
            return self.left + (day - self.first) * pixel
        if day < end:
            return self.left + (begin - self.first) * pixel + short * (day - begin) / (end - begin)
        return self.left + (begin - self.first) * pixel + short + (day - end) * pixel


def timeline_svg(events: Sequence[Event], width: int, name: str) -> str:
    """Events by date, each a link to `#event-N`; a month or a year is drawn as long as it is.

    Empty where there are not two dates to set apart. `name` begins the ids, which a page has only once.
    """
    moments = _moments(events)
    if len(moments) < 2:
        return ""
    labels = list(_labels(moments))
    scale = _scale(moments, width - 8 - CHARACTER * max(map(len, labels)))
    lanes = _lanes([scale.at(moment.middle) for moment in moments], labels)
    axis = LANE * (max(lanes) + 1) + 14
    drawn = [*_axis(scale, axis, width)]
    for moment, label, lane in zip(moments, labels, lanes, strict=True):
        drawn.append(_flag(moment, label, axis - 14 - LANE * lane, axis, scale))
    said = f"{counted(sum(len(moment.events) for moment in moments), 'event')}, {_span(moments)}"
    return drawing(name, "group", (width, axis + 28), ("Events by date", said), drawn)


def _moments(events: Sequence[Event]) -> list[_Moment]:
    """By date; what is no date has no place on a line."""
    places: dict[str, list[int]] = {}
    for place, event in enumerate(events, start=1):
        places.setdefault(event.date, []).append(place)
    found = [(text, days, tuple(numbers)) for text, numbers in places.items() if (days := _days(text))]
    return sorted((_Moment(text, *days, numbers) for text, days, numbers in found), key=lambda m: (m.middle, m.first))


def _days(text: str) -> tuple[int, int] | None:
    """First and last day of an ISO date at its precision."""
    found = _DATE.fullmatch(text)
    if not found:
        return None
    year, month, day = (int(part) if part else 0 for part in found.groups())
    try:
        first = date(year, month or 1, day or 1)
        last = first if day else date(year, month or 12, monthrange(year, month)[1] if month else 31)
    except ValueError:  # the thirtieth of February
        return None
    return first.toordinal(), last.toordinal()


def _labels(moments: Sequence[_Moment]) -> Iterator[str]:
    """`9 Dec`, with the year where it is another than before, and a count where events share the date."""
    known = ""
    for moment in moments:
        year, _, rest = moment.date.partition("-")
        parts = [MONTHS[int(rest[:2]) - 1]] if rest else []
        parts = [str(int(rest[3:])), *parts] if len(rest) > 2 else parts
        parts += [year] if year != known or not parts else []
        known = year
        yield " ".join(parts) + (f" ({len(moment.events)})" if len(moment.events) > 1 else "")


def _scale(moments: Sequence[_Moment], right: float) -> _Scale:
    first, last = min(moment.first for moment in moments), max(moment.last for moment in moments)
    widest, reached = (first, first), first
    for moment in sorted(moments, key=lambda moment: moment.first):
        if moment.first - reached > widest[1] - widest[0]:
            widest = (reached, moment.first)
        reached = max(reached, moment.last)
    length = widest[1] - widest[0]
    rest = last - first - length
    return _Scale(first, last, right, widest if rest and length > BREAK * rest else None)


def _lanes(places: Sequence[float], labels: Sequence[str]) -> list[int]:
    """Rows for labels that stand to the right of their staffs, so that no staff runs through a label.

    From the right: above every row whose staff the label would reach.
    """
    lanes = [0] * len(places)
    for index in reversed(range(len(places))):
        end = places[index] + CHARACTER * len(labels[index]) + 8
        for other in range(index + 1, len(places)):  # a briefing holds some tens of events
            if places[other] > end:
                break
            lanes[index] = max(lanes[index], lanes[other] + 1)
    return lanes


def _flag(moment: _Moment, label: str, row: float, axis: float, scale: _Scale) -> str:
    """A label on a staff that stands at the date, as a link to the first of its events."""
    x = scale.at(moment.middle)
    begin, end = scale.at(moment.first), scale.at(moment.last)
    said = f"{people_date(moment.date)}: {counted(len(moment.events), 'event')}"
    dot = f'<circle class="dot" cx="{x:.1f}" cy="{axis:.1f}" r="5" fill="{ACCENT}"/>'
    if moment.last > moment.first:
        dot = box(begin, axis - 4, max(end - begin, 8), 8, "stretch")
    return (
        f'<a href="#event-{moment.events[0]}" aria-label="{escape(said)}">'
        f'<rect x="{x:.1f}" y="{row - 15:.1f}" width="{CHARACTER * len(label) + 6:.1f}" height="{LANE}" '
        f'fill="none" pointer-events="all"/>'
        f"{line(x, row - 12, x, axis, 'staff')}{dot}{text(x + 4, row, label, 'link')}</a>"
    )


def _axis(scale: _Scale, axis: float, width: int) -> Iterator[str]:
    """The line of time with the beginnings of years or months; two strokes where a stretch is drawn short."""
    if scale.gap:
        begin, end = scale.at(scale.gap[0]), scale.at(scale.gap[1])
        middle = (begin + end) / 2
        yield line(0, axis, middle - 4, axis, "axis")
        yield line(middle + 4, axis, width, axis, "axis")
        for x in (middle - 4, middle + 4):
            yield line(x - 3, axis + 7, x + 3, axis - 7, "break")
    else:
        yield line(0, axis, width, axis, "axis")
    free = -1.0
    for day, label in _ticks(scale):
        x = scale.at(day)
        hidden = scale.gap and scale.gap[0] < day < scale.gap[1]
        if hidden or x < free or x + CHARACTER * len(label) > width:
            continue
        yield line(x, axis, x, axis + 8, "axis")
        yield text(x, axis + 22, label, "soft")
        free = x + CHARACTER * len(label) + 10


def _ticks(scale: _Scale) -> Iterator[tuple[int, str]]:
    """Beginnings of years; of months, where less than a year and a half is drawn."""
    start, end = date.fromordinal(scale.first), date.fromordinal(scale.last)
    days = scale.last - scale.first - (scale.gap[1] - scale.gap[0] if scale.gap else 0)
    months = range(1, 13) if days < 550 else (1,)
    for year in range(start.year, end.year + 1):
        for month in months:
            day = date(year, month, 1).toordinal()
            if scale.first <= day <= scale.last:
                yield day, str(year) if month == 1 else MONTHS[month - 1]


def _span(moments: Sequence[_Moment]) -> str:
    ends = min(moments, key=lambda m: m.first), max(moments, key=lambda m: m.last)
    return f"{people_date(ends[0].date)} to {people_date(ends[1].date)}"
