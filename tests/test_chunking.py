"""What is embedded: every paragraph that may be cited, in its context, within the budget of the model."""

from __future__ import annotations

from dataclasses import replace

import pytest
from articles import made, read
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import articles

from rag.chunking import CONTEXT_SHARE, SMALL, chunk_article
from rag.schema import EVIDENCE, Metadata

thorough = settings(deadline=None, max_examples=40)
FILLER = "the ferry of Lunde that sails between the seven islands stayed in the harbour today"
assert len(FILLER) > SMALL


def count_words(texts):
    return [len(text.split()) for text in texts]


def chunks_of(article, max_tokens=100):
    return chunk_article(article, count_words, max_tokens)


def body_of(chunk):
    return chunk.text.rpartition("\n")[2]


# --- by hand --------------------------------------------------------------------------------------------------------


def test_a_paragraph_is_a_chunk():
    article = made(f"One {FILLER}.", f"Two {FILLER}.|And more.")
    assert [(c.paragraphs, c.text) for c in chunks_of(article)] == [
        ((1,), f"One {FILLER}."),
        ((2,), f"Two {FILLER}. And more."),
    ]


def test_a_short_paragraph_is_embedded_with_the_next():
    article = made("Take Lunde, for example.", "It rains.", f"And {FILLER}.", f"Yet {FILLER}.")
    assert [c.paragraphs for c in chunks_of(article)] == [(1, 2, 3), (4,)]


def test_a_short_paragraph_is_not_embedded_under_another_heading():
    article = made("Take Lunde, for example.", f"And {FILLER}.")
    first, second = article.paragraphs
    article = replace(article, paragraphs=(first, replace(second, heading="The harbour")))
    assert [c.paragraphs for c in chunks_of(article)] == [(1,), (2,)]


def test_a_chunk_begins_with_what_it_is_about():
    article = made(f"And {FILLER}.", title="Storm over Lunde", heading="The harbour")
    metadata = replace(article.metadata, publisher="The Lunde Post", published="2024-05-06")
    [chunk] = chunks_of(replace(article, metadata=metadata))
    assert chunk.text == f"Storm over Lunde. The Lunde Post. 2024-05-06. The harbour\nAnd {FILLER}."


def test_a_context_that_would_crowd_out_the_text_is_left_out():
    """Five words of twenty are the most it may take."""
    five, six = "a b c d e", "a b c d e f"
    assert chunks_of(made(f"And {FILLER}.", title=five), 20)[0].text.startswith(five)
    assert not chunks_of(made(f"And {FILLER}.", title=six), 20)[0].text.startswith(six)


def test_a_long_paragraph_is_cut_between_sentences_that_overlap():
    """Budget of 9 words, sentences of 4: two fit, and the second of them opens the next chunk."""
    article = made("|".join(f"Number {n} is here." for n in range(1, 5)))
    assert [c.text for c in chunks_of(article, 9)] == [
        "Number 1 is here. Number 2 is here.",
        "Number 2 is here. Number 3 is here.",
        "Number 3 is here. Number 4 is here.",
    ]


def test_a_sentence_that_is_too_long_stands_alone():
    long = "long " * 12
    article = made(f"One is here.|{long.strip()}.|Two is here.")
    assert [c.text for c in chunks_of(article, 8)] == ["One is here.", f"{long.strip()}.", "Two is here."]


def test_a_piece_names_only_the_paragraphs_it_is_from():
    article = made("Take Lunde.", "|".join(f"Number {n} is here." for n in range(1, 5)))
    assert [c.paragraphs for c in chunks_of(article, 9)] == [(1, 2), (2,), (2,), (2,)]


def test_what_may_not_be_cited_is_not_embedded():
    article = made(f"One {FILLER}.", f"Two {FILLER}.", f"Three {FILLER}.")
    first, second, third = article.paragraphs
    article = replace(article, paragraphs=(replace(first, kind="caption"), replace(second, kind="list"), third))
    assert [c.paragraphs for c in chunks_of(article)] == [(2,), (3,)]


def test_numbers_are_those_of_the_paragraphs_not_their_places():
    assert [c.paragraphs for c in chunks_of(made(f"One {FILLER}.", f"Two {FILLER}.", numbers=[4, 9]))] == [(4,), (9,)]


def test_an_article_without_evidence_has_no_chunks():
    article = made(f"One {FILLER}.")
    assert chunks_of(replace(article, paragraphs=(replace(article.paragraphs[0], kind="byline"),))) == []


# --- by promise -----------------------------------------------------------------------------------------------------

budgets = st.sampled_from([4, 8, 20, 256])


@thorough
@given(articles(), budgets)
def test_every_word_that_may_be_cited_is_embedded_with_its_number(written, budget):
    article = read(written.raw, written.markup)
    chunks = chunks_of(article, budget)
    evidence = [p for p in article.paragraphs if p.kind in EVIDENCE]
    assert {n for chunk in chunks for n in chunk.paragraphs} == {p.n for p in evidence}
    for paragraph in evidence:
        texts = [chunk.text for chunk in chunks if paragraph.n in chunk.paragraphs]
        for sentence in paragraph.sentences:
            assert any(article.text[sentence.start : sentence.end] in text for text in texts)


@thorough
@given(articles(), budgets)
def test_no_chunk_is_over_the_budget_but_for_one_sentence_that_is(written, budget):
    article = read(written.raw, written.markup)
    sentences = {article.text[s.start : s.end] for p in article.paragraphs for s in p.sentences}
    for chunk in chunks_of(article, budget):
        assert len(chunk.text.split()) <= budget or body_of(chunk) in sentences


@thorough
@given(articles(), budgets)
def test_every_chunk_has_the_context_of_its_paragraph_or_none_has_room(written, budget):
    article = read(written.raw, written.markup, Metadata(title="Storm"))
    headings = {p.n: p.heading for p in article.paragraphs}
    for chunk in chunks_of(article, budget):
        context = f"Storm. {headings[chunk.paragraphs[0]]}".removesuffix(". ")
        fits = len(context.split()) <= budget // CONTEXT_SHARE
        assert chunk.text.startswith(f"{context}\n") == fits


@settings(deadline=None, max_examples=20)
@given(articles(), budgets)
def test_chunks_are_the_same_every_time(written, budget):
    article = read(written.raw, written.markup)
    assert chunks_of(article, budget) == chunks_of(article, budget)


@pytest.mark.parametrize("length", [10, 1000])
def test_texts_are_counted_at_once_however_many_there_are(length):
    """One call for the paragraphs and one for their context; a call costs more than a text."""
    calls = []

    def counting(texts):
        calls.append(len(texts))
        return count_words(texts)

    chunk_article(made(*[f"{n} {FILLER}." for n in range(length)]), counting, 100)
    assert calls == [length, 1]
