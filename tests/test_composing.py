"""Key points by a language model: planned, asked through the checked chain, composed, checked once more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from model_chain import Chain
from typer.testing import CliRunner

from rag.cli import app
from rag.planning import read_plan

TOPIC = "the strike of the Porthaven dockers"
END = "The dockers of Porthaven ended their strike on 4 November 2024."
RISE = "Their union accepted a pay rise of 5.5 percent."
CRANES = "The harbour company may buy two new cranes after the strike."
JOB = "“We did not get all that we wanted, but nobody on these quays will lose a job,” said Mira Sand."


def brief(chain: Chain, *options: str) -> tuple[dict[str, Any], str]:
    """Runs `rag brief` with the scripted model: the JSON, and what went to stderr."""
    settings = {"RAG_LLM_BASE_URL": chain.server.base_url, "RAG_LLM_MODEL": "scripted"}
    words = ["brief", TOPIC, "--store", str(chain.store), "--json", "--sections", "points", *options]
    result = CliRunner().invoke(app, words, env=settings)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout), result.stderr


def plan(chain: Chain, *facets: tuple[str, str]) -> None:
    chain.server.say_json({"facets": [{"heading": heading, "question": question} for heading, question in facets]})


def statements(chain: Chain, *texts: str, sources: Sequence[int] = (1,)) -> None:
    chain.server.say_json({"statements": [{"sources": list(sources), "text": text} for text in texts]})


def texts(briefing: dict[str, Any]) -> list[str]:
    return [statement["text"] for statement in briefing["sections"][0]["statements"]]


def test_each_facet_is_asked_composed_and_checked(chain: Chain) -> None:
    plan(chain, ("How it ended", "How did the strike of the Porthaven dockers end?"),
         ("What comes next", "What may the harbour company of Porthaven buy after the strike?"))  # fmt: skip
    statements(chain, END, RISE)
    statements(chain, END, RISE)
    statements(chain, CRANES)
    statements(chain, CRANES)
    briefing, _ = brief(chain)
    assert texts(briefing) == [END, RISE, CRANES]
    assert [s["facet"] for s in briefing["sections"][0]["statements"]] == ["How it ended"] * 2 + ["What comes next"]
    assert (briefing["mode"], briefing["model"]) == ("model", "scripted")
    for statement in briefing["sections"][0]["statements"]:
        assert statement["support"] == "supported"
        assert statement["citations"]
    composed = chain.server.requests[2]["messages"][-1]["content"]
    assert END in composed  # from the verified statements only
    assert "nineteen days" not in composed


def test_what_is_composed_and_not_borne_out_is_left_out_and_counted(chain: Chain) -> None:
    plan(chain, ("", "How did the strike of the Porthaven dockers end?"))
    statements(chain, END, RISE, CRANES)
    statements(chain, END, "Their union accepted a pay rise of 7.5 percent.", RISE, CRANES)
    briefing, said = brief(chain)
    assert texts(briefing) == [END, RISE, CRANES]
    assert [one["text"] for one in briefing["left_out"]] == ["Their union accepted a pay rise of 7.5 percent."]
    assert any(note.startswith("1 statement of the model was left out") for note in briefing["notes"])
    assert "Traceback" not in said


def test_where_nothing_composed_holds_the_checked_statements_stand(chain: Chain) -> None:
    plan(chain, ("", "How did the strike of the Porthaven dockers end?"))
    statements(chain, END, RISE, CRANES)
    statements(chain, "The moon is made of green cheese.")
    briefing, _ = brief(chain)
    assert texts(briefing) == [END, RISE, CRANES]
    assert len(briefing["left_out"]) == 1


def test_too_little_of_a_model_leaves_the_articles_own_sentences(chain: Chain) -> None:
    plan(chain, ("", "How did the strike of the Porthaven dockers end?"))
    statements(chain, END)
    statements(chain, END)
    briefing, _ = brief(chain)
    assert briefing["mode"] == "extractive"
    assert any("only 1 statement of what scripted wrote is borne out" in note for note in briefing["notes"])
    stored = "\n".join(chain.article(c["article_id"]) for c in briefing["citations"])
    assert all(text in stored for text in texts(briefing))


def test_without_a_plan_the_topic_is_asked(chain: Chain) -> None:
    chain.server.say("I would rather not.")
    statements(chain, END, RISE, CRANES)
    statements(chain, END, RISE, CRANES)
    briefing, _ = brief(chain)
    assert texts(briefing) == [END, RISE, CRANES]
    assert "scripted made no plan; the topic itself was asked" in briefing["notes"]
    assert TOPIC in chain.server.requests[1]["messages"][-1]["content"]


def test_what_the_articles_do_not_answer_is_told(chain: Chain) -> None:
    plan(chain, ("Vaccines", "Which vaccine did the Zagreb laboratory recall?"),
         ("How it ended", "How did the strike of the Porthaven dockers end?"))  # fmt: skip
    statements(chain, END, RISE, CRANES)
    statements(chain, END, RISE, CRANES)
    briefing, _ = brief(chain)
    assert texts(briefing) == [END, RISE, CRANES]
    assert (
        "the articles do not answer what was planned: Which vaccine did the Zagreb laboratory recall?"
        in (briefing["notes"])
    )


def test_nothing_is_said_twice(chain: Chain) -> None:
    for_end = "How did the strike of the Porthaven dockers end?"
    plan(chain, ("How it ended", for_end), ("The end", "When did the strike of the Porthaven dockers end?"))
    for said in ((END, RISE, CRANES), (END, RISE, CRANES), (END,), (END,)):
        statements(chain, *said)
    briefing, _ = brief(chain)
    assert texts(briefing) == [END, RISE, CRANES]


def test_a_translation_says_that_it_is_one(chain: Chain) -> None:
    plan(chain, ("", "How did the strike of the Porthaven dockers end?"))
    statements(chain, END, RISE, CRANES)
    statements(chain, END, RISE, CRANES)
    chain.server.say_json(
        {
            "statements": [
                {"sources": [1], "text": "Die Hafenarbeiter von Porthaven beendeten ihren Streik am 4. November 2024."},
                {"sources": [2], "text": "Ihre Gewerkschaft nahm 8,5 Prozent mehr Lohn an."},
                {"sources": [3], "text": "Die Hafengesellschaft kauft vielleicht nach dem Streik 2 neue Kräne."},
            ]
        }
    )
    briefing, _ = brief(chain, "--language", "de")
    one, two, three = briefing["sections"][0]["statements"]
    assert (one["support"], three["support"]) == ("partial", "partial")
    assert f"translated by the model from “{END}”" in one["reasons"][0]
    assert (two["text"], two["support"]) == (RISE, "supported")  # its figure came out otherwise
    assert briefing["language"] == "de"
    assert "1 of 3 statements stand as they were: no translation had all their figures" in briefing["notes"]


def test_articles_in_the_language_are_not_translated(chain: Chain) -> None:
    plan(chain, ("", "How did the strike of the Porthaven dockers end?"))
    statements(chain, END, RISE, CRANES)
    statements(chain, END, RISE, CRANES)
    briefing, _ = brief(chain, "--language", "en")
    assert len(chain.server.requests) == 3
    assert texts(briefing) == [END, RISE, CRANES]


def test_a_server_that_fails_is_told_in_one_line(chain: Chain) -> None:
    chain.server.fail(401)
    settings = {"RAG_LLM_BASE_URL": chain.server.base_url, "RAG_LLM_MODEL": "scripted"}
    result = CliRunner().invoke(app, ["brief", TOPIC, "--store", str(chain.store)], env=settings)
    assert result.exit_code == 1
    assert result.stderr.startswith("rag: ")
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stdout == ""


def test_without_a_model_no_language_can_be_asked_for(chain: Chain) -> None:
    result = CliRunner().invoke(app, ["brief", TOPIC, "--store", str(chain.store), "--language", "de"])
    assert result.exit_code == 1
    assert "--language needs a language model" in result.stderr


@pytest.mark.parametrize(
    ("reply", "facets"),
    [
        ('{"facets": [{"heading": "A", "question": "What is A?"}]}', (("A", "What is A?"),)),
        ('Sure!\n```json\n[{"heading": "A", "question": "What is A?"}]\n```', (("A", "What is A?"),)),
        ('{"facets": [{"heading": "A", "question": "What is A?"}, {"headi', (("A", "What is A?"),)),
        ('{"plan": {"items": [{"title": "A", "question": "What is A?"}]}}', (("A", "What is A?"),)),
        (
            "1. The end: How did it end?\n2. **Pay**: What was paid?",
            (("The end", "How did it end?"), ("Pay", "What was paid?")),
        ),
        ("How did it end?\nhow did it end?", (("", "How did it end?"),)),
        ("No idea.", ()),
        ("", ()),
    ],
)  # fmt: skip
def test_a_plan_is_read_in_any_state(reply: str, facets: tuple[tuple[str, str], ...]) -> None:
    assert read_plan(reply, 8).facets == facets


def test_a_plan_is_no_longer_than_asked_for() -> None:
    many = json.dumps({"facets": [{"heading": "", "question": f"What is {n}?"} for n in range(9)]})
    assert len(read_plan(many, 3).facets) == 3
