"""A briefing in Markdown: a parser finds our own layout in it and nothing else, and every mark leads to its source."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from briefing_records import BRIEFING, HOSTILE, LONG_WORD, NOTHING_FOUND, UNDATED, WRITTEN, hostile_briefing
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rendering_records import HOSTILE as HOSTILE_TEXT
from test_rendering_golden import compare

from rag.briefing_schema import HEADINGS, NOTHING, SECTIONS
from rag.briefing_wording import EMPTY
from rag.render_briefing_markdown import briefing_markdown
from rag.sanitising import UNSAFE

unhurried = settings(deadline=None, max_examples=40)
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def tokens(document):
    for token in PARSER.parse(document):
        yield token
        yield from token.children or []


def headings(document, level):
    parsed = PARSER.parse(document)
    return [after.content for token, after in pairwise(parsed)
            if token.type == "heading_open" and token.tag == f"h{level}"]  # fmt: skip


def slugs(document):
    """Addresses of the headings, as GitHub, GitLab, pandoc and VS Code make them."""
    return {heading.lower().replace(" ", "-") for level in (1, 2, 3) for heading in headings(document, level)}


def marks(document):
    return [token.attrs["href"] for token in tokens(document) if token.type == "link_open" and
            token.attrs["href"].startswith("#")]  # fmt: skip


def test_the_document_is_as_it_was_read():
    compare("briefing.md", briefing_markdown(BRIEFING))


@pytest.mark.parametrize("briefing", [BRIEFING, WRITTEN, UNDATED])
def test_the_document_has_its_title_the_sections_asked_for_and_the_sources(briefing):
    document = briefing_markdown(briefing)
    assert headings(document, 1) == [briefing.title]
    left_out = ["Left out of the briefing"] if briefing.left_out else []
    assert headings(document, 2) == [*(HEADINGS[name] for name in briefing.sections), "Sources", *left_out]


@pytest.mark.parametrize("briefing", [BRIEFING, WRITTEN, UNDATED, HOSTILE])
def test_every_mark_leads_to_its_source(briefing):
    document = briefing_markdown(briefing)
    assert marks(document)
    assert {mark.removeprefix("#") for mark in marks(document)} <= slugs(document)
    known = {citation.number for citation in briefing.citations}
    shown = [int(number) for number in re.findall(r"\[\\\[(\d+)\\\]\]\(#source-\d+\)", document)]
    expected = [n for statement in briefing.statements for n in dict.fromkeys(statement.citations) if n in known]
    assert shown == expected
    assert all(a == b for a, b in re.findall(r"\[\\\[(\d+)\\\]\]\(#source-(\d+)\)", document))


def test_a_made_up_number_is_never_shown():
    assert not re.search(r"\\\[9[89]\\\]", briefing_markdown(HOSTILE))


def test_quotes_are_bold_and_whole():
    read = PARSER.render(briefing_markdown(BRIEFING))
    bold = " ".join(re.findall("<strong>(.*?)</strong>", read))
    for citation in BRIEFING.citations:
        for quote in citation.quotes:
            start = citation.passage.paragraph.start
            assert citation.passage.paragraph.text[quote.start - start : quote.end - start] in bold


def test_a_difference_is_a_list_of_sides():
    document = briefing_markdown(BRIEFING)
    assert (
        "### Date: arrival of the dredger\n\n"
        "- **the middle of March** — The Kestrel Courier, 10 December 2025, and 2 more\n\n"
        "  “The dredger will not arrive before the middle of March.” "
        "[\\[1\\]](#source-1)[\\[2\\]](#source-2)[\\[3\\]](#source-3)\n\n"
        "- **the end of April** — Norhaven Post, 15 January 2026 · newer\n\n"
    ) in document


def test_empty_sections_say_what_that_means():
    bare = replace(BRIEFING, points=(), timeline=(), voices=(), differences=(), open=(), missing=())
    document = briefing_markdown(bare)
    for name in SECTIONS[:-1]:
        assert f"## {HEADINGS[name]}\n\n{EMPTY[name]}\n" in document


def test_nothing_found_lists_what_came_closest():
    document = briefing_markdown(NOTHING_FOUND)
    assert document.startswith(f"# The regatta of 1931\n\n**{NOTHING}**\n\n7 articles searched\n\n")
    assert document.count("score ") == 3
    assert headings(document, 2) == ["Closest passages"]


def test_what_was_left_out_is_struck_through_below_all_else():
    before, _, after = PARSER.render(briefing_markdown(WRITTEN)).partition("<h2>Left out of the briefing</h2>")
    for statement in WRITTEN.left_out:
        assert statement.text not in before
        assert f"<p>Left out: <s>{statement.text}</s> <em>(Why: " in after


@pytest.mark.parametrize("url", ["javascript:alert(1)", HOSTILE_TEXT, f"https://x.example/{HOSTILE_TEXT}", None])
def test_hostile_text_is_not_live(url):
    document = briefing_markdown(hostile_briefing(HOSTILE_TEXT, url, LONG_WORD))
    kinds = {token.type for token in tokens(document)}
    assert not kinds & {"image", "html_block", "fence", "code_block", "table_open", "hr", "ordered_list_open"}
    assert {token.content for token in tokens(document) if token.type == "html_inline"} <= {"<!-- -->"}
    for token in tokens(document):
        if token.type == "link_open":
            assert token.attrs["href"].startswith(("https://x.example/", "#source-"))
    outside = re.sub(r"`[^\n]*`|\(<[^\n]*>\)", "", document)
    assert not re.search(r"https?:|www\.|mailto:|\w@\w|<(?!!-- -->)", outside)


@unhurried
@given(st.text(st.characters(exclude_categories=()), max_size=20) | st.text("\\`*_{}[]()<>#+-.!|~&:@$^=% \n1a"))
def test_any_text_leaves_the_layout_as_it_is(text):
    """The same headings, marks and lists, whatever stands in them; nothing that hides or steers."""
    document = briefing_markdown(hostile_briefing(text, word="word"))
    assert not UNSAFE.search(document.replace("\n", ""))
    assert headings(document, 2) == [*HEADINGS.values(), "Sources", "Left out of the briefing"]
    kinds = {token.type for token in tokens(document)}
    assert not kinds & {"image", "html_block", "fence", "code_block", "table_open", "hr", "ordered_list_open"}
    assert {mark.removeprefix("#") for mark in marks(document)} <= slugs(document)
    assert "word" in html.unescape(PARSER.render(document))
