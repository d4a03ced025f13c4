"""A quote is never cut, and what is left out is said to be."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rendering_records import HARBOUR, make_article

from rag.excerpts import OMISSION, excerpt, lines, quoted_runs
from rag.schema import Metadata, Paragraph, Sentence

unhurried = settings(deadline=None, max_examples=100)


def paragraph_of(*sentences):
    return make_article("a", Metadata(), "/a.txt", list(sentences)).paragraphs[0]


def test_a_short_paragraph_is_shown_whole():
    paragraph = HARBOUR.paragraphs[2]
    pieces = excerpt(paragraph, paragraph.sentences[1:2])
    assert [piece.role for piece in pieces] == ["context", "quote", "context"]
    assert "".join(piece.text for piece in pieces) == paragraph.text


def test_neighbouring_quotes_are_one_piece_and_others_are_not():
    paragraph = paragraph_of("One.", "Two.", "Three.", "Four.")
    first, second, _, last = paragraph.sentences
    pieces = excerpt(paragraph, (last, second, first))
    assert [(piece.role, piece.text) for piece in pieces] == [
        ("quote", "One. Two."),
        ("context", " Three. "),
        ("quote", "Four."),
    ]


def test_a_long_paragraph_is_shortened_at_sentences_around_the_quote():
    """Sentences of 10 characters with their space, a limit of 40: the quote and three more, nearest first."""
    paragraph = paragraph_of(*(f"Number {n}." for n in range(1, 10)), "Number 10.")
    pieces = excerpt(paragraph, paragraph.sentences[4:5], limit=40)
    assert [piece.text for piece in pieces] == [OMISSION, "Number 3. Number 4. ", "Number 5.", " Number 6. ", OMISSION]


def test_a_quote_longer_than_the_limit_is_shown_whole():
    paragraph = paragraph_of("Before.", "Q" * 700 + ".", "After.")
    assert [piece.text for piece in excerpt(paragraph, paragraph.sentences[1:2])] == [
        OMISSION,
        "Q" * 700 + ".",
        OMISSION,
    ]


def test_without_a_quote_the_beginning_is_shown():
    paragraph = paragraph_of(*("Sentence number twelve." for _ in range(50)))
    pieces = excerpt(paragraph, (), limit=50)
    assert [piece.text for piece in pieces] == ["Sentence number twelve. Sentence number twelve. ", OMISSION]


def test_an_endless_sentence_is_cut_between_words():
    paragraph = paragraph_of("word " * 1000 + "end.")
    first, omission = excerpt(paragraph, (), limit=52)
    assert first.text == "word " * 10
    assert omission.text == OMISSION
    unspaced = paragraph_of("字" * 1000)
    assert excerpt(unspaced, (), limit=50)[0].text == "字" * 50


def test_lines_give_each_quote_its_own():
    paragraph = paragraph_of("One.", "Two.", "Three.")
    grouped = lines(excerpt(paragraph, (paragraph.sentences[0], paragraph.sentences[2])))
    assert [[piece.text for piece in group] for group in grouped] == [["One."], [" Two. "], ["Three."]]


def test_an_empty_paragraph_has_no_lines():
    assert lines(excerpt(Paragraph(1, "body", "", 0, 0, ()))) == []


@unhurried
@given(
    st.lists(st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=40), min_size=1, max_size=12),
    st.sets(st.integers(0, 11)),
    st.integers(1, 200),
)
def test_quotes_are_whole_and_pieces_are_verbatim_and_in_order(sentences, chosen, limit):
    paragraph = paragraph_of(*sentences)
    quotes = tuple(paragraph.sentences[index] for index in sorted(chosen) if index < len(sentences))
    pieces = excerpt(paragraph, quotes, limit)
    position = 0
    for piece in pieces:
        if piece.role != "omission":
            position = paragraph.text.index(piece.text, position) + len(piece.text)
    runs = quoted_runs(paragraph, quotes)
    assert [piece.text for piece in pieces if piece.role == "quote"] == [paragraph.text[s:e] for s, e in runs]


@unhurried
@given(
    st.text(max_size=60), st.lists(st.tuples(st.integers(-5, 80), st.integers(-5, 80)), max_size=5), st.integers(1, 60)
)
def test_spans_that_fit_nothing_do_no_harm(text, spans, limit):
    sentences = tuple(Sentence(start, end) for start, end in spans)
    pieces = excerpt(Paragraph(1, "body", text, 3, 3 + len(text), sentences), sentences[::2], limit)
    assert all(piece.text in text for piece in pieces if piece.role != "omission")
