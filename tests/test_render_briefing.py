"""A briefing in the terminal and as plain text: every section, every mark with its source, nothing live."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from briefing_records import BRIEFING, HOSTILE, NOTHING_FOUND, UNDATED, WRITTEN, hostile_briefing
from hypothesis import given, settings
from hypothesis import strategies as st
from rendering_records import HOSTILE as HOSTILE_TEXT
from rich.console import Console
from test_rendering_golden import compare

from rag.briefing_layout import event_date
from rag.briefing_schema import HEADINGS, NOTHING, SECTIONS, Event, Facet
from rag.briefing_wording import EMPTY
from rag.rendering import plain_briefing, render_briefing
from rag.sanitising import UNSAFE
from rag.schema import Statement

unhurried = settings(deadline=None, max_examples=25)
ALL = (BRIEFING, WRITTEN, UNDATED, NOTHING_FOUND)
OWN_SEQUENCES = re.compile("\x1b\\[[0-9;]*m|\x1b]8;[^\x1b\x07]*\x1b\\\\")


def shown(briefing, width=80, **options):
    console = Console(file=io.StringIO(), width=width, legacy_windows=False, **options)
    console.print(render_briefing(briefing, links=True))
    return console.file.getvalue()


def words(text):
    """The words of an output without the margins of its layout."""
    return [word for word in text.split() if word not in ("│", "▌", "|", ">>", "<<")]


def section(text, name):
    """What stands under a heading."""
    after = text.partition(f"\n\n{HEADINGS[name]}\n\n")[2]
    return re.split(f"\n\n(?:{'|'.join([*HEADINGS.values(), 'Sources'])})\n\n", after)[0]


def test_the_text_is_as_it_was_read():
    compare("briefing.txt", plain_briefing(BRIEFING) + "\n")


def test_sections_come_in_order_and_sources_last():
    plain = plain_briefing(BRIEFING)
    places = [plain.index(f"\n\n{heading}\n\n") for heading in [*HEADINGS.values(), "Sources"]]
    assert places == sorted(places)


def test_a_section_not_asked_for_is_not_shown():
    plain = plain_briefing(WRITTEN)
    assert [name for name in SECTIONS if f"\n\n{HEADINGS[name]}\n\n" in plain] == list(WRITTEN.sections)


def test_a_section_with_nothing_in_it_says_what_that_means():
    assert section(plain_briefing(WRITTEN), "open") == EMPTY["open"]
    bare = replace(BRIEFING, points=(), timeline=(), voices=(), differences=(), open=(), missing=())
    for name in SECTIONS[:-1]:
        assert section(plain_briefing(bare), name) == EMPTY[name]


def test_every_statement_is_shown_with_its_marks():
    plain = plain_briefing(BRIEFING)
    for statement in BRIEFING.statements:
        numbers = "".join(f"[{number}]" for number in statement.citations)
        assert re.search(f"{re.escape(statement.text)}[”’][^\n]* {re.escape(numbers)}", plain)


def test_every_quote_is_shown_word_for_word():
    plain = plain_briefing(BRIEFING)
    for citation in BRIEFING.citations:
        for quote in citation.quotes:
            start = citation.passage.paragraph.start
            assert citation.passage.paragraph.text[quote.start - start : quote.end - start] in plain


def test_a_paraphrase_is_not_quoted_and_a_doubt_is_told():
    points = section(plain_briefing(WRITTEN), "points")
    assert "• Large ships stay away until at least mid-March, because the dredger is late. [1]\n" in points
    assert "\n      Only partly supported: “Everyone” cannot be found in [2] and [3]\n" in points
    assert "• “Fishing boats are not affected.” — The Kestrel Courier, 27 October 2025 [4]" in points


def test_a_timeline_has_dates_at_their_precision_and_as_the_article_puts_them():
    lines = section(plain_briefing(BRIEFING), "timeline").splitlines()
    assert [line[:19].strip() for line in lines] == [
        *("2024", "June 2025", "1 October 2025", "9 December 2025", "March 2026", "30 April 2026"),
    ]
    assert "dated from" not in lines[0]  # the article itself says 2024
    assert lines[3].endswith("[5][4] (dated from “on Tuesday”)")


@pytest.mark.parametrize(
    ("date", "precision", "expression", "shown"),
    [
        ("2025-12-09", "day", "on Tuesday", ("9 December 2025", "“on Tuesday”")),
        ("2025-12", "month", "in December 2025", ("December 2025", "")),
        ("2025-02-01", "day", "on 1/2/2025", ("1 February 2025", "“on 1/2/2025”")),
        ("2025", "year", "last year", ("2025", "“last year”")),
        ("2025", "year", " ", ("2025", "")),
    ],
)
def test_the_words_a_date_was_worked_out_from_are_shown(date, precision, expression, shown):
    assert event_date(Event(date, precision, BRIEFING.open[0], expression)) == shown


def test_sides_of_a_difference_stand_side_by_side_and_none_is_called_right():
    differences = section(plain_briefing(BRIEFING), "differences")
    assert "• the end of April — Norhaven Post, 15 January 2026 · newer\n    “The yard in Norhaven now" in differences
    assert differences.count("· newer") == sum(side.newer for each in BRIEFING.differences for side in each.sides)
    assert not re.search(r"\b(right|wrong|correct|false|true)\b", differences)


def test_one_article_that_says_a_thing_twice_is_one_source():
    """Source 1 and source 10 are paragraphs of one article."""
    statement = replace(BRIEFING.points[0].statements[0], citations=(1, 10))
    plain = plain_briefing(replace(WRITTEN, citations=BRIEFING.citations, points=(Facet("", (statement,)),)))
    assert "— The Kestrel Courier, 10 December 2025 [1][10]\n" in plain


def test_what_no_article_covers_is_named_as_open():
    assert section(plain_briefing(BRIEFING), "open").endswith("\n• No article covers: compensation for the ferries")


def test_what_was_left_out_comes_last_and_says_so():
    before, _, after = plain_briefing(WRITTEN).partition("\nLeft out of the briefing\n")
    for statement in WRITTEN.left_out:
        assert statement.text not in before
        assert f"\nLeft out: {statement.text}\n    Why: " in after
        assert f"\x1b[9m{statement.text}\x1b[0m" in shown(WRITTEN, 200, force_terminal=True, color_system="truecolor")


def test_only_coverage_has_no_sources():
    plain = plain_briefing(replace(BRIEFING, sections=("coverage",), points=(), timeline=(), voices=(),
                                   differences=(), open=(), missing=(), citations=()))  # fmt: skip
    assert "\n\nCoverage\n\n214 articles searched: 7 on the topic" in plain
    assert "Sources" not in plain


def test_nothing_found_shows_what_came_closest():
    plain = plain_briefing(NOTHING_FOUND)
    assert plain.startswith(f"{NOTHING}\n7 articles searched\n\nClosest passages\n")
    assert plain.count("score ") == 3
    assert not any(heading in plain for heading in [*HEADINGS.values(), "Sources"])


@pytest.mark.parametrize("width", [200, 80, 60, 40, 23, 10, 1])
@pytest.mark.parametrize("briefing", ALL)
def test_no_width_costs_a_character(briefing, width):
    output = shown(briefing, width)
    assert max(map(len, output.splitlines())) <= width
    assert "".join(words(output)) == "".join(words(plain_briefing(briefing)))


@unhurried
@given(st.lists(st.integers(0, 120), max_size=5).map(tuple))
def test_every_mark_has_its_source(numbers):
    """Whatever numbers a statement comes with: those of no citation are not shown."""
    statement = Statement("Words of no source.", numbers, "supported")
    plain = plain_briefing(replace(BRIEFING, points=(Facet("", (statement,)),)))
    known = {citation.number for citation in BRIEFING.citations}
    marked = section(plain, "points").removeprefix("• Words of no source.").strip()
    assert re.findall(r"\d+", marked) == [str(number) for number in dict.fromkeys(numbers) if number in known]
    assert set(map(int, re.findall(r"^\[(\d+)\] ", plain, re.MULTILINE))) == known


def test_a_made_up_number_is_never_shown():
    assert not re.search(r"\[9[89]\]", plain_briefing(HOSTILE))


@unhurried
@given(st.text(st.characters(exclude_categories=()), max_size=30) | st.just(HOSTILE_TEXT))
def test_hostile_text_steers_no_terminal(text):
    briefing = hostile_briefing(text, url=f"https://x.example/{text}")
    assert not UNSAFE.search(plain_briefing(briefing).replace("\n", ""))
    assert not UNSAFE.search(shown(briefing).replace("\n", ""))
    screen = shown(briefing, force_terminal=True, color_system="truecolor")
    assert not UNSAFE.search(OWN_SEQUENCES.sub("", screen).replace("\n", ""))
    links = re.findall("\x1b]8;[^;]*;([^\x1b]*)\x1b", screen)
    assert all(link.startswith(("https://x.example/", "file:///")) for link in links if link)
