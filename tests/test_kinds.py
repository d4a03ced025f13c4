"""What each paragraph is to a newspaper reader; only running text and lists may be cited."""

from __future__ import annotations

from typing import get_args

import pytest
from articles import kinds, read, seed, texts
from hypothesis import given, settings
from strategies import articles

from rag.kinds import looks_like_heading
from rag.schema import EVIDENCE, Kind

BODY = "The harbour authority of Lunde said on Friday that no ferry would leave before the storm had passed."
MORE = "Fishermen had brought in their boats the day before, and the market on the quay was closed."


def kind_of(paragraph: str, markup: str = "text") -> str:
    """Its kind in the middle of an article."""
    article = read(f"{BODY}\n\n{paragraph}\n\n{MORE}\n", markup)
    [_, middle, _] = article.paragraphs
    return middle.kind


# --- captions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "paragraph",
    [
        "Photo: Jane Doe",
        "Image credit: The Lunde Museum",
        "Photograph courtesy of the museum: a boat",
        "Photo by Jane Doe",
        "The quay of Lunde on Friday. Photo by Jane Doe",
        "The quay of Lunde on Friday. Photograph: Jane Doe/The Post",
        "The quay of Lunde on Friday. Credit: Jane Doe",
        "The quay of Lunde on Friday. (Photo: Jane Doe)",
        "The quay of Lunde on Friday, May 5. REUTERS/Jane Doe",
        "The quay of Lunde on Friday. AP Photo/Jane Doe",
        "The quay of Lunde on Friday. Jane Doe/Getty Images",
        "The quay of Lunde on Friday, via Getty Images.",
        "The quay of Lunde on Friday. [lunde.example](https://lunde.example)",
        "![The quay of Lunde](quay.jpg)",
        "![The quay](quay.jpg) The quay of Lunde on Friday.",
    ],
)
def test_a_credit_makes_a_caption(paragraph):
    assert kind_of(paragraph) == "caption"


@pytest.mark.parametrize(
    "paragraph",
    [
        "He showed me the photo.",
        "The bank gave him no credit.",
        "She sued Getty Images and won.",
        "Picture this: no ferry at all.",
        "Video shows police at the quay: they waited.",
        "They met at Reuters and at AFP, not at AP.",
        "The report can be read on [lunde.example](https://lunde.example).",
        "Credit card companies are to blame, he said.",
        "Photo by photo the album tells how the harbour was built.",
        "He smiled. Photo by photo the album tells how the harbour was built.",
    ],
)
def test_prose_about_pictures_is_no_caption(paragraph):
    assert kind_of(paragraph) == "body"


# --- links and boilerplate ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "paragraph",
    [
        "Related article: [Why the storm came](https://x.org)",
        "Read more: Why the storm came",
        "See also",
        "Don’t miss: Why the storm came",
        "Editor's pick | Why the storm came",
        "Read next — Why the storm came",
        "[Why the storm came to Lunde](https://x.org/storm)",
        "**[Why the storm came to Lunde](https://x.org/storm)**",
        "- [Why the storm came to Lunde](https://x.org/storm)",
    ],
)
def test_a_pointer_to_another_article_is_a_related_link(paragraph):
    assert kind_of(paragraph) == "related link"


@pytest.mark.parametrize(
    "paragraph",
    [
        "Related-party deals rose to a record, the ministry said.",
        "Read more slowly, the teacher told them.",
        "The [ministry](https://x.org) said so.",
        "See also what the harbour looked like then, he said.",
    ],
)
def test_prose_that_begins_like_a_pointer_is_body(paragraph):
    assert kind_of(paragraph) == "body"


@pytest.mark.parametrize(
    "paragraph",
    [
        "The views expressed in opinion pieces are not those of The Lunde Post.",
        "This article was adapted from the [original](#).",
        "Originally published by The Lunde Post.",
        "Originally published on May 5, 2024",
        "© 2024 The Lunde Post. All rights reserved.",
        "Copyright 2024 The Lunde Post",
        "Sign up for our newsletter",
        "Subscribe to The Lunde Post.",
        "Follow us on Facebook",
        "Share this article",
        "ADVERTISEMENT",
        "— Advertisement —",
        "- Click here for more",
        "https://lunde.example/storm",
        "[1]: https://lunde.example/storm",
        "– ” –",
    ],
)
def test_what_stands_around_an_article_is_boilerplate(paragraph):
    assert kind_of(paragraph) == "boilerplate"


@pytest.mark.parametrize(
    "paragraph",
    [
        "Copyright law is changing fast, lawyers say.",
        "Originally published in 1925, the novel sells.",
        "Share this burden, he told the allies.",
        "Subscribers left in droves.",
        "Advertisement income fell by half.",
        "Sign up or leave, they were told.",
        "He lives at https://lunde.example/storm on the web.",
    ],
)
def test_prose_that_begins_like_boilerplate_is_body(paragraph):
    assert kind_of(paragraph) == "body"


def test_a_long_paragraph_is_body_whatever_it_begins_with():
    assert kind_of("Subscribe to this view, he said. " + BODY * 4) == "body"
    assert kind_of("Photo: Jane Doe. " + BODY * 2 + MORE) == "body"


# --- pull quotes ----------------------------------------------------------------------------------------------------


def test_words_that_stand_in_another_paragraph_are_a_pull_quote_above_or_below_it():
    pulled = "No ferry would leave before the storm had passed"
    assert kinds(read(f"{MORE}\n\n{pulled}\n\n{BODY}")) == ["body", "pull quote", "body"]
    assert kinds(read(f"{BODY}\n\n{pulled}\n\n{MORE}")) == ["body", "pull quote", "body"]


def test_marks_of_quotation_and_emphasis_hide_no_pull_quote():
    assert kind_of("“No ferry would leave *before* the storm had passed”") == "pull quote"


def test_words_in_a_paragraph_that_was_broken_are_found_too():
    broken = BODY.replace("before the storm", "before\n\nthe storm")
    article = read(f"{MORE}\n\n{broken}\n\nNo ferry would leave before the storm had passed")
    assert kinds(article) == ["body", "body", "pull quote"]


def test_a_pull_quote_is_not_joined_to_what_follows():
    pulled = "No ferry would leave before the storm had passed and"
    raw = f"{BODY[:-1]} and gone.\n\n{pulled}\n\nSome of them never would."
    assert texts(read(raw), "pull quote") == [pulled]


def test_of_two_equal_paragraphs_the_one_without_a_full_stop_was_pulled_out():
    bare = BODY.removesuffix(".")
    assert [p.text for p in read(f"{MORE * 2}\n\n{bare}\n\n{BODY}").paragraphs if p.kind == "pull quote"] == [bare]
    assert kinds(read(f"{MORE}\n\n{BODY}\n\n{BODY}")) == ["body", "body", "pull quote"]


def test_words_that_are_cited_nowhere_else_are_no_pull_quote():
    words = "The quay of Lunde on Friday."
    assert kind_of(words) == "body"
    article = read(f"{BODY}\n\n{words}\n\n{words} The market is closed. Photo by Jane Doe\n\n{MORE}")
    assert kinds(article) == ["body", "body", "caption", "body"]


def test_few_words_stand_elsewhere_by_chance():
    assert kind_of("No ferry would leave.") == "body"


def test_the_title_is_no_pull_quote():
    article = read(f"No ferry would leave before the storm had passed\n\n{BODY}\n\n{MORE}")
    assert kinds(article) == ["heading", "body", "body"]


# --- headings -------------------------------------------------------------------------------------------------------


HEADINGS = ["The struggle for survival", "What does it mean?", "“Nobody slept”, 1953", "42 boats lost"]


@pytest.mark.parametrize("text", HEADINGS)
def test_a_short_line_above_running_text_is_a_heading(text):
    assert looks_like_heading(text, BODY)


@pytest.mark.parametrize(
    "text",
    [
        "It rained.",
        "It rained,",
        "“Nobody slept.”",
        "“Did nobody sleep?",
        "Who knew?",
        "and then it ended",
        "1953",
        "港は閉まった。",
        "He said —",
        "Donaudampfschifffahrtsgesellschaften gegen Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz",
        "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen",
    ],
)
def test_a_sentence_is_no_heading(text):
    assert not looks_like_heading(text, BODY)


def test_a_line_above_something_shorter_is_no_heading():
    assert not looks_like_heading("The struggle for survival", "It ended.")


def test_a_heading_stands_above_running_text_past_a_picture_but_not_above_the_end():
    ending = "The end of it\n\nThe views expressed are his own, he says."
    raw = f"{BODY}\n\nThe struggle\n\nPhoto: Jane Doe\n\n{MORE}\n\n{ending}"
    assert kinds(read(raw)) == ["body", "heading", "caption", "body", "body", "boilerplate"]


def test_what_the_format_says_is_not_judged_again():
    article = read("- Read more slowly\n- It blew\n\n# Photo: a history\n\n" + BODY, "markdown")
    assert kinds(article) == ["list", "list", "heading", "body"]


@settings(deadline=None, max_examples=50)
@given(articles())
def test_every_paragraph_has_a_kind_and_some_may_be_cited(written):
    article = read(written.raw, written.markup)
    assert set(kinds(article)) <= set(get_args(Kind))
    assert EVIDENCE & set(kinds(article))


# --- the five real articles -----------------------------------------------------------------------------------------

SET_APART = {
    "000": [
        ("byline", "By: Sergei Stepancev, TA Moscow"),
        ("heading", "Is Trump receiving hidden messages from Putin's entourage?"),
        ("heading", "The loss of a perfect moment"),
        ("pull quote", "Many influential Russians have enthusiastically embraced Yevgeny Prigozhin's rebellion"),
        ("heading", "What does Trump's return mean?"),
        ("pull quote", "Nobody should believe"),
        ("heading", "Hidden messages"),
        ("pull quote", "If, for whatever reason, Vladimir Putin is no longer in power"),
    ],
    "001": [
        ("heading", "RUSSIA ATTEMPTS TO COLLECT ITS WINNINGS"),
        ("heading", "So why the dick-wagging?"),
    ],
    "002": [
        ("heading", "Why Is the Russian Elite So Keen to Cozy Up to Trump?"),
        ("byline", "By Andrey Pertsev"),
        ("byline", "October 27, 2025"),
        ("caption", "Vladimir Putin and Donald Trump during a meeting in Alaska. kremlin.ru"),
        ("related link", "Related article: Here's Why Plans for a Tunnel"),
        ("related link", "Related article: How the Kremlin's 'Foreign Agents' Law"),
        ("boilerplate", "This article was adapted from the original"),
        ("boilerplate", "The views expressed in opinion pieces"),
        ("boilerplate", "Original url:"),
        ("boilerplate", "https://www.themoscowtimes.com/2025/10/27/"),
    ],
    "003": [
        ("byline", "By: Sergei Stepancev, TA Moscow"),
        ("heading", "Phone chat feared by Putin's elite"),
        ("heading", "The struggle for survival and assets"),
        ("heading", "Rules of the game"),
        ("heading", "Big league gossip"),
        ("heading", "Sanctions are a painful topic"),
        ("heading", "Where did the conversation come from?"),
    ],
    "004": [("byline", "date 2024-11-06")],
}
BODIES = {"000": 27, "001": 47, "002": 15, "003": 47, "004": 2}


@pytest.mark.parametrize("number", SET_APART)
def test_the_real_articles_are_read_as_a_newspaper_reader_would(number):
    apart = [(p.kind, p.text) for p in seed(number).paragraphs if p.kind != "body"]
    assert [kind for kind, _ in apart] == [kind for kind, _ in SET_APART[number]]
    assert all(text.startswith(begins) for (_, text), (_, begins) in zip(apart, SET_APART[number], strict=True))
    assert kinds(seed(number)).count("body") == BODIES[number]


def test_the_pull_quotes_of_a_real_article_lack_the_full_stop_of_the_sentence_they_were_pulled_from():
    pulled = texts(seed("000"), "pull quote")
    body = texts(seed("000"), "body")
    assert len(pulled) == 3
    assert all(any(f"{quote[1:]}." in text for text in body) for quote in pulled)


# --- size -----------------------------------------------------------------------------------------------------------


def test_an_article_that_says_one_thing_over_and_over_is_cited_once():
    article = read("\n\n".join([BODY] * 2000))
    assert texts(article, "body") == [BODY]


def test_a_column_of_short_lines_is_read():
    lines = [f"Chapter {n}" for n in range(5000)]
    article = read("\n\n".join([*lines, BODY]))
    assert texts(article) == [*lines, BODY]
    assert article.paragraphs[-1].kind == "body"
