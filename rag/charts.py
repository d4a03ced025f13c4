"""The sources of a briefing, drawn: how many articles by whom, and from when."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from rag.sanitising import safe
from rag.svg import CHARACTER, MONTHS, NARROW, box, drawing, line, text
from rag.wording import people_date

PUBLISHERS = 12
"""How many publishers have a bar of their own; the rest share one."""

LONGEST = 36
"""Months that fit side by side on a phone; a longer time is drawn by years."""

_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2]))?", re.ASCII)


def publishers_svg(publishers: Sequence[tuple[str, int]], name: str) -> str:
    """Articles by publisher, a bar each; empty where there is but one. The empty name stands for articles without."""
    rows = [(safe(publisher).strip() or "no publisher given", count) for publisher, count in publishers]
    if len(rows) > PUBLISHERS:
        rest = rows[PUBLISHERS - 1 :]
        rows = [*rows[: PUBLISHERS - 1], (f"{len(rest)} others", sum(count for _, count in rest))]
    if len(rows) < 2:
        return ""
    most = max(max(count for _, count in rows), 1)
    drawn = []
    for index, (label, count) in enumerate(rows):
        top, length = 34 * index, (NARROW - 40) * count / most
        drawn.append(text(0, top + 12, _shortened(label, NARROW), "ink"))
        drawn.append(box(0, top + 17, length, 10, "bar"))
        drawn.append(text(length + 6, top + 26, f"{count:,}", "ink"))
    said = ", ".join(f"{label} {count:,}" for label, count in rows)
    return drawing(name, "img", (NARROW, 34 * len(rows)), ("Articles by publisher", said), drawn)


def months_svg(months: Sequence[tuple[str, int]], name: str) -> str:
    """Articles by month, a column each, those without articles too; by year where there are too many months.

    Empty where there is but one. Articles dated by year only are not drawn among months: `undrawn` counts them.
    """
    columns = _columns(months)
    if len(columns) < 2:
        return ""
    unit = "year" if len(columns[0][0]) == 4 else "month"
    most = max(count for _, count in columns)
    step = min(NARROW / len(columns), 44.0)
    drawn, free = [], -1.0
    for index, (label, count) in enumerate(columns):
        left, height = step * index, 90.0 * count / most
        if count:
            drawn.append(box(left + step * 0.1, 108 - height, step * 0.8, height, "bar"))
        if count and step >= 14:
            drawn.append(text(left + step / 2, 104 - height, f"{count:,}", "ink", "middle"))
        tick = _tick(label, first=free < 0)
        begin = min(left + step * 0.1, NARROW - CHARACTER * len(tick))
        if begin >= free:
            drawn.append(text(begin, 124, tick, "soft"))
            free = begin + CHARACTER * len(tick) + 8
    drawn.append(line(0, 108, step * len(columns), 108, "axis"))
    said = ", ".join(f"{people_date(label)} {count:,}" for label, count in columns if count)
    return drawing(name, "img", (NARROW, 130), (f"Articles by {unit}", said), drawn)


def undrawn(months: Sequence[tuple[str, int]]) -> int:
    """How many articles `months_svg` leaves out, because they give no month where months are drawn."""
    return sum(count for _, count in months) - sum(count for _, count in _columns(months))


def _columns(months: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Every month from the first to the last with its count, or every year."""
    dated = [(label, count) for label, count in months if _DATE.fullmatch(label)]
    exact = sorted((int(label[:4]) * 12 + int(label[5:]) - 1, count) for label, count in dated if len(label) == 7)
    if exact and exact[-1][0] - exact[0][0] < LONGEST:
        counts = dict(exact)
        every = range(exact[0][0], exact[-1][0] + 1)
        return [(f"{month // 12:04}-{month % 12 + 1:02}", counts.get(month, 0)) for month in every]
    years: Counter[int] = Counter()
    for label, count in dated:
        years[int(label[:4])] += count
    shown = sorted(years)
    if not shown or shown[-1] - shown[0] < LONGEST:
        return [(f"{year:04}", years[year]) for year in range(shown[0], shown[-1] + 1)] if shown else []
    return [(f"{year:04}", years[year]) for year in shown]


def _tick(label: str, first: bool) -> str:
    year, _, month = label.partition("-")
    if not month:
        return year
    return f"{MONTHS[int(month) - 1]} {year}" if first or month == "01" else MONTHS[int(month) - 1]


def _shortened(words: str, width: float) -> str:
    room = int(width / CHARACTER)
    return words if len(words) <= room else f"{words[: room - 1].rstrip()}…"
