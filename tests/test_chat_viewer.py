"""Sources of a conversation on a real pseudo-terminal: shown on the whole screen, listed, opened, copied, exported."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from model_chain import build_store
from typer.testing import CliRunner

from rag.cli import app

pytest.importorskip("pty", reason="needs pseudo-terminals")

from terminal_screen import WIDTHS, Chats

BRIDGE = "What did the new bridge over the Lenne cost?"
COST = "It cost 41 million euros"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of three articles that this test alone changes."""
    return build_store(tmp_path)


@WIDTHS
def test_a_source_is_shown_in_its_article_with_the_quote_marked(news_store: Path, chat: Chats, columns: int) -> None:
    terminal = chat(news_store, "--no-save", columns=columns, rows=24)
    terminal.wait_for_prompt()
    terminal.ask(BRIDGE, COST)
    terminal.enter("/show 1")
    terminal.wait_for("q back", "[1] A new bridge over the Lenne")
    assert terminal.screen.is_alternate
    assert terminal.lines[terminal.find("The new bridge over")[0]].startswith("1 ▌ The new bridge")
    assert terminal.style_at("The new bridge over").bold
    assert terminal.lines[terminal.find("Lorries are not allowed")[0]].startswith("2 │ ")
    assert not terminal.style_at("Lorries are not allowed").bold
    terminal.type("q")
    terminal.wait_for_prompt()
    assert COST in terminal.text  # what stood there before has come back


def long_article(paragraphs: int = 60) -> str:
    told = [
        f"In village {n} of the valley the well gave water for {n + 10} families that year." for n in range(paragraphs)
    ]
    told[40] = "The oldest lighthouse keeper of Skarholm retired in the spring. Her name is Runa Vik."
    return "---\ntitle: The wells of the valley\n---\n" + "\n\n".join(told) + "\n"


@pytest.fixture
def long_store(tmp_path: Path) -> Path:
    """One long article beside the others."""
    store = build_store(tmp_path)
    ingest(tmp_path, long_article())
    return store


def ingest(home: Path, text: str) -> None:
    (home / "news" / "wells.md").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["ingest", str(home / "news"), "--store", str(home / "store")])
    assert result.exit_code == 0, result.output


KEEPER = "Who is the oldest lighthouse keeper of Skarholm?"


def test_a_long_article_opens_at_the_quote_and_scrolls(long_store: Path, chat: Chats) -> None:
    terminal = chat(long_store, "--no-save", rows=20)
    terminal.wait_for_prompt()
    terminal.ask(KEEPER, "lighthouse keeper of Skarholm")
    terminal.enter("/show")
    terminal.wait_for("q back", "village 41", "▌ The oldest lighthouse keeper", gone=["village 0 "])
    terminal.type("g")
    terminal.wait_for("village 0 ", "0%", gone=["Skarholm retired"])
    top = terminal.lines
    terminal.type("j")
    terminal.wait_for("q back", until=lambda: terminal.lines[:-2] == top[1:-1])
    terminal.type("k")
    terminal.wait_for("q back", until=lambda: terminal.lines == top)
    terminal.type("\x1b[F")
    terminal.wait_for("village 59", "100%")
    terminal.type("\x1b[5~")
    terminal.wait_for("q back", gone=["village 59", "100%"])
    terminal.type("\x1b[H ")
    terminal.wait_for("village 10 ", gone=["village 0 "])
    terminal.type("\x1b")
    terminal.wait_for_prompt()


def test_another_size_is_drawn_anew_with_the_same_paragraph_at_the_top(long_store: Path, chat: Chats) -> None:
    terminal = chat(long_store, "--no-save", rows=20)
    terminal.wait_for_prompt()
    terminal.ask(KEEPER, "lighthouse keeper of Skarholm")
    terminal.enter("/show 1")
    terminal.wait_for("▌ The oldest lighthouse keeper", "q back")
    top = re.search(r"village \d+", terminal.text)
    assert top
    terminal.resize(50, 12)
    terminal.wait_for("q back", top[0], until=lambda: all(len(line) <= 50 for line in terminal.lines))
    terminal.wait_for("▌", until=lambda: "q back" in terminal.lines[11])
    terminal.resize(120, 30)
    terminal.wait_for("▌ The oldest lighthouse keeper", top[0], until=lambda: "q back" in terminal.lines[29])
    terminal.type("q")
    terminal.wait_for_prompt()


def test_next_and_previous_source(news_store: Path, chat: Chats) -> None:
    terminal = chat(news_store, "--no-save")
    terminal.wait_for_prompt()
    terminal.ask(BRIDGE, "[1] A new bridge")
    terminal.ask("How long was the railway between Ostrava and Brno closed?", "[2] Flood closes")
    terminal.enter("/show 1")
    terminal.wait_for("[1] A new bridge over the Lenne", "n next")
    terminal.type("n")
    terminal.wait_for("[2] Flood closes the railway to Brno", "▌", gone=["Lorries"])
    terminal.type("n")  # there is no third one
    terminal.type("p")
    terminal.wait_for("[1] A new bridge over the Lenne", gone=["Insurers"])
    terminal.type("q")
    terminal.wait_for_prompt()
    terminal.ask("/sources", "Valley News", "▌ The new bridge", "▌ A flood closed")


def test_what_was_cited_is_shown_although_the_article_has_changed_or_gone(
    tmp_path: Path, store: Path, chat: Chats
) -> None:
    ingest(tmp_path, long_article())
    terminal = chat(store, "--no-save", rows=20)
    terminal.wait_for_prompt()
    terminal.ask(KEEPER, "lighthouse keeper of Skarholm")
    ingest(tmp_path, long_article().replace("Runa Vik", "Runa Berg"))
    terminal.enter("/show 1")
    terminal.wait_for("has been changed since it was cited", "Runa Vik", "q back", gone=["Runa Berg"])
    terminal.type("q")
    terminal.wait_for_prompt()
    (tmp_path / "news" / "wells.md").unlink()
    CliRunner().invoke(app, ["ingest", str(tmp_path / "news"), "--store", str(store)])
    terminal.enter("/show 1")
    terminal.wait_for("is no longer in the store", "The oldest lighthouse keeper", "q back")
    terminal.type("q")
    terminal.wait_for_prompt()
    terminal.ask("/sources", "No longer in the store", "Runa Vik")


def test_a_file_is_opened_in_the_editor_at_its_line(tmp_path: Path, news_store: Path, chat: Chats) -> None:
    editor = tmp_path / "nano"
    editor.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$(dirname "$0")/told"\n', encoding="utf-8")
    editor.chmod(0o755)
    terminal = chat(news_store, "--no-save", EDITOR=f"{editor} --view ';touch x'")
    terminal.wait_for_prompt()
    terminal.ask(BRIDGE, COST)
    terminal.ask("/open 1", "opened with nano")
    *options, path = (tmp_path / "told").read_text(encoding="utf-8").splitlines()
    assert options == ["--view", ";touch x", "+7"]
    assert Path(path).name == "bridge.md"
    assert not (tmp_path / "x").exists()
    terminal.ask("/open 1 web", "no address on the web is known for [1]")


def test_the_answer_is_handed_to_the_terminal_to_copy(news_store: Path, chat: Chats) -> None:
    terminal = chat(news_store, "--no-save", PATH="/nonexistent")
    terminal.wait_for_prompt()
    terminal.ask(BRIDGE, COST)
    terminal.ask("/copy", "the last answer with its sources: handed to the terminal")
    terminal.ask("/copy 1", "the quote of [1]: handed to the terminal")
    answer, quote = (
        base64.b64decode(found).decode() for found in re.findall(rb"\x1b\]52;c;([^\x07]*)\x07", terminal.raw)
    )
    assert f"{COST} and took six years to build." in answer
    assert "[1] A new bridge over the Lenne · Valley News · 3 March 2025 · bridge.md:7" in answer
    assert quote.startswith(
        f"“The new bridge over the Lenne was opened on Monday. {COST} and took six years to build.”"
    )
    assert "Valley News" in quote


def test_search_brief_and_export(tmp_path: Path, store: Path, chat: Chats) -> None:
    terminal = chat(store, columns=100, rows=60)
    terminal.wait_for_prompt()
    terminal.ask("/search lorries bridge", "1. A new bridge over the Lenne", "opens the first")
    terminal.ask("/export notes.md", "there is nothing to export yet")
    terminal.ask("/brief the strike of the dockers", "Porthaven")
    terminal.ask(BRIDGE, COST)
    terminal.ask("/export notes.pdf", "name a file that ends in .md, .html or .json")
    terminal.ask("/export nowhere/notes.md", "there is no folder nowhere")
    for name in ("notes.md", "notes.html", "notes.json"):
        terminal.ask(f"/export {name}", f"wrote {name}")
        terminal.enter(f"/export {name}")
        terminal.wait_for(f"{name} is there already; write over it? [y/N]")
        terminal.type("\r")
        terminal.wait_for("nothing was written")
        terminal.wait_for_prompt()
        assert "41 million euros" in (tmp_path / name).read_text(encoding="utf-8")
