"""The PDF of a briefing, read back: its words, its links, its bookmarks; the same bytes every time."""

from __future__ import annotations

import logging
import sys
from io import BytesIO

import pytest
from briefing_records import BRIEFING, HOSTILE, NOTHING_FOUND, WRITTEN
from pypdf import PdfReader

from rag.briefing_schema import HEADINGS, NOTHING, SECTIONS
from rag.errors import ConfigError
from rag.quoting import cited
from rag.render_pdf import briefing_pdf

pytest.importorskip("weasyprint", reason='needs WeasyPrint: pip install "rag-articles[pdf]"')


@pytest.fixture(scope="module")
def written():
    return briefing_pdf(BRIEFING)


@pytest.fixture(scope="module")
def reader(written):
    return PdfReader(BytesIO(written))


def text_of(reader):
    return " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


def links(reader):
    """Addresses outside, and names of places inside."""
    found = [note.get_object() for page in reader.pages for note in page.get("/Annots", [])]
    outside = [note["/A"]["/URI"] for note in found if "/A" in note and "/URI" in note["/A"]]
    inside = [note["/Dest"] for note in found if "/Dest" in note]
    return outside, inside


def test_every_statement_and_every_quoted_paragraph_is_in_it(reader):
    text = text_of(reader)
    for statement in BRIEFING.statements:
        assert " ".join(statement.text.split()[:6]) in text
    for citation in BRIEFING.citations:
        assert f"[{citation.number}] " in text
    assert "No article covers: compensation for the ferries" in text
    assert f"1 / {len(reader.pages)}" in text


def test_marks_lead_to_sources_and_sources_to_the_articles_and_back(reader):
    outside, inside = links(reader)
    marks = [f"source-{c.number}" for statement in BRIEFING.statements for c in cited(BRIEFING, statement)]
    assert [name for name in inside if name.startswith("source-")] == marks
    assert {name for name in inside if name.startswith("statement-")}
    assert set(inside) <= set(reader.named_destinations)
    assert any(url.startswith("https://courier.example/news/council-vote#:~:text=") for url in outside)


def test_it_has_a_title_and_bookmarks(reader):
    assert reader.metadata.title == BRIEFING.title
    top = reader.outline
    assert top[0].title == BRIEFING.title
    sections = [entry.title for entry in top[1] if not isinstance(entry, list)]
    assert sections == [*(HEADINGS[name] for name in SECTIONS), "Sources"]


def test_the_same_briefing_is_the_same_bytes(written):
    assert briefing_pdf(BRIEFING) == written


def test_doubt_and_what_was_left_out_are_in_it():
    text = text_of(PdfReader(BytesIO(briefing_pdf(WRITTEN))))
    assert "Only partly supported: “Everyone” cannot be found in [2] and [3]" in text
    assert "Left out: The dredger cost 50 million crowns." in text


def test_where_nothing_was_found_it_says_so():
    assert NOTHING in text_of(PdfReader(BytesIO(briefing_pdf(NOTHING_FOUND))))


def test_hostile_text_is_text_and_nothing_is_logged(caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        reader = PdfReader(BytesIO(briefing_pdf(HOSTILE)))
    assert not [record for record in caplog.records if not record.name.startswith("pypdf")]
    assert capfd.readouterr() == ("", "")
    outside, _ = links(reader)
    assert all(url.startswith("https://x.example/") for url in outside)
    assert "<script>alert(1)</script>" in text_of(reader)
    catalogue = reader.trailer["/Root"]
    assert "/OpenAction" not in catalogue
    assert "/AA" not in catalogue


@pytest.mark.parametrize("missing", ["weasyprint", "weasyprint.css"])
def test_without_weasyprint_one_line_says_how_to_get_it(monkeypatch, missing):
    for name in [name for name in sys.modules if name.startswith("weasyprint")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ConfigError, match=r'pip install "rag-articles\[pdf\]"'):
        briefing_pdf(BRIEFING)
