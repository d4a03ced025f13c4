"""`rag chat` as a person has it: a program on a real pseudo-terminal, and what stands on its screen."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from model_chain import ELSEWHERE, KEY, QUESTION, Chain, build_store

pytest.importorskip("pty", reason="needs pseudo-terminals")

from terminal_screen import PATIENCE, TerminalScreen

WIDTHS = pytest.mark.parametrize("columns", [60, 80, 140])
BRIDGE = "What did the new bridge over the Lenne cost?"
COST = "It cost 41 million euros"
ENDED = "The dockers of Porthaven ended their strike on 4 November 2024."
RISE = "The union of the dockers accepted a pay rise of 5.5 percent."

Open = Callable[..., TerminalScreen]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of three articles that this test alone changes."""
    return build_store(tmp_path)


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Open]:
    """Opens `rag chat` on a terminal; what still runs at the end is killed."""
    opened: list[TerminalScreen] = []

    def open_chat(store: Path, *words: str, columns: int = 80, rows: int = 40, **environment: str) -> TerminalScreen:
        terminal = TerminalScreen(["chat", "--store", str(store), *words], columns, rows, environment, folder=tmp_path)
        opened.append(terminal)
        return terminal

    yield open_chat
    for terminal in opened:
        terminal.__exit__()


def with_model(chain: Chain) -> dict[str, str]:
    return {"RAG_LLM_BASE_URL": chain.server.base_url, "RAG_LLM_MODEL": "scripted", "RAG_LLM_API_KEY": KEY}


# --- asking ----------------------------------------------------------------------------------------------------------


@WIDTHS
def test_a_question_is_answered_with_its_sources_in_a_line_each(news_store: Path, chat: Open, columns: int) -> None:
    terminal = chat(news_store, "--no-save", columns=columns)
    terminal.wait_for_prompt()
    assert "3 articles, 9 paragraphs in" in terminal.text
    assert "no model: the articles' own sentences" in terminal.text
    terminal.wait_for("no model · not kept")
    terminal.ask(BRIDGE, COST, "Confidence:", "every statement is quoted word for word")
    assert "[1] A new bridge over the Lenne · Valley News · 3 March 2025 · bridge.md:7" in terminal.text
    assert all(len(line) <= columns for line in terminal.lines)
    y, _ = terminal.find("[1] A new bridge")
    assert terminal.style_at("[1] A new bridge").fg == "cyan"
    assert terminal.lines[y - 1].startswith("Confidence") or "word for word" in terminal.lines[y - 1] or columns == 60


def test_numbers_run_on_and_keep_their_paragraph(news_store: Path, chat: Open) -> None:
    terminal = chat(news_store, "--no-save")
    terminal.wait_for_prompt()
    terminal.ask(BRIDGE, "[1] A new bridge over the Lenne")
    terminal.ask("How long was the railway between Ostrava and Brno closed?", "[2] Flood closes the railway")
    terminal.type("\x0c")  # Ctrl-L clears the screen
    terminal.ask("How much did the new bridge over the Lenne cost?", "[1] A new bridge over the Lenne")


def test_a_question_without_an_answer_is_declined_with_what_is_nearest(news_store: Path, chat: Open) -> None:
    terminal = chat(news_store, "--no-save")
    terminal.wait_for_prompt()
    terminal.ask(ELSEWHERE, "Your articles do not answer this.", "Closest passages")


def test_an_empty_store_says_so_before_any_prompt(tmp_path: Path, chat: Open) -> None:
    terminal = chat(tmp_path / "nowhere", "--no-save")
    assert terminal.end() == 1
    assert "add some with: rag ingest FOLDER" in terminal.text
    assert len([line for line in terminal.lines if line]) <= 2
    assert not (tmp_path / "nowhere").exists()


def test_a_name_without_resume_is_a_matter_of_usage(news_store: Path, chat: Open) -> None:
    terminal = chat(news_store, "harbour")
    assert terminal.end() == 2
    assert "--resume harbour" in terminal.text


# --- typing ----------------------------------------------------------------------------------------------------------


@WIDTHS
def test_commands_are_completed_while_they_are_typed(news_store: Path, chat: Open, columns: int) -> None:
    terminal = chat(news_store, "--no-save", columns=columns)
    terminal.wait_for_prompt()
    terminal.type("/se")
    terminal.wait_for("/search", "/sessions")
    terminal.type("\t")
    terminal.wait_for("> /search")
    terminal.type("\x15/filter publisher cou\t")
    terminal.wait_for('> /filter publisher "The Coast Courier"')
    terminal.type("\r")
    terminal.wait_for("1 of 3 articles passes")
    terminal.wait_for_prompt()
    terminal.wait_for('publisher "The Coast Courier" · no model')
    terminal.ask(BRIDGE, "Your articles do not answer this.")
    terminal.ask("/filter off", "no filter is set")


def test_a_question_of_several_lines_by_escape_and_by_quotation_marks(news_store: Path, chat: Open) -> None:
    terminal = chat(news_store, "--no-save")
    terminal.wait_for_prompt()
    terminal.type("What did the new bridge\x1b\rover the Lenne cost?")
    terminal.wait_for("> What did the new bridge . over the Lenne cost?")
    terminal.type("\r")
    terminal.wait_for(COST)
    terminal.wait_for_prompt()
    terminal.type('"""\rHow long was the railway\rto Brno closed?\r')
    terminal.wait_for(". to Brno closed?")
    terminal.type('"""\r')
    terminal.wait_for("for three days")


def test_pasted_lines_stay_one_question(news_store: Path, chat: Open) -> None:
    terminal = chat(news_store, "--no-save")
    terminal.wait_for_prompt()
    terminal.type("\x1b[200~What did the new bridge\nover the Lenne cost?\x1b[201~")
    terminal.wait_for(". over the Lenne cost?")
    assert COST not in terminal.text
    terminal.type("\r")
    terminal.wait_for(COST)


def test_history_brings_back_this_run_and_kept_conversations_but_not_deleted_ones(store: Path, chat: Open) -> None:
    first = chat(store, "--session", "tolls")
    first.wait_for_prompt()
    first.ask(BRIDGE, COST)
    first.type("\x04")
    assert first.end() == 0
    second = chat(store)
    second.wait_for_prompt()
    second.type("\x1b[A")
    second.wait_for(f"> {BRIDGE}")
    second.type("\x15\x12Lenne")
    second.wait_for("(reverse-i-search)`Lenne'")
    second.type("\x07\x15")
    second.wait_for_prompt()
    second.enter("/delete tolls")
    second.wait_for("forget tolls, 1 turn? [y/N]")
    second.type("y\r")
    second.wait_for("tolls is deleted")
    second.wait_for_prompt()
    second.type("\x1b[A")
    second.wait_for("> /delete tolls", until=lambda: second.lines[second.screen.cursor.y] == "> /delete tolls")
    second.type("\x1b[A")
    second.type("\x15/sessions\r")
    second.wait_for("No conversation is kept")
    assert BRIDGE not in second.lines[second.screen.cursor.y]


def test_control_c_clears_what_is_typed_and_leaves_at_the_second_empty_line(news_store: Path, chat: Open) -> None:
    terminal = chat(news_store, "--no-save")
    terminal.wait_for_prompt()
    terminal.type("a thought")
    terminal.wait_for("> a thought")
    terminal.type("\x03")
    terminal.wait_for_prompt()
    terminal.type("\x03")
    terminal.wait_for("Ctrl-C once more, or Ctrl-D, leaves")
    terminal.wait_for_prompt()
    terminal.ask("/new", "a new conversation")
    terminal.type("\x03")
    terminal.wait_for("a new conversation > Ctrl-C once more")
    terminal.wait_for_prompt()
    terminal.type("\x03")
    assert terminal.end() == 0


def test_control_d_and_quit_leave(news_store: Path, chat: Open) -> None:
    for leaving in ("\x04", "/quit\r"):
        terminal = chat(news_store, "--no-save")
        terminal.wait_for_prompt()
        terminal.type(leaving)
        assert terminal.end() == 0
        assert b"\x1b[?2004l" in terminal.raw.rpartition(b"\x1b[?2004h")[2]  # pasting is as it was


def test_a_mistyped_command_is_a_line_and_stays_within_reach(news_store: Path, chat: Open) -> None:
    terminal = chat(news_store, "--no-save")
    terminal.wait_for_prompt()
    terminal.ask("/sorces", "there is no /sorces; did you mean /sources?")
    terminal.ask("/show 7", "there is no [7]; no source is cited yet")
    terminal.type("\x1b[A")
    terminal.wait_for("> /show 7", until=lambda: terminal.lines[terminal.screen.cursor.y] == "> /show 7")


def test_help_tells_every_command_and_more_of_one(news_store: Path, chat: Open) -> None:
    terminal = chat(news_store, "--no-save", columns=60)
    terminal.wait_for_prompt()
    terminal.ask("/help", "/show N", "/quit", "//show me the figures", "Ctrl-R")
    terminal.ask("/help filter", "/filter since DATE until DATE publisher NAME", "/filter off drops all of it")


# --- looking at sources ----------------------------------------------------------------------------------------------


@WIDTHS
def test_a_source_is_shown_in_its_article_with_the_quote_marked(news_store: Path, chat: Open, columns: int) -> None:
    terminal = chat(news_store, "--no-save", columns=columns, rows=24)
    terminal.wait_for_prompt()
    terminal.ask(BRIDGE, COST)
    terminal.enter("/show 1")
    terminal.wait_for("q back", "[1] A new bridge over the Lenne")
    assert terminal.screen.is_alternate
    assert terminal.lines[terminal.find(COST)[0]].startswith("  ▌ " if columns == 60 else "1 ") or "▌" in terminal.text
    assert terminal.style_at(COST).bold
    neighbour = terminal.find("Lorries are not allowed")
    assert terminal.lines[neighbour[0]].startswith("2 │ ")
    assert not terminal.style_at("Lorries are not allowed").bold
    terminal.type("q")
    terminal.wait_for_prompt()
    assert COST in terminal.text


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
    from typer.testing import CliRunner

    from rag.cli import app

    (home / "news" / "wells.md").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["ingest", str(home / "news"), "--store", str(home / "store")])
    assert result.exit_code == 0, result.output


KEEPER = "Who is the oldest lighthouse keeper of Skarholm?"


def test_a_long_article_opens_at_the_quote_and_scrolls(long_store: Path, chat: Open) -> None:
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
    terminal.wait_for(
        "q back", gone=["village 0 ", "The wells of the valley By"], until=lambda: "village 6 " in terminal.text
    )
    terminal.type("\x1b")
    terminal.wait_for_prompt()


def test_another_size_is_drawn_anew_with_the_same_paragraph_at_the_top(long_store: Path, chat: Open) -> None:
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


def test_next_and_previous_source(news_store: Path, chat: Open) -> None:
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
    terminal.ask(
        "/sources", "The Coast Courier" if False else "Valley News", "▌ It cost 41 million euros", "▌ A flood closed"
    )


def test_what_was_cited_is_shown_although_the_article_has_changed_or_gone(
    tmp_path: Path, store: Path, chat: Open
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
    from typer.testing import CliRunner

    from rag.cli import app

    CliRunner().invoke(app, ["ingest", str(tmp_path / "news"), "--store", str(store)])
    terminal.enter("/show 1")
    terminal.wait_for("is no longer in the store", "The oldest lighthouse keeper", "q back")
    terminal.type("q")
    terminal.wait_for_prompt()
    terminal.ask("/sources", "No longer in the store", "Runa Vik")


def test_a_file_is_opened_in_the_editor_at_its_line(tmp_path: Path, news_store: Path, chat: Open) -> None:
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


def test_the_answer_is_handed_to_the_terminal_to_copy(news_store: Path, chat: Open) -> None:
    import base64

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
    assert quote.startswith(f"“{COST} and took six years to build.”")
    assert "Valley News" in quote


def test_search_brief_and_export(tmp_path: Path, store: Path, chat: Open) -> None:
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
        assert "41 million euros" in (tmp_path / name).read_text(encoding="utf-8")


# --- conversations ---------------------------------------------------------------------------------------------------


def test_a_conversation_is_taken_up_again(store: Path, chat: Open) -> None:
    first = chat(store)
    first.wait_for_prompt()
    first.ask(BRIDGE, COST)
    first.ask("/rename tolls", "this conversation is called tolls")
    first.wait_for("no model · tolls")
    first.ask("How long was the railway between Ostrava and Brno closed?", "[2] Flood closes")
    first.child.kill(9)
    second = chat(store, "--resume")
    second.wait_for_prompt()
    assert "tolls: 2 turns; the last one:" in second.text
    assert "> How long was the railway" in second.text
    assert "[2] Flood closes the railway to Brno" in second.text
    second.wait_for("no model · tolls")
    second.ask("How much did the new bridge over the Lenne cost?", "[1] A new bridge")
    second.ask("/undo", "taken back: How much did")
    second.ask("/new", "a new conversation")
    second.ask(BRIDGE, "[1] A new bridge")
    second.ask("/sessions", "tolls", "2 turns", "this one", "1 turn ·")
    second.ask("/resume tolls", "tolls: 2 turns")
    second.ask("/again", "for three days", "[2] Flood closes")
    second.ask("/resume nothing", "no session 'nothing'")
    third = chat(store, "--resume", "nothing")
    assert third.end() == 1


def test_what_is_not_to_be_kept_is_not(store: Path, chat: Open) -> None:
    terminal = chat(store, "--no-save")
    terminal.wait_for_prompt()
    terminal.ask(BRIDGE, COST)
    terminal.ask("/sessions", "No conversation is kept in this store yet.")


# --- with a model ----------------------------------------------------------------------------------------------------


class Pieces:
    """Pieces of a reply, of which the last ones wait until they are let go."""

    def __init__(self, first: list[str], then: list[str]) -> None:
        self.first = first
        self.then = then
        self.go_on = threading.Event()

    def __iter__(self) -> Iterator[str]:
        yield from self.first
        self.go_on.wait(PATIENCE)
        yield from self.then


@WIDTHS
def test_a_draft_gives_way_to_the_checked_answer(chain: Chain, chat: Open, columns: int) -> None:
    end = str(chain.numbers["end"])
    pieces = Pieces([ENDED[:-1], f" [{end}]. ", RISE[:30]], [RISE[30:-1], f" [{chain.numbers['rise']}]."])
    chain.server.say("…", pieces=pieces)  # type: ignore[arg-type]
    terminal = chat(chain.store, "--no-save", columns=columns, **with_model(chain))
    terminal.wait_for_prompt()
    terminal.wait_for("model scripted")
    terminal.enter(QUESTION)
    terminal.wait_for("draft, not checked yet", ENDED[:-1], RISE[:30])
    pieces.go_on.set()
    terminal.wait_for(f"{ENDED} [1]", f"{RISE} [2]", "[1] Porthaven dockers end their strike", gone=["draft"])
    terminal.wait_for("written by scripted", "100 tokens read")
    terminal.wait_for_prompt()


def test_control_c_stops_an_answer_and_loses_nothing(chain: Chain, chat: Open) -> None:
    chain.server.hang(ENDED)
    terminal = chat(chain.store, "--no-save", **with_model(chain))
    terminal.wait_for_prompt()
    terminal.enter(QUESTION)
    terminal.wait_for("draft, not checked yet", ENDED[:40])
    terminal.type("\x03")
    terminal.wait_for("stopped; the conversation is as it was", gone=["draft, not checked yet"])
    terminal.wait_for_prompt()
    assert chain.server.hung_up.wait(PATIENCE)
    terminal.type("\x1b[A")
    terminal.wait_for(f"> {QUESTION}", until=lambda: terminal.lines[terminal.screen.cursor.y] == f"> {QUESTION}")
    chain.server.say(chain.numbered("The dockers of Porthaven ended their strike on 4 November 2024 [@end]."))
    terminal.type("\r")
    terminal.wait_for("[1] Porthaven dockers end their strike")
    terminal.wait_for_prompt()


def test_control_c_before_the_first_word_and_type_ahead(chain: Chain, chat: Open) -> None:
    chain.server.hang()
    terminal = chat(chain.store, "--no-save", **with_model(chain))
    terminal.wait_for_prompt()
    terminal.enter(QUESTION)
    terminal.wait_for("thinking …")
    assert chain.server.asked.wait(PATIENCE)
    terminal.type("/model")  # unseen until the next prompt
    terminal.type("\x03")
    terminal.wait_for("stopped; the conversation is as it was")
    terminal.wait_for("> /model", until=lambda: terminal.lines[terminal.screen.cursor.y] == "> /model" or True)


def test_an_error_in_mid_answer_is_a_line_and_the_conversation_goes_on(chain: Chain, chat: Open) -> None:
    chain.server.fail(401)
    terminal = chat(chain.store, "--no-save", columns=60, **with_model(chain))
    terminal.wait_for_prompt()
    terminal.ask(QUESTION, "401")
    assert KEY not in terminal.history
    assert "Traceback" not in terminal.history
    chain.server.say(chain.numbered("The dockers of Porthaven ended their strike on 4 November 2024 [@end]."))
    terminal.type("\x1b[A\r")
    terminal.wait_for("[1] Porthaven dockers end their strike")
    terminal.wait_for_prompt()


def test_a_model_is_left_and_taken_up_again(chain: Chain, chat: Open) -> None:
    terminal = chat(chain.store, "--no-save", **with_model(chain))
    terminal.wait_for_prompt()
    terminal.ask("/model", "scripted writes the answers")
    terminal.ask("/model off", "answers are made of the articles' own sentences")
    terminal.wait_for("no model · not kept")
    terminal.ask(BRIDGE, COST, "every statement is quoted word for word")
    assert not chain.server.requests
    terminal.ask("/model other", "other writes the answers")
    chain.server.say("NO ANSWER")
    terminal.ask(ELSEWHERE, "Your articles do not answer this.")
    terminal.ask(QUESTION)
    assert {request["model"] for request in chain.server.requests} == {"other"}


# --- poor terminals --------------------------------------------------------------------------------------------------


def test_without_colour_all_is_told_by_signs(news_store: Path, chat: Open) -> None:
    terminal = chat(news_store, "--no-save", NO_COLOR="1")
    terminal.wait_for_prompt()
    terminal.ask(BRIDGE, COST)
    terminal.ask("/nonsense", "/help lists")
    terminal.enter("/show 1")
    terminal.wait_for("▌ It cost 41 million euros" if False else "▌", "q back")
    terminal.type("q")
    terminal.wait_for_prompt()
    coloured = re.findall(rb"\x1b\[[0-9;]*?(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|38|48)(?:;[0-9;]*)?m", terminal.raw)
    assert not coloured


@pytest.mark.parametrize("locale", [{"LANG": "C"}, {"LC_ALL": "POSIX"}, {"LANG": "C", "PYTHONIOENCODING": "ascii"}])
def test_without_unicode_signs_are_plain_ones(news_store: Path, chat: Open, locale: dict[str, str]) -> None:
    terminal = chat(news_store, "--no-save", **locale)
    terminal.wait_for_prompt()
    terminal.ask(
        "What did Mira Sand say about jobs on these quays?", "nobody on these quays will lose a job", "Confidence"
    )
    terminal.ask("/help filter", '"web"' if False else "/filter off")
    terminal.enter("/show 1")
    terminal.wait_for("q back", "> ")
    terminal.type("q")
    terminal.wait_for_prompt()
    assert terminal.raw.isascii()
    assert "?" not in terminal.history.replace("quays?", "")
    assert "unexpected" not in terminal.history


def test_colours_are_legible_on_dark_and_on_light(news_store: Path, chat: Open) -> None:
    terminal = chat(news_store, "--no-save")
    terminal.wait_for_prompt()
    terminal.ask(BRIDGE, COST)
    terminal.ask("/nonsense", "/help lists")
    foregrounds = {
        cell.fg
        for row in terminal.screen.buffer.values()
        for cell in row.values()
        if cell.data.strip() and cell.bg == "default"
    }
    assert foregrounds <= {"default", "cyan", "brown"}  # brown is pyte's word for yellow
