"""What a reader sees of marked-up text, every character of it traced to where it stood."""

from __future__ import annotations

import unicodedata

import pytest
from articles import assert_is_readable, is_subsequence, letters
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import MARKED, PLAIN, bare_words, noise

from rag.characters import plain
from rag.cleaning import clean, clean_spans
from rag.schema import Span

thorough = settings(deadline=None, max_examples=100)


def cleaned(raw: str) -> str:
    return clean(raw).text


# --- markup ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("to **supply** them", "to supply them"),
        ("*did* reach, __did__ reach, _did_ reach", "did reach, did reach, did reach"),
        ("***both*** and **one *inside* it**", "both and one inside it"),
        ("*a (*b*) c*", "a (b) c"),
        ("“*What?*” he asked", "“What?” he asked"),
        ('*He said "*no*" twice*', 'He said "no" twice'),
        ("~~the~~ ~~words~~ stay", "the words stay"),
    ],
)
def test_emphasis_goes_and_its_words_stay(raw, shown):
    assert cleaned(raw) == shown


@pytest.mark.parametrize(
    "prose",
    [
        "2 * 3 * 4 and 2*3*4",
        "snake_case_name",
        "Prices* rose in May",
        "M*A*S*H",
        "about ~5~ and ~~~",
        "a * b",
        "it was ***",
        "He [Trump] said so [in Ukraine]",
        "election pledges can [d]iverge",
        "[He](the man in the photograph) left",
        "notes [1][2] follow",
        "[what](((((is this)))))",
        "Wow![1]",
        "AT&T and R&D; &bogus; &",
        "a < b, b > c, if a <b and c> d",
        "x <- y",
        "an `open tick",
        "C:\\temp",
        "1) first",
    ],
)
def test_signs_of_prose_are_no_markup(prose):
    assert cleaned(prose) == prose


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("[posted](https://x.org/a) it", "posted it"),
        ("[posted](#) it", "posted it"),
        ("[posted](https://x.org/a_(b)_c) it", "posted it"),
        ('[posted](https://x.org "A title, (or so)") it', "posted it"),
        ("[posted](<a b>) it", "posted it"),
        ("[posted]() it", "posted it"),
        ("[posted again][1] and [posted][]", "posted again and posted"),
        ("[a [b](c) d](e)", "a b d"),
        ("[[Putin’s brain](#)]", "[Putin’s brain]"),
        ("![A harbour](a.png) in May", "A harbour in May"),
        ("![](a.png)In May", "In May"),
        ("\\![posted](x)", "!posted"),
        ("<https://x.org/a?b=c> or <a.b@x.org>", "https://x.org/a?b=c or a.b@x.org"),
        ("as he said[^1] and[^note]", "as he said and"),
        ("[^1]: A footnote.", "A footnote."),
        ("he said[^1]: no", "he said: no"),
    ],
)
def test_of_links_pictures_and_notes_the_words_stay(raw, shown):
    assert cleaned(raw) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("`a * b` and ``a ` b``", "a * b and a ` b"),
        ("`&amp;` and `\\*`", "&amp; and \\*"),
        (r"\*no emphasis\* \[no link\](x)", "*no emphasis* [no link](x)"),
        ("one\\\ntwo", "one two"),
        ("&lt;b&gt; &amp; &quot;c&quot; &#8212; &#x2014;", '<b> & "c" — —'),
        ("&amp;lt;", "&lt;"),
        ("a&nbsp;b&nbsp;&nbsp;c", "a b c"),
        ("co&shy;operate, zero&#8203;width", "cooperate, zerowidth"),
        ("caf&eacute; and cafe&#769;", "café and café"),
        ("&#0;&#xD800;", "\ufffd\ufffd"),
    ],
)
def test_code_escapes_and_entities_show_what_they_stand_for(raw, shown):
    assert cleaned(raw) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("<b>bold</b>ly", "boldly"),
        ('a <a href="https://x.org">link</a>.', "a link."),
        ("one<br>two<br/>three<BR />four", "one two three four"),
        ("<p class='x'>one</p><p>two</p>", "one two"),
        ("<td>1</td><td>2</td>", "1 2"),
        ("a <!-- hidden --> b", "a b"),
        ("H<sub>2</sub>O", "H2O"),
    ],
)
def test_tags_go_and_words_on_both_sides_of_a_block_stay_apart(raw, shown):
    assert cleaned(raw) == shown


def test_emphasis_and_links_may_reach_over_line_ends():
    assert cleaned("*one\ntwo* [three\nfour](u)") == "one two three four"


# --- white space, controls, Unicode ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("  a \t b\r\n\u2003c\u3000\xa0d ", "a b c d"),
        ("a\u200bb\ufeffc\xadd\u2060e", "abcde"),
        ("\u202eevil\u202c \u2066x\u2069", "evil x"),
        ("a\x00b\x07c\x7fd", "a bcd"),
        ("half \ud800 of a pair", "half \ufffd of a pair"),
        ("\U000e0041hidden", "hidden"),
    ],
)
def test_white_space_is_single_and_what_no_reader_sees_is_gone(raw, shown):
    assert cleaned(raw) == shown
    assert plain(raw) == shown


@pytest.mark.parametrize("joined", ["👩\u200d🚀", "می\u200cخواهم", "क्\u200dष", "❤\ufe0f"])
def test_joiners_that_spelling_needs_stay(joined):
    assert cleaned(joined) == joined
    assert plain(joined) == joined


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;https://x.org\x07link\x1b]8;;\x1b\\", "link"),
        ("\x1b(Bplain", "plain"),
        ("\x1b]never ended, and much more", "never ended, and much more"),
    ],
)
def test_terminal_escapes_are_gone_and_swallow_no_text(raw, shown):
    assert cleaned(raw) == shown
    assert plain(raw) == shown


def test_text_that_was_decoded_wrongly_loses_no_words():
    """Windows-1252 read as Latin-1 is full of U+009D, which once began a command to a terminal."""
    assert cleaned("â\x80\x9cThis\x9d is said\x9c by m\x9bsto") == "âThis is said by msto"


LETTERS = ["é", "Zürich", "\u1100\u1161\u11a8", "가", "ক\u09c7\u09be", "\u0f71\u0f72", "\u212b", "\u2126"]


@pytest.mark.parametrize("text", LETTERS)
def test_letters_are_composed(text):
    decomposed = unicodedata.normalize("NFD", text)
    assert cleaned(decomposed) == plain(decomposed) == unicodedata.normalize("NFC", text)


def test_marks_without_number_are_cut_to_what_a_language_could_use():
    raw = "a" + "\u0301\u0323" * 5000 + " b"
    assert cleaned(raw) == unicodedata.normalize("NFC", raw[:31]) + " b"


@thorough
@given(st.text() | noise())
@example("a" + "\u0301" * 40 + "\u0323")
@example("a\u0301\u0f73")
@example("\u09c7\u0301\u09be")
@example("\u1100\u0301\u1161")
def test_whatever_comes_in_what_comes_out_is_one_readable_line(raw):
    for shown in (cleaned(raw), plain(raw)):
        if shown:
            assert_is_readable(shown)


@thorough
@given(noise())
def test_what_is_shown_is_plain_already(raw):
    assert plain(cleaned(raw)) == cleaned(raw)


# --- tracing --------------------------------------------------------------------------------------------------------


@thorough
@given(noise())
def test_every_character_is_traced_to_a_place_in_order(raw):
    traced = clean(raw, base=10)
    assert len(traced.text) == len(traced.starts) == len(traced.ends)
    assert list(traced.starts) == sorted(traced.starts)
    assert list(traced.ends) == sorted(traced.ends)
    assert all(10 <= start < end <= 10 + len(raw) for start, end in zip(traced.starts, traced.ends, strict=True))


@thorough
@given(noise())
def test_a_character_traced_to_one_character_is_that_character(raw):
    traced = clean(raw)
    for char, start, end in zip(traced.text, traced.starts, traced.ends, strict=True):
        if end - start == 1 and char not in " \ufffd":
            assert char in unicodedata.normalize("NFC", raw[start])


@thorough
@given(st.lists(st.builds(lambda word, spell: spell(word), bare_words, st.sampled_from(PLAIN + MARKED)), min_size=1))
def test_every_word_is_traced_to_where_it_is_written(written):
    """The raw range of a word, cleaned by itself, holds its letters."""
    raw = " ".join(raw for _, raw in written)
    traced = clean(raw)
    assert traced.text == " ".join(shown for shown, _ in written)
    at = 0
    for shown, _ in written:
        piece = raw[traced.starts[at] : traced.ends[at + len(shown) - 1]]
        assert is_subsequence(letters(shown), letters(clean(piece).text))
        at += len(shown) + 1


def test_a_composed_letter_is_traced_to_all_it_is_made_of():
    traced = clean("xe\u0301&eacute;")
    assert (traced.text, traced.starts, traced.ends) == ("xéé", (0, 1, 3), (1, 3, 11))


def test_a_word_is_traced_past_the_markup_around_it():
    raw = "a **b** [c](d)"
    traced = clean(raw)
    assert [raw[start:end] for start, end in zip(traced.starts, traced.ends, strict=True)] == ["a", " ", "b", " ", "c"]


# --- several spans --------------------------------------------------------------------------------------------------


def spans_of(raw: str, *pieces: str) -> list[Span]:
    return [Span(raw.index(piece), raw.index(piece) + len(piece)) for piece in pieces]


def test_several_spans_are_read_as_one_with_spaces_between():
    raw = "> *one\n> two* and\n\n> [three\n> four](u)."
    traced = clean_spans(raw, spans_of(raw, "*one", "two* and", "[three", "four](u)."))
    assert traced.text == "one two and three four."
    ranges = [raw[a:b] for a, b in zip(traced.starts, traced.ends, strict=True)]
    assert "".join(piece for piece in ranges if piece.isalpha()) == "onetwoandthreefour"
    assert [piece for piece in ranges if not piece.isalpha()] == ["\n> ", " ", "\n\n> ", "\n> ", "."]


def test_no_spans_are_no_text():
    assert clean_spans("abc", []).text == ""


@thorough
@given(st.lists(noise(), min_size=1, max_size=4))
def test_spans_are_traced_in_order_and_inside_themselves(pieces):
    raw, spans, position = ">>".join(pieces), [], 0
    for piece in pieces:
        spans.append(Span(position, position + len(piece)))
        position += len(piece) + 2
    traced = clean_spans(raw, spans)
    assert traced.text == cleaned("\n".join(pieces))
    assert list(traced.starts) == sorted(traced.starts)
    assert list(traced.ends) == sorted(traced.ends)
    for char, start in zip(traced.text, traced.starts, strict=True):
        assert char == " " or any(span.start <= start < span.end for span in spans)


# --- size -----------------------------------------------------------------------------------------------------------


FLOODS = [
    "[",
    "]",
    "](",
    "[](",
    "*",
    "* a",
    "_a ",
    "~~a ",
    "<",
    "<a ",
    "<!--",
    "`",
    "` `` ",
    "&",
    "\\",
    "\x1b]",
    "\x1b[0",
]


@pytest.mark.parametrize("unit", FLOODS)
def test_a_flood_of_markup_that_never_ends_keeps_what_stands_around_it(unit):
    shown = letters(cleaned("x" + unit * (30_000 // len(unit)) + "\ny"))
    assert (shown[0], shown[-1]) == ("x", "y")
