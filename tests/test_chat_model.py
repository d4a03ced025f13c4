"""A conversation with a language model on a real pseudo-terminal: drafts, Ctrl-C, errors, what is typed meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from model_chain import ELSEWHERE, KEY, QUESTION, Chain

pytest.importorskip("pty", reason="needs pseudo-terminals")

from terminal_screen import PATIENCE, WIDTHS, Chats

BRIDGE = "What did the new bridge over the Lenne cost?"
COST = "It cost 41 million euros"
ENDED = "The dockers of Porthaven ended their strike on 4 November 2024."
RISE = "The union of the dockers accepted a pay rise of 5.5 percent."


def with_model(chain: Chain) -> dict[str, str]:
    return {"RAG_LLM_BASE_URL": chain.server.base_url, "RAG_LLM_MODEL": "scripted", "RAG_LLM_API_KEY": KEY}


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
def test_a_draft_gives_way_to_the_checked_answer(chain: Chain, chat: Chats, columns: int) -> None:
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


def test_control_c_stops_an_answer_and_loses_nothing(chain: Chain, chat: Chats) -> None:
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


def test_control_c_before_the_first_word(chain: Chain, chat: Chats) -> None:
    chain.server.hang()
    terminal = chat(chain.store, "--no-save", **with_model(chain))
    terminal.wait_for_prompt()
    terminal.enter(QUESTION)
    terminal.wait_for("thinking …")
    assert chain.server.asked.wait(PATIENCE)
    terminal.type("\x03")
    terminal.wait_for("stopped; the conversation is as it was", gone=["thinking"])
    terminal.wait_for_prompt()


def test_what_is_typed_during_an_answer_stands_at_the_next_prompt(chain: Chain, chat: Chats) -> None:
    pieces = Pieces([ENDED[:-1]], [f" [{chain.numbers['end']}]."])
    chain.server.say("…", pieces=pieces)  # type: ignore[arg-type]
    terminal = chat(chain.store, "--no-save", **with_model(chain))
    terminal.wait_for_prompt()
    terminal.enter(QUESTION)
    terminal.wait_for("draft, not checked yet")
    terminal.type("and who leads the union?")
    pieces.go_on.set()
    terminal.wait_for("Confidence", "> and who leads the union?")
    assert terminal.history.count("and who leads the union?") == 1


def test_an_error_in_mid_answer_is_a_line_and_the_conversation_goes_on(chain: Chain, chat: Chats) -> None:
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


def test_a_model_is_left_and_taken_up_again(chain: Chain, chat: Chats) -> None:
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
