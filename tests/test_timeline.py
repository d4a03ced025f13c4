"""Which sentences date an event, what the date is, and who tells it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_helpers import FakeEmbedder

from rag.extraction import Weighed, sentence_text
from rag.joining import Joiner
from rag.schema import Metadata, Paragraph, Passage, Sentence
from rag.sentences import split_sentences
from rag.timeline import Dated, timeline
from rag.verification import Verifier

EMBEDDER = FakeEmbedder()
WEDNESDAY = "2024-11-06"


def paragraph(article: str, text: str, published: str | None = WEDNESDAY, language: str | None = "en") -> list[Weighed]:
    sentences = tuple(Sentence(span.start, span.end) for span in split_sentences(text, "en"))
    body = Paragraph(1, "body", text, 0, len(text), sentences)
    passage = Passage(f"{article}#1", article, body, article, Metadata(published=published, language=language), 1.0)
    texts = [sentence_text(passage, (sentence,)) for sentence in sentences]
    vectors = EMBEDDER.encode(texts) if texts else np.zeros((0, 64), np.float32)
    return [Weighed(passage, *pair) for pair in zip(sentences, vectors, strict=True)]


def told(*paragraphs: list[Weighed], limit: int = 20) -> list[Dated]:
    pool = [one for paragraph in paragraphs for one in paragraph]
    return timeline(pool, Joiner(pool, Verifier(EMBEDDER)), limit)


def dates(text: str, published: str | None = WEDNESDAY) -> list[str]:
    return [dated.date for dated in told(paragraph("a", text, published))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The port of Lunde closed on 5 November 2024.", "2024-11-05"),
        ("The port of Lunde closed on Friday.", "2024-11-01"),
        ("The port of Lunde closed in October.", "2024-10"),
        ("The port of Lunde was built in 1998.", "1998"),
        ("The port of Lunde closed last month.", "2024-10"),
        ("The port of Lunde closed last year.", "2023"),
        ("The port of Lunde closed two days ago.", "2024-11-04"),
        ("Yesterday the port of Lunde closed.", "2024-11-05"),
        ("On Friday, the port of Lunde closed.", "2024-11-01"),
        ("The port of Lunde will close on Friday.", "2024-11-08"),
        ("The port of Lunde is set to reopen in March.", "2025-03"),
        ("The minister Clara Holm told reporters Tuesday the port was safe.", "2024-11-05"),
        ("The minister said on Tuesday that the port was built in 1998.", "2024-11-05"),
        ("Clara Holm, who led the port until 2019, resigned on Friday.", "2024-11-01"),
        ("The port was closed, the operator said on Friday.", "2024-11-01"),
        ("The opening of the port is scheduled for Friday.", "2024-11-08"),
    ],
)
def test_an_event_is_dated(text: str, expected: str) -> None:
    assert dates(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "The crew watched Saturday Night Live in Lunde.",
        "The port of Lunde has been closed since 2012.",
        "The 2020 election changed the port of Lunde.",
        "Friday’s vote closed the port of Lunde.",
        "It may rain on the port of Lunde in March.",
        "The port of Lunde lost $2024 in tolls.",
        "It was the worst flood in Lunde since 2008.",
        "Updated on Friday by the harbour desk of Lunde.",
        "Did the port of Lunde close on Friday?",
        "If the port of Lunde closed on Friday, nobody saw it.",
        "The port of Lunde did not close on Friday.",
        "The port, built in 1998, is the largest in the north.",
        "The port built in 1998 collapsed under the snow.",
        "Clara Holm was charged over the fire in 1998.",
        "Prices in Lunde rose after the port closed in 1998.",
        "The ferry was faster than in 1998.",
        "The port was closed from 1998 to 2004.",
        "The port of Lunde was open on 5 and 6 November.",
        "In 1998 the town of Lunde had a port.",
        "“The port closed on Friday,” Clara Holm said.",
        "I saw the port of Lunde close, and left it on Friday.",
        "One of the oldest is Lunde, a town founded in 1850.",
        "Founded in 1850, Lunde grew with the herring.",
        "The best known is the lighthouse in Lunde, founded in 1850 by monks.",
        "Clara Holm won the prize for 2013.",
        "Today, the port of Lunde, crowded with herring, serves trawlers.",
        "The port of Lunde closed about two years ago.",
        "The port of Lunde closed on Tuesday, November 4.",
    ],
)
def test_what_may_be_mistaken_is_left_out(text: str) -> None:
    assert dates(text) == []


def test_two_dated_verbs_make_no_clear_date() -> None:
    assert dates("The port closed on Friday and the bridge opened on Monday.") == []


def test_without_a_date_of_the_article_only_whole_dates_count() -> None:
    text = "The port closed on Friday. The bridge opened in March. The tower was built in 1998."
    assert dates(text, None) == ["1998"]


def test_another_year_in_the_paragraph_forbids_dates_without_one() -> None:
    assert dates("The bridge of Lunde opened on 4 May 1998. The port closed on 7 June.") == ["1998-05-04"]


def test_the_next_day_counts_from_the_event_before_and_brings_it_along() -> None:
    (first, second) = told(paragraph("a", "The port closed on Friday. The next day, the bridge collapsed."))
    assert (first.date, second.date) == ("2024-11-01", "2024-11-02")
    assert second.claim.text == "The port closed on Friday. The next day, the bridge collapsed."
    assert [sentence.start for _, sentence in second.claim.places] == [0, 27]


def test_the_day_after_the_vote_needs_the_vote_to_be_dated_before() -> None:
    text = "The council held a vote on Friday. The day after the {} the bridge of Lunde collapsed."
    assert [one.date for one in told(paragraph("a", text.format("vote")))] == ["2024-11-01", "2024-11-02"]
    assert [one.date for one in told(paragraph("a", text.format("storm")))] == ["2024-11-01"]


def test_a_pronoun_is_not_shown_without_whom_it_means() -> None:
    (dated,) = told(paragraph("a", "Clara Holm led the port. She resigned from the board on Friday."))
    assert dated.claim.text == "Clara Holm led the port. She resigned from the board on Friday."
    assert told(paragraph("a", "She resigned from the board on Friday.")) == []


def test_articles_that_tell_the_same_are_one_line_with_the_more_precise_date() -> None:
    one = paragraph("a", "The council of Lunde closed the old port in November.")
    two = paragraph("b", "The council of Lunde closed the old port on 5 November 2024.")
    (dated,) = told(one, two)
    assert (dated.date, dated.precision) == ("2024-11-05", "day")
    assert dated.expression == "on 5 November 2024"
    assert {passage.article_id for passage, _ in dated.claim.places} == {"a", "b"}


def test_the_same_words_on_other_days_are_two_events() -> None:
    one = paragraph("a", "The council of Lunde closed the old port on 5 November 2023.")
    two = paragraph("b", "The council of Lunde closed the old port on 5 November 2024.")
    assert [(dated.date, len(dated.claim.places)) for dated in told(one, two)] == [("2023-11-05", 1), ("2024-11-05", 1)]


def test_friday_of_one_week_is_not_friday_of_another() -> None:
    text = "The council of Lunde closed the old port on Friday."
    found = told(paragraph("a", text), paragraph("b", text, "2024-11-13"))
    assert [dated.date for dated in found] == ["2024-11-01", "2024-11-08"]


def test_over_the_limit_the_more_relevant_stay_in_order_of_date() -> None:
    texts = ["The bridge opened in 2019.", "The port was built in 1998.", "The tower collapsed in 1850."]
    found = told(*(paragraph(str(i), text) for i, text in enumerate(texts)), limit=2)
    assert [dated.date for dated in found] == ["1998", "2019"]
    assert told(paragraph("a", texts[0]), limit=0) == []


def test_other_languages_and_no_sentences_have_no_events() -> None:
    assert told(paragraph("a", "The port of Lunde closed on Friday.", language="de")) == []
    assert timeline([], Joiner([], Verifier(EMBEDDER)), 5) == []


WORDS = st.sampled_from(
    "The port closed on Friday . in 2019 , who She said that the next day will 5 November 2024 “ ” ? last month".split()
)


@settings(deadline=None)
@given(st.lists(st.lists(WORDS, max_size=25), max_size=4), st.sampled_from([WEDNESDAY, "2024-11", "2024", None, "x"]))
def test_every_line_stands_word_for_word_in_its_sources(texts: list[list[str]], published: str | None) -> None:
    found = told(*(paragraph(str(i), " ".join(words), published) for i, words in enumerate(texts) if words))
    assert [one.date for one in found] == sorted(one.date for one in found)
    for dated in found:
        assert len(dated.date) == {"year": 4, "month": 7, "day": 10}[dated.precision]
        assert dated.claim.text in dated.claim.places[0][0].paragraph.text
        for passage, sentence in dated.claim.places:
            assert sentence in passage.paragraph.sentences
