"""What is shown where not every character can be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.plain_signs import degraded, shown_encoding


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("“Nine o’clock,” she said — twice … [1]", '"Nine o\'clock," she said -- twice ... [1]'),
        ("▌ It cost 41 million €", "| It cost 41 million EUR"),
        ("Łódź, Malmö, Straße, Ærø", "Lodz, Malmo, Strasse, AEro"),
        ("Кремль", "??????"),
        ("1\u00a0400 · 5–8", "1 400 - 5-8"),
    ],
)
def test_signs_and_letters_have_plain_kin(text: str, plain: str) -> None:
    assert degraded(text, "ascii") == plain


def test_what_an_encoding_has_is_left_alone() -> None:
    assert degraded("Malmö — “ja”", "latin-1") == 'Malmö -- "ja"'
    assert degraded("Malmö — “ja”", "utf-8") == "Malmö — “ja”"


@given(st.text(), st.sampled_from(["ascii", "latin-1", "cp437", "koi8-r", "utf-8"]))
def test_every_text_can_be_written_afterwards(text: str, encoding: str) -> None:
    degraded(text, encoding).encode(encoding)


@pytest.mark.parametrize(
    ("environment", "encoding"),
    [
        ({}, "utf-8"),
        ({"LANG": "en_GB.UTF-8"}, "utf-8"),
        ({"LANG": "C"}, "ascii"),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "ascii"),
        ({"LANG": "C", "LC_CTYPE": "de_DE.UTF-8"}, "utf-8"),
        ({"LANG": "C.UTF-8"}, "utf-8"),
        ({"LC_CTYPE": "UTF-8"}, "utf-8"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, "ascii"),
        ({"LANG": "C", "LC_ALL": "de_DE.UTF-8"}, "utf-8"),
        ({"LC_CTYPE": "POSIX"}, "ascii"),
    ],
)
def test_a_locale_that_is_set_to_c_is_taken_at_its_word(environment: dict[str, str], encoding: str) -> None:
    assert shown_encoding("UTF-8", environment) == encoding


def test_a_narrow_encoding_stays_what_it_is() -> None:
    assert shown_encoding("ISO-8859-1", {"LANG": "de_DE"}) == "iso-8859-1"
