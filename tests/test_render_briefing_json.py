"""The JSON of a briefing is a contract: names, order, offsets, and text exactly as the records hold it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from briefing_records import ARTICLES, BRIEFING, HOSTILE, NOTHING_FOUND, UNDATED, WRITTEN, hostile_briefing
from hypothesis import given, settings
from hypothesis import strategies as st
from rendering_records import HOSTILE as HOSTILE_TEXT
from test_rendering_golden import compare

from rag.briefing_schema import HEADINGS
from rag.render_briefing_json import briefing_json, briefing_record
from rag.sanitising import UNSAFE

unhurried = settings(deadline=None, max_examples=40)
STATEMENT = ["text", "citations", "support", "reasons", "quotes"]
TOP = [
    *("topic", "title", "found", "mode", "model", "language", "sections", "timeline", "missing", "citations"),
    *("coverage", "nearest", "notes", "left_out", "tokens", "seconds"),
]
EXTRAS = {
    "points": ["facet"],
    "voices": ["speaker", "role"],
    "differences": ["difference", "kind", "about", "value", "published", "newer"],
    "open": [],
}
COVERED = ["article_id", "title", "authors", "publisher", "published", "url", "path", "cited"]


def read(briefing):
    return json.loads(briefing_json(briefing))


def statements(record):
    return [each for section in record["sections"] for each in section["statements"]] + record["timeline"]


def test_the_record_is_as_it_was_read():
    compare("briefing.json", briefing_json(BRIEFING) + "\n")


@pytest.mark.parametrize("briefing", [BRIEFING, WRITTEN, UNDATED, NOTHING_FOUND, HOSTILE])
def test_the_keys_of_the_contract_in_order(briefing):
    record = read(briefing)
    assert list(record) == TOP
    assert [section["name"] for section in record["sections"]] == [n for n in briefing.sections if n in EXTRAS]
    for section in record["sections"]:
        assert section["heading"] == HEADINGS[section["name"]]
        assert all(list(each) == [*STATEMENT, *EXTRAS[section["name"]]] for each in section["statements"])
    assert all(list(event) == ["date", "precision", *STATEMENT, "expression"] for event in record["timeline"])
    assert all(list(article) == COVERED for article in record["coverage"]["articles"])
    assert len(statements(record)) == len(briefing.statements)


def test_a_section_not_asked_for_is_absent_and_an_empty_one_is_there():
    record = read(WRITTEN)
    assert [section["name"] for section in record["sections"]] == ["points", "voices", "open"]
    assert (record["sections"][2]["statements"], record["timeline"]) == ([], [])


def test_quotes_of_a_statement_hold_in_the_article():
    """Invariant 1: offsets of every quote cut the very words out of the article."""
    texts = {article.id: article.text for article in ARTICLES}
    record = read(BRIEFING)
    articles = {citation["number"]: citation["article_id"] for citation in record["citations"]}
    quoted = 0
    for statement in statements(record):
        cut = [texts[articles[q["citation"]]][q["start"] : q["end"]] for q in statement["quotes"]]
        assert statement["text"] in cut  # word for word, as no model wrote it
        assert {quote["citation"] for quote in statement["quotes"]} == set(statement["citations"])
        quoted += len(cut)
    assert quoted > len(BRIEFING.statements)


def test_sides_of_a_difference_are_told_apart_from_those_of_another():
    (sides,) = (each["statements"] for each in read(BRIEFING)["sections"] if each["name"] == "differences")
    assert [side["difference"] for side in sides] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert sides[1]["value"] == "the end of April"
    assert [side["newer"] for side in sides[:2]] == [False, True]


def test_coverage_counts():
    coverage = read(BRIEFING)["coverage"]
    assert (coverage["searched"], coverage["found"], coverage["used"], coverage["undated"]) == (214, 7, 5, 0)
    assert coverage["publishers"][0] == {"name": "The Kestrel Courier", "articles": 3}
    assert coverage["months"][0] == {"month": "2024", "articles": 1}
    assert (coverage["first"], coverage["last"]) == ("2024", "2026-01-15")


def test_nothing_found_is_a_record_too():
    record = read(NOTHING_FOUND)
    assert (record["found"], record["citations"], len(record["nearest"])) == (False, [], 4)


def test_what_was_left_out_stands_apart():
    record = read(WRITTEN)
    assert [each["text"] for each in record["left_out"]] == [statement.text for statement in WRITTEN.left_out]
    assert not {each["text"] for each in record["left_out"]} & {each["text"] for each in statements(record)}
    assert record["tokens"] == {"prompt": 9120, "completion": 804}


@unhurried
@given(st.lists(st.integers(0, 120), max_size=5).map(tuple))
def test_every_number_is_that_of_a_citation(numbers):
    briefing = replace(BRIEFING, open=(replace(BRIEFING.open[0], citations=numbers),))
    record = briefing_record(briefing)
    known = {citation["number"] for citation in record["citations"]}
    for statement in statements(record):
        assert set(statement["citations"]) <= known
        assert {quote["citation"] for quote in statement["quotes"]} <= set(statement["citations"])


@unhurried
@given(st.text(st.characters(exclude_categories=()), max_size=30) | st.just(HOSTILE_TEXT))
def test_any_text_reads_back_as_it_was_and_steers_no_terminal(text):
    briefing = hostile_briefing(text, url=text)
    output = briefing_json(briefing)
    assert not UNSAFE.search(output.replace("\n", ""))
    record = json.loads(output)
    assert (record["topic"], record["missing"][0], record["citations"][0]["path"]) == (text, text, f"/{text}")
    assert record["timeline"][0]["expression"] == text
    assert "\n" not in briefing_json(briefing, indent=None)
