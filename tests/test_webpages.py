"""Pages of all sorts: which blocks are the article, where they stand in the file, and what the page says of itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import LoadError
from rag.loading import load
from rag.schema import Block, Metadata
from rag.webpages import MOST_ELEMENTS, fragment_blocks, page_text, read_page

NEWS = """<!DOCTYPE html>
<html lang="en-US">
<head><meta charset="utf-8">
<title>Senate passes the budget - The Example Times</title>
<meta property="og:title" content="Senate passes the budget">
<meta property="og:site_name" content="The Example Times">
<meta property="article:published_time" content="2025-03-14T23:10:00-05:00">
<meta name="author" content="Maria Sanchez and Tom O'Brien">
<link rel="canonical" href="https://times.example/2025/budget">
</head>
<body>
<header><a href="/">The Example Times</a><nav><ul><li>World</li><li>Politics</li></ul></nav></header>
<main>
<article>
<header><h1>Senate passes the budget</h1>
<p>The vote of 52 to 47 ends a week of threats and keeps the government open until September.</p></header>
<figure><img src="x.jpg" alt="x"><figcaption>The Capitol on Friday night.</figcaption></figure>
<p>WASHINGTON — The Senate passed a budget, after <a href="x">more than
nine hours</a> of talks that no one had expected to succeed.</p>
<p>“We did what we were sent here to do,” said Senator Ann Doe, who had led the talks for her party.</p>
<h2>What the bill does</h2>
<ul>
<li>It funds the government until September 30.</li>
<li>It raises military spending by $6 billion.</li>
</ul>
<p>The measure cuts other spending by $13&nbsp;billion, said <em>the Congressional Budget Office</em>.</p>
<blockquote><p>“A bad bill is better than none.”</p></blockquote>
<aside><h3>Related</h3><ul><li><a href="/1">House passes the bill by three votes</a></li></ul></aside>
<p>Analysts said that the next fight will come in the autumn, when the debt limit has to be raised again.</p>
<p hidden>Secret paragraph one that no reader sees on the page at all.</p>
<div style="color: red; DISPLAY: none"><p>Secret paragraph two that no reader sees on the page at all.</p></div>
<p aria-hidden="true">Secret paragraph three that no reader sees on the page at all.</p>
</article>
<section><h3>Comments</h3><p>First! This is a comment by a reader who has much to say about it all.</p></section>
</main>
<footer><p>© 2025 The Example Times. All rights reserved.</p></footer>
<script>var x = "<p>not text</p>";</script>
</body></html>
"""


def texts(blocks: tuple[Block, ...]) -> list[str]:
    return [block.text for block in blocks]


def body(inside: str) -> tuple[Block, ...]:
    return read_page(f"<html><body>{inside}</body></html>")[0]


# --- blocks --------------------------------------------------------------------------------------------------------


def test_a_news_page() -> None:
    blocks, _ = read_page(NEWS)
    assert [(block.kind, block.text[:24]) for block in blocks] == [
        ("heading", "Senate passes the budget"),
        (None, "The vote of 52 to 47 end"),
        ("caption", "The Capitol on Friday ni"),
        (None, "WASHINGTON — The Senate "),
        (None, "“We did what we were sen"),
        ("heading", "What the bill does"),
        ("list", "It funds the government "),
        ("list", "It raises military spend"),
        (None, "The measure cuts other s"),
        (None, "“A bad bill is better th"),
        (None, "Analysts said that the n"),
    ]


def test_text_is_as_on_the_page_with_white_space_collapsed() -> None:
    blocks, _ = read_page(NEWS)
    assert "The Senate passed a budget, after more than nine hours of talks that no one" in blocks[3].text
    assert blocks[8].text == "The measure cuts other spending by $13 billion, said the Congressional Budget Office."


def test_lines_are_those_of_the_file() -> None:
    source = NEWS.split("\n")
    blocks, _ = read_page(NEWS)
    for block in blocks:
        assert block.line is not None
        assert block.text.split()[0] in source[block.line - 1]
    lines = [block.line or 0 for block in blocks]
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    "page",
    [
        "<p>One short line.</p>",
        "<main><p>One.</p><p>Two.</p></main>",
        "Bare words and nothing else",
        "<div>Only a div with some words in it</div>",
    ],
)
def test_tiny_pages_are_not_lost(page: str) -> None:
    blocks = body(page)
    assert " ".join(texts(blocks)) == " ".join(re.sub("<[^>]*>", " ", page).split())


def test_a_short_article_keeps_all_its_paragraphs() -> None:
    """About 300 words, the size of an agency report."""
    sentences = [f"Minister {n} said that the plan of week {n} would be ready in {n} days or so." for n in range(2, 22)]
    inside = "".join(f"\n<p>{sentence}</p>" for sentence in sentences)
    for page in (f"<article><h1>Plans</h1>{inside}</article>", f"<h1>Plans</h1>{inside}", f"<div id=x>{inside}</div>"):
        blocks = body(page)
        assert [text for text in texts(blocks) if text != "Plans"] == sentences
        assert [block.line for block in blocks if block.text != "Plans"] == list(range(2, 22))


def test_an_article_that_is_a_wall_of_breaks() -> None:
    first = "The first paragraph has words enough to be one." * 3
    second = "The second one has them too, as one sees." * 3
    blocks = body(f"<article><h1>T</h1><div>{first}<br>\n<br>\n{second}<br>still the second</div></article>")
    assert texts(blocks) == ["T", first, f"{second} still the second"]
    assert [block.line for block in blocks] == [1, 1, 2]


def test_navigation_forms_and_side_columns_are_left_out_of_short_pages() -> None:
    blocks = body(
        "<nav><p>Menu here</p></nav><form><p>Subscribe now</p></form><aside><p>Side column</p></aside>"
        "<p>The only paragraph.</p><footer><p>Foot line</p></footer>"
        "<noscript><p>No script</p></noscript><template><p>Template</p></template><button>Press</button>"
    )
    assert texts(blocks) == ["The only paragraph."]


def test_a_page_inside_one_form_is_read() -> None:
    assert texts(body("<form><article><h1>T</h1><p>All of ASP.NET is in a form.</p></article></form>"))[-1:] == [
        "All of ASP.NET is in a form."
    ]


def test_the_headline_is_there_even_outside_the_article() -> None:
    paragraphs = "".join(f"<p>Paragraph {n} has words enough to be taken for one of an article.</p>" for n in range(9))
    html = f"<html><body><header><h1>The Headline</h1></header><article>{paragraphs}</article></body></html>"
    blocks, metadata = read_page(html)
    assert (blocks[0].kind, blocks[0].text, metadata.title) == ("heading", "The Headline", "The Headline")


def test_repeated_paragraphs_have_their_own_lines() -> None:
    paragraphs = [f"<p>Paragraph {n} is different from all the other ones here.</p>" for n in range(8)]
    inside = "\n<p>* * *</p>\n".join(paragraphs)
    blocks = body(f"<article>\n{inside}</article>")
    lines = [block.line for block in blocks if block.text == "* * *"]
    assert len(lines) == len(set(lines))
    assert lines == sorted(lines, key=lambda line: line or 0)


def test_tables_are_read_by_rows() -> None:
    rows = "<tr><th>Year</th><th>Votes</th></tr><tr><td>2020</td><td>52</td></tr>"
    assert texts(fragment_blocks(f"<table>{rows}</table>")) == ["Year | Votes", "2020 | 52"]


def test_invisible_characters_go() -> None:
    assert texts(fragment_blocks("<p>Bundes&shy;kanz\u200bler &amp; Co.</p>")) == ["Bundeskanzler & Co."]


def test_inline_elements_do_not_split_words_and_comments_do_not_swallow_text() -> None:
    assert texts(fragment_blocks("<p><b>U</b>nited<!-- c --> <i>N</i>ations<?x y?>.</p>")) == ["United Nations."]


def test_control_characters_beside_what_is_dropped() -> None:
    page = "<p>One &#1;<script>x</script>&#2; and\x03 <span hidden>y</span>&#4;two words of it.</p>"
    assert texts(body(page)) == ["One and two words of it."]


def test_xhtml_with_closed_empty_elements() -> None:
    head = '<?xml version="1.0"?><html><head><title/></head>'
    chapter = head + '<body><h1>One</h1><p>Text<a id="x"/> goes on.</p></body></html>'
    assert texts(fragment_blocks(chapter)) == ["One", "Text goes on."]


@pytest.mark.parametrize("html", ["", "  ", "<html></html>", "<body><script>x</script></body>", "<!-- x -->"])
def test_pages_without_text(html: str) -> None:
    assert read_page(html)[0] == ()


def test_pages_without_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<html><body><img src='x'><script>x</script></body></html>", encoding="utf-8")
    with pytest.raises(LoadError, match="no text of an article"):
        load(tmp_path / "a.html")


def test_huge_pages_are_read_without_trafilatura() -> None:
    count = MOST_ELEMENTS + 10
    blocks = body("<article>" + "".join(f"<p>Paragraph {n}.</p>" for n in range(count)) + "</article>")
    assert texts(blocks)[-1] == f"Paragraph {count - 1}."
    assert len(blocks) == count


def test_entities_and_external_dtds_are_not_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET", encoding="utf-8")
    dtd = f'<!DOCTYPE html [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY y "yyyy">]>'
    blocks = texts(read_page(f"{dtd}<html><body><p>Before &x; &y; after.</p></body></html>")[0])
    assert "SECRET" not in " ".join(blocks)
    assert "yyyy" not in " ".join(blocks)


PIECES = ("<p>", "</p>", "<div>", "</div>", "<li>", "<br>", "<h1>", "</h1>", "<td>", "text", "&", "&amp;", "<", "-->")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from((*PIECES, "<!--", "\x00", "é", "\u00ad", " "))))
def test_any_tag_soup_gives_clean_blocks(pieces: list[str]) -> None:
    blocks, _ = read_page("".join(pieces))
    for block in (*blocks, *fragment_blocks("".join(pieces))):
        assert block.text == " ".join(block.text.split()) != ""


# --- encoding ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "encoding", "charset"),
    [
        ("<p>“naïve” café</p>", "utf-8", None),
        ("<p>“naïve” café</p>", "utf-16", None),
        ('<META CHARSET="windows-1251"><p>Привет</p>', "cp1251", None),
        ('<meta http-equiv=Content-Type content="text/html; charset=ISO-8859-1"><p>“naïve”</p>', "cp1252", None),
        ('<?xml version="1.0" encoding="koi8-r"?><p>Привет</p>', "koi8-r", None),
        ("<p>日本</p>", "shift_jis", "Shift_JIS"),
        ('<meta charset="koi8-r"><p>Привет</p>', "cp1251", "windows-1251"),
    ],
)
def test_encodings(html: str, encoding: str, charset: str | None) -> None:
    assert page_text(html.encode(encoding), charset) == html


# --- metadata ------------------------------------------------------------------------------------------------------


def test_meta_elements() -> None:
    _, metadata = read_page(NEWS)
    assert metadata == Metadata(
        title="Senate passes the budget",
        authors=("Maria Sanchez", "Tom O'Brien"),
        publisher="The Example Times",
        published="2025-03-14",
        url="https://times.example/2025/budget",
        language="en",
        origins=dict.fromkeys(("title", "authors", "publisher", "published", "url", "language"), "meta"),
    )


def described_by(data: object, head: str = "") -> Metadata:
    script = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    return read_page(f"<html><head>{head}{script}</head><body><p>Text of the page.</p></body></html>")[1]


def test_linked_data_wins_and_is_named() -> None:
    graph = {
        "@graph": [
            {"@type": "Organization", "@id": "#org", "name": "The &amp; Times"},
            {"@type": "Person", "@id": "#jane", "name": "Jane Roe"},
            {"@type": "NewsArticle", "headline": "A teaser"},
            {
                "@type": ["NewsArticle", "Thing"],
                "headline": "It&#039;s on",
                "author": [{"@id": "#jane"}, {"@type": "Person", "name": "Bo Lee"}],
                "publisher": {"@id": "#org"},
                "datePublished": "2024-11-06T10:00:00Z",
                "inLanguage": "de-DE",
                "mainEntityOfPage": {"@id": "https://x.example/on"},
            },
        ]
    }
    metadata = described_by(graph, '<meta name="author" content="Someone Else">')
    assert (metadata.title, metadata.authors, metadata.publisher) == ("It's on", ("Jane Roe", "Bo Lee"), "The & Times")
    assert (metadata.published, metadata.url, metadata.language) == ("2024-11-06", "https://x.example/on", "de")
    assert set(metadata.origins.values()) == {"json-ld"}


@pytest.mark.parametrize("data", [[], None, 5, "x", {"@type": "NewsArticle"}, {"@type": 5, "author": [[[]]]}, [[[[]]]]])
def test_odd_linked_data_does_no_harm(data: object) -> None:
    assert described_by(data).authors == ()


def test_broken_linked_data_does_no_harm() -> None:
    for broken in ("{", "[" * 100_000, "<!-- {} -->", '{"@type": "NewsArticle", "headline": '):
        script = f'<script type="application/ld+json">{broken}</script>'
        assert texts(read_page(f"<html><head>{script}</head><body><p>Text.</p></body></html>")[0]) == ["Text."]


def test_the_title_loses_the_name_of_the_site() -> None:
    named = '<meta property="og:site_name" content="The Times">'
    assert described_by({}, '<meta property="og:title" content="On and off | The Times">' + named).title == "On and off"


def test_where_the_page_was_fetched() -> None:
    html = "<html><head>{}</head><body><p>Text of the page.</p></body></html>"
    fetched = "https://user:secret@x.example/2024/a"
    assert read_page(html.format(""), url=fetched)[1].url == "https://x.example/2024/a"
    relative = html.format('<link rel="canonical" href="/b">')
    assert read_page(relative, url=fetched)[1].url == "https://x.example/b"
    front = html.format('<link rel="canonical" href="https://x.example/">')
    assert read_page(front, url="https://x.example/a")[1].url == "https://x.example/a"
    bad = html.format('<link rel="canonical" href="javascript:x">')
    assert read_page(bad)[1].url is None


@pytest.mark.parametrize(
    "note",
    [
        "<!-- saved from url=(0023)https://x.example/story -->",
        "<!--\n Page saved with SingleFile \n url: https://x.example/story \n-->",
    ],
)
def test_saved_pages_name_their_address(note: str) -> None:
    _, metadata = read_page(f"<!DOCTYPE html>\n{note}\n<html><body><p>Text.</p></body></html>")
    assert metadata.url == "https://x.example/story"


def test_dates_from_the_address_are_guesses(tmp_path: Path) -> None:
    html = "<html><body><article><p>Text of the page.</p></article></body></html>"
    metadata = read_page(html, url="https://x.example/2024/11/06/story")[1]
    assert (metadata.published, metadata.origins["published"]) == ("2024-11-06", "url")
    file = tmp_path / "2024-11-07-story.html"
    file.write_text(html.replace("<p>", "<p>© 2019. "), encoding="utf-8")
    metadata = load(file)[0][0].metadata
    assert (metadata.published, metadata.origins["published"]) == ("2024-11-07", "file name")


def test_a_copyright_line_is_no_date() -> None:
    paragraph = "<p>" + "The council met again and talked about the new road to the harbour. " * 5 + "</p>"
    html = f"<html><body><article>{paragraph * 3}</article><footer>© 2019 The Times</footer></body></html>"
    assert read_page(html)[1].published is None


def test_a_saved_page_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_bytes(NEWS.encode())
    (source,), failures = load(file)
    assert (source.markup, source.raw, source.body_start, failures) == ("blocks", "", 0, [])
    assert source.blocks == read_page(NEWS)[0]
