"""What the terminal and pipes get: words as they are, layout that holds, nothing live."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rendering_records import (
    ABSTENTION_ANSWER,
    ANSWER,
    ARTICLES,
    HARBOUR,
    HOSTILE,
    MODEL_ANSWER,
    REPORT,
    SEARCH,
    VIEW,
    WHOLE,
    WRITTEN_ANSWER,
    hostile_records,
)
from rich.console import Console

from rag import rendering
from rag.sanitising import UNSAFE, safe
from rag.schema import ABSTENTION, Answer, IngestReport, SearchResult

unhurried = settings(deadline=None, max_examples=30)

OWN_SEQUENCES = re.compile("\x1b\\[[0-9;]*m|\x1b]8;[^\x1b\x07]*\x1b\\\\")
"""What rich writes itself: styles and hyperlinks."""

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30) | st.just(HOSTILE)


def shown(renderable, width=80, **options):
    console = Console(file=io.StringIO(), width=width, legacy_windows=False, **options)
    console.print(renderable)
    return console.file.getvalue()


def in_colour(renderable, width=80):
    return shown(renderable, width, force_terminal=True, color_system="truecolor")


def all_plain(answer, abstention, search, view, whole, articles, report):
    return [
        rendering.plain_answer(answer),
        rendering.plain_answer(abstention),
        rendering.plain_search(search, explain=True),
        rendering.plain_view(view),
        rendering.plain_view(whole),
        rendering.plain_articles(articles),
        rendering.plain_report(report),
    ]


def all_rich(answer, abstention, search, view, whole, articles, report, links=True):
    return [
        rendering.render_answer(answer, links=links),
        rendering.render_answer(abstention, links=links),
        rendering.render_search(search, explain=True, links=links),
        rendering.render_view(view, links=links),
        rendering.render_view(whole, links=links),
        rendering.render_articles(articles, links=links),
        rendering.render_report(report),
    ]


RECORDS = (ANSWER, ABSTENTION_ANSWER, SEARCH, VIEW, WHOLE, ARTICLES, REPORT)


def words(text):
    """The words of an output without the margins of its layout."""
    return [word for word in text.split() if word not in ("│", "▌", "|", ">>", "<<")]


def test_statements_and_quotes_are_shown_word_for_word():
    plain = rendering.plain_answer(ANSWER)
    for statement in ANSWER.statements:
        assert statement.text in plain
    for citation in ANSWER.citations:
        for quote in citation.quotes:
            start = citation.passage.paragraph.start
            text = citation.passage.paragraph.text[quote.start - start : quote.end - start]
            assert f">> {text} <<" in plain


@pytest.mark.parametrize("width", [200, 80, 60, 40, 23, 10, 1])
def test_no_width_costs_a_character(width):
    for plain, renderable in zip(all_plain(*RECORDS), all_rich(*RECORDS), strict=True):
        output = shown(renderable, width)
        assert max(map(len, output.splitlines())) <= width
        assert "".join(words(output)) == "".join(words(plain))


def test_wide_characters_wrap_within_the_width():
    records = hostile_records("港は冬のあいだ閉鎖される。" * 10)
    for renderable in all_rich(*records):
        for line in shown(renderable, 30).splitlines():
            assert sum(2 if ord(character) > 0x2E7F else 1 for character in line) <= 30


def test_only_verbatim_statements_stand_in_quotation_marks():
    plain = rendering.plain_answer(MODEL_ANSWER)
    assert "\nThe yard lacks steel. [2]\n    Not supported by its sources: a source number was made up\n" in plain
    assert (
        "“Steel plate cost a fifth more in September than a year before.” — Norhaven Post, September 2025 [3]" in plain
    )
    assert "written by small-model-1; quote only from the sources" in plain


def test_what_was_left_out_is_told_from_the_answer_with_and_without_a_terminal():
    before, _, after = rendering.plain_answer(WRITTEN_ANSWER).partition("\nLeft out of the answer\n")
    screen = in_colour(rendering.render_answer(WRITTEN_ANSWER, links=True), 200)
    for statement in WRITTEN_ANSWER.left_out:
        assert statement.text not in before
        assert f"\nLeft out: {statement.text}\n    Why: " in after
        assert f"\x1b[9m{statement.text}\x1b[0m" in screen


def test_a_made_up_number_is_never_shown():
    assert "[9]" not in rendering.plain_answer(MODEL_ANSWER)


def test_an_abstention_shows_three_closest_passages():
    plain = rendering.plain_answer(ABSTENTION_ANSWER)
    assert plain.startswith(f"{ABSTENTION}\n\nClosest passages\n")
    assert plain.count("score ") == 3
    assert "Confidence" not in plain
    assert rendering.plain_answer(Answer("Q?", False, "extractive")) == ABSTENTION


def test_empty_results_say_so():
    assert rendering.plain_search(SearchResult("Q?", ())) == "Nothing found."
    assert rendering.plain_articles([]) == "No articles yet."
    assert rendering.plain_report(IngestReport()).count("\n") == 0


def test_ranks_are_shown_only_on_request():
    assert "rank" not in rendering.plain_search(SEARCH)
    assert "score 0.912 · dense rank 1 (0.712) · lexical rank 2 (8.250)" in rendering.plain_search(SEARCH, explain=True)
    assert "dense rank none" in rendering.plain_search(SEARCH, explain=True)


def test_failures_come_last():
    assert rendering.plain_report(REPORT).splitlines()[-1] == (
        "  /news/scan.pdf: no text in it; run it through OCR first"
    )


def test_a_view_gives_file_and_line_and_marks_what_is_not_body():
    plain = rendering.plain_view(VIEW)
    assert "\n/news/harbour-dredger.txt:5\n" in plain
    assert "\n2 |  [heading] A delay no one planned\n" in plain
    assert plain.endswith("5 |  [caption] Children watched the old dredger leave in 2019.")


def test_hyperlinks_are_written_only_on_request():
    assert "\x1b]8;" not in in_colour(rendering.render_answer(ANSWER, links=False))
    linked = in_colour(rendering.render_answer(ANSWER, links=True))
    assert ";file:///news/harbour-dredger.txt\x1b\\" in linked
    assert ";https://post.example/steel#prices:~:text=Steel%20plate" in linked


def test_rich_markup_and_emoji_codes_are_not_read():
    for output in (shown(renderable, 200) for renderable in all_rich(*hostile_records("[bold]x[/bold] :smile: [/]"))):
        assert "[bold]x[/bold] :smile: [/]" in output


def test_output_without_a_terminal_has_no_sequences():
    for renderable in all_rich(*RECORDS):
        assert "\x1b" not in shown(renderable)


def test_without_colour_the_quote_is_still_told_from_the_rest():
    output = shown(rendering.render_answer(ANSWER, links=True), force_terminal=True, no_color=True, color_system=None)
    assert "▌ The line carried 212,000 people, a record." in output
    assert "│ Complaints fell by a third." in output


@pytest.mark.parametrize("url", ["javascript:alert(1)", HOSTILE, f"https://x.example/{HOSTILE}", None])
def test_hostile_text_reaches_no_terminal(url):
    records = hostile_records(HOSTILE, url)
    for output in (*all_plain(*records), *(in_colour(renderable) for renderable in all_rich(*records))):
        rest = OWN_SEQUENCES.sub("", output)
        assert not UNSAFE.search(rest.replace("\n", ""))
        for target in re.findall("\x1b]8;[^;]*;([^\x1b]*)\x1b\\\\", output):
            assert target == "" or target.startswith(("https://x.example/", "file:///"))


@unhurried
@given(ANY_TEXT, ANY_TEXT)
def test_no_output_has_a_control_character_but_line_ends(text, url):
    records = hostile_records(text, url)
    for output in (*all_plain(*records), *(shown(renderable, 60) for renderable in all_rich(*records))):
        assert not UNSAFE.search(output.replace("\n", ""))
        output.encode("utf-8")


@unhurried
@given(ANY_TEXT)
def test_a_terminal_gets_no_sequence_but_those_of_rich(text):
    for renderable in all_rich(*hostile_records(text, f"https://x.example/{text}")):
        assert not UNSAFE.search(OWN_SEQUENCES.sub("", in_colour(renderable, 60)).replace("\n", ""))


@unhurried
@given(st.text(max_size=60))
def test_a_statement_is_shown_as_it_is(text):
    answer = hostile_records(text)[0]
    assert safe(text).strip() in rendering.plain_answer(answer)


def test_the_whole_paragraph_is_viewed():
    assert HARBOUR.paragraphs[3].text in rendering.plain_view(VIEW)
