"""`rag eval` through its real entry point: measures, keeps, compares, reports, makes; and refuses in one line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from store_helpers import CHESS, FLOOD, VOTE
from typer.testing import CliRunner, Result

from rag.cli import app
from rag.config import Config
from rag.engine import Engine

QUESTIONS = [
    {
        "question": "Who has protested against the turbines?",
        "gold": [{"file": "vote.txt", "contains": "Fishing crews"}],
    },
    {"question": "Who lost the chess title in Lisbon?", "gold": ["chess#1"], "answer": "Ines Duarte"},
    {"question": "Which vaccine did the Zagreb laboratory recall?", "gold": []},
]


@pytest.fixture
def store(_clean_environment: None, in_folder: Path) -> Path:
    """A store of three articles, and questions.jsonl beside it."""
    (in_folder / "news").mkdir()
    for name, text in {"vote.txt": VOTE, "flood.txt": FLOOD, "chess.txt": CHESS}.items():
        (in_folder / "news" / name).write_text(text, encoding="utf-8")
    lines = "".join(json.dumps(question) + "\n" for question in QUESTIONS)
    (in_folder / "questions.jsonl").write_text(lines, encoding="utf-8")
    with Engine(Config(store=in_folder / "store", cache=Path(os.environ["RAG_CACHE"]))) as engine:
        engine.ingest([str(in_folder / "news")])
    return in_folder / "store"


def run(*args: str) -> Result:
    return CliRunner().invoke(app, ["eval", *args])


def test_a_store_is_measured_kept_compared_and_reported(store: Path) -> None:
    measured = run("questions.jsonl", "--store", str(store), "--save", "before.json")
    assert measured.exit_code == 0, measured.output
    assert "Of 2 questions the right paragraph is the first hit for 2 (100%)" in measured.stdout
    assert "kept the run in before.json" in measured.stderr
    told = run("questions.jsonl", "--store", str(store), "--strictness", "strict", "--json")
    record = json.loads(told.stdout)
    assert record["set"] == "questions"
    assert record["metrics"]["paragraph R@1"] == 1.0
    assert float(record["settings"]["threshold"]) > 0.35
    assert run("questions.jsonl", "--store", str(store), "--save", "after.json").exit_code == 0
    compared = run("--compare", "before.json", "after.json")
    assert compared.exit_code == 0, compared.output
    assert "None: what differs may be chance." in compared.stdout
    page = run("--compare", "before.json", "after.json", "--out", "report.html")
    assert page.exit_code == 0, page.output
    assert Path("report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_searching_alone_says_nothing_of_answers(store: Path) -> None:
    told = json.loads(run("questions.jsonl", "--store", str(store), "--no-answers", "--limit", "2", "--json").stdout)
    assert told["questions"] == 2
    assert "paragraph nDCG@10" in told["metrics"]
    assert not any(name.startswith(("sentence", "abstention", "coverage")) for name in told["metrics"])


def test_questions_that_were_made_can_be_asked(store: Path) -> None:
    made = run("--make", "4", "--store", str(store), "--out", "made.jsonl")
    assert made.exit_code == 0, made.output
    lines = Path("made.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines
    assert all(json.loads(line)["synthetic"] for line in lines)
    asked = run("made.jsonl", "--store", str(store))
    assert asked.exit_code == 0, asked.output
    assert "synthetic" in asked.stdout


def test_a_public_set_is_measured_on_a_store_of_its_own(store: Path) -> None:
    folder = Path("public", "limit_small")
    folder.mkdir(parents=True)
    records = {
        "corpus": [{"_id": "a", "title": "", "text": VOTE.split("\n\n")[1]}, {"_id": "b", "title": "", "text": FLOOD}],
        "queries": [{"_id": "q", "text": "What will the tax pay for?"}],
        "qrels": [{"query-id": "q", "corpus-id": "a", "score": 1}],
    }
    for name, rows in records.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    several = run("all", "--data", "public", "--store", str(store))
    assert several.exit_code == 0, several.output
    assert "limit" in several.stdout
    assert json.loads(run("limit", "--data", "public", "--json").stdout)["settings"]["articles"] == "2"
    with Engine(Config(store=store, cache=Path(os.environ["RAG_CACHE"]))) as engine:
        assert engine.status()["articles"] == 3


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ([], 2, "give judged questions"),
        (["questions.jsonl", "--make", "3"], 2, "give judged questions"),
        (["limit", "clapnq", "--save", "x.json"], 2, "one set at a time"),
        (["--make", "3", "--save", "x.json"], 2, "there is no run to keep"),
        (["questions.jsonl", "--out", "report.pdf"], 2, ".html or .json"),
        (["questions.jsonl", "--out", "nowhere/report.html"], 1, "nowhere"),
        (["nothing.jsonl"], 1, "no file, and no public set"),
        (["limit"], 1, "--data"),
        (["all"], 1, "--data"),
        (["limit", "--data", "news"], 1, "no limit_small in news"),
        (["--compare", "news/vote.txt", "news/vote.txt"], 1, "news/vote.txt"),
        (["questions.jsonl", "--strictness", "grim"], 2, "grim"),
    ],
)
def test_what_cannot_be_done_is_one_line(store: Path, args: list[str], code: int, said: str) -> None:
    result = run(*args, "--store", str(store))
    assert result.exit_code == code, result.output
    assert said in " ".join(result.output.replace("│", " ").split())
    assert "Traceback" not in result.output
