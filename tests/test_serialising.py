"""Records as they are kept: what is read is what was written, to the last character; anything else is refused."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rendering_records import ANSWER, HOSTILE, hostile_records
from session_records import SESSION, WITH_BRIEFING

from rag.briefing_schema import Briefing, Coverage, Covered, Difference, Event, Facet, Side, Voice
from rag.chat_schema import Session, Turn
from rag.schema import Answer, Citation, Filters, Metadata, Paragraph, Passage, Sentence, Span, Statement
from rag.serialising import from_json, to_json

PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large]
TURN = SESSION.turns[0]
NAMED = st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2)
COUNTS = st.dictionaries(st.text(max_size=5), st.integers(), max_size=2)
SECONDS = st.dictionaries(st.text(max_size=5), st.floats(), max_size=2)
MAPPINGS = {"origins": NAMED, "seconds": SECONDS, "tokens": COUNTS}
"""Fields that hypothesis would fill with mappings of any kind, and the program with dictionaries."""
PARTS = (
    *(Span, Metadata, Sentence, Paragraph, Passage, Citation, Statement, Answer, Filters),
    *(Facet, Event, Voice, Side, Difference, Covered, Coverage, Briefing, Turn, Session),
)


def whole(kind):
    """Every field is drawn, also one with a default."""
    names = [field.name for field in fields(kind)]
    return st.builds(kind, **{name: MAPPINGS.get(name, ...) for name in names})


for part in PARTS:
    st.register_type_strategy(part, whole(part))


def again(record):
    return from_json(type(record), to_json(record))


@settings(max_examples=20, deadline=None, suppress_health_check=PATIENT)
@given(st.from_type(Turn))
def test_any_turn_reads_back_as_it_was(turn):
    assert repr(again(turn)) == repr(turn), "not ==, which no record with a NaN in it is"


@settings(max_examples=8, deadline=None, suppress_health_check=PATIENT)
@given(st.from_type(Session))
def test_any_session_reads_back_as_it_was(session):
    assert repr(again(session)) == repr(session)


@pytest.mark.parametrize("session", [SESSION, WITH_BRIEFING], ids=["answers", "briefing"])
def test_a_conversation_reads_back_as_it_was(session):
    assert again(session) == session
    assert [again(turn) for turn in session.turns] == [*session.turns]


def test_what_a_record_computes_is_there_again():
    read = again(TURN)
    assert [citation.quote for citation in read.answer.citations] == [citation.quote for citation in ANSWER.citations]
    briefing = again(WITH_BRIEFING.turns[1]).briefing
    assert briefing.found
    assert briefing.statements == WITH_BRIEFING.turns[1].briefing.statements


def test_text_of_pages_that_are_not_meant_for_people_is_kept_as_it_is():
    answer, abstention, *_ = hostile_records(HOSTILE)
    for one in (answer, abstention):
        turn = Turn(HOSTILE, HOSTILE, HOSTILE, one)
        assert again(turn) == turn
        assert to_json(turn).count("\n") == 0


@given(st.text(st.sampled_from("a\ud800\udfff\ud83d\ude00😀"), max_size=12))
def test_half_characters_are_replaced_and_offsets_hold(text):
    paragraph = Paragraph(1, "body", f"{text}end", 0, len(text) + 3, (Sentence(len(text), len(text) + 3),))
    citation = Citation(1, Passage("a#1", "a", paragraph, text, Metadata(text), 1.0), paragraph.sentences)
    read = again(Turn(text, text, "", Answer(text, True, "model", citations=(citation,))))
    to_json(read).encode()
    assert len(read.asked) == len(text)
    assert read.asked == "".join("\ufffd" if 0xD800 <= ord(c) < 0xE000 else c for c in text)
    assert read.answer.citations[0].quote == "end"


def test_numbers_that_json_does_not_have():
    answer = replace(ANSWER, confidence=math.inf, seconds={"a": -math.inf, "b": -0.0, "c": 5e-324})
    assert again(replace(TURN, answer=answer)) == replace(TURN, answer=answer)


@pytest.mark.parametrize(
    "harm",
    [
        lambda record: record.pop("asked"),
        lambda record: record.update(asked=None),
        lambda record: record.update(asked=7),
        lambda record: record["answer"].update(mode="guessing"),
        lambda record: record["answer"].update(answered="yes"),
        lambda record: record["answer"]["citations"][0].update(number="1"),
        lambda record: record["answer"]["citations"][0]["passage"].pop("paragraph"),
        lambda record: record["answer"].update(statements={}),
    ],
)
def test_what_was_not_written_like_that_is_refused(harm):
    record = json.loads(to_json(TURN))
    harm(record)
    with pytest.raises(ValueError, match="validation error"):
        from_json(Turn, json.dumps(record))


@pytest.mark.parametrize("text", ["", "null", "[]", to_json(TURN)[:-1], to_json(TURN) + "}", b"\xff\xfe", "[" * 10_000])
def test_what_is_no_record_is_refused(text):
    with pytest.raises(ValueError, match="validation error"):
        from_json(Turn, text)


def test_fields_of_a_newer_program_are_passed_over_and_those_it_did_not_have_yet_get_their_defaults():
    record = json.loads(to_json(TURN))
    record["mood"] = "curious"
    del record["answer"]["tokens"], record["answer"]["citations"][0]["since"]
    assert from_json(Turn, json.dumps(record)) == TURN
