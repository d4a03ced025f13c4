"""A briefing in Word: read back by python-docx, links that hold, nothing of who wrote it, the same bytes every time."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace

import docx
import pytest
from briefing_records import BRIEFING, HOSTILE, NOTHING_FOUND, UNDATED, WRITTEN, hostile_briefing
from docx.enum.text import WD_COLOR_INDEX
from docx.oxml.ns import qn
from docx.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from rendering_records import HOSTILE as HOSTILE_TEXT

from rag.briefing_schema import HEADINGS, NOTHING, Facet
from rag.excerpts import quoted_runs
from rag.links import citation_link
from rag.render_docx import briefing_docx
from rag.sanitising import safe
from rag.schema import Statement
from rag.word_parts import LONGEST_ADDRESS, xml_text

unhurried = settings(deadline=None, max_examples=15)
ALL = [BRIEFING, WRITTEN, UNDATED, NOTHING_FOUND, HOSTILE]


def read(briefing):
    return docx.Document(io.BytesIO(briefing_docx(briefing)))


def headings(document, level):
    return [each.text for each in document.paragraphs if each.style.name == f"Heading {level}"]


def paragraphs(document):
    """Those of the text and of its tables, in order."""
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            yield from (each for row in block.rows for cell in row.cells for each in cell.paragraphs)
        else:
            yield block


def inner_links(document):
    """Text and target of every link inside the document."""
    return [(link.text, link.fragment) for each in paragraphs(document) for link in each.hyperlinks if not link.address]


def bookmarks(document):
    return [each.get(qn("w:name")) for each in document.element.body.iter(qn("w:bookmarkStart"))]


def test_sections_are_headings_in_order():
    assert headings(read(BRIEFING), 1) == [*HEADINGS.values(), "Sources"]
    asked = [HEADINGS[name] for name in WRITTEN.sections]
    assert headings(read(WRITTEN), 1) == [*asked, "Sources", "Left out of the briefing"]
    assert read(BRIEFING).paragraphs[0].style.name == "Title"
    assert "The delay" in headings(read(BRIEFING), 2)


@pytest.mark.parametrize("briefing", ALL)
def test_every_link_inside_leads_somewhere_and_every_name_is_given_once(briefing):
    document = read(briefing)
    names = bookmarks(document)
    assert len(names) == len(set(names))
    assert {target for _, target in inner_links(document)} <= set(names)
    numbers = [each.get(qn("w:id")) for each in document.element.body.iter(qn("w:bookmarkStart"))]
    assert sorted(numbers) == sorted(each.get(qn("w:id")) for each in document.element.body.iter(qn("w:bookmarkEnd")))


def test_marks_lead_to_their_sources_and_back():
    document = read(BRIEFING)
    links = inner_links(document)
    marks = [(text, target) for text, target in links if text.startswith("[")]
    assert marks == [(f"[{n}]", f"source_{n}") for statement in BRIEFING.statements for n in statement.citations]
    back = [target for text, target in links if text.startswith("↑")]
    assert sorted(back) == sorted(name for name in bookmarks(document) if name.startswith("mention_"))
    assert len(back) == len(marks)
    titles = [f"[{c.number}] {c.passage.metadata.title}" for c in BRIEFING.citations]
    assert headings(document, 2)[-len(titles) :] == titles


def test_quotes_are_highlighted_and_nothing_else_is():
    document = read(BRIEFING)
    shown = [
        run.text
        for paragraph in paragraphs(document)
        for run in paragraph.runs
        if run.font.highlight_color == WD_COLOR_INDEX.YELLOW
    ]
    assert shown == [
        citation.passage.paragraph.text[start:end]
        for citation in BRIEFING.citations
        for start, end in quoted_runs(citation.passage.paragraph, citation.quotes)
    ]


def test_sources_lead_to_the_words_on_the_web():
    addresses = [link.url for each in read(BRIEFING).paragraphs for link in each.hyperlinks if link.address]
    assert addresses == [link for citation in BRIEFING.citations if (link := citation_link(citation))]
    assert all("#:~:text=" in address for address in addresses)


def test_links_are_not_longer_than_word_takes():
    page = f"https://x.example/{'a' * (LONGEST_ADDRESS - 30)}"
    addresses = [link.url for each in read(hostile_briefing("word " * 300, page, "b")).paragraphs
                 for link in each.hyperlinks if link.address]  # fmt: skip
    assert addresses
    assert set(addresses) == {page}
    too_long = hostile_briefing("w", page + "a" * 200, "b")
    assert not [link for each in read(too_long).paragraphs for link in each.hyperlinks if link.address]


def test_the_timeline_and_the_differences_are_tables():
    timeline, *differences = read(BRIEFING).tables
    assert [cell.text for cell in timeline.rows[0].cells] == ["Date", "What happened"]
    assert [row.cells[0].text for row in timeline.rows[1:3]] == ["2024", "June 2025 “in June”"]
    assert len(differences) == len(BRIEFING.differences)
    assert [cell.text for cell in differences[0].rows[2].cells] == [
        "the end of April",
        "Norhaven Post, 15 January 2026 · newer",
        "“The yard in Norhaven now expects to hand over the dredger at the end of April.” [7]",
    ]
    for table in (timeline, *differences):
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None  # shown anew on every page


def test_a_doubt_is_told_and_what_was_left_out_is_struck_through():
    document = read(WRITTEN)
    assert any("(Only partly supported: “Everyone” cannot be found" in each.text for each in document.paragraphs)
    struck = [run.text for each in document.paragraphs for run in each.runs if run.font.strike]
    assert struck == [statement.text for statement in WRITTEN.left_out]


def test_nothing_found_shows_what_came_closest():
    document = read(NOTHING_FOUND)
    assert document.paragraphs[1].text == NOTHING
    assert headings(document, 1) == ["Closest passages"]
    assert len(headings(document, 2)) == 3


def test_the_file_names_its_title_and_no_author_or_time():
    properties = read(BRIEFING).core_properties
    assert properties.title == BRIEFING.title
    assert (properties.author, properties.comments, properties.last_modified_by) == ("", "", "")
    assert (properties.created, properties.modified) == (None, None)


@pytest.mark.parametrize("briefing", ALL)
def test_the_same_briefing_is_the_same_file(briefing):
    data = briefing_docx(briefing)
    assert briefing_docx(replace(briefing)) == data
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert {part.date_time for part in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert file.testzip() is None


@unhurried
@given(st.lists(st.integers(0, 120), max_size=5).map(tuple))
def test_every_mark_has_its_source(numbers):
    statement = Statement("Words of no source.", numbers, "supported")
    document = read(replace(BRIEFING, points=(Facet("", (statement,)),)))
    (line,) = (each.text for each in document.paragraphs if each.text.startswith("Words of no source."))
    known = {citation.number for citation in BRIEFING.citations}
    assert re.findall(r"\d+", line) == [str(number) for number in dict.fromkeys(numbers) if number in known]
    assert {target for _, target in inner_links(document)} <= set(bookmarks(document))


@unhurried
@given(st.text(st.characters(exclude_categories=()), max_size=30) | st.sampled_from([HOSTILE_TEXT, "\ufffe\uffff\x0b"]))
def test_any_text_can_be_written_and_read_back(text):
    document = read(hostile_briefing(text, url=f"https://x.example/{text}", word="word"))
    shown = xml_text(safe(text)).strip()
    assert shown in document.paragraphs[0].text
    for paragraph in paragraphs(document):
        assert all(link.address.startswith("https://x.example/") for link in paragraph.hyperlinks if link.address)
