"""Who wrote it, when, where and under which title: told from the shapes of the text, never against what is known."""

from __future__ import annotations

import pytest
from articles import assert_is_traced, kinds, read, seed, source_of, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.paragraphs import read_article
from rag.schema import Block, Metadata, Source

TITLE = "Storm closes the harbour of Lunde"
BODY = "The harbour authority of Lunde said on Friday that no ferry would leave before the storm had passed."
LONG = " ".join([BODY] * 3)


def about(*head: str, known: Metadata | None = None) -> Metadata:
    """The metadata of an article that begins with these paragraphs."""
    return read("\n\n".join([*head, BODY, LONG]), metadata=known).metadata


# --- bylines --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("By Jane Doe", ("Jane Doe",)),
        ("By: *Jane Doe, Lagos*", ("Jane Doe",)),
        ("By: *Jane Doe, New York*", ("Jane Doe",)),
        ("By:Jane Doe", ("Jane Doe",)),
        ("By [Jane Doe](#)", ("Jane Doe",)),
        ("**By Jane Doe**", ("Jane Doe",)),
        ("Written by Jane Doe", ("Jane Doe",)),
        ("Author: Jane Doe", ("Jane Doe",)),
        ("Автор: Анна Петрова", ("Анна Петрова",)),
        ("Von Anna Müller und Jan van der Berg", ("Anna Müller", "Jan van der Berg")),
        ("By Jane Doe and John Roe", ("Jane Doe", "John Roe")),
        ("By Jane Doe, John Roe and J. K. O’Hara", ("Jane Doe", "John Roe", "J. K. O’Hara")),
        ("By Jane Doe, John Roe", ("Jane Doe", "John Roe")),
        ("By JANE DOE and JOHN ROE", ("JANE DOE", "JOHN ROE")),
        ("By Jane Doe, Reuters", ("Jane Doe",)),
        ("By Jane Doe, BBC News", ("Jane Doe",)),
        ("By Jane Doe, Chief Europe Correspondent", ("Jane Doe",)),
        ("By Jane Doe and John Roe, Port Harcourt", ("Jane Doe", "John Roe")),
        ("By Jane Doe in Lagos", ("Jane Doe",)),
        ("By Jane Doe for The Lunde Post", ("Jane Doe",)),
        ("By Jane Doe | May 6, 2024", ("Jane Doe",)),
        ("by Jane Doe", ("Jane Doe",)),
        ("Author: admin", ("admin",)),
    ],
)
def test_a_byline_names_people_and_not_their_places_papers_or_posts(line, authors):
    metadata = about(TITLE, line)
    assert metadata.authors == authors
    assert metadata.origins["authors"] == "byline"


@pytest.mark.parametrize(
    "line",
    [
        "By noon on Friday the city was quiet",
        "By Friday the harbour was closed",
        "By Monday Russian Forces had left",
        "By the numbers",
        "By and by",
        "Bystanders said so",
        "By Jane Doe came the ferry that everybody had been waiting for",
    ],
)
def test_a_sentence_that_begins_with_by_is_no_byline(line):
    article = read("\n\n".join([TITLE, line, BODY]))
    assert article.metadata.authors == ()
    assert "byline" not in kinds(article)


def test_bylines_are_kept_and_never_cited():
    article = read("\n\n".join([TITLE, "By Jane Doe", "May 6, 2024", BODY]))
    assert kinds(article) == ["heading", "byline", "byline", "body"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_byline_may_stand_right_below_the_title(end):
    raw = end.join([TITLE, "*by [Jane Doe](#)*", "Lagos | May 6, 2024", "", BODY, "", LONG])
    article = read(raw)
    assert kinds(article) == ["heading", "byline", "byline", "body", "body"]
    assert article.metadata.title == TITLE
    assert (article.metadata.authors, article.metadata.published) == (("Jane Doe",), "2024-05-06")
    assert_is_traced(article, raw)


def test_other_lines_at_the_top_stay_together():
    assert texts(read(f"{TITLE}\nand of six islands\n\n{BODY}"))[0] == f"{TITLE} and of six islands"


def test_below_the_running_text_nobody_is_credited_without_a_colon():
    assert about(TITLE, LONG, "By Jane Doe").authors == ()
    assert about(TITLE, LONG, "By: Jane Doe").authors == ("Jane Doe",)


def test_a_place_beside_a_date_is_part_of_the_byline_and_a_title_is_not():
    article = read(f"Lagos | By Jane Doe | May 6, 2024 | 5 min read\n\n{BODY}\n\n{LONG}")
    assert kinds(article)[0] == "byline"
    article = read(f"{TITLE} — May 6, 2024\n\n{BODY}\n\n{LONG}")
    assert article.metadata.title == f"{TITLE} — May 6, 2024"
    assert article.metadata.published == "2024-05-06"


# --- dates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "published"),
    [
        ("May 6, 2024", "2024-05-06"),
        ("6 May 2024", "2024-05-06"),
        ("Monday, May 6, 2024 at 10:30 AM", "2024-05-06"),
        ("2024-05-06", "2024-05-06"),
        ("May 2024", "2024-05"),
        ("Published: October 27, 2025", "2025-10-27"),
        ("Published on 27 October 2025", "2025-10-27"),
        ("Posted Oct. 27, 2025", "2025-10-27"),
        ("Date: 2024", "2024"),
        ("date 2024-11-06", "2024-11-06"),
        ("Updated Nov 6, 2024 10:30 AM EST", "2024-11-06"),
        ("27 октября 2025", "2025-10-27"),
        ("Опубликовано: 27 октября 2025", "2025-10-27"),
        ("Veröffentlicht am 27. Oktober 2025", "2025-10-27"),
        ("2025年10月27日", "2025-10-27"),
        ("By Jane Doe | May 6, 2024", "2024-05-06"),
        ("By Jane Doe, May 6, 2024", "2024-05-06"),
        ("May 6, 2024 — By Jane Doe", "2024-05-06"),
    ],
)
def test_a_date_line_says_when_it_was_published(line, published):
    assert about(TITLE, line).published == published


@pytest.mark.parametrize(
    "line", ["1984", "42 boats", "Room 2024", "In 2024 it rained", "Next year", "10:30 AM", "May Day", "20240506"]
)
def test_a_number_is_no_date(line):
    assert about(TITLE, line).published is None


def test_a_date_of_publication_counts_before_one_of_an_update():
    assert about(TITLE, "Updated May 9, 2024", "Published May 6, 2024").published == "2024-05-06"
    assert about(TITLE, "Last updated: May 9, 2024 | By Jane Doe").published == "2024-05-09"


def test_a_date_in_the_running_text_is_part_of_the_story():
    assert about(TITLE, LONG, "May 6, 2022", BODY).published is None
    assert about(TITLE, LONG, "Published: May 6, 2022").published == "2022-05-06"


def test_a_date_before_the_first_words_is_a_line_of_its_own():
    raw = f" date 2024-11-06 {BODY} *He* said so.\n\n{LONG}"
    article = read(raw)
    assert article.metadata.published == "2024-11-06"
    assert article.metadata.origins["published"] == "date line"
    assert [(p.kind, p.text) for p in article.paragraphs[:2]] == [
        ("byline", "date 2024-11-06"),
        ("body", f"{BODY} He said so."),
    ]
    assert_is_traced(article, raw)


SPANNING = ["**date 2024-11-06 While** he slept, it blew.", "[date 2024-11-06 While](u) he slept."]


@pytest.mark.parametrize("raw", SPANNING)
def test_a_leading_date_inside_markup_that_goes_on_stays_where_it_is(raw):
    article = read(raw)
    assert len(article.paragraphs) == 1
    assert_is_traced(article, raw)


def test_a_leading_date_of_a_page_is_split_off_too():
    blocks = (Block(f"Published 2024-11-06 — {BODY}", page=3), Block(LONG))
    article = read_article(Source("/a.pdf", markup="blocks", blocks=blocks))
    assert [(p.text, p.page) for p in article.paragraphs[:2]] == [("Published 2024-11-06", 3), (BODY, 3)]
    assert article.metadata.published == "2024-11-06"


# --- addresses and publishers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        "Original url:\n\n<https://www.lundepost.example/a>",
        "Original url:\n<https://www.lundepost.example/a>",
        "Original url: <https://www.lundepost.example/a>",
        "Original URL: https://www.lundepost.example/a",
        "Source: https://www.lundepost.example/a",
        "URL:\n\nhttps://www.lundepost.example/a",
    ],
)
def test_the_address_stands_beside_or_below_its_label(lines):
    article = read(f"{TITLE}\n\n{LONG}\n\n{lines}\n")
    assert article.metadata.url == "https://www.lundepost.example/a"
    assert article.metadata.origins["url"] == "text"
    assert set(kinds(article)[2:]) == {"boilerplate"}


UNADDRESSED = ["Source: the ministry", "URL: none", "The url: https://x.example/a was down.", "Link:"]


@pytest.mark.parametrize("line", UNADDRESSED)
def test_a_label_without_an_address_is_text(line):
    article = read(f"{TITLE}\n\n{LONG}\n\n{line}\n\n{BODY}")
    assert article.metadata.url is None
    assert line in texts(article, "body")


@pytest.mark.parametrize(
    ("url", "publisher"),
    [
        ("https://www.themoscowtimes.com/2025/a", "The Moscow Times"),
        ("https://www.lunde-post.example/a", "Lunde Post"),
        ("https://news.bbc.co.uk/a", "BBC"),
        ("https://elpais.example/a", "El País"),
        ("https://unnamed.example/a", "unnamed.example"),
        ("https://www.example.co.uk/a", "example.co.uk"),
        ("http://127.0.0.1:8000/a", "127.0.0.1"),
        ("http://[::1]/a", "::1"),
    ],
)
def test_the_publisher_is_what_the_address_spells_as_the_text_writes_it(url, publisher):
    named = "Readers of The Moscow Times, the “Lunde Post”, El País and the BBC's site know it was 127 days or 0."
    assert read(f"{named}\n\n{LONG}", metadata=Metadata(url=url)).metadata.publisher == publisher


@pytest.mark.parametrize("url", ["http://[::1", "https://", "not an address", "http://"])
def test_an_address_that_is_none_has_no_publisher(url):
    assert read(LONG, metadata=Metadata(url=url)).metadata.publisher is None


def test_an_address_in_the_text_that_is_broken_does_no_harm():
    assert read(f"{LONG}\n\nURL: http://[broken").metadata.publisher is None


# --- titles ---------------------------------------------------------------------------------------------------------


WORDS = "opening words"


@pytest.mark.parametrize(
    ("raw", "title", "origin"),
    [
        (f"# {TITLE}\n\n{BODY}", TITLE, "heading"),
        (f"{TITLE}\n=====\n\n{BODY}", TITLE, "heading"),
        (f"## {TITLE}\n\n{BODY}", TITLE, "heading"),
        (f"By Jane Doe\n\n# {TITLE}\n\n{BODY}", TITLE, "heading"),
        (f"## Lunde\n\n# {TITLE}\n\n{BODY}", TITLE, "heading"),
        (f"{TITLE}\n\n{BODY}", TITLE, "first line"),
        (f"By Jane Doe\n\n{TITLE}\n\n{BODY}", TITLE, "first line"),
        (f"Is the harbour of Lunde closed?\n\n{BODY}", "Is the harbour of Lunde closed?", "first line"),
        (f"Photo: Jane Doe\n\n{TITLE}\n\n{BODY}", TITLE, "first line"),
        (f"{BODY}\n\n{LONG}", "The harbour authority of Lunde said on Friday that no ferry would leave before…", WORDS),
        (f"It rained.\n\n{BODY}", "It rained", WORDS),
        (
            f"date 2024-11-06 While the wind that rose on Friday night blew, {BODY}",
            "While the wind that rose on Friday night blew…",
            WORDS,
        ),
    ],
)
def test_the_title_is_the_first_heading_the_first_line_or_the_opening_words(raw, title, origin):
    metadata = read(raw).metadata
    assert (metadata.title, metadata.origins["title"]) == (title, origin)


def test_opening_words_are_cut_at_a_comma_or_between_words():
    opening = "Nobody in the whole of Lunde and its seven islands slept, and the wind, which had risen, blew on. " * 3
    assert read(opening).metadata.title == "Nobody in the whole of Lunde and its seven islands slept, and the wind…"
    assert read("東京" * 100 + "。").metadata.title == "東京" * 40 + "…"


def test_a_heading_far_below_is_no_title():
    raw = "\n\n".join([BODY, *[LONG] * 12, "# Notes", LONG])
    assert read(raw, "markdown").metadata.origins["title"] == "opening words"


@pytest.mark.parametrize("heading", [TITLE, f"# {TITLE}", TITLE.upper(), f"“{TITLE}”"])
def test_a_title_that_is_known_is_found_again_and_not_repeated(heading):
    article = read(f"{heading}\n\n{BODY}\n\n{LONG}", metadata=Metadata(title=TITLE, origins={"title": "front matter"}))
    assert article.metadata.title == TITLE
    assert article.metadata.origins["title"] == "front matter"
    assert kinds(article) == ["heading", "body", "body"]
    assert [p.heading for p in article.paragraphs] == ["", "", ""]


# --- what is known stays --------------------------------------------------------------------------------------------

KNOWN = Metadata(
    "Known", ("Kim Known",), "The Known", "1999-01-01", "https://known.example/", "de", {"title": "front matter"}
)


def test_what_is_known_is_never_replaced():
    head = [f"# {TITLE}", "By Jane Doe", "May 6, 2024", "URL: https://lunde.example/"]
    assert about(*head, known=KNOWN) == KNOWN


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from([TITLE, f"# {TITLE}", "By Jane Doe", "May 6, 2024", "URL: https://a.example", BODY])))
def test_every_fact_says_where_it_was_found(head):
    metadata = about(*head)
    held = {
        name for name in ("title", "authors", "publisher", "published", "url", "language") if getattr(metadata, name)
    }
    assert held == set(metadata.origins)


def test_reading_changes_no_source():
    source = source_of(f"{TITLE}\n\n{BODY}", metadata=KNOWN)
    read_article(source)
    assert source.metadata == KNOWN
    assert KNOWN.origins == {"title": "front matter"}


# --- the five real articles -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "title", "authors", "publisher", "published"),
    [
        ("000", "Is Trump receiving hidden messages from Putin's entourage?", ("Sergei Stepancev",), None, None),
        ("001", "RUSSIA ATTEMPTS TO COLLECT ITS WINNINGS", (), None, None),
        (
            *("002", "Why Is the Russian Elite So Keen to Cozy Up to Trump?"),
            *(("Andrey Pertsev",), "The Moscow Times", "2025-10-27"),
        ),
        ("003", "Phone chat feared by Putin's elite", ("Sergei Stepancev",), None, None),
        (
            *("004", "While President Vladimir Putin has yet to officially congratulate Donald Trump…"),
            *((), None, "2024-11-06"),
        ),
    ],
)
def test_the_real_articles_tell_who_wrote_them_and_when(number, title, authors, publisher, published):
    metadata = seed(number).metadata
    assert (metadata.title, metadata.authors) == (title, authors)
    assert (metadata.publisher, metadata.published, metadata.language) == (publisher, published, "en")


def test_a_real_article_gives_its_address_at_its_end():
    address = "https://www.themoscowtimes.com/2025/10/27/why-is-the-russian-elite-so-keen-to-cozy-up-to-trump-a90941"
    assert seed("002").metadata.url == address


# --- size -----------------------------------------------------------------------------------------------------------


def test_a_publisher_is_looked_for_in_a_long_text():
    raw = "The Lunde Post wrote it. " + "Upper Case Words " * 20_000
    assert read(raw, metadata=Metadata(url="https://thelundepost.example")).metadata.publisher == "The Lunde Post"


def test_a_byline_beats_what_a_program_wrote_into_the_file() -> None:
    known = Metadata(
        authors=("Chromium",), published="2026-11-22", origins={"authors": "pdf info", "published": "pdf info"}
    )
    article = read("A title\n\nBy: Anna Holm\n\nOctober 27, 2025\n\nThe ferry left at nine.\n", metadata=known)
    assert article.metadata.authors == ("Anna Holm",)
    assert article.metadata.published == "2025-10-27"
    assert article.metadata.origins["published"] == "date line"
