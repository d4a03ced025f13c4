"""Sentences are what a reader would quote: never half an abbreviation, never half a quotation, never without end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import articles, noise

from rag.characters import plain
from rag.sentences import MAX_SENTENCE, split_sentences

thorough = settings(deadline=None, max_examples=100)


def split(text: str, language: str = "en") -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text, language)]


def assert_split(*sentences: str, language: str = "en") -> None:
    assert split(" ".join(sentences), language) == list(sentences)


# --- where sentences end --------------------------------------------------------------------------------------------


def test_sentences_end_at_full_stops_questions_and_exclamations():
    assert_split("It rained.", "Who knew?", "Everybody!", "So they stayed… And waited.")


@pytest.mark.parametrize(
    "sentence",
    [
        "The U.S. economy and the U.K. grew.",
        "He wrote of Russian-U.S. interests and a U.S.-led force.",
        "On Oct. 8 and on Nov. 5, 2024, he left.",
        "J. K. Rowling met John F. Kennedy and Mr. J. Smith.",
        "Gen. Smith, Lt. Col. Jones and Sen. Poe came with Dr. No and Mrs. Roe.",
        "It grew approx. 5 percent, cf. Fig. 3 and No. 10 on p. 4.",
        "At 5 p.m. they left.",
        "It cost $5.5 million or 3.2 percent at example.com.",
    ],
)
def test_an_abbreviation_ends_no_sentence(sentence):
    assert_split(sentence, "Then it ended.")


def test_a_small_word_before_a_full_stop_is_no_abbreviation():
    assert_split("No. 5 is best.", "He is No. 1.", "That is all.")
    assert_split("It was a fig.", "He ate it.")


def test_an_abbreviation_may_end_a_sentence_too():
    assert_split("They live in the U.S.", "She does not.")


def test_a_small_letter_begins_no_sentence_unless_there_are_no_capitals():
    assert split("He works at Yahoo! and at home.") == ["He works at Yahoo! and at home."]
    assert_split("the cat sat.", "the dog ran.")


def test_the_number_of_an_item_is_part_of_its_sentence():
    assert_split("1. The first item is here.", "2. The second one is too.")


def test_a_missing_space_hides_no_end():
    assert split("It ended.Then it began.") == ["It ended.", "Then it began."]


# --- quotations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("opening", "closing"), ["“”", '""', "«»", "„“"])
def test_a_quotation_of_several_sentences_stays_with_its_speaker(opening, closing):
    assert_split(f"{opening}We won. We did. It is over,{closing} Mr. Smith said.", "They went.")


@pytest.mark.parametrize("mark", ["?", "!"])
def test_a_question_in_quotation_marks_stays_with_its_speaker(mark):
    assert_split(f"“Why{mark}” he asked.", "They went.")


def test_an_opening_mark_belongs_to_what_it_opens():
    assert_split("He left.", "“It is late.”", "She stayed.")
    assert_split("“It is untrue. It is fiction,” he said when asked about it.", "“There was none.")


def test_lines_of_a_dialogue_are_sentences():
    assert_split("— Where are you going?", "— Home.", "— Why?")


def test_a_quotation_mark_that_is_never_closed_swallows_nothing():
    assert_split("“This is unclosed.", "It goes on.", "And on.")
    assert_split('He said "this is unclosed.', "It goes on.", "And on.")


# --- languages ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("ru", ["А. С. Пушкин родился в Москве.", "Он поэт.", "В г. Москве тихо."]),
        ("ru", ["Он сказал: «Мы победили. Всё».", "И ушёл."]),
        ("de", ["Am 5. Oktober kam er.", "„Wir gehen. Jetzt“, sagte sie."]),
        ("fr", ["« Oui. Non », dit-il.", "Le 5 mai, il est parti."]),
        ("fr", ["M. Macron est arrivé."]),
        ("es", ["El Sr. Pérez llegó.", "¿Quién?", "¡Sí!"]),
        ("ar", ["ذهب الرئيس إلى موسكو.", "ثم عاد؟", "نعم."]),
        ("hi", ["वह गया।", "वह आया।", "क्या हुआ?"]),
    ],
)
def test_languages_end_their_sentences_in_their_own_ways(language, sentences):
    assert_split(*sentences, language=language)


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("ja", ["東京は日本の首都です。", "「はい。そうです。」と彼は言った。"]),
        ("zh", ["他来了。", "“你好。”他说。"]),
    ],
)
def test_sentences_without_spaces_between_them(language, sentences):
    assert split("".join(sentences), language) == sentences


@pytest.mark.parametrize("language", [None, "", "xx", "klingon", "en-US", "EN"])
def test_an_unknown_language_is_read_like_english(language):
    assert len(split_sentences("One is here. Two is here.", language)) == 2


# --- promises for any text ------------------------------------------------------------------------------------------


@thorough
@given(
    noise().map(plain) | articles().map(lambda written: " ".join(written.shown)), st.sampled_from(["en", "ru", "ja"])
)
@example("“ “ “ “", "en")
@example("a. “", "en")
@example("(", "en")
def test_sentences_are_in_order_and_cover_all_that_is_visible(text, language):
    spans = split_sentences(text, language)
    edges = [0, *(edge for span in spans for edge in (span.start, span.end)), len(text)]
    assert edges == sorted(edges)
    assert not "".join(text[a:b] for a, b in list(pairwise(edges))[::2]).strip()
    assert all(text[span.start : span.end].strip() == text[span.start : span.end] != "" for span in spans)


@thorough
@given(noise().map(plain))
def test_signs_alone_are_no_sentence_beside_words(text):
    parts = split(text)
    if any(char.isalnum() for char in text):
        assert all(any(char.isalnum() for char in part) for part in parts)
    else:
        assert len(parts) <= 1


# --- long texts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["word ", "a", "東", "( ", "… "])
def test_text_without_end_is_cut_to_what_can_be_quoted(unit):
    text = (unit * 30_000)[:30_000].strip()
    parts = split(text)
    assert max(map(len, parts)) <= MAX_SENTENCE
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_text_without_end_is_cut_between_words():
    assert {word for part in split("harbour " * 5000) for word in part.split()} == {"harbour"}


def test_a_long_paragraph_is_split_as_a_short_one():
    """Whatever the place of a sentence, also where the splitter's window ends."""
    sentence = "On Oct. 8 the U.S. minister said “it is over. We go,” and left."
    for before in range(0, 60, 7):
        parts = split("A" + "a" * before + " came. " + " ".join([sentence] * 400))
        assert parts[1:] == [sentence] * 400


@pytest.mark.parametrize("unit", ["“", '"', "« ", "“a ", '"a. ', "“A. ", "! ", "? A "])
def test_a_flood_of_marks_is_covered_too(unit):
    text = plain(unit * (30_000 // len(unit)))
    parts = split(text)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert max(map(len, parts)) <= MAX_SENTENCE
