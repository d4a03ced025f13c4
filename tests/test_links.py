"""What may be clicked, and where it leads."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rendering_records import FERRY, HARBOUR, WEB, make_citation, make_passage

from rag.links import citation_link, file_link, passage_link, quote_link, web_link

unhurried = settings(deadline=None, max_examples=100)


@pytest.mark.parametrize(
    "url",
    [
        *(
            None,
            "",
            "javascript:alert(1)",
            "JavaScript://x.example/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
        ),
        *("//x.example/a", "x.example", "http:x", "https://", "https://known.example@evil.example/", "http://[::1"),
        *("vbscript:x", "java\u200bscript:alert(1)", "\x1b]8;;x\x07javascript:alert(1)", "https:\\\\x.example"),
    ],
)
def test_what_is_no_web_page_is_no_link(url):
    assert web_link(url) is None
    assert quote_link(url, ["words"]) is None


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://x.example/a?b=c&d#e", "https://x.example/a?b=c&d#e"),
        ("HTTP://X.example", "HTTP://X.example"),
        (" https://x.example/ä b\n", "https://x.example/%C3%A4%20b"),
        ('https://x.example/"><script>', "https://x.example/%22%3E%3Cscript%3E"),
        ("https://x.example/%20%C3", "https://x.example/%20%C3"),
        ("ht\u202etps://x.example/\x1b[31m", "https://x.example/"),
    ],
)
def test_web_pages_are_percent_encoded(url, link):
    assert web_link(url) == link


def test_a_short_quote_is_looked_for_whole():
    assert quote_link("https://x.example/a", ["Six-metre ships, & others."]) == (
        "https://x.example/a#:~:text=Six%2Dmetre%20ships%2C%20%26%20others."
    )


def test_a_long_quote_is_looked_for_by_its_ends():
    words = [f"w{n}" for n in range(20)]
    assert quote_link("https://x.example/a", [" ".join(words)]) == (
        "https://x.example/a#:~:text=w0%20w1%20w2%20w3%20w4,w15%20w16%20w17%20w18%20w19"
    )


def test_an_anchor_is_kept_and_an_older_directive_is_not():
    assert quote_link("https://x.example/a#top", ["b"]) == "https://x.example/a#top:~:text=b"
    assert quote_link("https://x.example/a#top:~:text=old", ["b"]) == "https://x.example/a#top:~:text=b"
    assert quote_link("https://x.example/a#:~:text=old", ["b", " ", "c"]) == "https://x.example/a#:~:text=b&text=c"
    assert quote_link("https://x.example/a#top", []) == "https://x.example/a#top"


def test_citations_lead_to_each_run_of_quoted_sentences():
    assert citation_link(make_citation(1, HARBOUR, 4, 4, 0)) == (
        "https://courier.example/news/dredger-delayed?ref=front#:~:text=The%20yard%20that%20is%20building,"
        "of%20steel%20for%20the%20delay.&text=The%20offer%20was%20declined%20because,"
        "the%20harbour%20employs%20four%20people."
    )
    assert citation_link(make_citation(1, HARBOUR, 3, 0, 1)).count("text=") == 1  # neighbours are one run
    assert citation_link(make_citation(1, FERRY, 1, 0)) is None
    assert passage_link(make_passage(WEB, 1)).startswith("https://post.example/steel#prices:~:text=Steel%20plate")


def test_files_are_linked_by_absolute_path_only():
    assert file_link("/news/a b\x1b.txt") == "file:///news/a%20b%1B.txt"
    assert file_link("news/a.txt") is None
    assert file_link("https://x.example/a") is None


@unhurried
@given(st.text(), st.lists(st.text()))
def test_a_link_is_printable_ascii_whatever_comes(url, quotes):
    for link in (quote_link(url, quotes), quote_link(f"https://x.example/{url}", quotes), file_link(f"/{url}")):
        assert link is None or (link.isascii() and link.isprintable() and " " not in link)


@unhurried
@given(st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=80))
def test_a_text_fragment_reads_back_as_the_words(word):
    fragment = urlsplit(quote_link("https://x.example/a", [word])).fragment
    assert unquote(fragment.removeprefix(":~:text=")) == " ".join(word.split())
