"""Answers: every statement a quotation, every citation to a paragraph that was shown, or an honest no."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_helpers import CHESS, FLOOD, VOTE, Library

from rag.answering import NEAREST, PASSAGES, Answerer
from rag.confidence import WEIGHTS, confidence
from rag.errors import InputError, StoreEmptyError
from rag.extraction import MAX_STATEMENTS
from rag.schema import Answer, Filters
from rag.searching import Searcher

MILL = "The old mill in Orrefors is open again.\n\nIts wheel turns on Sundays, when the weather is good enough."


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Four articles; one sentence of the vote stands in the mill's too."""
    library = Library(tmp_path_factory.mktemp("answering"))
    shared = VOTE.split("\n\n")[1]
    for name, text in {"vote": VOTE, "flood": FLOOD, "chess": CHESS, "mill": f"{MILL}\n\n{shared}"}.items():
        library.write(f"{name}.txt", text)
    library.ingest()
    yield library
    library.close()


def check_answer(library: Library, answer: Answer, filters: Filters | None = None) -> None:
    """Invariant 2, from the answer's side."""
    shown = {p.paragraph_id: p for p in library.engine.search(answer.question, PASSAGES, filters).passages}
    assert len(answer.statements) <= MAX_STATEMENTS
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    uses = [number for statement in answer.statements for number in statement.citations]
    assert list(dict.fromkeys(uses)) == [citation.number for citation in answer.citations]
    by_number = {citation.number: citation for citation in answer.citations}
    for citation in answer.citations:
        assert shown[citation.passage.paragraph_id] == citation.passage
        paragraph = citation.passage.paragraph
        text = library.engine.catalogue.article(citation.passage.article_id).text
        assert citation.quotes
        for piece, quote in zip(
            citation.quote.split(" … "), pieces(citation.quotes, paragraph.text, paragraph.start), strict=True
        ):
            assert text[quote[0] : quote[1]] == piece
            assert piece in paragraph.text
    for statement in answer.statements:
        assert statement.text.strip()
        assert statement.citations
        assert statement.text in by_number[statement.citations[0]].passage.paragraph.text
    texts = [statement.text for statement in answer.statements]
    assert len(set(texts)) == len(texts)


def pieces(quotes: tuple[object, ...], text: str, start: int) -> list[tuple[int, int]]:
    """Spans of runs of neighbouring sentences."""
    runs: list[tuple[int, int]] = []
    for quote in quotes:
        begin, end = quote.start, quote.end  # type: ignore[attr-defined]
        if runs and not text[runs[-1][1] - start : begin - start].strip():
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((begin, end))
    return runs


def test_a_question_is_answered_with_the_sentence_that_answers_it(library: Library) -> None:
    answer = library.engine.ask("How much did insurers put the damage at?")
    assert answer.answered
    assert answer.statements[0].text == FLOOD.split("\n\n")[2]
    assert answer.citations[0].passage.article_id == "flood"
    check_answer(library, answer)


def test_a_sentence_in_two_articles_is_stated_once_and_cited_twice(library: Library) -> None:
    answer = library.engine.ask("Who said the tax would pay for forty turbines off the northern coast?")
    assert answer.statements[0].text == VOTE.split("\n\n")[1]
    first = [c.passage.article_id for c in answer.citations if c.number in answer.statements[0].citations]
    assert sorted(first) == ["mill", "vote"]
    check_answer(library, answer)


def test_a_question_the_articles_do_not_answer_is_declined_with_the_nearest(library: Library) -> None:
    answer = library.engine.ask("Which vaccine did the Zagreb laboratory recall?")
    assert not answer.answered
    assert (answer.statements, answer.citations) == ((), ())
    assert 0 < len(answer.nearest) <= NEAREST
    assert list(answer.nearest) == list(library.engine.search(answer.question, len(answer.nearest)).passages)
    assert answer.confidence < 0.35


WORDS = "tax turbines harbour who said the minister flood bridge chess title mill wheel of in why zebra 2021 ninety"
QUESTIONS = st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=8).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(question=QUESTIONS | st.text(min_size=1, max_size=40).filter(str.strip), threshold=st.sampled_from([0.0, 0.35]))
def test_every_answer_keeps_to_what_was_shown(library: Library, question: str, threshold: float) -> None:
    answer = Answerer(Searcher(library.engine.retriever), threshold).ask(question)
    check_answer(library, answer)
    assert 0 <= answer.confidence <= 1
    assert answer.question == question
    assert answer.answered == bool(answer.statements)
    if not answer.answered:
        assert 0 < len(answer.nearest) <= NEAREST


def test_a_threshold_of_one_declines_all_and_of_zero_none_that_finds_words(library: Library) -> None:
    question = "How much did insurers put the damage at?"
    assert not library.open(threshold=1.0).ask(question).answered
    assert library.open(threshold=0.0).ask(question).answered


def test_filters_hold_for_answers(library: Library) -> None:
    filters = Filters(articles=("mill",))
    answer = library.engine.ask("Who said the tax would pay for forty turbines?", filters)
    assert {c.passage.article_id for c in answer.citations} == {"mill"}
    check_answer(library, answer, filters)


def test_at_most_so_many_passages_of_an_article_are_used(library: Library) -> None:
    answer = library.engine.ask("the vote on the wind tax for turbines and fishing crews", max_per_article=1)
    ids = [c.passage.article_id for c in answer.citations]
    assert len(ids) == len(set(ids))


def test_an_empty_question_is_refused(library: Library) -> None:
    with pytest.raises(InputError, match="the question is empty"):
        library.engine.ask("  \n ")


def test_a_store_without_articles_says_how_to_begin(tmp_path: Path) -> None:
    library = Library(tmp_path)
    with pytest.raises(StoreEmptyError, match="rag ingest"):
        library.engine.ask("anything")
    library.write("vote.txt", VOTE)
    library.ingest()
    library.engine.remove(["vote"])
    with pytest.raises(StoreEmptyError, match="rag ingest"):
        library.engine.ask("anything")
    library.close()


def test_the_same_question_gets_the_same_answer_again(library: Library) -> None:
    from dataclasses import replace

    first, second = (library.engine.ask("Who said the tax would pay for turbines?") for _ in range(2))
    assert replace(first, seconds={}) == replace(second, seconds={})
    assert set(first.seconds) == {"retrieval", "answering"}


def test_what_is_quoted_is_found_by_its_id(library: Library) -> None:
    answer = library.engine.ask("Who said the tax would pay for forty turbines?")
    for citation in answer.citations:
        view = library.engine.show(citation.passage.paragraph_id)
        assert view.paragraph == citation.passage.paragraph


@given(st.fixed_dictionaries({name: st.floats(0, 1) for name in WEIGHTS}), st.sampled_from(sorted(WEIGHTS)))
def test_confidence_is_a_probability_that_no_better_sign_lowers(values: dict[str, float], sign: str) -> None:
    assert 0 < confidence(values) < 1
    assert confidence(values | {sign: 1.0}) >= confidence(values)


def test_an_answer_is_never_empty(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write("rain.txt", "Rain fell.\n\nSnow came.")
    library.ingest()
    with library.open(threshold=0.0) as engine:
        answer = engine.ask("zebra")
    library.close()
    assert answer.answered == bool(answer.statements)
