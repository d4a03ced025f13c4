"""Who says what a sentence says: whom it names, whom it only mentions, and who is too vague to be named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.speakers import speaker
from rag.speech import masked, speech
from rag.vocabulary import Vocabulary

WRITTEN = [
    "In spring the ministry and Holm met Duarte, Berg and Lindqvist in Brennvik; a Norwegian crew and Holm went on.",
    "They asked Nordbank, and Dana Voss of Nordbank answered. The plan of the Kremlin and of the Coast Guard failed.",
    "A financial plan and an industry went to officials, critics, experts and analysts; the tax pays.",
]
WORDS = Vocabulary(WRITTEN, frozenset({"brennvik courier"}))


def said_by(text: str) -> tuple[str, str] | None:
    """Name and role."""
    who = speech(text, WORDS)
    return (who.name, who.role) if who else None


@pytest.mark.parametrize(
    ("text", "name", "role"),
    [
        ("Holm said the tax would pay for forty turbines.", "Holm", ""),
        ("Clara Holm, the minister of energy, said the tax would pay.", "Clara Holm", "the minister of energy"),
        ("Holm, who heads the ministry, insisted that the tax would pay.", "Holm", "who heads the ministry"),
        ("Norwegian Fisheries Minister Aksel Berg told reporters that he would resign.", "Aksel Berg",
         "Norwegian Fisheries Minister"),
        ("Harbour spokesman Aksel Berg warned on Monday that the quay was closed.", "Aksel Berg", "Harbour spokesman"),
        ("The harbour's spokesman, Aksel Berg, said the quay was closed.", "Aksel Berg", "the harbour's spokesman"),
        ("“The quay is closed,” said Aksel Berg, head of the port authority.", "Aksel Berg",
         "head of the port authority"),
        ("“The quay is closed,” Berg told the Courier on Monday.", "Berg", ""),
        ("“The quay,” Berg said, “is closed.”", "Berg", ""),
        ("The quay will stay closed until May, Berg said on Friday.", "Berg", ""),
        ("The quay, Berg says, is closed.", "Berg", ""),
        ("According to Dana Voss, an economist at Nordbank, the tax is too high.", "Dana Voss",
         "an economist at Nordbank"),
        ("The tax is too high, according to the Kremlin.", "the Kremlin", ""),
        ("The tax is too high, according to figures published by Nordbank.", "Nordbank", ""),
        ("On Monday, Holm announced a new tax.", "Holm", ""),
        ("However, as Holm argued, the tax is high.", "Holm", ""),
        ("Holm has repeatedly denied that she knew of the letter.", "Holm", ""),
        ("Holm's statement said the tax would stay.", "Holm", ""),
        ("The Coast Guard confirmed that two boats were missing.", "the Coast Guard", ""),
        ("The minister of energy rejected the report.", "the minister of energy", ""),
        ("“It was dark,” one of the people familiar with the case said.", "one of the people familiar with the case",
         ""),
        ("Three Norwegian diplomats said the talks had failed.", "three Norwegian diplomats", ""),
        ("The talks failed, a spokesman for the bank said.", "a spokesman for the bank", ""),
        ("Analysts at Nordbank predicted that rates would fall.", "analysts at Nordbank", ""),
        ("Dr. Dana Voss wrote in a letter to shareholders that rates would fall.", "Dana Voss", ""),
        ("Ines Duarte posted: “I lost.”", "Ines Duarte", ""),
        ("He said it would fall, said Dana Voss.", "Dana Voss", ""),
    ],
)  # fmt: skip
def test_a_speaker_is_found_with_the_role_the_sentence_gives(text: str, name: str, role: str) -> None:
    assert said_by(text) == (name, role)


@pytest.mark.parametrize(
    "text",
    [
        "Holm was told that the tax was theft.",
        "Holm is said to like the tax.",
        "Little was said of Holm.",
        "Someone told Holm that the tax was theft.",
        "The letter accused Holm of theft.",
        "Holm, accused of theft, left the country.",
        "Holm did not say that the tax would rise.",
        "Holm refused to say who had paid.",
        "Holm will say that the tax is high.",
        "Did Holm say that the tax would rise?",
        "“Holm said the tax would rise.”",
        "The crew whom Holm told to wait left.",
        "A report that Holm denied the theft was wrong.",
        "Experts say the tax is high.",
        "Critics said the tax was theft.",
        "Some officials warned that the tax was theft.",
        "Many people claimed the tax was theft.",
        "Financial analysts predict that the tax will fall.",
        "An official said the tax was theft.",
        "Sources said the tax was theft.",
        "The tax is too high, according to plan.",
        "The tax is too high, according to Monday's timetable.",
        "According to experts, the tax is high.",
        "Reuters reported that the tax was high.",
        "The Brennvik Courier said the tax was high.",
        "The bank added three hundred jobs.",
        "The rules state that no boat may leave.",
        "Holm and Berg said the tax was high.",
        "On Monday the weather said nothing.",
        "Officials said the quay was closed.",
    ],
)
def test_whoever_is_only_mentioned_or_too_vague_says_nothing(text: str) -> None:
    assert said_by(text) is None


def test_critics_of_somebody_are_not_that_somebody() -> None:
    assert said_by("Holm's critics said the tax was theft.") != ("Holm", "")


@pytest.mark.parametrize("pronoun", ["He", "She", "They", "It"])
def test_a_pronoun_is_known_as_one(pronoun: str) -> None:
    who = speech(f"{pronoun} said the tax would rise.", WORDS)
    assert who is not None
    assert (who.kind, who.name) == ("pronoun", pronoun.lower())


def test_only_what_is_definite_means_the_same_again() -> None:
    for phrase, definite in [
        ("the minister", True),
        ("a Norwegian banker", False),
        ("another Norwegian banker", False),
    ]:
        who = speaker(phrase, WORDS)
        assert who is not None
        assert who.definite is definite


def test_a_description_says_whether_it_holds_beyond_its_article() -> None:
    bare, named = speaker("the minister", WORDS), speaker("the head of Nordbank", WORDS)
    assert [who.bare for who in (bare, named) if who] == [True, False]


@pytest.mark.parametrize("text", ["“Yes,” he said.", 'He said: "No."', "so he left,” she said, “and I stayed.”", "“"])
def test_masking_keeps_offsets_and_hides_what_is_quoted(text: str) -> None:
    plain = masked(text)
    assert len(plain) == len(text)
    assert not any(word in plain for word in ("Yes", "No", "left", "stayed"))


@given(st.text(alphabet="Holm said, “the”. \n'\"’(according to)Berg—;:", max_size=80))
def test_any_text_is_read_without_error_and_names_its_own_words(text: str) -> None:
    who = speech(text, WORDS)
    if who and who.kind == "name":
        assert who.name.removeprefix("the ").lower() in " ".join(text.split()).lower()


@given(st.sampled_from(["Holm", "Clara Holm", "Nordbank", "the Coast Guard"]), st.sampled_from(WRITTEN))
def test_what_stands_inside_a_quotation_names_no_speaker(name: str, rest: str) -> None:
    assert speech(f"“{name} said that it was so.” {rest}", WORDS) is None
