"""The page is whole, harmless and can be walked by its links."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rendering_records import ABSTENTION_ANSWER, ANSWER, HOSTILE, MODEL_ANSWER, WRITTEN_ANSWER, hostile_records

from rag.render_html import POLICY, answer_html
from rag.sanitising import UNSAFE, safe

unhurried = settings(deadline=None, max_examples=50)

OWN_TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "section", "article"),
    *("h1", "h2", "h3", "p", "span", "a", "blockquote", "mark", "del", "strong"),
}
OWN_ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "id", "class", "dir"),
    *("href", "rel", "aria-label", "aria-labelledby"),
}
MARKUP = st.lists(st.sampled_from([*"<>&\"'/= ;a", "<script>", "</p>", "<!--", "]]>", "&lt", "</style>", "</title>"]))


class Page(HTMLParser):
    """Tags, attributes and text of a page; marked text and text by class apart."""

    def __init__(self, document):
        super().__init__()
        self.tags, self.attributes, self.text, self.marked, self.open = [], [], "", [], []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag == "mark":
            self.marked.append("")
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_comment(self, data):
        raise AssertionError(data)

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text += data
        if self.open[-1:] == ["mark"]:
            self.marked[-1] += data

    def values(self, name):
        return [value for _, key, value in self.attributes if key == name]


def check(document):
    page = Page(document)
    assert page.open == []
    assert set(page.tags) <= OWN_TAGS
    assert {name for _, name, _ in page.attributes} <= OWN_ATTRIBUTES
    assert all(value.startswith(("#", "https://", "http://")) for value in page.values("href"))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert all(value[1:] in ids for value in page.values("href") if value.startswith("#"))
    return page


@pytest.mark.parametrize("answer", [ANSWER, MODEL_ANSWER, WRITTEN_ANSWER, ABSTENTION_ANSWER])
def test_the_page_is_well_formed_and_loads_nothing(answer):
    document = answer_html(answer)
    check(document)
    assert f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">' in document
    assert POLICY.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert not any(word in document for word in ("<script", "src=", "@import", "url("))
    assert document.startswith('<!doctype html>\n<html lang="en">')


def test_marks_lead_to_sources_and_back():
    links = check(answer_html(ANSWER)).values("href")
    assert [link for link in links if link.startswith("#source")] == [
        "#source-1",
        "#source-2",
        "#source-3",
        "#source-4",
    ]
    assert [link for link in links if link.startswith("#st")] == [f"#statement-{n}" for n in (1, 2, 2, 3)]


def test_quotes_are_marked_and_whole():
    assert check(answer_html(ANSWER)).marked == [
        part for citation in ANSWER.citations for part in citation.quote.split(" … ")
    ]


def test_links_to_the_web_lead_to_the_quote():
    document = answer_html(ANSWER)
    assert 'href="https://post.example/steel#prices:~:text=Steel%20plate%20cost' in document
    outside = [tag for tag, name, value in Page(document).attributes if name == "href" and value.startswith("http")]
    assert len(outside) == document.count('rel="noopener noreferrer"') == 3


def test_a_paraphrase_is_not_quoted():
    text = check(answer_html(MODEL_ANSWER)).text
    assert "\nThe yard lacks steel. [2]\nNot supported by its sources: a source number was made up\n" in text
    assert "[9]" not in text


def test_what_was_left_out_is_struck_through_in_a_section_of_its_own_and_says_so():
    document = answer_html(WRITTEN_ANSWER)
    check(document)
    before, _, after = document.partition('<section aria-labelledby="left-out">')
    for statement in WRITTEN_ANSWER.left_out:
        assert statement.text not in before
        assert f"<strong>Left out:</strong> <del>{statement.text}</del>" in after
    assert "del { text-decoration: line-through" in document
    assert "<del>" not in answer_html(ANSWER)


def test_an_unfit_address_is_shown_as_text():
    page = check(answer_html(hostile_records("x", "javascript:alert(1)")[0]))
    assert "javascript:alert(1)" in page.text
    assert not any("javascript" in value for value in page.values("href"))


@pytest.mark.parametrize("url", ["javascript:alert(1)", HOSTILE, f"https://x.example/{HOSTILE}", None])
def test_hostile_text_is_not_live(url):
    for record in hostile_records(HOSTILE, url)[:2]:
        page = check(answer_html(record))
        assert "<script>alert(1)</script>" in page.text
        assert all("evil" not in value for value in page.values("href") if not value.startswith("https://x.example/"))


@unhurried
@given(st.text(st.characters(exclude_categories=())) | MARKUP.map("".join))
def test_any_text_is_shown_as_it_is(text):
    for record in hostile_records(text, f"https://x.example/{text}")[:2]:
        document = answer_html(record)
        assert safe(text) in check(document).text
        assert not UNSAFE.search(document.replace("\n", ""))
