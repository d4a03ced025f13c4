"""Filters read from the wording of a question: taken only where it tells who wrote or when it was published."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.lexical import words
from rag.question_dates import periods
from rag.question_filters import ReadQuestion, read_filters, settle
from rag.question_names import author_names, mentions, publisher_names
from rag.schema import Filters

TODAY = date(2026, 11, 22)  # a Sunday
HT, POST, TELLUS, ZNN = "The Harbour Times", "Brightwater Post", "Tellus", "ZNN News"
MINISTRY, BLATT, COAST = "Ministry of Ferries", "hafenblatt.de", "The Coast"
PUBLISHERS = [HT, POST, TELLUS, ZNN, MINISTRY, BLATT, COAST]
HOLM, BERG = "Clara Holm", "J. K. Berg"
AUTHORS = [HOLM, BERG, "Ines Vidal"]
OCTOBER = ("2025-10-01", "2025-10-31")
Y2023, Y2024 = ("2023-01-01", "2023-12-31"), ("2024-01-01", "2024-12-31")
LAST_WEEK, YESTERDAY = ("2026-11-09", "2026-11-15"), ("2026-11-21", "2026-11-21")
SINCE_MARCH = ("2026-03-01", None)
ANY = (None, None)


def read(question: str, given: Filters | None = None) -> ReadQuestion:
    return read_filters(question, PUBLISHERS, AUTHORS, TODAY, given)


PUBLISHED = [
    ("What did Tellus say about the ferry in 1917?", ANY, TELLUS, "What about the ferry in 1917?"),
    ("what did the Post write in October 2025", OCTOBER, POST, "what did the Post write in October 2025"),
    ("What did the Harbour Times write about Vidal in October 2025?", OCTOBER, HT, "What about Vidal?"),
    ("In October 2025, what did the Harbour Times write about elites?", OCTOBER, HT, "what about elites?"),
    ("what did the harbour times report yesterday?", YESTERDAY, HT, "what did the harbour times report yesterday?"),
    ("Who won the vote, according to the Post?", ANY, POST, "Who won the vote?"),
    ("Who, according to the Post, is to blame?", ANY, POST, "Who is to blame?"),
    ("According to the Post, who is Per Dahl?", ANY, POST, "who is Per Dahl?"),
    ("According to BrPo, who blew up the bridge?", ANY, POST, "who blew up the bridge?"),
    ("What does the BP say about the ferry?", ANY, POST, "What about the ferry?"),
    ("What did ZNN say about the ferry?", ANY, ZNN, "What about the ferry?"),
    ("What does brightwaterpost.com say about the ferry?", ANY, POST, "What about the ferry?"),
    ("What does harbourtimes.co.uk say about the ferry?", ANY, HT, "What about the ferry?"),
    ("On hafenblatt.de, who is blamed for the fire?", ANY, BLATT, "who is blamed for the fire?"),
    ("In the Coast, who is called a thief?", ANY, COAST, "who is called a thief?"),
    ("How did the Post cover the trial of Ines Vidal?", ANY, POST, "How the trial of Ines Vidal?"),
    ("Who did the Post say won the cup?", ANY, POST, "Who won the cup?"),
    ("Why does Tellus say the bridge fell?", ANY, TELLUS, "Why the bridge fell?"),
    ("Did Tellus report that the bridge fell?", ANY, TELLUS, "that the bridge fell?"),
    ("Which ships did the Post mention between 1 and 5 May 2024?", ("2024-05-01", "2024-05-05"), POST, "Which ships?"),
    ("What did the Post report last week about the strike?", LAST_WEEK, POST, "What about the strike?"),
    ("What did the Post say on 5 May about the ferry?", ("2026-05-05", "2026-05-05"), POST, "What about the ferry?"),
    ("What has Tellus reported about the strike since March?", SINCE_MARCH, TELLUS, "What about the strike?"),
    ("What did the Post write about the storm in March 2024?", ANY, POST, "What about the storm in March 2024?"),
    ("What did Tellus write about the Ferry War in 1917?", ANY, TELLUS, "What about the Ferry War in 1917?"),
    ("Summarise what the Post reported on the harbour", ANY, POST, "what the harbour"),
    ("Did the ferry sink in 1919, as Tellus reported?", ANY, TELLUS, "Did the ferry sink in 1919?"),
    ("What was published by Tellus in May about the harbour?", ("2026-05-01", "2026-05-31"), TELLUS,
     "What was about the harbour?"),
    ("What do Harbour Times articles from 2024 say about elites?", Y2024, HT, "What about elites?"),
    ("What does the article in Tellus say about tunnels?", ANY, TELLUS, "What about tunnels?"),
    ("summarise Harbour Times coverage of the ferry", ANY, HT, "summarise of the ferry"),
    ("According to a report by the Post, who is to blame?", ANY, POST, "who is to blame?"),
    ("According to the Harbour Times in May, who is to blame?", ("2026-05-01", "2026-05-31"), HT, "who is to blame?"),
    ("Any news from the Post about the ferry?", ANY, POST, "about the ferry?"),
    ("What do Ministry of Ferries reports say about ships?", ANY, MINISTRY, "What about ships?"),
    ("What do articles published in 2023 say about the ferry?", Y2023, None, "What about the ferry?"),
    ("harbour fire (published in 2023)", Y2023, None, "harbour fire"),
    ("What have articles said about the ferry since March?", SINCE_MARCH, None, "What about the ferry?"),
    ("What news articles before 2024 mention the harbour?", (None, "2023-12-31"), None, "What the harbour?"),
    ("What do reports from October 2025 say about tunnels?", OCTOBER, None, "What about tunnels?"),
    ("What does coverage from this year say about the tunnel?", ("2026-01-01", "2026-11-22"), None,
     "What about the tunnel?"),
    ("October 2025 articles about the harbour", OCTOBER, None, "about the harbour"),
    ("Who was quoted in last week's articles on the strike?", LAST_WEEK, None, "Who was quoted on the strike?"),
    ("What was in yesterday's coverage of the fire?", YESTERDAY, None, "What was of the fire?"),
    ("What was reported yesterday about the harbour?", YESTERDAY, None, "What was about the harbour?"),
    ("What did the press write in October 2025 about the ferry?", OCTOBER, None, "What about the ferry?"),
]  # fmt: skip

WRITTEN = [
    ("What did Clara Holm write about the ferry?", ANY, HOLM, "What about the ferry?"),
    ("What did Berg write about the tunnel?", ANY, BERG, "What about the tunnel?"),
    ("What has Clara Holm written about the tunnel since 2024?", ("2024-01-01", None), HOLM, "What about the tunnel?"),
    ("In articles by Clara Holm, who is to blame for the fire?", ANY, HOLM, "who is to blame for the fire?"),
    ("What do articles by J.K. Berg say about the fire?", ANY, BERG, "What about the fire?"),
    (
        "What is the main point of Clara Holm's column about tariffs?",
        ANY,
        HOLM,
        "What is the main point of about tariffs?",
    ),
    ("What does Holm's latest column say about the tunnel?", ANY, HOLM, "What about the tunnel?"),
    ("columns by Clara Holm in 2023 on the ferry", Y2023, HOLM, "on the ferry"),
]

UNFILTERED = [
    # the publisher is what the question is about
    "Who owned the Brightwater Post in 1877?",
    "When was Tellus founded?",
    "Who founded the Harbour Times and when?",
    "Where does the Harbour Times have its office?",
    "Who is the editor of Tellus?",
    "When did the Brightwater Post publish the leaked papers?",
    "Why did the Post publish the harbour papers in 1971?",
    "When did the Post first report the leak?",
    "What did the Post announce about layoffs?",
    "What does the Post's owner say about the tunnel?",
    "What did the Post's reporters find?",
    "How much did the Post pay for the story?",
    "Who reported the leak to the Post?",
    "What did the mayor tell the Harbour Times?",
    "What did the minister say in the Post?",
    "What did Holt advise in the call reported by the Brightwater Post?",
    "According to the Post owner, who paid?",
    "According to Tellus reporter Clara Holm, who is to blame?",
    "What happened after the Post wrote about the ferry?",
    "Who was arrested after Tellus published the emails?",
    "What did Tellus, a satellite company, report in May?",
    "Who runs hafenblatt.de?",
    # another name, or no name
    "Who bought the Post Office in 2013?",
    "What did the Jerusalem Post say about ships?",
    "What did the Coast Guard report in May?",
    "What is on the coast?",
    "What did the post say about the ferry?",
    "What did the Ministry of Ferries say about ships?",
    "According to the Ministry of Ferries, how many ferries are there?",
    # the author is spoken of
    "What did Clara Holm say about the ferry?",
    "According to Clara Holm, who is to blame?",
    "What did Clara Holm claim about the tunnel?",
    "Which books did Clara Holm write?",
    "What did Clara Holm write to the mayor?",
    "What did Clara Holm write in her diary about the tunnel?",
    "What did Clara Holm's report to the council say?",
    "Why was Clara Holm's column cancelled?",
    "Why did Clara Holm leave the Harbour Times in 2020?",
    # the date is that of an event
    "What happened in October 1917?",
    "What were the events of 24 February 2022?",
    "What happened between 1 and 5 May 2024?",
    "What has changed since March?",
    "Who won the 2024 election?",
    "What did the mayor say last week?",
    "What did the council publish in 2023?",
    "What did the company report in the third quarter of 2024?",
    "How many cases were reported in March 2020?",
    "Which novel was published in 1923?",
    "What was published in 1859?",
    "What did the Articles of Confederation from 1781 say?",
    "What were the articles of the treaty of May 1919?",
    "What did the IPCC reports from 2021 say?",
    "How many articles in 2020 did the encyclopedia have?",
    "What has changed since articles of association were signed in 2019?",
    "How has the coverage of vaccines changed since 2020?",
    "What reports were published in 2030?",
    # other languages, no words
    "Was schrieb die Harbour Times im Oktober 2025?",
    "Que dit Tellus sur le ferry ?",
    "",
    "?",
]


@pytest.mark.parametrize(("question", "days", "publisher", "text"), PUBLISHED, ids=lambda one: str(one)[:40])
def test_who_published_and_when_become_filters(
    question: str, days: tuple[str | None, str | None], publisher: str | None, text: str
) -> None:
    found = read(question)
    assert found.filters == Filters(*days, publishers=(publisher,) if publisher else ())
    assert found.text == text


@pytest.mark.parametrize(("question", "days", "author", "text"), WRITTEN, ids=lambda one: str(one)[:40])
def test_who_wrote_becomes_a_filter(question: str, days: tuple[str, str], author: str, text: str) -> None:
    found = read(question)
    assert found.filters == Filters(*days, authors=(author,))
    assert found.text == text


@pytest.mark.parametrize("question", UNFILTERED)
def test_whom_or_when_a_question_is_about_is_no_filter(question: str) -> None:
    assert read(question) == ReadQuestion(question, question, Filters(), Filters())


def test_several_publishers_may_be_meant_and_one_may_be_spelled_in_several_ways() -> None:
    found = read_filters("What do Tellus and the Coast say about it?", [*PUBLISHERS, "Coast"], (), TODAY)
    assert found.filters.publishers == ("Tellus", "Coast", "The Coast")


@pytest.mark.parametrize("question", ["What does the Post say about ships?", "What does postnews.com say about ships?"])
def test_what_may_mean_two_publishers_means_none(question: str) -> None:
    assert not read_filters(question, ["Brightwater Post", "Norvik Post", "Post-News", "Postnews"], (), TODAY).filters


def test_in_a_headline_a_single_word_with_a_capital_is_no_name() -> None:
    assert not read("What Does Tellus Say About Climate Change").filters


def test_the_note_tells_what_was_understood_and_how_to_override_it() -> None:
    assert read("What did the Harbour Times write about Vidal in October 2025?").note == (
        "only articles of The Harbour Times from 2025-10-01 to 2025-10-31, as the question says; "
        "--publisher/--since/--until override"
    )
    assert read("What did Clara Holm write about the ferry?").note == (
        "only articles by Clara Holm, as the question says; --author overrides"
    )
    assert " from 2026-03-01 on," in read("What have articles said about the ferry since March?").note
    assert " up to 2023-12-31," in read("What news articles before 2024 mention the harbour?").note
    assert " of 2026-11-21," in read("What was reported yesterday about the harbour?").note


ASKED = "What did the Harbour Times write about Vidal in October 2025?"


@pytest.mark.parametrize(
    ("given_filters", "filters"),
    [
        (Filters(publishers=(POST,)), Filters(None, None, (POST,))),
        (Filters(since="2020"), Filters("2020", None, (HT,))),
        (Filters(until="2020"), Filters(None, "2020", (HT,))),
        (Filters(authors=(HOLM,)), Filters(*OCTOBER, (HT,), (HOLM,))),
        (Filters(articles=("fire",)), Filters(articles=("fire",))),
    ],
)
def test_options_win_over_the_words_of_the_question(given_filters: Filters, filters: Filters) -> None:
    assert read(ASKED, given_filters).filters == filters


def counting(passing: dict[Filters, int]):
    """Counts as told; anything that is not expected fails."""
    return lambda filters: passing[filters]


def test_filters_that_articles_pass_stay() -> None:
    found = read(ASKED)
    assert settle(found, counting({found.filters: 1})) is found


def test_days_are_dropped_first_then_all_and_the_note_says_so() -> None:
    found = read(ASKED)
    undated = Filters(publishers=(HT,))
    kept = settle(found, counting({found.filters: 2, undated: 3}), fewest=3)
    assert (kept.filters, kept.text) == (undated, ASKED)
    assert kept.note == (
        "the question asks for articles from 2025-10-01 to 2025-10-31, but too few are there; "
        "only those of The Harbour Times were searched"
    )
    none = settle(found, counting({found.filters: 0, undated: 0}))
    assert (none.filters, none.text) == (Filters(), ASKED)
    assert none.note == (
        "the question asks for articles of The Harbour Times from 2025-10-01 to 2025-10-31, but too few are there; "
        "all were searched"
    )


def test_what_was_given_is_never_dropped() -> None:
    found = read(ASKED, Filters(authors=(HOLM,)))
    assert settle(found, lambda _: 0).filters == Filters(authors=(HOLM,))
    plain = read("Who owned the Post?", Filters(since="2020"))
    assert settle(plain, lambda _: 0) is plain


PARTS = [*PUBLISHERS, *AUTHORS, "the", "Post", "in", "October", "2025", "since", "March", "what", "did", "write", "say",
         "about", "articles", "by", "according", "to", "’s", ",", "?", "(", "ferry", "паром", "\ue000", "published",
         "last week", "between", "and", "5", "May", "31", "June", "00", "-", "."]  # fmt: skip


@given(st.one_of(st.lists(st.sampled_from(PARTS), max_size=14).map(" ".join), st.text(max_size=60)))
def test_the_text_is_made_of_words_of_the_question_in_order_and_never_empty(question: str) -> None:
    found = read(question)
    left = iter(words(question))
    assert all(word in left for word in words(found.text))
    assert bool(words(found.text)) == bool(words(question))
    assert bool(found.note) == bool(found.filters)


@given(st.sampled_from([one[0] for one in PUBLISHED + WRITTEN]), st.integers(0, 5), st.integers(0, 5))
def test_settling_keeps_the_filters_or_loosens_them(question: str, passing: int, fewest: int) -> None:
    found = read(question)
    settled = settle(found, lambda filters: passing if filters == found.filters else 9, fewest)
    assert settled.filters == found.filters if passing >= fewest else settled.filters != found.filters


PERIODS = [
    ("in October 2025", OCTOBER),
    ("since March", SINCE_MARCH),
    ("in December", ("2025-12-01", "2025-12-31")),
    ("before 2024", (None, "2023-12-31")),
    ("after 5 May 2024", ("2024-05-06", None)),
    ("until May 5, 2024", (None, "2024-05-05")),
    ("up to March 2024", (None, "2024-03-31")),
    ("between 1 and 5 May 2024", ("2024-05-01", "2024-05-05")),
    ("from May to July 2024", ("2024-05-01", "2024-07-31")),
    ("between November and February", ("2025-11-01", "2026-02-28")),
    ("between 2022 and 2023", ("2022-01-01", "2023-12-31")),
    ("on 2024-05-03", ("2024-05-03", "2024-05-03")),
    ("2024-02", ("2024-02-01", "2024-02-29")),
    ("Yesterday", YESTERDAY),
    ("last week", LAST_WEEK),
    ("this week", ("2026-11-16", "2026-11-22")),
    ("last month", ("2026-10-01", "2026-10-31")),
    ("last year", ("2025-01-01", "2025-12-31")),
    ("in the last three weeks", ("2026-11-01", None)),
    ("over the past 2 months", ("2026-09-22", None)),
    ("over the past year", ("2025-11-22", None)),
    ("on Tuesday", ("2026-11-17", "2026-11-17")),
    ("in early 2024", Y2024),
]


@pytest.mark.parametrize(("text", "days"), PERIODS)
def test_a_date_phrase_is_a_span_of_days(text: str, days: tuple[str | None, str | None]) -> None:
    (found,) = periods(f"It was {text} that it came", TODAY)
    assert (found.since, found.until) == days


@pytest.mark.parametrize(
    "text",
    ["in 2030", "on 31 June 2024", "in the 1990s", "it may march", "between 5 and 10 people", "2020-21", "3.2024"],
)
def test_what_is_no_day_of_the_calendar_or_lies_ahead_is_none(text: str) -> None:
    assert periods(text, TODAY) == []


@given(st.text(max_size=40), st.dates(date(1500, 1, 1), date(2099, 12, 31)))
def test_any_text_has_dates_in_order_or_none(text: str, today: date) -> None:
    found = periods(f"{text} in May {text} last month {text}", today)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(one.since is None or one.until is None or one.since <= one.until for one in found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the Harbour Times", [HT]),
        ("The Harbour Times’s view", [HT]),
        ("Brightwater Post, Tellus", [POST, TELLUS]),
        ("on www.tellus.org", [TELLUS]),
        ("tellus", []),
        ("Post", []),
        ("the Norvik Post", []),
        ("the Harbour Times October coverage", [HT]),
    ],
)
def test_publishers_are_known_by_name_last_word_initials_and_address(text: str, found: list[str]) -> None:
    assert [one.names[0] for one in mentions(text, publisher_names(frozenset(PUBLISHERS)))] == found


def test_a_surname_is_an_author_where_one_bears_it() -> None:
    two = author_names(frozenset(["Clara Holm", "Per Holm", "Ada Berg"]))
    assert [one.names for one in mentions("written by Holm, by Berg, by Per Holm", two, people=True)] == [
        ("Ada Berg",),
        ("Per Holm",),
    ]
