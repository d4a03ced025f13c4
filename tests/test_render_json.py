"""The JSON is a contract: names, order, offsets, and text exactly as the records hold it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rendering_records import (
    ABSTENTION_ANSWER,
    ANSWER,
    ARTICLES,
    FERRY,
    HARBOUR,
    HOSTILE,
    MODEL_ANSWER,
    REPORT,
    SEARCH,
    VIEW,
    WHOLE,
    WRITTEN_ANSWER,
    hostile_records,
    make_citation,
)

from rag.render_json import (
    answer_json,
    answer_record,
    articles_json,
    citation_record,
    ingest_json,
    rounded,
    search_json,
    to_json,
    view_json,
)
from rag.sanitising import UNSAFE
from rag.schema import ABSTENTION

unhurried = settings(deadline=None, max_examples=50)

PASSAGE = [
    *("paragraph_id", "article_id", "n", "text", "score", "dense_rank", "lexical_rank"),
    *("title", "authors", "publisher", "published", "url", "path", "start", "end"),
]
ANSWERED = [
    *("question", "answered", "mode", "model", "text", "statements", "citations", "confidence", "nearest", "seconds"),
    *("notes", "left_out", "tokens"),
]
CITATION = [
    *("number", "paragraph_id", "article_id", "n", "quote", "start", "end", "quote_spans", "raw_start", "raw_end"),
    *("line", "page", "title", "authors", "publisher", "published", "url", "path", "quote_raw_spans", "kind"),
]
REPORTED = [
    *("added", "updated", "unchanged", "removed", "failed", "duplicates", "articles", "paragraphs", "seconds", "notes"),
]


def test_answers_have_the_keys_of_the_contract_in_order():
    answer = json.loads(answer_json(ANSWER))
    assert list(answer) == ANSWERED
    assert all(list(citation) == CITATION for citation in answer["citations"])
    assert all(list(each) == ["text", "citations", "support", "reasons"] for each in answer["statements"])
    abstention = json.loads(answer_json(ABSTENTION_ANSWER))
    assert list(abstention) == ANSWERED
    assert all(list(passage) == PASSAGE for passage in abstention["nearest"])
    assert (abstention["answered"], abstention["text"]) == (False, ABSTENTION)


def test_searches_and_reports_have_the_keys_of_the_contract_in_order():
    search = json.loads(search_json(SEARCH))
    assert list(search) == ["question", "passages", "notes"]
    assert all(list(passage) == PASSAGE for passage in search["passages"])
    report = json.loads(ingest_json(REPORT))
    assert list(report) == REPORTED
    assert list(report["failed"][0]) == ["path", "error"]
    assert list(report["duplicates"][0]) == ["path", "of"]


def test_offsets_of_a_citation_hold_in_the_article():
    for citation in json.loads(answer_json(ANSWER))["citations"]:
        source = {HARBOUR.id: HARBOUR, FERRY.id: FERRY}.get(citation["article_id"])
        if source is None:
            continue
        spans = citation["quote_spans"]
        assert " … ".join(source.text[start:end] for start, end in spans) == citation["quote"]
        assert all(citation["start"] <= start < end <= citation["end"] for start, end in spans)
        assert citation["quote_raw_spans"] == [[start + 10, end + 10] for start, end in spans]
        assert (citation["raw_start"], citation["raw_end"]) == (citation["start"] + 10, citation["end"] + 10)


def test_what_is_not_known_of_the_file_is_null():
    citation = make_citation(1, HARBOUR, 3, 0, 1)
    bare = tuple(replace(quote, raw_start=None, line=None) for quote in citation.quotes)
    paragraph = replace(citation.passage.paragraph, raw_spans=(), line=9)
    record = citation_record(replace(citation, quotes=bare, passage=replace(citation.passage, paragraph=paragraph)))
    assert (record["raw_start"], record["raw_end"], record["quote_raw_spans"]) == (None, None, None)
    assert record["line"] == 9


def test_numbers_that_no_citation_has_are_left_out():
    answer = answer_record(MODEL_ANSWER)
    assert answer["statements"][1]["citations"] == [2]
    assert "[9]" not in answer["text"]


def test_what_was_left_out_stands_apart_from_the_answer():
    answer = json.loads(answer_json(WRITTEN_ANSWER))
    assert [(each["text"], each["citations"], each["support"]) for each in answer["left_out"]] == [
        (statement.text, [], "unsupported") for statement in WRITTEN_ANSWER.left_out
    ]
    assert answer["left_out"][0]["reasons"] == ["the figure 50 million is not in what the model was shown"]
    assert not any(statement.text in answer["text"] for statement in WRITTEN_ANSWER.left_out)
    assert not set(map(str, answer["left_out"])) & set(map(str, answer["statements"]))


def test_tokens_are_what_the_model_told():
    assert json.loads(answer_json(WRITTEN_ANSWER))["tokens"] == {"prompt": 1812, "completion": 120}
    assert json.loads(answer_json(ANSWER))["tokens"] == {}


def test_a_view_is_the_paragraph_with_its_neighbours_and_article():
    view = json.loads(view_json(VIEW))
    assert view["paragraph_id"] == "harbour-dredger#3"
    assert [neighbour["n"] for neighbour in view["neighbours"]] == [1, 2, 3, 4, 5]
    assert view["neighbours"][2]["text"] == view["text"]
    assert HARBOUR.text[view["start"] : view["end"]] == view["text"]
    assert view["title"] == HARBOUR.metadata.title


def test_a_whole_article_has_no_paragraph_of_its_own():
    view = json.loads(view_json(WHOLE))
    assert list(view)[:2] == ["article_id", "title"]
    assert [neighbour["paragraph_id"] for neighbour in view["neighbours"]] == ["ferry-report#1", "ferry-report#2"]


def test_articles_are_a_list():
    articles = json.loads(articles_json(ARTICLES))
    assert [article["article_id"] for article in articles] == [article.id for article in ARTICLES]
    assert articles[0]["duplicates"] == ["/news/copies/dredger (1).txt"]


@pytest.mark.parametrize(
    ("value", "number"), [(0.123456, 0.1235), (-0.00001, 0.0), (float("nan"), None), (float("inf"), None), (1, 1.0)]
)
def test_floats_have_four_decimals(value, number):
    assert rounded(value) == number
    assert str(rounded(value)) == str(number)


def test_without_indent_it_is_one_line():
    assert "\n" not in answer_json(ANSWER, indent=None)
    assert json.loads(answer_json(ANSWER, indent=None)) == json.loads(answer_json(ANSWER))


def test_letters_are_written_as_letters():
    assert "“The dredger" in answer_json(ANSWER)


@unhurried
@given(st.text(st.characters(exclude_categories=())) | st.just(HOSTILE))
def test_any_text_reads_back_as_it_was_and_steers_no_terminal(text):
    answer, abstention, search, view, whole, articles, report = hostile_records(text, url=text)
    outputs = [answer_json(answer), answer_json(abstention), search_json(search), view_json(view), view_json(whole)]
    outputs += [articles_json(articles), ingest_json(report)]
    for output in outputs:
        assert not UNSAFE.search(output.replace("\n", ""))
        output.encode("utf-8")
    read = json.loads(outputs[0])
    assert read["question"] == text
    assert read["statements"][0]["text"] == text
    assert read["citations"][0]["path"] == f"/{text}"
    assert json.loads(outputs[5])[0]["title"] == text


@unhurried
@given(
    st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.dictionaries(st.text(), inner), max_leaves=8)
)
def test_any_record_reads_back(record):
    assert json.loads(to_json({"record": record}))["record"] == record
