"""The page of a briefing is whole, harmless, runs only its own script, and can be walked by its links without it."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from briefing_records import BRIEFING, HOSTILE, NOTHING_FOUND, UNDATED, WRITTEN, coverage_of, hostile_briefing
from hypothesis import given, settings
from hypothesis import strategies as st
from rendering_records import FERRY, HARBOUR, make_article, make_passage
from test_render_html import MARKUP, Page

from rag.briefing_schema import HEADINGS, NOTHING, SECTIONS, Briefing, Facet
from rag.page_statements import WHOLE
from rag.quoting import cited
from rag.render_briefing_html import briefing_html
from rag.sanitising import UNSAFE, safe
from rag.schema import Citation, Metadata, Sentence, Statement

GOLDEN = Path(__file__).parent / "golden" / "briefing.html"
unhurried = settings(deadline=None, max_examples=40)

OWN_TAGS = {
    *("html", "head", "meta", "title", "style", "script", "body", "div", "header", "nav", "main", "section", "article"),
    *("h1", "h2", "h3", "p", "span", "a", "ul", "ol", "li", "time", "button", "details", "summary"),
    *("blockquote", "mark", "del", "strong", "svg", "desc", "rect", "circle", "line", "text"),
}
OWN_ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "id", "class", "dir", "href", "rel", "type", "datetime"),
    *("role", "tabindex", "hidden", "open", "data-quote", "data-quotes"),
    *("aria-label", "aria-labelledby"),
    *("viewbox", "width", "height", "font-family", "font-size", "fill", "stroke", "text-anchor", "pointer-events"),
    *("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx"),
}
ALL = {"briefing": BRIEFING, "written": WRITTEN, "undated": UNDATED, "nothing": NOTHING_FOUND, "hostile": HOSTILE}
FOUND = {name: briefing for name, briefing in ALL.items() if briefing.found}


class BriefingPage(Page):
    """A page, without the words of its script."""

    def handle_data(self, data):
        if self.open[-1:] != ["script"]:
            super().handle_data(data)


def check(document):
    page = BriefingPage(document)
    assert page.open == []
    assert set(page.tags) <= OWN_TAGS
    assert {name for _, name, _ in page.attributes} <= OWN_ATTRIBUTES
    assert all(value.startswith(("#", "https://", "http://")) for value in page.values("href"))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert all(value[1:] in ids for value in page.values("href") if value.startswith("#"))
    assert all(name in ids for value in page.values("aria-labelledby") for name in value.split())
    return page


def hashed(content):
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


def words_of(citation, sentence):
    paragraph = citation.passage.paragraph
    return paragraph.text[sentence.start - paragraph.start : sentence.end - paragraph.start]


def one_line(article, statement, citation, mode="model"):
    """A briefing of one key point."""
    coverage = coverage_of((article,), (statement,), (citation,), 1)
    return Briefing("x", "x", mode, points=(Facet("", (statement,)),), citations=(citation,), coverage=coverage)


def quotes_by_place(document, number):
    """What stands marked in the list of sources, by its place among the quotes of its source."""
    source = document.partition(f'<article class="source" id="source-{number}">')[2].partition("</article>")[0]
    return {place: text for places, text in re.findall(r'<mark data-quote="([\d ]+)">([^<]*)</mark>', source)
            for place in places.split()}  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_the_page_is_well_formed_and_runs_only_its_own_script(name):
    document = briefing_html(ALL[name])
    check(document)
    styles = re.findall("<style>(.*?)</style>", document, re.DOTALL)
    scripts = re.findall("<script>(.*?)</script>", document, re.DOTALL)
    assert len(styles) == 1
    assert len(scripts) == bool(ALL[name].citations)
    script_source = f"script-src {hashed(scripts[0])}; " if scripts else ""
    policy = f"default-src 'none'; {script_source}style-src {hashed(styles[0])}; base-uri 'none'; form-action 'none'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in document
    assert not any(word in styles[0] for word in ("@import", "url("))
    assert document == briefing_html(ALL[name])


@pytest.mark.parametrize("name", FOUND)
def test_marks_are_those_of_the_statements_in_order_and_no_other_number_is_shown(name):
    briefing = FOUND[name]
    page = check(briefing_html(briefing))
    expected = [
        f"#source-{citation.number}" for statement in briefing.statements for citation in cited(briefing, statement)
    ]
    assert [value for value in page.values("href") if value.startswith("#source-")] == expected
    known = {citation.number for citation in briefing.citations}
    assert not re.search(r"\[9[89]\]", page.text)
    assert {int(number) for number in re.findall(r"\[(\d+)\]", page.text) if name != "hostile"} <= known


@pytest.mark.parametrize("name", FOUND)
def test_a_mark_names_the_very_sentences_its_statement_rests_on(name):
    briefing, document = FOUND[name], briefing_html(FOUND[name])
    marks = iter(re.findall(r'<a class="number" href="#source-(\d+)" data-quotes="([\d ]+)"', document))
    for statement in briefing.statements:
        for citation in cited(briefing, statement):
            number, places = next(marks)
            resting = [sentence for of, sentence in statement.quotes if of == citation.number]
            shown = quotes_by_place(document, citation.number)
            assert int(number) == citation.number
            wanted = sorted(resting, key=lambda sentence: sentence.start)
            if name != "hostile":
                assert [shown[place] for place in places.split()] == [words_of(citation, each) for each in wanted]
    assert next(marks, None) is None


def test_a_statement_that_does_not_say_what_it_rests_on_leaves_the_whole_quote_marked():
    bare = Statement("Ferries sail.", (1,), "supported")
    citation = Citation(1, make_passage(FERRY, 1), FERRY.paragraphs[0].sentences[:2])
    document = briefing_html(one_line(FERRY, bare, citation))
    check(document)
    assert '<a class="number" href="#source-1" aria-label="Source 1: Annual report of the island ferries">' in document
    assert list(quotes_by_place(document, 1).values()) == [
        "Passenger numbers rose.",
        "The line carried 212,000 people, a record.",
    ]


def test_sources_are_whole_with_every_quote_marked_and_lead_back():
    document = briefing_html(BRIEFING)
    page = check(document)
    quoted = [
        words_of(citation, sentence)
        for citation in BRIEFING.citations
        for sentence in sorted(citation.quotes, key=lambda sentence: sentence.start)
    ]
    assert page.marked == quoted
    for citation in BRIEFING.citations:
        assert safe(citation.passage.paragraph.text) in page.text
    assert "\nCited in: Key points, Timeline, Where sources differ\n" in page.text
    assert 'href="https://courier.example/news/council-vote#:~:text=The%20dredger%20will' in document


@unhurried
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 300)), min_size=1, max_size=6))
def test_a_paragraph_stays_the_same_whatever_is_quoted_of_it(spans):
    """Also where quoted sentences overlap, which a damaged record might hold."""
    paragraph = HARBOUR.paragraphs[3]
    ends = [(min(start, len(paragraph.text) - 1), start + length) for start, length in spans]
    quotes = tuple(
        Sentence(paragraph.start + start, paragraph.start + min(end, len(paragraph.text))) for start, end in ends
    )
    statement = Statement("It is so.", (1,), "supported", quotes=tuple((1, quote) for quote in quotes))
    citation = Citation(1, make_passage(HARBOUR, 4), quotes)
    document = briefing_html(one_line(HARBOUR, statement, citation))
    page = check(document)
    assert f"\n{paragraph.text}\n" in page.text
    covered = {place for quote in quotes for place in range(quote.start - paragraph.start, quote.end - paragraph.start)}
    assert sum(map(len, page.marked)) == len(covered)
    assert len(quotes_by_place(document, 1)) == len(set(quotes))


def test_a_paragraph_out_of_all_proportion_is_cut_but_not_its_quote():
    article = make_article("long", Metadata("Long"), "/long.txt", [f"Sentence {n} says little." for n in range(900)])
    sentence = article.paragraphs[0].sentences[450]
    statement = Statement("Sentence 450 says little.", (1,), "supported", quotes=((1, sentence),))
    citation = Citation(1, make_passage(article, 1), (sentence,))
    page = check(briefing_html(one_line(article, statement, citation, "extractive")))
    assert page.marked == ["Sentence 450 says little."]
    assert "[…]" in page.text
    assert len(page.text) < WHOLE + 1_000


def headings(document):
    return re.findall(r'<h2 id="(\w[\w-]*)">([^<]*)</h2>', document)


def test_sections_stand_in_their_order_and_only_those_asked_for():
    assert headings(briefing_html(BRIEFING)) == [*((name, HEADINGS[name]) for name in SECTIONS), ("sources", "Sources")]
    some = replace(BRIEFING, sections=("timeline", "points"), voices=(), differences=(), open=(), missing=())
    assert [name for name, _ in headings(briefing_html(some))] == ["timeline", "points", "sources"]
    assert 'href="#voices"' not in briefing_html(some)


def test_an_empty_section_says_what_was_looked_for():
    text = check(briefing_html(replace(UNDATED, differences=()))).text
    assert "\nNo difference was found. The articles may still differ in ways that were not noticed.\n" in text


def test_what_stands_in_a_source_is_quoted_and_attributed_and_a_paraphrase_is_not():
    text = check(briefing_html(BRIEFING)).text
    by = "—\xa0The Kestrel Courier, 10 December 2025, and 1 more [1][2][3]"
    assert f"\n“The dredger will not arrive before the middle of March.” {by}\n" in text
    written = check(briefing_html(WRITTEN)).text
    assert "\nLarge ships stay away until at least mid-March, because the dredger is late. [1]\n" in written
    assert "“Fishing boats are not affected.”" in written


def test_doubt_is_shown_beside_the_statement():
    text = check(briefing_html(WRITTEN)).text
    assert (
        "\nEveryone in Kestrel expects the work to cost 8.5 million crowns. [2][3]\n"
        "Only partly supported: “Everyone” cannot be found in [2] and [3]\n" in text
    )
    assert "supported" not in check(briefing_html(BRIEFING)).text.lower()


def test_what_was_left_out_is_struck_through_in_a_section_of_its_own_and_says_so():
    before, _, after = briefing_html(WRITTEN).partition('<section aria-labelledby="left-out">')
    for statement in WRITTEN.left_out:
        assert statement.text not in before
        assert f"<strong>Left out:</strong> <del>{statement.text}</del>" in after
    assert "<del>" not in briefing_html(BRIEFING)


def test_differences_show_both_sides_and_mark_only_what_is_newer():
    document = briefing_html(BRIEFING)
    text = check(document).text
    assert "\nFigure: million crowns for the work\n" in text
    assert "\n4.2 million\nThe Kestrel Courier, 27 October 2025\n" in text
    assert "\n8.5 million\nNorhaven Post, 15 January 2026, and 1 more newer\n" in text
    newer = sum(side.newer for difference in BRIEFING.differences for side in difference.sides)
    assert document.count('<span class="newer">') == newer == 3


def test_the_timeline_is_listed_and_drawn_and_says_how_the_article_puts_the_date():
    document = briefing_html(BRIEFING)
    assert (
        '<time datetime="2025-12-09">9 December 2025</time> <span class="expression" dir="auto">“on Tuesday”'
        in document
    )
    assert document.count('href="#event-4"') == 2
    assert '<svg class="timeline-' not in briefing_html(UNDATED)


def test_coverage_names_every_article_and_what_no_article_covers():
    text = check(briefing_html(BRIEFING)).text
    assert "\nSteel dearer than everNorhaven Post · September 2025 · not cited\n" in text
    assert "\nNo article covers: compensation for the ferries\n" in text
    assert "214 articles searched" in text


def test_where_nothing_was_found_the_page_says_so_and_shows_what_came_closest():
    document = briefing_html(NOTHING_FOUND)
    page = check(document)
    assert f"\n{NOTHING}\n" in page.text
    assert "7 articles searched" in page.text
    assert "score 0.38" in page.text
    assert "<script" not in document


def test_articles_without_a_line_from_them_are_still_covered():
    bare = Briefing("x", "x", "extractive", sections=("voices", "coverage"), coverage=BRIEFING.coverage)
    document = briefing_html(bare)
    assert "No statement of a named speaker was found." in check(document).text
    assert "sources" not in dict(headings(document))


def test_hostile_text_is_not_live():
    page = check(briefing_html(HOSTILE))
    assert "<script>alert(1)</script>" in page.text
    assert all("evil" not in value and "javascript" not in value for value in page.values("href")
               if not value.startswith("https://x.example/"))  # fmt: skip


@unhurried
@given(st.text(st.characters(exclude_categories=())) | MARKUP.map("".join))
def test_any_text_is_shown_as_it_is(text):
    document = briefing_html(hostile_briefing(text, f"https://x.example/{text}", text))
    assert safe(text) in check(document).text
    assert not UNSAFE.search(document.replace("\n", ""))


def test_the_page_is_as_it_was_read():
    """RAG_WRITE_GOLDEN=1 writes it anew, to be looked at in a browser."""
    document = briefing_html(BRIEFING)
    if os.environ.get("RAG_WRITE_GOLDEN") == "1":
        GOLDEN.write_text(document, encoding="utf-8", newline="\n")
    assert document == GOLDEN.read_text(encoding="utf-8")
