"""What kind of answer a question calls for, and whether a sentence has one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer_types import answer_type, holds


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who opened the mill?", "name"),
        ("When did the mill open?", "date"),
        ("In what year did the mill open?", "date"),
        ("Where does the mill stand?", "place"),
        ("Which city has the oldest mill?", "place"),
        ("How many wheels has the mill?", "number"),
        ("how much was paid for it", "number"),
        ("What percentage of it was paid?", "number"),
        ("Why was the mill closed?", "reason"),
        ("What is a mill?", "definition"),
        ("How does a mill work?", "other"),
        ("", "other"),
    ],
)
def test_the_question_word_tells_the_kind(question: str, kind: str) -> None:
    assert answer_type(question) == kind


@pytest.mark.parametrize(
    ("kind", "has", "has_not"),
    [
        ("name", "It was opened by Berta Holm.", "It was opened in spring."),
        ("date", "It opened in May 1921.", "It opened late."),
        ("place", "It stands in the old Orrefors.", "It stands by the river."),
        ("number", "It has seven wheels.", "It has wheels."),
        ("reason", "It closed because nobody paid.", "It closed and nobody paid."),
        ("definition", "A mill is a machine.", "A mill turns."),
    ],
)
def test_a_sentence_has_an_answer_of_the_kind_or_not(kind: str, has: str, has_not: str) -> None:
    assert holds(kind, has, set())
    assert not holds(kind, has_not, set())


def test_what_the_question_gives_is_no_answer_to_it() -> None:
    assert not holds("name", "The mill of Holm.", {"holm"})
    assert not holds("date", "It opened in 1921.", {"1921"})
    assert not holds("number", "The 7 wheels turn.", {"7"})


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_is_read(question: str, sentence: str) -> None:
    assert holds(answer_type(question), sentence, set(question.lower().split())) in (True, False)
