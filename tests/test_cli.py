"""Every command through its real entry point: exit code, stdout, stderr, and JSON against the contract."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from filelock import FileLock
from typer.testing import CliRunner, Result

from rag.cli import app

MAYOR = """# Mayor opens the river bridge

By: Anna Holm

March 3, 2025

The new bridge over the Lenne was opened on Monday by mayor Tom Ruder. It cost 41 million euros and took six years.

Cyclists had waited for the crossing since the old ferry was closed in 2011, said Ruder.
"""
HARBOUR = """---
title: Harbour strike ends
author: Bo Lind
publisher: The Coast Courier
published: 2024-11-06
url: https://coast.example/strike
---
Dockers in Porthaven went back to work on Wednesday after a strike of **nineteen days**.

The union had asked for eight percent; it accepted five percent, its chair Mira Sand said.
"""
CITATION = {
    "number", "paragraph_id", "article_id", "n", "quote", "start", "end", "quote_spans", "raw_start", "raw_end", "line",
    "page", "title", "authors", "publisher", "published", "url", "path",
}  # fmt: skip
PASSAGE = {
    "paragraph_id", "article_id", "n", "text", "score", "dense_rank", "lexical_rank", "title", "authors", "publisher",
    "published", "url", "path", "start", "end",
}  # fmt: skip


@pytest.fixture
def news(in_folder: Path) -> Path:
    """A folder `news` of two articles, in an empty current folder."""
    folder = in_folder / "news"
    folder.mkdir()
    (folder / "river-bridge.txt").write_text(MAYOR, encoding="utf-8")
    (folder / "harbour-strike.md").write_text(HARBOUR, encoding="utf-8")
    return folder


@pytest.fixture
def store(news: Path) -> Path:
    """The default store, the two articles ingested."""
    assert run("ingest", "news").exit_code == 0
    return Path("vectorstore")


def run(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, [*args], input=stdin)


def result_of(*args: str) -> dict:
    result = run(*args)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    return json.loads(result.stdout)


# --- ingest ---------------------------------------------------------------------------------------------------------


def test_ingest_reports_what_it_did_as_the_contract_says(news: Path) -> None:
    report = result_of("ingest", "news", "--json")
    seconds = report.pop("seconds")
    assert seconds > 0
    assert report == {
        "added": 2, "updated": 0, "unchanged": 0, "removed": 0, "failed": [], "duplicates": [], "articles": 2,
        "paragraphs": 7, "notes": [],
    }  # fmt: skip


def test_ingesting_twice_changes_nothing(store: Path) -> None:
    report = result_of("ingest", "news", "--json")
    assert (report["added"], report["updated"], report["unchanged"], report["removed"]) == (0, 0, 2, 0)


def test_a_file_that_fails_is_a_line_in_the_report(news: Path) -> None:
    (news / "empty.txt").write_bytes(b"")
    (news / "binary.txt").write_bytes(bytes(range(256)) * 20)
    result = run("ingest", "news")
    assert result.exit_code == 0
    assert "2 added" in result.stdout
    assert "empty.txt" in result.stdout
    assert "binary" in result.stdout


@pytest.mark.parametrize(("source", "says"), [("empty.txt", "is empty"), ("ftp://example.org/a", "http")])
def test_an_ingest_in_which_everything_fails_is_an_error(in_folder: Path, source: str, says: str) -> None:
    Path("empty.txt").write_bytes(b"")
    result = run("ingest", source)
    assert result.exit_code == 1
    assert says in result.stdout


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["ingest", "nowhere"], "nowhere does not exist"),
        (["ingest", "."], "no articles in ."),
        (["ask", "Who?"], "rag ingest"),
        (["search", "Who?"], "rag ingest"),
        (["articles"], "rag ingest"),
        (["show", "a#1"], "rag ingest"),
        (["remove", "a"], "rag ingest"),
        (["status"], "rag ingest"),
        (["rebuild"], "rag ingest"),
    ],
)
def test_errors_are_one_line_that_names_the_next_step(in_folder: Path, args: list[str], says: str) -> None:
    result = run(*args)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("rag: ")
    assert says in result.stderr


@pytest.mark.parametrize(
    "args",
    [["ask"], ["ask", "Who?", "--since", "someday"], ["search", "x", "-k", "0"], ["nonsense"], ["ask", "x", "--bogus"],
     ["ask", "x", "--format", "pdf"]],
)  # fmt: skip
def test_wrong_usage_exits_with_2(store: Path, args: list[str]) -> None:
    assert run(*args).exit_code == 2


def test_set_overrides_what_the_file_says(news: Path) -> None:
    assert run("ingest", "news", "--set", "publisher=The Valley News", "--set", "published=2025-03-04").exit_code == 0
    assert {a["publisher"] for a in json.loads(run("articles", "--json").stdout)} == {"The Valley News"}
    assert (
        "unknown" in run("ingest", "news", "--set", "colour=red").stderr
        or run("ingest", "news", "--set", "c=r").exit_code == 1
    )


# --- ask, search ----------------------------------------------------------------------------------------------------


def test_ask_answers_as_the_contract_says_and_every_span_leads_to_the_words(store: Path) -> None:
    answer = result_of("ask", "How much did the bridge over the Lenne cost?", "--json")
    assert {"question", "answered", "mode", "model", "text", "statements", "citations", "confidence", "nearest",
            "seconds"} <= answer.keys()  # fmt: skip
    assert (answer["answered"], answer["mode"], answer["model"]) == (True, "extractive", None)
    assert "41 million euros" in answer["text"]
    assert "[1]" in answer["text"]
    raw = Path("news/river-bridge.txt").read_text(encoding="utf-8")
    for citation in answer["citations"]:
        assert citation.keys() >= CITATION
        assert Path(citation["path"]) == Path("news/river-bridge.txt").absolute()
        assert citation["quote"] in raw[citation["raw_start"] : citation["raw_end"]]
        assert citation["quote"].split(".")[0] in raw.splitlines()[citation["line"] - 1]
    for statement in answer["statements"]:
        assert statement["support"] == "supported"
        assert "[" not in statement["text"]


def test_a_question_the_articles_do_not_answer_is_declined_with_what_came_nearest(store: Path) -> None:
    answer = result_of("ask", "Who won the chess olympiad in Budapest?", "--json")
    assert answer["answered"] is False
    assert answer["statements"] == answer["citations"] == []
    assert 0 < len(answer["nearest"]) <= 3
    assert all(passage.keys() >= PASSAGE for passage in answer["nearest"])
    plain = run("ask", "Who won the chess olympiad in Budapest?")
    assert plain.exit_code == 0
    assert plain.stdout.startswith("Your articles do not answer this.")


def test_ask_shows_quote_source_and_place_without_escape_codes_in_a_pipe(store: Path) -> None:
    shown = run("ask", "How long was the strike in Porthaven?").stdout
    assert "nineteen days" in shown
    assert "The Coast Courier" in shown
    assert "6 November 2024" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("form", ["markdown", "html", "json", "terminal"])
def test_ask_has_four_formats(store: Path, form: str) -> None:
    shown = run("ask", "How long was the strike in Porthaven?", "--format", form)
    assert shown.exit_code == 0
    assert "nineteen days" in shown.stdout


def test_ask_reads_a_question_from_standard_input(store: Path) -> None:
    result = run("ask", "-", "--json", stdin="How long was the strike in Porthaven?\n")
    assert json.loads(result.stdout)["question"] == "How long was the strike in Porthaven?"


@pytest.mark.parametrize("question", ["", "   ", "\n"])
def test_an_empty_question_is_an_error(store: Path, question: str) -> None:
    result = run("ask", question)
    assert result.exit_code == 1
    assert "empty" in result.stderr


def test_a_question_of_ten_thousand_characters_is_answered_or_declined(store: Path) -> None:
    assert run("ask", "strike Porthaven " * 600).exit_code == 0


def test_search_lists_passages_with_their_ranks_as_the_contract_says(store: Path) -> None:
    found = result_of("search", "strike of the dockers", "-k", "2", "--json")
    assert found["question"] == "strike of the dockers"
    assert len(found["passages"]) == 2
    best = found["passages"][0]
    assert best.keys() >= PASSAGE
    assert best["article_id"] == "harbour-strike"
    assert (best["dense_rank"], best["lexical_rank"]) == (1, 1)
    assert "dense rank 1" in run("search", "strike of the dockers").stdout


def test_filters_narrow_the_search(store: Path) -> None:
    def ids(*options: str) -> set[str]:
        return {p["article_id"] for p in result_of("search", "bridge or strike", "--json", *options)["passages"]}

    assert ids() == {"harbour-strike", "river-bridge"}
    assert ids("--since", "2025") == {"river-bridge"}
    assert ids("--until", "2024-11") == {"harbour-strike"}
    assert ids("--publisher", "coast") == {"harbour-strike"}
    assert ids("--author", "anna holm") == {"river-bridge"}
    assert ids("--article", "harbour-strike") == {"harbour-strike"}
    assert "no article passes" in run("search", "x", "--since", "2030").stderr
    assert len(result_of("search", "bridge or strike", "--max-per-article", "1", "--json")["passages"]) == 2


# --- show, articles, remove, status, rebuild ------------------------------------------------------------------------


def test_show_prints_a_paragraph_in_its_surroundings(store: Path) -> None:
    view = result_of("show", "river-bridge#4", "--json")
    assert view["paragraph_id"] == "river-bridge#4"
    assert "41 million" in view["text"]
    shown = run("show", "river-bridge#4").stdout
    assert "41 million" in shown
    assert "news/river-bridge.txt" in shown
    assert "Cyclists" in run("show", "river-bridge").stdout


@pytest.mark.parametrize(
    ("name", "says"),
    [("river-bridg#4", "did you mean river-bridge"), ("river-bridge#99", "no paragraph"), ("x", "rag articles")],
)
def test_show_of_what_is_not_there_says_what_is(store: Path, name: str, says: str) -> None:
    result = run("show", name)
    assert result.exit_code == 1
    assert says in result.stderr


def test_articles_lists_what_is_known_and_where_from(store: Path) -> None:
    strike, bridge = json.loads(run("articles", "--json").stdout)
    assert (strike["title"], strike["authors"], strike["publisher"]) == (
        "Harbour strike ends",
        ["Bo Lind"],
        "The Coast Courier",
    )
    assert (bridge["title"], bridge["authors"], bridge["published"]) == (
        "Mayor opens the river bridge",
        ["Anna Holm"],
        "2025-03-03",
    )
    assert "Harbour strike ends" in run("articles").stdout


def test_remove_forgets_an_article_and_says_that_its_file_is_still_there(store: Path) -> None:
    result = run("remove", "harbour-strike", "--json")
    assert json.loads(result.stdout) == {"removed": ["harbour-strike"], "articles": 1, "paragraphs": 5, "turns": 0}
    assert "still there" in result.stderr
    assert [a["article_id"] for a in json.loads(run("articles", "--json").stdout)] == ["river-bridge"]


def test_remove_of_an_unknown_article_removes_nothing(store: Path) -> None:
    result = run("remove", "river-bridge", "bogus")
    assert result.exit_code == 1
    assert len(json.loads(run("articles", "--json").stdout)) == 2


def test_status_counts_and_says_whether_all_is_consistent(store: Path) -> None:
    status = result_of("status", "--json")
    assert (status["articles"], status["paragraphs"], status["consistent"]) == (2, 7, True)
    assert status["catalogue"]["bytes"] > 0
    assert status["versions"]["chromadb"]
    assert "in step" in run("status").stdout


def test_rebuild_makes_the_vector_store_anew(store: Path) -> None:
    before = result_of("search", "strike", "--json")["passages"]
    assert result_of("rebuild", "--json") == {"vectors": 4}
    assert result_of("search", "strike", "--json")["passages"] == before
    assert "4 vectors" in run("rebuild", "--embed").stdout


# --- settings -------------------------------------------------------------------------------------------------------


def test_an_unknown_setting_is_refused_with_its_place(store: Path) -> None:
    Path("rag.toml").write_text("[retrieval]\ncandidate = 5\n", encoding="utf-8")
    result = run("ask", "Who?")
    assert result.exit_code == 1
    assert "retrieval.candidate" in result.stderr
    assert "retrieval.candidates" in result.stderr


def test_another_model_is_refused_with_the_command_that_mends_it(store: Path, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(store / "catalogue.sqlite3") as connection:
        connection.execute("UPDATE settings SET value = 'another' WHERE name = 'embedder'")
    connection.close()
    for command in (["ask", "How long was the strike?"], ["ingest", "news"]):
        result = run(*command)
        assert result.exit_code == 1
        assert "rag rebuild --embed" in result.stderr
    assert run("rebuild", "--embed").exit_code == 0
    assert run("ask", "How long was the strike?").exit_code == 0


def test_a_damaged_catalogue_is_one_line(store: Path) -> None:
    (store / "catalogue.sqlite3").write_bytes(b"not a database" * 1000)
    result = run("ask", "Who?")
    assert result.exit_code == 1
    assert "damaged" in result.stderr
    assert result.stderr.count("\n") == 1


# --- the program as installed ---------------------------------------------------------------------------------------


def installed(*args: str, **settings: object) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("rag")
    return subprocess.run([str(program), *args], capture_output=True, text=True, check=False, **settings)  # type: ignore[call-overload]


def test_the_installed_program_answers_and_keeps_stderr_clean(store: Path) -> None:
    result = installed("ask", "How long was the strike in Porthaven?")
    assert result.returncode == 0
    assert result.stderr == ""
    assert "nineteen days" in result.stdout


def test_a_closed_pipe_ends_quietly(store: Path) -> None:
    program = Path(sys.executable).with_name("rag")
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run([str(program), "articles"], stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert "Traceback" not in result.stderr


def test_version_and_help(in_folder: Path) -> None:
    assert installed("--version").stdout.startswith("rag 0.")
    shown = installed("--help")
    assert shown.returncode == 0
    assert "ingest" in shown.stdout


def test_an_interrupt_ends_with_130_and_one_line(store: Path) -> None:
    with FileLock(store / ".lock"):
        program = Path(sys.executable).with_name("rag")
        waiting = subprocess.Popen([str(program), "ingest", "news"], stderr=subprocess.PIPE, text=True)
        assert waiting.stderr is not None
        assert "waiting for another rag" in waiting.stderr.readline()
        waiting.send_signal(signal.SIGINT)
        _, rest = waiting.communicate(timeout=60)
    assert waiting.returncode == 130
    assert rest.strip() == "rag: interrupted"


def test_no_wait_fails_at_once_while_another_writes(store: Path) -> None:
    with FileLock(store / ".lock"):
        for command in (["ingest", "news"], ["remove", "river-bridge"], ["rebuild"]):
            result = installed(*command, "--no-wait")
            assert result.returncode == 1
            assert "another rag" in result.stderr
        assert installed("ask", "How long was the strike in Porthaven?").returncode == 0


def test_a_page_is_ingested_from_its_address(in_folder: Path) -> None:
    head = "<head><title>Harbour</title></head>"
    page = f"<html lang=en>{head}<body><article><h1>Harbour strike</h1>{PAGE}</article></body></html>"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/strike"
    try:
        assert "--allow-private" in run("ingest", address).stdout
        assert result_of("ingest", address, "--allow-private", "--json")["added"] == 1
        assert result_of("ingest", address, "--allow-private", "--json")["unchanged"] == 1
    finally:
        server.shutdown()
        server.server_close()
    answer = result_of("ask", "How long was the strike in Porthaven?", "--json")
    assert "nineteen days" in answer["text"]
    assert answer["citations"][0]["url"] == address


PAGE = (
    "<p>Dockers in Porthaven went back to work on Wednesday after a strike of nineteen days.</p>"
    "<p>The union had asked for eight percent; it accepted five percent, its chair Mira Sand said on the quay.</p>"
)
