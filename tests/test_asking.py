"""Questions made by rule: what a sentence is asked for, in good English, and what is left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.asking import questions, roles
from rag.clause_order import Known, clause_of, plain_clause, turned_round
from rag.counts import counted
from rag.vocabulary import Vocabulary

TEXTS = [
    "The harbour of Lunde is run by Ida Holm, and the port was bought by Bo Lind. Then Holm opened a bridge.",
    "They open it, they visit and close and agree, they launch ships, build cranes and deploy troops; workers stop.",
]
KNOWN = Known(
    Vocabulary(TEXTS),
    frozenset({"Holm", "Lind"}),
    frozenset("open visit close agree launch deploy stop troops".split()),
    here=frozenset({"Holm"}),
)
WORDS = (
    "Ida Holm Lunde Norway the The bridge opened was has by in 1994 4 November 2024 , . “ ” three troops to and who "
    "said that On ( ) – ; of 30 percent head"
).split()


def asked(sentence, known=KNOWN):
    return [(one.question, one.answer) for one in questions(sentence, known)]


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("Ida Holm opened the bridge over the Lenne.", "Who opened the bridge over the Lenne?", "Ida Holm"),
        ("Holm visited Lunde, which had asked for her.", "Who visited Lunde?", "Holm"),
        ("In May, Ida Holm visited the port of Lunde.", "Who visited the port of Lunde in May?", "Ida Holm"),
        ("Ida Holm never visited the port of Lunde.", "Who never visited the port of Lunde?", "Ida Holm"),
        ("Norway launched three ships from Lunde.", "Which country launched three ships from Lunde?", "Norway"),
        (
            "On 4 November 2024, Ida Holm opened the bridge over the Lenne.",
            "When did Ida Holm open the bridge over the Lenne?",
            "4 November 2024",
        ),
        ("The bridge was opened by Bo Lind in 1994.", "In which year was the bridge opened by Bo Lind?", "1994"),
        ("The bridge over the Lenne was built by Bo Lind.", "Who was the bridge over the Lenne built by?", "Bo Lind"),
        (
            "Norway has deployed nearly 50,000 troops to Lunde.",
            "How many troops has Norway deployed to Lunde?",
            "nearly 50,000",
        ),
        (
            "About 1,400 workers were hurt at Lunde and 12 had left.",
            "How many workers were hurt at Lunde?",
            "About 1,400",
        ),
        (
            "Ida Holm said that Norway bought three cranes for Lunde.",
            "According to Ida Holm, how many cranes did Norway buy for Lunde?",
            "three",
        ),
        (
            "“Nobody on these quays of Lunde will lose a job,” Ida Holm said.",
            "Who said “Nobody on these quays of Lunde will lose a job”?",
            "Ida Holm",
        ),
    ],
)
def test_what_a_sentence_is_asked_for(sentence, question, answer):
    assert (question, answer) in asked(sentence)


@pytest.mark.parametrize(
    ("sentence", "question", "name"),
    [
        ("And Ida Holm, head of the harbour of Lunde, left.", "Who is the head of the harbour of Lunde?", "Ida Holm"),
        ("It was the former mayor of Lunde, Bo Lind, who paid.", "Who is the former mayor of Lunde?", "Bo Lind"),
        ("He met Holm’s press secretary, Bo Lind.", "Who is Holm’s press secretary?", "Bo Lind"),
    ],
)
def test_who_holds_an_office(sentence, question, name):
    assert [(one.question, one.answer) for one in roles(sentence, KNOWN)] == [(question, name)]


@pytest.mark.parametrize(
    "sentence",
    [
        "The men accused of the raid were freed.",  # "accused" is no finite verb
        "Although Ida Holm visited Lunde, the port closed.",
        "Ida Holm visited Lunde; why?",
        "The leaked call shows what they want.",
        "Mount Holm was visited.",
        "Lind visited the port of Lunde.",  # the article names no Lind in full
        "Ida Holm said on Monday.",
        "What is more, they never came.",
        "On 4 November 2024, the company closed its port in Lunde.",  # which company, another sentence has told
        "",
    ],
)
def test_what_is_left_alone(sentence):
    assert asked(sentence) == []


def test_a_name_of_a_place_is_no_person():
    assert asked("Ida Holm opened the bridge over the Lenne.", replace(KNOWN, places=frozenset({"Holm"}))) == []


@pytest.mark.parametrize(
    ("verb", "base"),
    [
        ("opened", "open"), ("visited", "visit"), ("closed", "close"), ("stopped", "stop"), ("agreed", "agree"),
        ("signed", "sign"), ("announced", "announce"), ("carried", "carry"), ("created", "create"), ("bought", "buy"),
    ],
)  # fmt: skip
def test_the_first_form_of_a_verb(verb, base):
    clause = clause_of(f"Ida Holm {verb} the bridge")
    assert turned_round(clause, KNOWN) == f"did Ida Holm {base} the bridge"


def test_a_verb_whose_first_form_nobody_knows_is_not_turned_round():
    assert turned_round(clause_of("Ida Holm visited Lunde"), replace(KNOWN, written=frozenset())) == ""


def test_what_trails_after_the_main_clause_is_cut():
    assert plain_clause("Ida Holm (45) opened the bridge, which had cost too much.") == "Ida Holm opened the bridge"
    assert plain_clause("Ida Holm opened the “bridge” of Lunde.") == ""
    assert plain_clause("Ida Holm opened the bridge, calling it “a gift”.") == "Ida Holm opened the bridge"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("nearly 50,000 troops to Lunde", ("How many troops", "nearly 50,000", " to Lunde")),
        ("three million litres of water a day", ("How many litres of water", "three million", " a day")),
        ("41 million euros for it", ("How much money", "41 million euros", " for it")),
        ("$5 million for it", ("How much money", "$5 million", " for it")),
        ("30 percent of the shares", ("What percentage of the shares", "30 percent", "")),
        ("2014 elections", None),
        ("three years later", None),
        ("5th games", None),
        ("two more cranes", None),
        ("troops", None),
    ],
)  # fmt: skip
def test_counts(words, found):
    assert counted(words) == found


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join))
@example("\x00" * 50 + ".")
@example("(" * 2000 + ".")
def test_no_sentence_breaks_it(sentence):
    for one in (*questions(sentence, KNOWN), *roles(sentence, KNOWN)):
        assert one.question.endswith("?")
        assert "  " not in one.question
        assert one.answer
