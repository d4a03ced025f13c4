"""Numbers that citations can rely on: kept by what stayed, never given to anything else."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from articles import made
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rag.numbering import article_id, renumber
from rag.schema import Metadata

thorough = settings(deadline=None, max_examples=100)
TEXTS = st.lists(st.sampled_from("abcdefgh"), max_size=10)
"""Texts of paragraphs; some are there twice."""


def renumbered(new, old, numbers=None, next_n=1):
    article, following = renumber(made(*new), made(*old, numbers=numbers).paragraphs, next_n)
    assert [p.text for p in article.paragraphs] == list(new)
    return [p.n for p in article.paragraphs], following


# --- paragraphs, by hand --------------------------------------------------------------------------------------------


def test_a_fresh_article_is_numbered_from_one():
    assert renumbered("abc", "") == ([1, 2, 3], 4)


def test_what_did_not_change_keeps_its_numbers():
    assert renumbered("abc", "abc") == ([1, 2, 3], 4)


@pytest.mark.parametrize(
    ("new", "numbers", "what"),
    [
        ("xabcd", [5, 1, 2, 3, 4], "inserted at the top"),
        ("abxcd", [1, 2, 5, 3, 4], "inserted"),
        ("abcdx", [1, 2, 3, 4, 5], "appended"),
        ("bcd", [2, 3, 4], "deleted at the top"),
        ("abd", [1, 2, 4], "deleted"),
        ("abxd", [1, 2, 3, 4], "edited"),
        ("xbcy", [1, 2, 3, 4], "edited at both ends"),
        ("axyd", [1, 2, 3, 4], "two edited"),
        ("axd", [1, 5, 4], "two became one"),
        ("axyzd", [1, 5, 6, 7, 4], "two became three"),
        ("bcda", [2, 3, 4, 1], "moved down"),
        ("dabc", [4, 1, 2, 3], "moved up"),
        ("xyzw", [1, 2, 3, 4], "rewritten"),
        ("", [], "emptied"),
    ],
)
def test_citations_of_what_stayed_stay_right(new, numbers, what):
    """Of a, b, c and d, numbered 1 to 4."""
    assert renumbered(new, "abcd", next_n=5)[0] == numbers, what


def test_of_two_equal_paragraphs_the_right_one_keeps_its_number():
    assert renumbered("ax", "xax")[0] == [2, 3]
    assert renumbered("xa", "xax")[0] == [1, 2]
    assert renumbered("axbx", "axb", next_n=4)[0] == [1, 2, 3, 4]


def test_numbers_that_were_used_once_are_never_used_again():
    """Paragraph 3 was deleted long ago: what is new gets 9."""
    assert renumbered("acx", "ac", numbers=[1, 4], next_n=9) == ([1, 4, 9], 10)


def test_two_gaps_never_share_the_numbers_between_them():
    """c and d went and b moved: both gaps could take 3 and 4 for edited."""
    numbers, _ = renumbered(["a", "u", "v", "e", "b", "w", "x", "f"], "abcdef", next_n=7)
    assert len(set(numbers)) == 8


# --- paragraphs, by promise -----------------------------------------------------------------------------------------


@thorough
@given(TEXTS, TEXTS, st.integers(0, 5))
def test_no_number_is_given_twice_and_new_ones_are_above_all_old_ones(old, new, spare):
    next_n = len(old) + 1 + spare
    numbers, following = renumbered(new, old, next_n=next_n)
    fresh = [n for n in numbers if n > len(old)]
    assert len(set(numbers)) == len(numbers)
    assert fresh == list(range(next_n, following))


@thorough
@given(TEXTS, TEXTS)
def test_a_number_that_was_kept_for_another_text_was_not_wanted_by_its_own(old, new):
    """A number changes its text only where the old text is gone."""
    numbers, _ = renumbered(new, old)
    kept = {old[n - 1] for n, text in zip(numbers, new, strict=True) if n <= len(old) and text == old[n - 1]}
    for n, text in zip(numbers, new, strict=True):
        if n <= len(old) and old[n - 1] != text:
            assert old[n - 1] not in new or old[n - 1] in kept
    for text in set(new) & set(old):
        count = sum(n <= len(old) and text == old[n - 1] == new[i] for i, n in enumerate(numbers))
        assert count == min(new.count(text), old.count(text))


@thorough
@given(TEXTS, st.integers(0, 10), st.integers(0, 10), st.sampled_from(["insert", "delete", "edit"]))
def test_one_change_leaves_all_other_numbers_as_they_were(old, at, length, change):
    """Also where one of these is there twice."""
    at, end = min(at, len(old)), min(at + length % 3, len(old))
    assume(not set(old[at:end]) & {*old[:at], *old[end:]})
    middle = {"insert": ["new"], "delete": [], "edit": ["new"] * (end - at)}[change]
    end = at if change == "insert" else end
    numbers, _ = renumbered([*old[:at], *middle, *old[end:]], old, next_n=len(old) + 1)
    assert numbers[:at] == list(range(1, at + 1))
    assert numbers[at + len(middle) :] == list(range(end + 1, len(old) + 1))
    if change == "edit":
        assert numbers[at : at + len(middle)] == list(range(at + 1, end + 1))


@thorough
@given(st.permutations(list("abcdefgh")))
def test_paragraphs_that_moved_take_their_numbers_along(order):
    assert renumbered(order, "abcdefgh")[0] == ["abcdefgh".index(text) + 1 for text in order]


@thorough
@given(st.lists(TEXTS, max_size=5))
def test_over_many_editions_a_number_never_comes_back(editions):
    paragraphs, next_n, gone = (), 1, set()
    for edition in editions:
        before = {p.n for p in paragraphs}
        article, next_n = renumber(made(*edition), paragraphs, next_n)
        paragraphs = article.paragraphs
        after = {p.n for p in paragraphs}
        assert not after & gone
        gone |= before - after


def test_a_long_article_is_renumbered():
    old = [str(n) for n in range(20_000)]
    new = [text if int(text) % 3 else f"{text}!" for text in reversed(old)]
    numbers, _ = renumbered(new, old, next_n=20_001)
    assert len(set(numbers)) == 20_000
    assert all(n == int(text) + 1 for n, text in zip(numbers, new, strict=True) if text.isdigit())


# --- article ids ----------------------------------------------------------------------------------------------------


def named(path, title="", key=""):
    article = replace(made("It blew."), path=path, key=key or path)
    return replace(article, metadata=Metadata(title=title))


@pytest.mark.parametrize(
    ("path", "title", "expected"),
    [
        ("/news/moscow-elites.txt", "Another title", "moscow-elites"),
        ("/news/Storm Over Lunde.md", "", "storm-over-lunde"),
        ("/news/storm.txt", "", "storm"),
        (f"/news/{'storm-' * 40}.txt", "", "storm-" * 9 + "storm"),
        ("https://x.org/2024/storm-over-lunde.html?a=b#c", "", "storm-over-lunde"),
        ("https://x.org/storm%20over%20lunde", "", "storm-over-lunde"),
        ("/news/000_644ef1190e73b292.txt", "Phone chat feared by Putin's elite", "phone-chat-feared-by-putins-elite"),
        ("/news/000_644ef1190e73b292.txt", "", "000-644ef1190e73b292"),
        ("https://x.org/index.html", "Storm over Lunde", "storm-over-lunde"),
        ("https://x.org/", "Storm over Lunde", "storm-over-lunde"),
        ("/news/1.txt", "One two three four five six seven eight", "one-two-three-four-five-six"),
        ("/news/1.txt", "Łódź, Straße & Ørsted’s cœur", "lodz-strasse-orsteds-coeur"),
        ("/news/1.txt", "Шторм", "1"),
        ("/news/шторм.txt", "Шторм", "article"),
        ("http://[broken", "", "article"),
    ],
)
def test_an_id_can_be_read(path, title, expected):
    assert article_id(named(path, title), set()) == expected


def test_records_of_one_file_are_named_by_their_titles():
    article = named("/news/all-articles.json", "Storm over Lunde", key="/news/all-articles.json#3")
    assert article_id(article, set()) == "storm-over-lunde"


def test_an_id_that_is_taken_is_told_apart_by_where_the_article_came_from():
    one, other = named("/a/storm.txt"), named("/b/storm.txt")
    first = article_id(one, {"storm"})
    assert re.fullmatch(r"storm-[0-9a-f]{6}", first)
    assert article_id(one, {"storm"}) == first
    assert article_id(other, {"storm"}) != first


TRICKS = ["https://", "http://[", "/", "../", "C:\\", "%2e%2e%2f"]
paths = st.text() | st.builds("{}{}".format, st.sampled_from(TRICKS), st.text())


@thorough
@given(paths, st.text(), st.sets(st.integers(0, 3)))
def test_an_id_is_a_short_word_of_ascii_and_never_taken(path, title, rounds):
    """Whatever path a file or an address has: no slash, no dot, nothing that a shell or a link would read."""
    article, taken = named(path, title), set()
    for _ in range(len(rounds) + 1):
        name = article_id(article, taken)
        assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name)
        assert len(name) <= 70
        assert name not in taken
        taken.add(name)


def test_a_file_name_that_is_no_unicode_has_an_id_too():
    article = named("/a/storm.txt", key="/a/\udcff\ud800")
    assert re.fullmatch(r"storm-[0-9a-f]{6}", article_id(article, {"article", "storm"}))
