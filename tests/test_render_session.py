"""A conversation as a document: every mark leads to its source, every quote is whole, and hostile text stays text."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import docx
import pytest
from axe_playwright_python.sync_playwright import Axe
from briefing_records import BRIEFING, NOTHING_FOUND, hostile_briefing
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from playwright.sync_api import sync_playwright
from rendering_records import ABSTENTION_ANSWER, FERRY, HARBOUR, hostile_records, make_citation
from rendering_records import HOSTILE as HOSTILE_TEXT
from session_records import OFFER, SESSION, WITH_BRIEFING
from test_render_html import MARKUP, Page

from rag.briefing_schema import NOTHING
from rag.chat_schema import Session, SessionSummary, Turn
from rag.quoting import cited
from rag.render_briefing_html import briefing_html
from rag.render_briefing_json import briefing_record
from rag.render_briefing_markdown import briefing_markdown
from rag.render_docx import briefing_docx
from rag.render_html import POLICY, answer_html
from rag.render_json import answer_record
from rag.render_markdown import answer_markdown
from rag.render_session_html import session_html
from rag.render_session_json import session_json, sessions_json
from rag.render_session_markdown import session_markdown
from rag.rendering import plain_answer, plain_briefing
from rag.sanitising import UNSAFE, safe
from rag.schema import ABSTENTION, Filters
from rag.session_sources import SourceList
from rag.wording import people_moment, restrictions

GOLDEN = Path(__file__).parent / "golden"
CHROMIUM = shutil.which("chromium")
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
unhurried = settings(deadline=None, max_examples=30)


def hostile_session(text, url="javascript:alert(1)"):
    answer, abstention, *_ = hostile_records(text, url)
    filters = Filters(text, text, (text, text), (text,), (text,))
    return Session(
        *(text, text, text),
        (
            Turn(text, f"{text} alone", text, answer, filters=filters),
            Turn(text, text, text, abstention),
            Turn(text, text, text, briefing=hostile_briefing(text)),
            Turn(text, text, text),
        ),
        summary=text,
    )


NOTHING_SAID = replace(
    SESSION, turns=(Turn("a", "a", "", ABSTENTION_ANSWER), Turn("b", "b", "", briefing=NOTHING_FOUND))
)
ALL = {"session": SESSION, "briefing": WITH_BRIEFING, "nothing": NOTHING_SAID, "hostile": hostile_session(HOSTILE_TEXT)}


def marks_of(session):
    """Every mark in order: the number of its turn, from 1, and its own."""
    for position, turn in enumerate(session.turns, start=1):
        said = turn.answer or turn.briefing
        for statement in said.statements if said else ():
            yield from ((position, citation.number) for citation in cited(said, statement))


def words_of(citation, sentence):
    paragraph = citation.passage.paragraph
    return paragraph.text[sentence.start - paragraph.start : sentence.end - paragraph.start]


def tokens(document):
    for token in PARSER.parse(document):
        yield token
        yield from token.children or []


def headings(document):
    """The addresses that Markdown programs give to headings."""
    pairs = pairwise(PARSER.parse(document))
    names = [name.content for opened, name in pairs if opened.type == "heading_open"]
    return [re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-") for name in names]


# --- one list of sources -----------------------------------------------------------------------------------------


def test_a_paragraph_that_several_turns_cite_is_one_source_with_all_that_was_quoted():
    sources = SourceList(SESSION).sources
    assert [source.name for source in sources] == [f"Source {number}" for number in range(1, 8)]
    assert [source.turns for source in sources] == [(1, 4), (1, 2, 4, 5), (1,), (1, 2), (5,), (5,), (5,)]
    second = sources[1].citation
    assert [HARBOUR.paragraphs[3].sentences.index(quote) for quote in second.quotes] == [0, 2, 3, 4, 5, 7]


@pytest.mark.parametrize("name", ALL)
def test_every_quote_of_every_turn_stands_in_the_source_that_its_number_means_there(name):
    sources = SourceList(ALL[name])
    for position, turn in enumerate(ALL[name].turns, start=1):
        for citation in turn.citations:
            held = sources.of(position, citation.number).citation
            assert held.passage.paragraph.text == citation.passage.paragraph.text
            assert {words_of(citation, quote) for quote in citation.quotes} <= {
                words_of(held, quote) for quote in held.quotes
            }
    assert len({source.anchor for source in sources.sources}) == len(sources.sources)


def test_a_paragraph_that_has_moved_in_its_article_is_still_one_source():
    moved = replace(
        HARBOUR.paragraphs[3],
        start=HARBOUR.paragraphs[3].start + 100,
        end=HARBOUR.paragraphs[3].end + 100,
        sentences=tuple(replace(s, start=s.start + 100, end=s.end + 100) for s in HARBOUR.paragraphs[3].sentences),
    )
    later = make_citation(2, HARBOUR, 4, 1)
    later = replace(later, passage=replace(later.passage, paragraph=moved), quotes=(moved.sentences[1],))
    turns = (*SESSION.turns[1:2], Turn("q", "q", "", replace(OFFER, citations=(later,), statements=())))
    first, _ = SourceList(replace(SESSION, turns=turns)).sources
    assert [words_of(first.citation, quote) for quote in first.citation.quotes] == [
        HARBOUR.text[s.start : s.end] for s in (HARBOUR.paragraphs[3].sentences[i] for i in (1, 3, 4))
    ]


def test_a_paragraph_whose_words_have_changed_between_two_turns_is_two_sources():
    """A quote is only true of the text it was taken from."""
    changed = replace(HARBOUR.paragraphs[2], text=HARBOUR.paragraphs[2].text.replace("March", "April"))
    later = make_citation(1, HARBOUR, 3, 1)
    later = replace(later, passage=replace(later.passage, paragraph=changed))
    turns = (*SESSION.turns[:1], Turn("when?", "when?", "", replace(OFFER, citations=(later,), statements=())))
    session = replace(SESSION, turns=turns)
    names = [source.name for source in SourceList(session).sources]
    assert names == ["Source 1 in question 1", "Source 1 in question 2", "Source 2", "Source 3", "Source 4"]
    for document in (session_markdown(session), session_html(session)):
        assert "before the middle of March" in document
        assert "before the middle of April" in document


# --- Markdown ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["session", "briefing"])
def test_every_mark_of_the_markdown_leads_to_its_source(name):
    session, document = ALL[name], session_markdown(ALL[name])
    links = [token.attrs["href"] for token in tokens(document) if token.type == "link_open"]
    sources = SourceList(session)
    assert [link for link in links if link.startswith("#")] == [
        f"#{sources.of(position, number).anchor}" for position, number in marks_of(session)
    ]
    assert {link[1:] for link in links if link.startswith("#")} <= set(headings(document))


def test_the_markdown_says_what_was_typed_asked_and_when():
    document = session_markdown(SESSION)
    assert document.startswith("# why-can-large-ships-not-use\n\n*5 questions · begun 12 December 2025, 08:58 UTC*\n\n")
    assert "\n## 2. and why was that offer declined?\n\n*Asked of the articles as: Why was the offer" in document
    assert document.count("Asked of the articles as") == 2
    assert "*12 December 2025, 08:59 UTC*" in document
    assert "only articles from November 2024 on; publisher The Kestrel Courier or Norhaven Post; article" in document


def test_quotes_are_bold_and_whole():
    document = PARSER.render(session_markdown(SESSION))
    for turn in SESSION.turns:
        for citation in turn.citations:
            for quote in citation.quotes:
                assert any(
                    words_of(citation, quote) in text for text in re.findall("<strong>(.*?)</strong>", document, re.S)
                )


@pytest.mark.parametrize("render", [session_markdown, session_html])
def test_what_was_declined_says_so_with_what_came_closest(render):
    document = render(NOTHING_SAID)
    assert document.index(ABSTENTION) < document.index("Passenger numbers rose") < document.index(NOTHING)
    assert "Sources" not in document


@pytest.mark.parametrize("render", [session_markdown, session_html, session_json])
def test_what_a_model_noted_for_itself_is_not_exported(render):
    assert "summary" not in render(SESSION)


@pytest.mark.parametrize("render", [session_markdown, session_html])
def test_what_was_left_out_of_an_answer_is_not_in_the_document(render):
    assert "hotel chain" not in render(SESSION)
    assert "2 statements of the model were left out" in render(SESSION)


@pytest.mark.parametrize("url", ["javascript:alert(1)", HOSTILE_TEXT, f"https://x.example/{HOSTILE_TEXT}", None])
def test_hostile_text_is_not_live_in_markdown(url):
    document = session_markdown(hostile_session(HOSTILE_TEXT, url))
    kinds = {token.type for token in tokens(document)}
    assert not kinds & {"image", "html_block", "fence", "code_block", "table_open", "s_open", "hr"}
    assert {token.content for token in tokens(document) if token.type == "html_inline"} <= {"<!-- -->"}
    links = [token.attrs["href"] for token in tokens(document) if token.type == "link_open"]
    assert all(link.startswith(("https://x.example/", "#source-")) for link in links)
    assert not re.search(r"https?:|www\.|mailto:|\w@\w|<(?!!-- -->)", re.sub(r"`[^\n]*`|\(<[^\n]*>\)", "", document))


@unhurried
@given(st.text(st.characters(exclude_categories=())) | MARKUP.map("".join))
def test_no_text_is_lost_or_live(text):
    session = hostile_session(text, f"https://x.example/{text}")
    assert not UNSAFE.search(session_markdown(session).replace("\n", ""))
    document = session_html(session)
    assert safe(text) in check(document).text
    assert not UNSAFE.search(document.replace("\n", ""))
    assert json.loads(session_json(session))["turns"][1]["asked"] == text


# --- HTML --------------------------------------------------------------------------------------------------------

OWN_TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "section", "article", "div"),
    *("h1", "h2", "h3", "h4", "p", "span", "a", "ul", "li", "br", "blockquote", "mark", "strong"),
}
OWN_ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "id", "class", "dir"),
    *("href", "rel", "aria-label", "aria-labelledby"),
}


class SessionPage(Page):
    """A page in which `br` has no end."""

    def handle_starttag(self, tag, attrs):
        super().handle_starttag(tag, attrs)
        if tag == "br":
            self.open.pop()


def check(document):
    page = SessionPage(document)
    assert page.open == []
    assert set(page.tags) <= OWN_TAGS
    assert {name for _, name, _ in page.attributes} <= OWN_ATTRIBUTES
    assert all(value.startswith(("#", "https://", "http://")) for value in page.values("href"))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert all(value[1:] in ids for value in page.values("href") if value.startswith("#"))
    assert all(value in ids for value in page.values("aria-labelledby"))
    return page


@pytest.mark.parametrize("name", ALL)
def test_the_page_is_well_formed_and_its_marks_lead_to_their_sources(name):
    document = session_html(ALL[name])
    page = check(document)
    sources = SourceList(ALL[name])
    marks = [f"#{sources.of(position, number).anchor}" for position, number in marks_of(ALL[name])]
    assert [value for value in page.values("href") if value.startswith("#source-")] == marks
    assert f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">' in document
    assert "@import" not in document
    assert "url(" not in document.partition("</style>")[0]


@pytest.mark.parametrize("session", [SESSION, WITH_BRIEFING])
def test_the_page_marks_every_quote_and_leads_back_to_the_questions(session):
    page = check(session_html(session))
    for turn in session.turns:
        for citation in turn.citations:
            assert all(any(words_of(citation, quote) in text for text in page.marked) for quote in citation.quotes)
    backs = [value for value in page.values("href") if value.startswith("#question-")]
    assert len(backs) == sum(len(source.turns) for source in SourceList(session).sources)


@pytest.mark.parametrize("url", ["javascript:alert(1)", HOSTILE_TEXT, f"https://x.example/{HOSTILE_TEXT}", None])
def test_hostile_text_is_not_live_in_html(url):
    page = check(session_html(hostile_session(HOSTILE_TEXT, url)))
    assert "<script>alert(1)</script>" in page.text
    assert all("evil" not in v for v in page.values("href") if not v.startswith("https://x.example/"))


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
def test_the_page_in_a_browser():
    """Narrow and wide, by day and by night: nothing is asked for, nothing scrolls sideways, nothing is amiss."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, width, scheme in (
            ("session", 390, "light"), ("session", 1280, "dark"), ("briefing", 390, "dark"), ("hostile", 390, "light"),
        ):  # fmt: skip
            context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, offline=True)
            page, said = context.new_page(), []
            page.on("request", lambda request, said=said: said.append(request.url))
            page.on("console", lambda message, said=said: said.append(message.text))
            page.on("dialog", lambda dialog, said=said: said.append(dialog.message))
            page.set_content(session_html(ALL[name]))
            sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert page.evaluate(sideways) == 0, (name, width)
            assert [rule["id"] for rule in Axe().run(page).response["violations"]] == [], (name, scheme)
            page.locator("a.number").first.click()
            assert page.locator(".source:target").count() == 1
            assert said == []
            context.close()
        browser.close()


# --- JSON --------------------------------------------------------------------------------------------------------


def test_the_json_has_the_turns_as_ask_and_brief_print_them():
    record = json.loads(session_json(SESSION))
    assert list(record) == ["session", "created", "updated", "turns"]
    assert record["session"] == SESSION.name
    for turn, said in zip(SESSION.turns, record["turns"], strict=True):
        assert list(said)[:4] == ["asked", "at", "filters", "question"]
        assert (said["asked"], said["at"]) == (turn.asked, turn.at)
        whole = answer_record(turn.answer) if turn.answer else briefing_record(turn.briefing)
        assert {name: said[name] for name in whole} == json.loads(json.dumps(whole))
    assert record["turns"][2]["filters"] == {
        "since": "2024-11", "until": None, "publishers": ["The Kestrel Courier", "Norhaven Post"], "authors": [],
        "articles": ["steel-prices"],
    }  # fmt: skip


def test_the_list_as_json():
    summary = SessionSummary("a", "2025-12-12T08:58:03+00:00", "2025-12-13T17:20:59+00:00", 4, "Who\x1b[31m?")
    assert json.loads(sessions_json([summary])) == [
        {"session": "a", "created": summary.created, "updated": summary.updated, "turns": 4, "first": "Who\x1b[31m?"}
    ]
    assert "\x1b" not in sessions_json([summary])
    assert json.loads(sessions_json([])) == []


# --- what became of a source -------------------------------------------------------------------------------------

FATES = {"changed": "Changed since it was cited", "removed": "No longer in the store"}


@pytest.mark.parametrize("fate", FATES)
def test_what_became_of_a_source_is_told_beside_it_everywhere(fate):
    answer = replace(OFFER, citations=tuple(replace(c, since="") for c in OFFER.citations))
    marked = replace(answer, citations=(replace(answer.citations[0], since=fate), *answer.citations[1:]))
    briefing = replace(BRIEFING, citations=(replace(BRIEFING.citations[0], since=fate), *BRIEFING.citations[1:]))
    for render in (plain_answer, answer_markdown, answer_html):
        assert render(marked).count(FATES[fate]) == 1
        assert FATES[fate] not in render(answer)
    for render in (plain_briefing, briefing_markdown, briefing_html):
        assert render(briefing).count(FATES[fate]) == 1
    told = [paragraph.text for paragraph in docx.Document(BytesIO(briefing_docx(briefing))).paragraphs]
    assert told.count(FATES[fate]) == 1
    assert [c.get("since") for c in answer_record(marked)["citations"]] == [fate, None]
    assert all("since" not in c for c in answer_record(answer)["citations"])


@pytest.mark.parametrize("render", [session_markdown, session_html])
def test_what_became_of_a_source_is_told_in_the_list_of_a_conversation(render):
    document = render(SESSION)
    assert document.count(FATES["removed"]) == 1
    assert FERRY.metadata.title in document.partition(FATES["removed"])[0]


# --- words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2025-10-27T14:02:11+00:00", "27 October 2025, 14:02 UTC"),
        ("2025-10-27T14:02Z", "27 October 2025, 14:02 UTC"),
        ("2025-10-27T14:02:11+02:00", "2025-10-27T14:02:11+02:00"),
        ("yesterday\x1b[31m", "yesterday"),
        ("", ""),
    ],
)
def test_a_moment_in_words(moment, words):
    assert people_moment(moment) == words


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (Filters(), []),
        (Filters("2024-11", "2024-12-06"), ["from November 2024 on", "until 6 December 2024"]),
        (Filters(None, None, ("A", "B"), ("C",), ("d",)), ["publisher A or B", "author C", "article d"]),
        (Filters(publishers=("A\x1b[31m",)), ["publisher A"]),
    ],
)
def test_filters_in_words(filters, words):
    assert restrictions(filters) == words


# --- golden ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "render"), [("md", session_markdown), ("html", session_html), ("json", lambda s: session_json(s) + "\n")]
)
def test_the_document_is_as_it_was_read(suffix, render):
    file, text = GOLDEN / f"session.{suffix}", render(SESSION)
    if os.environ.get("RAG_WRITE_GOLDEN") == "1":
        file.write_text(text, encoding="utf-8", newline="\n")
    assert text == file.read_text(encoding="utf-8")
