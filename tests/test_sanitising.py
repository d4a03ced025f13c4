"""Nothing in a text can steer a terminal, hide, or reorder what is read."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.sanitising import UNSAFE, safe

unhurried = settings(deadline=None, max_examples=200)

PIECES = st.sampled_from(
    [
        *("\x1b", "[", "]", "31m", "0;", "52;c;", "\x07", "\\", "\x9b", "\x9d", "\x9c", "\x90", "P", "A", "\r", "\n"),
        *("\u202e", "\u200b", "\U000e0041", "\ud800", "word", " ", "é", "中"),
    ]
)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[38;2;1;2;3mred\x1b[m", "red"),
        ("a\x1b[2J\x1b[1;1Hb", "ab"),
        ("\x9b31mred", "red"),
        ("\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x1b]8;;https://evil.example\x07click\x1b]8;;\x07", "click"),
        ("\x9d0;title\x9cafter", "after"),
        ("a\x1b]52;c;cm0gLXJm\x07b", "ab"),
        ("\x1bPq#0;2;0;0;0\x1b\\after", "after"),
        ("\x1b_command\x1b\\after", "after"),
        ("a\x1bcb", "ab"),
        ("a\x1b(Bb", "ab"),
        ("\x1b]0;never ended", "0;never ended"),
        ("\x1b\x1b[31m[31mred", "[31mred"),
        ("\x1b\u200b[31mred", "[31mred"),
        ("bell\x07, back\x08space, null\x00", "bell, backspace, null"),
        ("tab\there\nline\r\nend\rlast", "tab here line end last"),
        ("one\u2028two\u2029three\x85four", "one two three four"),
        ("\u202eabc\u202c \u2066x\u2069", "abc x"),
        ("zero\u200bwidth\u2060join\ufeff so\u00adft", "zerowidthjoin soft"),
        ("tag\U000e0041\U000e007f", "tag"),
        ("half\ud800", "half\ufffd"),
        ("mark\u200es\u200f of\u061c turning", "marks of turning"),
        ("\u180efill\u3164er\uffa0s\U0001d173", "fillers"),
        ("spelled\ufe00\ufe01\U000e0100\U000e01ef out", "spelled\ufe00 out"),
        ("join\u200c\u200d\u200c\u200ded", "join\u200ced"),
        ("tag\U000e01f0\U000e0fff", "tag"),
        ("o" + "\u0301" * 400 + " o\u0301", "o" + "\u0301" * 10 + " o\u0301"),
        ("ก" + "\u0e49" * 200, "ก" + "\u0e49" * 10),
    ],
)
def test_hostile_text_is_made_harmless(hostile, shown):
    assert safe(hostile) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Plain words, “quotation marks” — and a dash…",
        "Straße, façade, Łódź, Αθήνα, Москва, القاهرة, 東京, ไทย",
        "می‌خواهم",  # a zero-width non-joiner that Persian spelling needs
        "👩‍👩‍👧 and 👍🏽 and ❤️‍🔥",  # joined and coloured emoji
        "葛\U000e0100城 and 辻\U000e0101",  # the forms in which people write their names
        "हर्क्षि ཧྐྵྨླྺྼྻྂ בְּרֵאשִׁ֖ית",  # many marks on one letter
        "………………………… ———————————— ।।।।।।।।।।।।",
        "[bold]not markup[/bold] <b>not a tag</b>",
    ],
)
def test_ordinary_text_stays_as_it_is(text):
    assert safe(text) == text


def test_a_misread_quotation_mark_costs_no_letter():
    """U+009B is what cp1252's `›` becomes when read as Latin-1; a terminal would take it and the H for a command."""
    assert safe("\x9bHello") == "Hello"


@unhurried
@given(st.one_of(st.text(st.characters(exclude_categories=())), st.lists(PIECES).map("".join)))
def test_nothing_unsafe_is_left_and_a_second_pass_changes_nothing(text):
    shown = safe(text)
    assert not UNSAFE.search(shown)
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in shown)
    assert safe(shown) == shown
    shown.encode("utf-8")


@unhurried
@given(
    st.text(
        st.characters(exclude_categories=("Cc", "Cn", "Cs", "Cf", "Mn", "Zl", "Zp"), exclude_characters="\u3164\uffa0")
    )
)
def test_what_is_visible_is_never_changed(text):
    assert safe(text) == text


@unhurried
@given(st.text(st.sampled_from("a \u0301\u0e49\u0f90\u200c\u200d\ufe0f\U000e0100\u0591-…"), max_size=60))
def test_no_letter_is_buried_and_nothing_is_spelled_out_unseen(text):
    shown = safe(text)
    assert not re.search("[\u200c\u200d]{2}|[\ufe0f\U000e0100]{2}|[\u0301\u0e49\u0f90\u0591]{11}", shown)
    assert safe(shown) == shown
    assert [c for c in shown if c in "a -…"] == [c for c in text if c in "a -…"]


def test_every_mark_of_unicode_is_looked_at():
    marks = (chr(code) for code in range(sys.maxunicode) if unicodedata.category(chr(code))[0] == "M")
    assert [hex(ord(mark)) for mark in marks if len(safe(f"a{mark * 12}")) > 11] == []
