"""Dates, paths and counts as people read them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rendering_records import FERRY, HARBOUR, REPORT, WRITTEN_ANSWER, make_citation

from rag import wording
from rag.schema import Metadata


@pytest.mark.parametrize(
    ("date", "shown"),
    [
        ("2025-10-27", "27 October 2025"),
        ("2024-02-09", "9 February 2024"),
        ("2024-11", "November 2024"),
        ("2024", "2024"),
        (None, "undated"),
        ("", "undated"),
        ("2024-13", "2024-13"),
        ("2024-11-6", "2024-11-6"),
        ("last\x1b[31m week", "last week"),
        ("٢٠٢٤", "٢٠٢٤"),
    ],
)
def test_dates_are_shown_at_the_precision_they_have(date, shown):
    assert wording.people_date(date) == shown


def test_a_path_beneath_the_current_folder_is_relative_to_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert wording.people_path(str(tmp_path / "news" / "a.txt")) == "news/a.txt"
    assert wording.people_path(f"{tmp_path}-other/a.txt") == f"{tmp_path}-other/a.txt"
    assert wording.people_path("/else/where/a.txt") == "/else/where/a.txt"
    assert wording.people_path("news/a.txt") == "news/a.txt"


def test_an_address_is_no_path():
    assert wording.people_path("https://post.example/a") == "https://post.example/a"
    assert not wording.is_file("https://post.example/a")
    assert wording.is_file("/news/a.txt")
    assert wording.is_file("/news/http://odd/a.txt")


def test_a_path_is_made_safe():
    assert wording.people_path("/news/\x1b[31m\u202ea\ud800.txt") == "/news/a\ufffd.txt"


def test_missing_facts_have_words():
    assert wording.title(Metadata(title=" \u200b ")) == "Untitled"
    assert wording.origin(Metadata()) == ["undated"]
    assert wording.byline(Metadata(authors=("", "\u200b"))) == ""


@pytest.mark.parametrize(
    ("authors", "shown"),
    [((), ""), (("A",), "By A"), (("A", "B"), "By A and B"), (("A", "B", "C"), "By A, B and C")],
)
def test_bylines(authors, shown):
    assert wording.byline(Metadata(authors=authors)) == shown


def test_places_name_what_is_known():
    assert wording.place(HARBOUR.paragraphs[2]) == ["paragraph 3", "line 5"]
    assert wording.place(HARBOUR.paragraphs[2], 6) == ["paragraph 3", "line 6"]
    assert wording.place(FERRY.paragraphs[1]) == ["paragraph 2", "page 2"]


def test_a_citation_is_at_the_line_of_its_first_sentence_or_of_its_paragraph():
    assert wording.cited_line(make_citation(1, HARBOUR, 3, 1)) == 5
    assert wording.cited_line(make_citation(1, HARBOUR, 3)) == 5
    assert wording.cited_line(make_citation(1, FERRY, 1, 0)) is None


@pytest.mark.parametrize(("value", "shown"), [(0.83, "high (0.83)"), (0.65, "medium (0.65)"), (0.5, "low (0.50)")])
def test_confidence_is_a_word_and_a_number(value, shown):
    assert wording.confidence(value) == shown


def test_counts_and_summary():
    assert wording.counted(1, "article") == "1 article"
    assert wording.counted(1408, "paragraph") == "1,408 paragraphs"
    assert wording.summary(REPORT) == [
        "2 added, 1 updated, 0 unchanged, 1 removed",
        "3 articles, 1,408 paragraphs",
        "1.2 s",
    ]


@pytest.mark.parametrize(
    ("model", "tokens", "shown"),
    [
        (
            "small-model-1",
            {"prompt": 1812, "completion": 120},
            "small-model-1 · 1,812 tokens read, 120 written · 3.2 s",
        ),
        ("small-model-1", {"completion": 120}, "small-model-1 · 120 written · 3.2 s"),
        ("small-model-1", {}, "small-model-1 · 3.2 s"),
        (None, {}, "the language model · 3.2 s"),
        ("m\x1b[31m\u202e", {}, "m · 3.2 s"),
    ],
)
def test_the_cost_of_a_model_is_what_it_tells(model, tokens, shown):
    assert wording.model_cost(replace(WRITTEN_ANSWER, model=model, tokens=tokens)) == shown
