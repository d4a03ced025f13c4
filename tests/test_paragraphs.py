"""Paragraphs and sentences are slices of the text, traced to the raw file, and nothing that is said is lost."""

from __future__ import annotations

import contextlib

import pytest
from articles import (
    assert_is_readable,
    assert_is_traced,
    assert_is_whole,
    is_subsequence,
    letters,
    read,
    seed,
    seed_source,
    sentences,
    source_of,
    texts,
    words,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import articles, broken_articles, decomposed, noise, plain_articles

from rag.cleaning import clean
from rag.errors import LoadError
from rag.paragraphs import read_article
from rag.schema import Block, Metadata, Source

thorough = settings(deadline=None, max_examples=40)
SEED_NUMBERS = ["000", "001", "002", "003", "004"]


# --- invariant 1: everything is a slice, everything is traced -------------------------------------------------------


@thorough
@given(articles() | broken_articles())
def test_paragraphs_and_sentences_are_slices_that_leave_nothing_out(written):
    assert_is_whole(read(written.raw, written.markup))


@thorough
@given(articles() | broken_articles())
def test_paragraphs_and_sentences_are_found_again_in_the_raw_file(written):
    assert_is_traced(read(written.raw, written.markup), written.raw)


@settings(deadline=None, max_examples=200)
@given(noise(), st.sampled_from(["text", "markdown"]))
@example("date 2024-11-06 *\n\nb* c", "text")
@example("**date 2024-11-06 While** he slept.", "text")
@example("> a\n>\n> b\nc", "markdown")
def test_whatever_the_file_holds_its_paragraphs_are_whole_and_traced(raw, markup):
    with contextlib.suppress(LoadError):
        article = read(raw, markup)
        assert_is_whole(article)
        assert_is_traced(article, raw)


@thorough
@given(articles())
def test_cleaning_the_raw_range_of_a_sentence_gives_its_words_in_order(written):
    """Markup cut at the edge of the range may add to them, it never takes away."""
    article = read(written.raw, written.markup)
    for paragraph in article.paragraphs:
        for sentence in paragraph.sentences:
            piece = clean(written.raw[sentence.raw_start : sentence.raw_end]).text
            assert is_subsequence(words(article.text[sentence.start : sentence.end]), words(piece))


@pytest.mark.parametrize("number", SEED_NUMBERS)
def test_the_real_articles_are_whole_and_traced(number):
    source = seed_source(number)
    article = read_article(source)
    assert_is_whole(article)
    assert_is_traced(article, source.raw)


def test_a_sentence_knows_its_place_in_the_raw_file():
    raw = "One *here*. Two [there](u).\n\nThree.\n"
    first, last = read(raw).paragraphs
    places = [(raw[s.raw_start : s.raw_end], s.line) for s in (*first.sentences, *last.sentences)]
    assert places == [("One *here*.", 1), ("Two [there](u).", 1), ("Three.", 3)]


# --- nothing is thrown away -----------------------------------------------------------------------------------------


@thorough
@given(articles())
def test_all_that_is_shown_stands_in_the_text_in_order(written):
    assert read(written.raw, written.markup).text.split() == list(written.shown)


@thorough
@given(broken_articles())
def test_a_sentence_broken_in_two_is_one_again(written):
    assert texts(read(written.raw)) == [" ".join(written.shown)]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=60), max_size=6))
def test_every_word_of_plain_text_stands_in_the_article(lines):
    """Whatever punctuation stands in it, but for signs that hide what they enclose."""
    kept = [line.translate(dict.fromkeys(map(ord, "<>[]&`\\"))) for line in lines]
    raw = "\n\n".join(["An opening that is here.", *kept])
    assert is_subsequence(letters(raw), letters(read(raw).text))


@thorough
@given(plain_articles())
def test_how_letters_are_composed_changes_nothing(written):
    assert read(decomposed(written.raw)).text == read(written.raw).text


@thorough
@given(articles(), st.sampled_from(["\n", "\r\n", "\r"]))
def test_line_ends_change_nothing_that_is_shown(written, line_end):
    same = written.raw.replace("\r\n", "\n").replace("\r", "\n").replace("\n", line_end)
    assert shown(read(written.raw, written.markup)) == shown(read(same, written.markup))


def shown(article):
    return [(p.text, p.kind, p.line, [s.line for s in p.sentences]) for p in article.paragraphs]


@thorough
@given(articles())
def test_reading_twice_gives_the_same(written):
    source = source_of(written.raw, written.markup)
    assert read_article(source) == read_article(source)


# --- lines, front matter, blocks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_editors_count_them(end):
    raw = end.join(["The first is here.", "", "", "The second", "goes on. The third is here."])
    article = read(raw)
    assert [p.line for p in article.paragraphs] == [1, 4]
    assert [s.line for s in article.paragraphs[1].sentences] == [4, 5]


def test_a_paragraph_begins_on_the_line_of_its_first_visible_character():
    assert read("<!-- from the archive -->\nIt was late.").paragraphs[0].line == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_front_matter_is_no_text_but_its_lines_count(end):
    head = end.join(["---", "title: A", "---", ""])
    article = read_article(source_of(f"{head}{end}It was late.", body_start=len(head)))
    assert texts(article) == ["It was late."]
    assert article.paragraphs[0].line == 5


def test_blocks_of_a_page_keep_their_lines_pages_and_kinds():
    blocks = (
        Block("The   port is\nclosed.", line=7),
        Block("Wind", kind="heading", page=2),
        Block("A gale blew\x07.", page=2),
        Block(" \u200b "),
    )
    article = read_article(Source("https://example.org/a", markup="blocks", blocks=blocks))
    shown = [(p.text, p.kind, p.line, p.page, p.raw_spans) for p in article.paragraphs]
    assert shown == [
        ("The port is closed.", "body", 7, None, ()),
        ("Wind", "heading", None, 2, ()),
        ("A gale blew.", "body", None, 2, ()),
    ]
    assert [(s.raw_start, s.line) for s in article.paragraphs[0].sentences] == [(None, 7)]
    assert_is_whole(article)


@thorough
@given(st.lists(noise(), max_size=5))
def test_whatever_a_block_holds_it_reads_as_one_line(blocks):
    source = Source("https://example.org/a", markup="blocks", blocks=tuple(map(Block, blocks)))
    with contextlib.suppress(LoadError):
        article = read_article(source)
        for text in texts(article):
            assert_is_readable(text)
        assert_is_whole(article)


def test_paragraphs_stand_under_the_heading_above_them_but_not_under_the_title():
    raw = "# Storm over Lunde\n\nThe wind rose.\n\n## The harbour\n\nIt was closed.\n\nNobody sailed.\n"
    article = read(raw, "markdown")
    assert [(p.kind, p.heading) for p in article.paragraphs] == [
        ("heading", ""),
        ("body", ""),
        ("heading", ""),
        ("body", "The harbour"),
        ("body", "The harbour"),
    ]


# --- what cannot be read, and what it is written in -----------------------------------------------------------------


@pytest.mark.parametrize("raw", ["", "\n \r\n\t", "***\n\n---", "...", "# Only a heading", "<!-- nothing -->"])
def test_a_file_without_text_that_could_be_cited_is_refused(raw):
    with pytest.raises(LoadError, match="could be cited"):
        read(raw, "markdown")


@pytest.mark.parametrize(
    ("language", "raw"),
    [
        ("en", "The harbour was closed on Friday because of the storm, the port authority said."),
        ("ru", "Порт был закрыт в пятницу из-за сильного шторма, сообщили власти города."),
        ("de", "Der Hafen wurde am Freitag wegen des Sturms geschlossen, teilte die Behörde mit."),
    ],
)
def test_the_language_is_told_from_the_text(language, raw):
    assert read(raw).metadata.language == language


def test_a_language_that_is_known_is_not_guessed():
    assert read("The harbour was closed on Friday.", metadata=Metadata(language="nl")).metadata.language == "nl"


def test_two_words_tell_no_language():
    assert read("Oslo, 1950.").metadata.language is None


# --- the five real articles -----------------------------------------------------------------------------------------

JOINED = [
    ("000", "and ultimately crush the Putin regime."),
    ("001", "one of the people said."),
    ("001", "who thinks will manage the House as it awaits special elections"),
    ("001", "according to Britain's Chief of the Defense Staff Tony Radakin."),
    ("002", "might end up being relayed directly to Trump"),
    ("002", "starts regularly mentioning rare earth metals, then"),
    ("003", "Let's not forget that anyone"),
    ("003", "worked with the notorious, and at the time"),
    ("003", "the future of all people living in Russia."),
    ("003", "by assistants working for these two super powerful"),
    ("003", "cause unrest in Putin's camp, and is"),
    ("003", "by Putin and his circle deprived future"),
]
"""Every place where the files break in mid-sentence."""


@pytest.mark.parametrize(("number", "joined"), JOINED)
def test_the_real_articles_are_joined_where_they_were_broken(number, joined):
    [paragraph] = [p for p in seed(number).paragraphs if joined in p.text]
    assert len(paragraph.raw_spans) == 2


@pytest.mark.parametrize("number", SEED_NUMBERS)
def test_the_real_articles_are_joined_nowhere_else(number):
    broken = [p.text for p in seed(number).paragraphs if len(p.raw_spans) > 1]
    expected = [text for n, text in JOINED if n == number]
    assert len(broken) == len(expected)
    assert all(text in paragraph for text, paragraph in zip(expected, broken, strict=True))


@pytest.mark.parametrize("number", SEED_NUMBERS)
def test_no_sentence_of_the_real_articles_is_a_fragment(number):
    article = seed(number)
    for paragraph in article.paragraphs:
        if paragraph.kind == "body":
            for sentence in sentences(article, paragraph):
                assert sentence[0].isupper() or sentence[0] in "“\"'"
                assert sentence.rstrip("”\"')")[-1] in ".?!"


def test_struck_out_words_of_a_real_article_are_text():
    assert any("by the words about the future of Russia by Putin" in text for text in texts(seed("003")))


FLOODS = ["[", "*", "<", '"', "“", "`", "(", "](", "\n", "- ", "> ", "word ", "a\u0301\u0323", "“a "]


@pytest.mark.parametrize("unit", FLOODS)
def test_a_flood_of_one_sign_is_read_like_any_text(unit):
    raw = "It begins here.\n\n" + unit * (50_000 // len(unit)) + "\n\nIt ends here."
    article = read(raw)
    assert texts(article)[0] == "It begins here."
    assert "It ends here." in texts(article)[-1]
    assert_is_whole(article)
