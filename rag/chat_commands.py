"""Commands that ask, change how is asked, and keep or leave conversations."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rag.chat_state import Chat
from rag.errors import InputError
from rag.layout import Line, Segment
from rag.slash import ALIASES, COMMANDS, KEYS, QUESTIONS, filter_words, filtered
from rag.turn_layout import recalled_lines, sessions_lines, turn_lines
from rag.wording import counted

if TYPE_CHECKING:
    from rag.chat_schema import Session, Turn

_USAGE = 15
"""Columns for a command and what it takes in a list; /help COMMAND has what is longer."""
SUFFIXES = (".md", ".markdown", ".html", ".htm", ".json")


# --- asking ----------------------------------------------------------------------------------------------------------


def ask(chat: Chat, question: str) -> None:
    with chat.working() as view:
        turn = chat.conversation.ask(
            question, on_question=lambda alone: view.say(f"asked: {alone}"), on_draft=view.draft
        )
    show_turn(chat, turn)


def again(chat: Chat, _: str) -> None:
    with chat.working() as view:
        turn = chat.conversation.again(on_question=lambda alone: view.say(f"asked: {alone}"), on_draft=view.draft)
    show_turn(chat, turn)


def brief(chat: Chat, topic: str) -> None:
    with chat.working("reading") as view:
        from rag.briefing import BriefingWishes

        turn = chat.conversation.brief(topic, BriefingWishes(on_stage=view.wait_for))
    show_turn(chat, turn)


def show_turn(chat: Chat, turn: Turn) -> None:
    chat.screen.lines(turn_lines(turn))
    said = turn.answer or turn.briefing
    if said and "model" in said.seconds:
        from rag.wording import model_cost

        chat.screen.note(model_cost(said))
    chat.screen.gap()


def undo(chat: Chat, _: str) -> None:
    turn = chat.conversation.undo()
    chat.screen.note(f"taken back: {turn.asked}")


# --- how is asked ----------------------------------------------------------------------------------------------------


def filter_(chat: Chat, rest: str) -> None:
    """Set where articles pass; else all stays as it was."""
    filters = filtered(chat.filters, rest)
    if not filters:
        chat.conversation.filters = filters
        chat.screen.note("no filter is set: all articles are asked")
        return
    chat.ready()
    passing, total = chat.engine.passing(filters), chat.engine.catalogue.counts()["articles"]
    chat.conversation.filters = filters
    pass_ = "passes" if passing == 1 else "pass"
    chat.screen.note(f"{filter_words(filters)}: {passing:,} of {counted(total, 'article')} {pass_}")


def model(chat: Chat, rest: str) -> None:
    wanted = rest.lower()
    if wanted == "off":
        chat.use(model=False)
    elif wanted:
        if not chat.engine.wants_model(True):
            raise InputError("no language model is configured; set RAG_LLM_BASE_URL or RAG_LLM_MODEL and start anew")
        if wanted != "on":
            chat.models_seen.append(chat.model_name)
            chat.engine.use_model(rest)
        chat.use(model=True)
    chat.screen.note(_model_in_words(chat))


def _model_in_words(chat: Chat) -> str:
    if chat.model:
        return f"{chat.model} writes the answers; /model off leaves them to the articles' own sentences"
    if chat.engine.wants_model(True):
        return f"answers are made of the articles' own sentences; /model on lets {chat.model_name} write them"
    return "no language model is configured: answers are made of the articles' own sentences"


# --- conversations ---------------------------------------------------------------------------------------------------


def sessions(chat: Chat, _: str) -> None:
    chat.screen.lines(sessions_lines(chat.engine.sessions(), chat.conversation.name))
    chat.screen.gap()


def resume(chat: Chat, name: str) -> None:
    current = chat.conversation.name
    if not name:
        others = [session.name for session in chat.engine.sessions() if session.name != current]
        if not others:
            raise InputError("there is no other conversation to go on with")
        name = others[0]
    chat.begin(name, resume=True)
    recall(chat)


def recall(chat: Chat) -> None:
    """Where a conversation stands that is taken up again."""
    conversation = chat.conversation
    chat.screen.note(f"{conversation.name}: {counted(len(conversation.turns), 'turn')}; the last one:")
    if conversation.turns:
        chat.screen.lines(recalled_lines(conversation.turns[-1]))
    chat.screen.gap()


def new(chat: Chat, _: str) -> None:
    chat.begin()
    chat.screen.note("a new conversation")


def rename(chat: Chat, name: str) -> None:
    chat.conversation.rename(name)
    chat.screen.note(f"this conversation is called {chat.conversation.name or chat.conversation.wanted}")


def delete(chat: Chat, name: str) -> None:
    session = chat.engine.session(name)
    turns = counted(len(session.turns), "turn")
    if not chat.confirmed(f"forget {session.name}, {turns}?"):
        chat.screen.note("nothing was deleted")
        return
    chat.engine.delete_sessions([session.name])
    if chat.prompt is not None:
        chat.prompt.forget([turn.asked for turn in session.turns])
    chat.screen.note(f"{session.name} is deleted")
    if session.name == chat.conversation.name:
        chat.begin()
        chat.screen.note("a new conversation")


def export(chat: Chat, name: str) -> None:
    from rag.output import check_place, write_output

    place = Path(os.path.expanduser(name))
    suffix = place.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"cannot tell the format from {place.name}; name a file that ends in .md, .html or .json")
    if not chat.conversation.turns:
        raise InputError("there is nothing to export yet; ask something first")
    check_place(place)
    if place.is_file() and not chat.confirmed(f"{place} is there already; write over it?"):
        chat.screen.note("nothing was written")
        return
    write_output(place, rendered(chat.engine.upkept(chat.conversation.session()), suffix))
    chat.screen.note(f"wrote {place}")


def rendered(session: Session, suffix: str) -> str:
    """A conversation as the file of that suffix holds it."""
    if suffix == ".json":
        from rag.render_session_json import session_json

        return session_json(session) + "\n"
    if suffix.startswith(".htm"):
        from rag.render_session_html import session_html

        return session_html(session)
    from rag.render_session_markdown import session_markdown

    return session_markdown(session)


# --- help ------------------------------------------------------------------------------------------------------------


def help_(chat: Chat, rest: str) -> None:
    name = rest.lstrip("/").lower()
    command = COMMANDS.get(ALIASES.get(name, name))
    if rest and command is None:
        raise InputError(f"there is no /{name}; /help lists what there is")
    if command is not None:
        usage = Line((Segment(command.usage, "mark"),))
        chat.screen.lines([usage, *(Line((Segment(text),), 2) for text in (command.help, command.more) if text)])
        return
    usages = [known.usage if len(known.usage) <= _USAGE else f"/{known.name} …" for known in COMMANDS.values()]
    labels = [Segment(usage.ljust(_USAGE + 2), "mark") for usage in usages]
    helps = [Segment(known.help) for known in COMMANDS.values()]
    chat.screen.lines(Line((text,), label=label) for label, text in zip(labels, helps, strict=True))
    chat.screen.gap()
    chat.screen.note(QUESTIONS)
    chat.screen.note(KEYS)
    chat.screen.gap()


HANDLERS: dict[str, Callable[[Chat, str], None]] = {
    "brief": brief, "filter": filter_, "model": model, "again": again, "undo": undo, "export": export,
    "sessions": sessions, "resume": resume, "new": new, "rename": rename, "delete": delete, "help": help_,
}  # fmt: skip
