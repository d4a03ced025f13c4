"""The drawings are true to their numbers, can be read, and are whole SVG."""

from __future__ import annotations

import re
from datetime import date
from xml.etree import ElementTree

import pytest
from briefing_records import BRIEFING, HOSTILE_TEXT
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rag.briefing_schema import Event
from rag.charts import PUBLISHERS, months_svg, publishers_svg, undrawn
from rag.schema import Statement
from rag.svg import CHARACTER, NARROW, WIDE
from rag.timeline_chart import timeline_svg

unhurried = settings(deadline=None, max_examples=100)

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
DATES = DAYS.map(str) | DAYS.map(lambda day: str(day)[:7]) | DAYS.map(lambda day: str(day)[:4])
CLOSE = st.dates(date(2025, 1, 1), date(2025, 3, 31)).map(str)
"""A collection of news is about a few weeks, more often than not."""


def events(*dates):
    return [Event(text, "day", Statement("x", (1,), "supported"), "") for text in dates]


def parsed(svg):
    root = ElementTree.fromstring(svg)  # noqa: S314 - what we have written ourselves
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert root.get("aria-labelledby").split() == ids
    assert "style" not in {name for node in root.iter() for name in node.attrib}
    return root


def texts(root, kind):
    return [node.text for node in root.iter("text") if node.get("class") == kind]


def numbers(node, *names):
    return tuple(float(node.get(name)) for name in names)


def staffs(root):
    """Of every label: where its staff stands, its row, its text, and the number of its event."""
    for link in root.iter("a"):
        label = link.find("text")
        staff = next(line for line in link.iter("line"))
        yield float(staff.get("x1")), float(label.get("y")), label.text, int(link.get("href").removeprefix("#event-"))


def test_events_stand_at_their_dates_with_their_labels():
    root = parsed(timeline_svg(BRIEFING.timeline, WIDE, "t"))
    assert [link.get("aria-label") for link in root.iter("a")][2:4] == [
        "1 October 2025: 1 event",
        "9 December 2025: 1 event",
    ]
    assert texts(root, "link") == ["2024", "Jun 2025", "1 Oct", "9 Dec", "Mar 2026", "30 Apr"]
    assert texts(root, "soft") == ["2024", "2025", "2026"]
    assert root.find("desc").text == "6 events, 2024 to 30 April 2026"
    assert len([box for box in root.iter("rect") if box.get("class") == "stretch"]) == 3
    assert len(list(root.iter("circle"))) == 3


def test_events_of_one_date_share_a_label_that_counts_them():
    root = parsed(timeline_svg(events("2025-03-02", "2025-03-09", "2025-03-02"), NARROW, "t"))
    assert [(label, event) for _, _, label, event in staffs(root)] == [("2 Mar 2025 (2)", 1), ("9 Mar", 2)]


def test_an_empty_stretch_is_drawn_short_and_said_to_be():
    far = parsed(timeline_svg(events("1999-05-01", "2025-03-02", "2025-03-09", "2025-03-16"), WIDE, "t"))
    assert len([line for line in far.iter("line") if line.get("class") == "break"]) == 2
    places = [x for x, *_ in staffs(far)]
    assert places[1] - places[0] < 60 < places[3] - places[1]
    near = parsed(timeline_svg(events("2025-02-20", "2025-03-02", "2025-03-09", "2025-03-16"), WIDE, "t"))
    assert not [line for line in near.iter("line") if line.get("class") == "break"]


@pytest.mark.parametrize("dates", [(), ("2025-03-02",), ("2025-03-02", "2025-03-02"), ("2025-03-02", "soon"),
                                   ("2025-02-30", "2025-13", "0000", "٢٠٢٥", "2025-3-2", "2025-03-02")])  # fmt: skip
def test_there_is_nothing_to_draw_without_two_dates(dates):
    assert timeline_svg(events(*dates), NARROW, "t") == ""


@unhurried
@given(st.lists(DATES | CLOSE, min_size=2, max_size=25), st.sampled_from([NARROW, WIDE]))
def test_labels_are_in_order_inside_the_drawing_and_free_of_each_other_and_of_staffs(dates, width):
    assume(len(set(dates)) > 1)
    root = parsed(timeline_svg(events(*dates), width, "t"))
    flags = list(staffs(root))
    assert len(flags) == len(set(dates))
    assert all(dates[event - 1] in dates[:event] for *_, event in flags)
    places = [x for x, *_ in flags]
    assert places == sorted(places)
    for index, (x, row, label, _) in enumerate(flags):
        end = x + 4 + CHARACTER * len(label)
        assert x >= 0
        assert end <= width + 0.1
        for other, other_row, *_ in flags[index + 1 :]:
            # A staff reaches down from its label: it must stand clear of every label that is lower than it.
            assert other >= end or other_row > row
    height = float(root.get("viewBox").split()[3])
    assert all(0 < row < height for _, row, *_ in flags)


def bars(root):
    return [numbers(box, "x", "y", "width", "height") for box in root.iter("rect") if box.get("class") == "bar"]


def test_publishers_have_bars_as_long_as_their_counts():
    root = parsed(publishers_svg(BRIEFING.coverage.publishers, "p"))
    assert root.find("desc").text == "The Kestrel Courier 3, Norhaven Post 2, no publisher given 1, Coast Bulletin 1"
    widths = [width for _, _, width, _ in bars(root)]
    assert [round(width / widths[-1]) for width in widths] == [3, 2, 1, 1]


def test_many_publishers_share_a_last_bar_and_long_names_are_cut():
    root = parsed(publishers_svg([(f"Publisher {n} {'of record ' * 9}", 30 - n) for n in range(20)], "p"))
    labels = texts(root, "ink")[::2]
    assert len(labels) == len(bars(root)) == PUBLISHERS
    assert labels[-1] == f"{20 - PUBLISHERS + 1} others"
    assert all(len(label) * CHARACTER <= NARROW for label in labels)
    assert labels[0].endswith("…")


def test_every_month_has_its_place_and_articles_of_a_year_are_counted_apart():
    months = (("2024", 2), ("2025-11", 3), ("2026-01", 1))
    root = parsed(months_svg(months, "m"))
    assert root.find("title").text == "Articles by month"
    assert root.find("desc").text == "November 2025 3, January 2026 1"
    (x1, _, _, high), (x2, _, width, low) = bars(root)
    assert high == 3 * low
    assert x2 - x1 > 1.5 * width  # December stands between
    assert texts(root, "soft") == ["Nov 2025", "Jan 2026"]
    assert undrawn(months) == 2


def test_a_long_time_is_drawn_by_years():
    months = (("1990-02", 1), ("1991", 4), ("2001-03", 1), ("2001-04", 2))
    root = parsed(months_svg(months, "m"))
    assert root.find("desc").text == "1990 1, 1991 4, 2001 3"
    assert undrawn(months) == 0


MONTHS = st.lists(
    st.tuples(DATES.map(lambda text: text[:7]), st.integers(1, 400)), max_size=40, unique_by=lambda m: m[0]
)


@unhurried
@given(MONTHS)
def test_columns_stand_inside_the_drawing_and_none_is_lost(months):
    svg = months_svg(months, "m")
    if svg:
        root = parsed(svg)
        assert all(x >= 0 and x + width <= NARROW + 0.1 and height >= 0 for x, _, width, height in bars(root))
        counts = re.findall(r" ([\d,]+)(?:, (?=\D|\d{4} )|$)", root.find("desc").text)
        assert sum(int(count.replace(",", "")) for count in counts) + undrawn(months) == sum(n for _, n in months)


def test_one_publisher_or_one_month_is_nothing_to_compare():
    assert publishers_svg([("The Kestrel Courier", 4)], "p") == months_svg([("2025-11", 4)], "m") == ""
    assert publishers_svg([], "p") == months_svg([], "m") == ""


def test_hostile_names_are_text():
    root = parsed(publishers_svg([(HOSTILE_TEXT, 1), ("<script>", 1)], "p"))
    assert not list(root.iter("script"))
    assert texts(root, "ink")[2] == "<script>"
    assert months_svg([(HOSTILE_TEXT, 1)], "m") == ""
    assert undrawn([(HOSTILE_TEXT, 1)]) == 1
