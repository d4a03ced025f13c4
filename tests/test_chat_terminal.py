"""`rag chat` as a person has it: a program on a real pseudo-terminal, and what stands on its screen."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from model_chain import ELSEWHERE, build_store

pytest.importorskip("pty", reason="needs pseudo-terminals")

from terminal_screen import WIDTHS, Chats

BRIDGE = "What did the new bridge over the Lenne cost?"
COST = "It cost 41 million euros"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of three articles that this test alone changes."""
    return build_store(tmp_path)


# --- asking ----------------------------------------------------------------------------------------------------------


@WIDTHS
def test_a_question_is_answered_with_its_sources_in_a_line_each(news_store: Path, chat: Chats, columns: int) -> None:
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


def test_numbers_run_on_and_keep_their_paragraph(news_store: Path, chat: Chats) -> None:
    terminal = chat(news_store, "--no-save")
    terminal.wait_for_prompt()
    terminal.ask(BRIDGE, "[1] A new bridge over the Lenne")
    terminal.ask("How long was the railway between Ostrava and Brno closed?", "[2] Flood closes the railway")
    terminal.type("\x0c")  # Ctrl-L clears the screen
    terminal.ask("How much did the new bridge over the Lenne cost?", "[1] A new bridge over the Lenne")


def test_what_a_follow_up_is_asked_as_stands_dimmed_before_its_answer(news_store: Path, chat: Chats) -> None:
    terminal = chat(news_store, "--no-save")
    terminal.wait_for_prompt()
    terminal.ask(BRIDGE, COST)
    assert "asked:" not in terminal.text
    terminal.ask("and which lorries may use it?", "asked: and which lorries may use it?", "Lorries are not allowed")
    assert terminal.lines[terminal.find("asked:")[0] - 1] == "> and which lorries may use it?"


def test_a_question_without_an_answer_is_declined_with_what_is_nearest(news_store: Path, chat: Chats) -> None:
    terminal = chat(news_store, "--no-save")
    terminal.wait_for_prompt()
    terminal.ask(ELSEWHERE, "Your articles do not answer this.", "Closest passages")


def test_an_empty_store_says_so_before_any_prompt(tmp_path: Path, chat: Chats) -> None:
    terminal = chat(tmp_path / "nowhere", "--no-save")
    assert terminal.end() == 1
    assert "add some with: rag ingest FOLDER" in terminal.text
    assert len([line for line in terminal.lines if line]) <= 2
    assert not (tmp_path / "nowhere").exists()


def test_a_name_without_resume_is_a_matter_of_usage(news_store: Path, chat: Chats) -> None:
    terminal = chat(news_store, "harbour")
    assert terminal.end() == 2
    assert "--resume harbour" in terminal.text


# --- typing ----------------------------------------------------------------------------------------------------------


@WIDTHS
def test_commands_are_completed_while_they_are_typed(news_store: Path, chat: Chats, columns: int) -> None:
    terminal = chat(news_store, "--no-save", columns=columns)
    terminal.wait_for_prompt()
    terminal.type("/se")
    terminal.wait_for("/search", "/sessions")
    terminal.type("\t")
    terminal.wait_for("> /search")
    terminal.type("\x15/filter pub\t")
    terminal.wait_for("> /filter publisher", gone=["> /filter pub "])
    terminal.type("cou\t")
    terminal.wait_for('> /filter publisher "The Coast Courier"')
    terminal.type("\r")
    terminal.wait_for("1 of 3 articles passes")
    terminal.wait_for_prompt()
    terminal.wait_for('publisher "The Coast Courier" · no model')
    terminal.ask(BRIDGE, "Your articles do not answer this.")
    terminal.ask("/filter off", "no filter is set")


def test_a_question_of_several_lines_by_escape_and_by_quotation_marks(news_store: Path, chat: Chats) -> None:
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


def test_pasted_lines_stay_one_question(news_store: Path, chat: Chats) -> None:
    terminal = chat(news_store, "--no-save")
    terminal.wait_for_prompt()
    terminal.type("\x1b[200~What did the new bridge\nover the Lenne cost?\x1b[201~")
    terminal.wait_for(". over the Lenne cost?")
    assert COST not in terminal.text
    terminal.type("\r")
    terminal.wait_for(COST)


def test_history_brings_back_this_run_and_kept_conversations_but_not_deleted_ones(store: Path, chat: Chats) -> None:
    first = chat(store, "--session", "tolls")
    first.wait_for_prompt()
    first.ask(BRIDGE, COST)
    first.type("\x04")
    assert first.end() == 0
    second = chat(store)
    second.wait_for_prompt()
    second.type("\x12Lenne")
    second.wait_for("I-search backward: Lenne", f"> {BRIDGE}")
    second.type("\r")  # takes it to the prompt, where it may be changed
    second.wait_for(f"> {BRIDGE}", gone=["I-search"])
    assert COST not in second.text
    second.type("\x03")
    second.wait_for_prompt()
    second.type("\x1b[A")
    second.wait_for(f"> {BRIDGE}", gone=["I-search"])
    second.type("\x03")
    second.wait_for_prompt()
    second.enter("/delete tolls")
    second.wait_for("forget tolls, 1 turn? [y/N]")
    second.type("y\r")
    second.wait_for("tolls is deleted")
    second.wait_for_prompt()
    second.type("\x1b[A\x1b[A\x1b[A\x12Lenne")
    second.wait_for("I-search backward: Lenne")
    second.type("\x07\x03")
    second.wait_for_prompt()
    second.ask("/sessions", "No conversation is kept")
    assert second.history.count(BRIDGE) == 2  # where Enter and Up had brought it back


def test_control_c_clears_what_is_typed_and_leaves_at_the_second_empty_line(news_store: Path, chat: Chats) -> None:
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


def test_control_d_and_quit_leave(news_store: Path, chat: Chats) -> None:
    for leaving in ("\x04", "/quit\r"):
        terminal = chat(news_store, "--no-save")
        terminal.wait_for_prompt()
        terminal.type(leaving)
        assert terminal.end() == 0
        assert b"\x1b[?2004l" in terminal.raw.rpartition(b"\x1b[?2004h")[2]  # pasting is as it was


def test_leaving_while_the_model_is_still_being_loaded_is_no_crash(news_store: Path, chat: Chats) -> None:
    for _ in range(3):
        terminal = chat(news_store, "--no-save")
        terminal.wait_for_prompt()
        terminal.type("\x04")
        assert terminal.end() == 0
        assert "terminate" not in terminal.text
        assert "Error" not in terminal.text


def test_control_c_ends_the_waiting_for_a_model_that_never_comes(news_store: Path, chat: Chats) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes connections, and never says a word
        address = f"http://127.0.0.1:{mute.getsockname()[1]}/v1"
        terminal = chat(news_store, "--no-save", RAG_EMBEDDING_BASE_URL=address, RAG_EMBEDDING_MODEL="mute")
        terminal.wait_for_prompt()
        terminal.enter(BRIDGE)
        terminal.wait_for("getting ready …")
        terminal.type("\x03")
        terminal.wait_for("stopped; the conversation is as it was")
        terminal.wait_for_prompt()
        terminal.ask("/help copy", "/copy [N]")
        terminal.type("\x04")
        assert terminal.end() == 0


def test_a_mistyped_command_is_a_line_and_stays_within_reach(news_store: Path, chat: Chats) -> None:
    terminal = chat(news_store, "--no-save")
    terminal.wait_for_prompt()
    terminal.ask("/sorces", "there is no /sorces; did you mean /sources or /search?")
    terminal.ask("/show 7", "there is no [7]; no source is cited yet")
    terminal.type("\x1b[A")
    terminal.wait_for("> /show 7", until=lambda: terminal.lines[terminal.screen.cursor.y] == "> /show 7")


def test_help_tells_every_command_and_more_of_one(news_store: Path, chat: Chats) -> None:
    terminal = chat(news_store, "--no-save", columns=60)
    terminal.wait_for_prompt()
    terminal.ask("/help", "/show N", "/quit", "//show me the figures", "Ctrl-R")
    terminal.ask("/help filter", "/filter since DATE until DATE publisher NAME", "/filter off drops all of it")


# --- conversations ---------------------------------------------------------------------------------------------------


def test_a_conversation_is_taken_up_again(store: Path, chat: Chats) -> None:
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


def test_a_name_that_cannot_be_is_refused_before_anything_is_asked(store: Path, chat: Chats) -> None:
    assert chat(store, "--session", "/etc").end() == 1
    terminal = chat(store, "--session", "tolls")
    terminal.wait_for_prompt()
    terminal.ask(BRIDGE, COST)
    terminal.ask("/new", "a new conversation")
    terminal.ask("/rename tolls", "there is a session 'tolls' already")
    terminal.ask("/rename -x", "would be taken for a command or an option")
    terminal.ask(BRIDGE, "[1] A new bridge")
    terminal.ask("/rename  two   words", "this conversation is called two words")
    terminal.wait_for("no model · two words")


def test_what_is_not_to_be_kept_is_not(store: Path, chat: Chats) -> None:
    terminal = chat(store, "--no-save")
    terminal.wait_for_prompt()
    terminal.ask(BRIDGE, COST)
    terminal.ask("/sessions", "No conversation is kept in this store yet.")


# --- poor terminals --------------------------------------------------------------------------------------------------


def test_without_colour_all_is_told_by_signs(news_store: Path, chat: Chats) -> None:
    terminal = chat(news_store, "--no-save", NO_COLOR="1")
    terminal.wait_for_prompt()
    terminal.ask(BRIDGE, COST)
    terminal.ask("/nonsense", "/help lists")
    terminal.enter("/show 1")
    terminal.wait_for("▌ The new bridge", "q back")
    terminal.type("q")
    terminal.wait_for_prompt()
    coloured = re.findall(rb"\x1b\[[0-9;]*?(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|38|48)(?:;[0-9;]*)?m", terminal.raw)
    assert not coloured


@pytest.mark.parametrize("locale", [{"LANG": "C"}, {"LC_ALL": "POSIX"}, {"LANG": "C", "PYTHONIOENCODING": "ascii"}])
def test_without_unicode_signs_are_plain_ones(news_store: Path, chat: Chats, locale: dict[str, str]) -> None:
    terminal = chat(news_store, "--no-save", **locale)
    terminal.wait_for_prompt()
    terminal.ask(
        "What did Mira Sand say about jobs on these quays?", "nobody on these quays will lose a job", "Confidence"
    )
    terminal.ask("/help filter", "/filter off")
    terminal.enter("/show 1")
    terminal.wait_for("q back", "> ")
    terminal.type("q")
    terminal.wait_for_prompt()
    assert terminal.raw.isascii()
    assert "?" not in terminal.history.replace("quays?", "")
    assert "unexpected" not in terminal.history


def test_a_terminal_that_can_only_write_line_after_line(news_store: Path, chat: Chats) -> None:
    terminal = chat(news_store, "--no-save", columns=60, TERM="dumb")
    terminal.wait_for_prompt()
    terminal.type(f"{BRIDGE}\r")
    terminal.wait_for("[1] A new bridge over the Lenne")
    terminal.type("/show 1\r")
    terminal.wait_for("1 ▌ The new bridge", "2 │ Lorries are not allowed")
    terminal.wait_for_prompt()
    terminal.type("/quit\r")  # its prompt stands before keys are read one by one: Ctrl-D might be lost
    assert terminal.end() == 0
    assert not re.search(rb"\x1b\[\?1049h", terminal.raw)


def test_colours_are_legible_on_dark_and_on_light(news_store: Path, chat: Chats) -> None:
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
