"""Copies of an article are found; reports of the same event are not taken for copies."""

from __future__ import annotations

from dataclasses import replace

import pytest
from articles import made, seed

from rag import banding
from rag.deduplication import NearDuplicates, signature_of

WORDS = [f"{consonant}{vowel}{n}" for n in range(6) for consonant in "bdfgklmnprst" for vowel in "aeiou"]
"""360 different words."""


def story(words=WORDS, step=1):
    """Sixty sentences of six words in an order of their own."""
    mixed = [words[(i * step) % len(words)] for i in range(len(words))]
    return [" ".join(mixed[i : i + 6]) + "." for i in range(0, len(mixed), 6)]


def corrected(paragraphs, count):
    """The same with `count` words changed, spread over the article."""
    changed = list(paragraphs)
    for k in range(count):
        at = k * len(paragraphs) // count
        first, *rest = changed[at].split()
        changed[at] = " ".join([f"{first}x", *rest])
    return changed


def same(one, other):
    return NearDuplicates([("one", signature_of(one))]).find(signature_of(other)) == "one"


# --- copies ---------------------------------------------------------------------------------------------------------


def test_an_article_is_a_copy_of_itself():
    assert same(made(*story()), made(*story()))


def test_case_punctuation_and_paragraphs_make_no_difference():
    assert same(made(*story()), made(" — ".join(story()).upper()))


def test_what_stands_around_the_text_makes_no_difference():
    copy = made("Photo of quite another thing by somebody else.", *story())
    caption, *rest = copy.paragraphs
    assert same(made(*story()), replace(copy, paragraphs=(replace(caption, kind="caption"), *rest)))


@pytest.mark.parametrize("count", [1, 5, 10])
def test_some_corrected_words_leave_a_copy(count):
    """Ten words of 360 change thirty of 358 runs of three: 328 of 388 are shared, .85."""
    assert same(made(*story()), made(*corrected(story(), count)))


def test_a_missing_last_paragraph_leaves_a_copy():
    assert same(made(*story()), made(*story()[:-6]))


def test_a_corrected_sign_leaves_a_copy_where_words_have_no_spaces():
    text = "".join(chr(0x4E00 + 37 * i % 2000) for i in range(300))
    assert same(made(text), made(text[:150] + "東" + text[151:]))


# --- no copies ------------------------------------------------------------------------------------------------------


def test_other_articles_are_no_copies():
    assert not same(made(*story()), made(*story(step=7)))


def test_two_reports_of_one_event_are_no_copies():
    """They quote the same two sentences and tell the rest in words of their own."""
    quoted = "We have closed the harbour until the storm has passed. Nobody is to leave, he said."
    one = made(
        "The harbour of Lunde was closed on Friday as a storm came near, its master said.", quoted, "Ferries stayed."
    )
    other = made(
        "A storm that came near on Friday has shut the port of Lunde, officials announced.", quoted, "No boat left."
    )
    assert not same(one, other)


def test_half_an_article_rewritten_is_no_copy():
    assert not same(made(*story()), made(*corrected(story(), 60)))


@pytest.mark.parametrize(("one", "other"), [("000", "003"), ("001", "004"), ("002", "004"), ("000", "001")])
def test_the_real_articles_on_one_subject_are_no_copies(one, other):
    assert same(seed(one), seed(one))
    assert not same(seed(one), seed(other))


@pytest.mark.parametrize(("one", "other"), [("No.", "Yes."), ("It rains.", "It snows."), ("!", "?"), ("🚢", "🎉")])
def test_very_short_texts_are_copies_only_of_themselves(one, other):
    assert same(made(one), made(one))
    assert not same(made(one), made(other))


# --- the index ------------------------------------------------------------------------------------------------------


def test_the_most_similar_article_is_found_and_ties_go_to_the_first_id():
    near = NearDuplicates([("far", signature_of(made(*corrected(story(), 10))))])
    assert near.find(signature_of(made(*story()))) == "far"
    near.add("b", signature_of(made(*story())))
    near.add("a", signature_of(made(*story())))
    assert near.find(signature_of(made(*story()))) == "a"


def test_an_article_is_not_its_own_copy_when_it_is_left_out():
    near = NearDuplicates([("a", signature_of(made(*story())))])
    assert near.find(signature_of(made(*story())), but="a") is None


def test_what_was_discarded_is_not_found_and_what_was_added_again_is_found_once():
    near = NearDuplicates([])
    near.add("a", signature_of(made(*story())))
    near.add("a", signature_of(made(*story(step=7))))
    assert near.find(signature_of(made(*story()))) is None
    assert near.find(signature_of(made(*story(step=7)))) == "a"
    near.discard("a")
    near.discard("a")
    assert near.find(signature_of(made(*story(step=7)))) is None


def test_copies_close_to_the_threshold_are_not_missed():
    """Twenty articles, each with twelve other words changed: similarity .82, found every one."""
    for shift in range(20):
        original = story()[shift:] + story()[:shift]
        assert same(made(*original), made(*corrected(original, 12)))


def test_a_signature_is_the_same_on_every_machine():
    """Stored beside the article: one that came out otherwise after an update would find no copies."""
    signature = signature_of(made("The harbour of Lunde was closed on Friday."))
    assert len(signature) == 512
    assert signature.hex().startswith("5eac6706bb6df606448a3637d1101d00")


def test_articles_beyond_the_room_there_was_are_found_too(monkeypatch):
    monkeypatch.setattr(banding, "_RECENT", 3)
    near = NearDuplicates([("whole", signature_of(made(*story())))])
    for n in range(30):
        near.add(f"other-{n:02}", signature_of(made(f"Report {n} of {n} ships and {n + 1} bridges that nobody saw.")))
    assert near.find(signature_of(made(*corrected(story(), 5)))) == "whole"
    assert near.find(signature_of(made("Report 29 of 29 ships and 30 bridges that nobody saw."))) == "other-29"


def test_an_article_stored_without_a_signature_is_a_copy_of_nothing():
    near = NearDuplicates([("none", b""), ("whole", signature_of(made(*story())))])
    assert near.find(signature_of(made(*story()))) == "whole"
