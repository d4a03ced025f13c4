"""A quotation mark and a name beside it are claims: they must be true."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rendering_records import ABSTENTION_ANSWER, ANSWER, FERRY, HARBOUR, MODEL_ANSWER, make_citation

from rag import quoting
from rag.schema import ABSTENTION, Answer, Metadata, Statement


def answer(text, *citations, mode="extractive"):
    statement = Statement(text, tuple(citation.number for citation in citations), "supported")
    return Answer("Q?", True, mode, (statement,), citations), statement


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A sentence.", "“A sentence.”"),
        ("“A whole quotation.”", "“A whole quotation.”"),
        ('"A whole quotation."', '"A whole quotation."'),
        ("«Une citation.»", "«Une citation.»"),
        ("“One,” she said, “and two.”", "‘“One,” she said, “and two.”’"),
        ("He said “no”.", "‘He said “no”.’"),
        ("“The quotation goes on", "‘“The quotation goes on’"),
        ("It’s late.", "“It’s late.”"),
        ("“", "‘“’"),
        ("", "“”"),
    ],
)
def test_quotation_marks_leave_every_character_of_the_text(text, shown):
    assert quoting.in_quotation_marks(text) == shown
    assert text in shown


def test_only_sources_that_hold_the_words_are_named_as_quoted():
    assert [c.number for c in quoting.quoted_from(ANSWER, ANSWER.statements[1])] == [2]
    assert [c.number for c in quoting.cited(ANSWER, ANSWER.statements[1])] == [2, 3]


def test_words_that_no_cited_quote_holds_are_not_quoted():
    citation = make_citation(1, HARBOUR, 3, 1)
    # The sentence stands in the same paragraph, but it is not among those cited.
    assert quoting.quoted_from(*answer("The council met on Tuesday evening.", citation)) == []
    assert quoting.quoted_from(*answer("", citation)) == []


def test_a_model_quotes_only_with_whole_sentences():
    citation = make_citation(1, HARBOUR, 4, 0, 5)
    assert quoting.quoted_from(*answer("Fishing boats are not affected.", citation, mode="model")) == [citation]
    assert quoting.quoted_from(*answer(citation.quote, citation, mode="model")) == [citation]
    assert quoting.quoted_from(*answer("Fishing boats", citation, mode="model")) == []
    assert quoting.quoted_from(*answer("Fishing boats", citation)) == [citation]


def test_provenance_promises_no_more_than_is_so():
    assert quoting.provenance(ANSWER) == "every statement is quoted word for word"
    odd = replace(ANSWER, statements=(*ANSWER.statements, Statement("Reworded.", (1,), "supported")))
    assert quoting.provenance(odd) == "only what stands in quotation marks is word for word"
    assert quoting.provenance(MODEL_ANSWER) == "written by small-model-1; quote only from the sources"


def test_a_number_without_a_citation_is_never_shown():
    assert quoting.answer_text(MODEL_ANSWER).count("[") == 3
    assert "[9]" not in quoting.answer_text(MODEL_ANSWER)


def test_answer_text_carries_the_marks():
    assert quoting.answer_text(ANSWER).endswith("a record. [4]")
    assert "for the delay. [2][3] The line" in quoting.answer_text(ANSWER)
    assert quoting.answer_text(ABSTENTION_ANSWER) == ABSTENTION


def test_attribution_names_each_source_once_and_falls_back_to_the_title():
    citations = [make_citation(1, HARBOUR, 1, 0), make_citation(2, HARBOUR, 3, 0), make_citation(3, FERRY, 1, 0)]
    assert (
        quoting.attribution(citations)
        == "The Kestrel Courier, 27 October 2025; Annual report of the island ferries, 2024"
    )
    bare = replace(citations[0], passage=replace(citations[0].passage, metadata=Metadata()))
    assert quoting.attribution([bare]) == "Untitled"


def test_support_is_silent_only_when_all_is_well():
    assert quoting.support(Statement("x", (1,), "supported", ("odd",))) == ""
    assert quoting.support(Statement("x", (1,), "partial")) == "Only partly supported"
    assert (
        quoting.support(Statement("x", (1,), "unsupported", ("a", "b\x1b[1m"))) == "Not supported by its sources: a; b"
    )


def test_what_was_left_out_has_reasons_and_no_sources():
    assert quoting.why_left_out(Statement("x", (), "unsupported", ("a", "b\x1b[1m"))) == "Why: a; b"
    assert quoting.why_left_out(Statement("x", (), "unsupported")) == "Why: no paragraph bears it out"
