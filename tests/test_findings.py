"""What is wrong with a statement, in words."""

from __future__ import annotations

from typing import get_args

import pytest

from rag.findings import Finding, Kind, phrase


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_is_told_with_its_words_and_its_place(kind: Kind) -> None:
    said = phrase(Finding(kind, "ours", "theirs"), "[1] and [2]")
    assert "[1] and [2]" in said or kind == "garbled"
    assert "{" not in said
    assert "ours" in said or "theirs" in said or kind in ("meaning", "garbled", "doubt")


def test_reasons_name_what_is_missing_and_what_stands_there() -> None:
    assert phrase(Finding("figure", "50,000"), "[2]") == "the figure 50,000 is not in [2]"
    assert phrase(Finding("figure instead", "$20", "20 %"), "[1]") == "not $20 but 20 % stands in [1]"


@pytest.mark.parametrize("kind", get_args(Kind))
def test_doubts_leave_a_statement_partial_and_contradictions_unsupported(kind: Kind) -> None:
    doubts = {"name", "hedge", "words", "apart", "deictic", "doubt", "translated"}
    assert Finding(kind).cap == ("partial" if kind in doubts else "unsupported")


def test_words_with_braces_are_no_placeholders() -> None:
    assert phrase(Finding("quotation", "{where}{0}"), "[1]") == "the words “{where}{0}” are not in [1]"
