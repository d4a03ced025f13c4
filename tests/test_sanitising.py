"""Nothing in a text can steer a terminal, hide, or reorder what is read."""

from __future__ import annotations

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
        "👩‍👩‍👧 and 👍🏽",  # joined and coloured emoji
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
@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp"))))
def test_what_is_visible_is_never_changed(text):
    assert safe(text) == text
