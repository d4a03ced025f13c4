"""Bad input: a clear line, and nothing lost that was there. All through the command line, on a store with articles."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rag.cli import app

GOOD = "Ferry to Lunde\n\nThe ferry to Lunde leaves at nine in the morning and costs four euros.\n"
QUESTION = "When does the ferry to Lunde leave?"


def run(*args: str) -> Result:
    return CliRunner().invoke(app, [*args])


@pytest.fixture
def store(in_folder: Path) -> Path:
    Path("news").mkdir()
    Path("news/ferry.txt").write_text(GOOD, encoding="utf-8")
    assert run("ingest", "news").exit_code == 0
    return in_folder


def still_answers() -> bool:
    return "nine in the morning" in run("ask", QUESTION, "--json").stdout


def encrypted_pdf(path: Path) -> None:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.encrypt("secret")
    writer.write(path)


def pdf_without_text(path: Path) -> None:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.write(path)


BAD: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "empty": ("a.txt", lambda p: p.write_bytes(b""), "empty"),
    "only white space": ("a.md", lambda p: p.write_bytes(b" \n\t\n"), "empty"),
    "binary renamed": ("a.txt", lambda p: p.write_bytes(os.urandom(64) + bytes(range(32)) * 200), "binary"),
    "broken pdf": ("a.pdf", lambda p: p.write_bytes(b"%PDF-1.4 and then nothing"), "PDF"),
    "encrypted pdf": ("a.pdf", encrypted_pdf, "encrypted"),
    "image-only pdf": ("a.pdf", pdf_without_text, "OCR"),
    "broken docx": ("a.docx", lambda p: p.write_bytes(b"PK not a zip"), "docx"),
    "fifty megabytes": ("a.txt", lambda p: p.write_bytes(b"word " * 10_000_000), "max_megabytes"),
    "a folder named like a file": ("a.txt", lambda p: p.mkdir(), ""),
    "a link to nothing": ("a.txt", lambda p: p.symlink_to("gone"), ""),
    "json without text": ("a.json", lambda p: p.write_text('[{"title": "x"}]'), "no text"),
    "broken json": ("a.json", lambda p: p.write_text('{"title": '), "JSON"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_a_line_in_the_report_and_the_rest_is_ingested(store: Path, case: str) -> None:
    name, make, says = BAD[case]
    make(store / "news" / name)
    report = json.loads(run("ingest", "news", "--json").stdout)
    assert (report["unchanged"], report["removed"]) == (1, 0)
    if says:
        (failure,) = report["failed"]
        assert Path(failure["path"].split("#")[0]).name == name
        assert says.lower() in failure["error"].lower()
        assert "\n" not in failure["error"]
    assert still_answers()


def test_a_file_that_breaks_keeps_the_version_that_was_read(store: Path) -> None:
    Path("news/ferry.txt").write_bytes(b"\x00" * 5000)
    report = json.loads(run("ingest", "news", "--json").stdout)
    assert len(report["failed"]) == 1
    assert still_answers()


def test_an_invalid_line_of_json_lines_is_named_and_the_others_are_read(store: Path) -> None:
    records = [
        {"title": "One", "text": "The bridge was closed on Monday."},
        {"title": "Two", "text": "It opened again."},
    ]
    Path("news/a.jsonl").write_text(
        json.dumps(records[0]) + "\n{broken\n" + json.dumps(records[1]) + "\n", encoding="utf-8"
    )
    report = json.loads(run("ingest", "news", "--json").stdout)
    assert report["added"] == 2
    assert "line 2" in report["failed"][0]["error"]


def test_one_very_long_paragraph_is_cited_by_its_sentence(store: Path) -> None:
    filler = "The council met again and nothing was decided about the harbour wall. "
    text = (
        "Long minutes\n\n"
        + filler * 1500
        + "At last the mayor of Lunde promised a new lighthouse by 2031. "
        + filler * 20
    )
    Path("news/long.txt").write_text(text, encoding="utf-8")
    assert run("ingest", "news").exit_code == 0
    answer = json.loads(run("ask", "What did the mayor of Lunde promise?", "--json").stdout)
    assert "At last the mayor of Lunde promised a new lighthouse by 2031." in answer["text"]
    shown = run("ask", "What did the mayor of Lunde promise?").stdout
    assert len(shown) < 5000


def test_a_missing_folder_keeps_what_was_read_from_it(store: Path) -> None:
    Path("news").rename("moved")
    result = run("ingest", "news")
    assert result.exit_code == 1
    assert "kept" in result.stderr
    assert still_answers()


def test_a_store_of_a_newer_version_is_refused(store: Path) -> None:
    import sqlite3

    connection = sqlite3.connect("vectorstore/catalogue.sqlite3")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    for command in (["ask", QUESTION], ["ingest", "news"], ["status"]):
        result = run(*command)
        assert result.exit_code == 1
        assert "newer version" in result.stderr


def test_a_store_that_is_a_file_is_one_line(in_folder: Path) -> None:
    Path("news.txt").write_text(GOOD, encoding="utf-8")
    Path("store").write_text("not a folder")
    result = run("ingest", "news.txt", "--store", "store")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1


def test_a_missing_embedding_model_says_what_to_do(store: Path) -> None:
    Path("rag.toml").write_text('[embedding]\nmodel = "./no-such-model"\n', encoding="utf-8")
    result = run("ask", QUESTION)
    assert result.exit_code == 1
    assert "no-such-model" in result.stderr
    assert result.stderr.count("\n") == 1
