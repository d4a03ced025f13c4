"""Article text in Markdown is text: a parser finds our own layout in the document and nothing else."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rendering_records import ABSTENTION_ANSWER, ANSWER, HOSTILE, MODEL_ANSWER, WRITTEN_ANSWER, hostile_records

from rag.render_markdown import answer_markdown, code, escaped
from rag.sanitising import UNSAFE, safe

unhurried = settings(deadline=None, max_examples=100)

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MARKUP = st.lists(
    st.sampled_from([*"\\`*_{}[]()<>#+-.!|~&:@$^=%\"'/ \n1a", "http", "www.", "&lt;", "![", "](", "    "])
)


def tokens(document):
    for token in PARSER.parse(document):
        yield token
        yield from token.children or []


def shown(document):
    """The text that a reader sees, in one line."""
    text = re.sub("<!-- -->|<(?!/?[a-z])", "", PARSER.render(document))
    return " ".join(html.unescape(re.sub("<[^>]*>", "", text)).split())


def test_the_document_has_question_statements_and_sources():
    document = answer_markdown(ANSWER)
    assert document.startswith("# Why can large ships not use Kestrel harbour?\n\n")
    assert "for the delay.” — The Kestrel Courier, 27 October 2025 [2][3]\n" in document
    assert "\n   > **The line carried 212,000 people, a record.**\n" in document
    assert [token.info for token in tokens(document) if token.type == "list_item_open"] == ["1", "2", "3", "4"]


def test_quotes_are_bold_and_whole():
    document = PARSER.render(answer_markdown(ANSWER))
    for citation in ANSWER.citations:
        for quote in citation.quotes:
            start = citation.passage.paragraph.start
            text = citation.passage.paragraph.text[quote.start - start : quote.end - start]
            assert f"<strong>{text}</strong>" in document


def test_numbers_with_a_gap_are_written_out():
    gap = type(ANSWER)(*("Q?", True, "extractive"), statements=(), citations=ANSWER.citations[1:])
    document = answer_markdown(gap)
    assert "\n- [2] **Dredger" in document
    assert not any(token.type in ("ordered_list_open", "code_block") for token in tokens(document))


def test_an_abstention_lists_what_came_closest():
    document = answer_markdown(ABSTENTION_ANSWER)
    assert "\n**Your articles do not answer this.**\n" in document
    assert document.count("score ") == 3


def test_a_paraphrase_is_not_quoted():
    assert "\nThe yard lacks steel. [2] *(Not supported by its sources" in answer_markdown(MODEL_ANSWER)


def test_what_was_left_out_is_struck_through_below_all_else_and_says_so():
    read = PARSER.render(answer_markdown(WRITTEN_ANSWER))
    before, _, after = read.partition("<h2>Left out of the answer</h2>")
    for statement in WRITTEN_ANSWER.left_out:
        assert statement.text not in before
        assert f"<p>Left out: <s>{statement.text}</s> <em>(Why: " in after


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        (
            "Plain words, “quoted” – 3.5 per cent; A. B. Smith (60).",
            "Plain words, “quoted” – 3.5 per cent; A. B. Smith (60).",
        ),
        ("# no heading", "\\# no heading"),
        ("1. no list", "1\\. no list"),
        ("- no list", "\\- no list"),
        ("a - b", "a - b"),
        ("*x* _y_ `z`", "\\*x\\* \\_y\\_ \\`z\\`"),
        ("![i](u)", "!\\[i\\](u)"),
        ("<b>", "&lt;b&gt;"),
        ("AT&T &amp;", "AT&amp;T &amp;amp;"),
        ("see https://x.example or www.x.example", "see https\\://x\\.example or www\\.x\\.example"),
        ("mail a@x.example", "mail a@<!-- -->x\\.example"),
        ("$5 and $6", "\\$5 and \\$6"),
        ("==m== %%h%%", "&#61;=m&#61;= &#37;%h&#37;%"),
        ("    no code", "no code"),
        ("a\n\nb", "a  b"),
    ],
)
def test_escapes(text, markdown):
    assert escaped(text) == markdown


@pytest.mark.parametrize(
    ("text", "markdown"),
    [("/a.txt", "`/a.txt`"), ("/a`b``c", "```/a`b``c```"), ("`a`", "`` `a` ``"), ("a\x1b[1m", "`a`")],
)
def test_code(text, markdown):
    assert code(text) == markdown


@pytest.mark.parametrize("url", ["javascript:alert(1)", HOSTILE, f"https://x.example/{HOSTILE}", None])
def test_hostile_text_is_not_live(url):
    records = hostile_records(HOSTILE, url)
    for document in (answer_markdown(records[0]), answer_markdown(records[1])):
        kinds = {token.type for token in tokens(document)}
        assert not kinds & {"image", "html_block", "fence", "code_block", "table_open", "s_open", "hr"}
        assert {token.content for token in tokens(document) if token.type == "html_inline"} <= {"<!-- -->"}
        assert all(
            token.attrs["href"].startswith("https://x.example/")
            for token in tokens(document)
            if token.type == "link_open"
        )
        outside = re.sub(r"`[^\n]*`|\(<[^\n]*>\)", "", document)
        assert not re.search(r"https?:|www\.|mailto:|\w@\w|<(?!!-- -->)", outside)


FRAMES = [("{}", "{}"), ("a {} b", "a {} b"), ("> {}\n> {}", "{} {}"), ("- **t** {}\n\n  > **q**\n  > {}", "t {} q {}")]
FRAME_TOKENS = {
    *("paragraph_open", "paragraph_close", "inline", "text", "softbreak", "html_inline", "strong_open", "strong_close"),
    *("blockquote_open", "blockquote_close", "bullet_list_open", "bullet_list_close", "list_item_open"),
    "list_item_close",
}


@unhurried
@given(st.text() | MARKUP.map("".join))
@pytest.mark.parametrize(("frame", "read"), FRAMES)
def test_any_text_is_shown_as_it_is(frame, read, text):
    """Alone, within a line, in a quote and in a list: no markup of its own, and the words that went in."""
    document = frame.replace("{}", escaped(text))
    assert {token.type for token in tokens(document)} <= FRAME_TOKENS
    assert shown(document) == " ".join(read.replace("{}", safe(text)).split())


@unhurried
@given(st.text() | MARKUP.map("".join))
def test_any_path_is_shown_as_it_is(text):
    line = safe(text).strip()
    if line:
        (paragraph,) = (token for token in PARSER.parse(code(text)) if token.type == "inline")
        assert [(token.type, token.content.strip()) for token in paragraph.children] == [("code_inline", line)]


@unhurried
@given(st.text(st.characters(exclude_categories=())) | MARKUP.map("".join))
def test_the_document_has_no_control_characters(text):
    for record in hostile_records(text, f"https://x.example/{text}")[:2]:
        assert not UNSAFE.search(answer_markdown(record).replace("\n", ""))
