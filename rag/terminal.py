"""A conversation on a terminal: the prompt, what is typed at it, and that nothing but leaving ends it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rag import chat_sources
from rag.chat_commands import HANDLERS, ask, recall
from rag.chat_state import Chat
from rag.conversing import ChatOptions
from rag.errors import RagError, StoreEmptyError
from rag.screen import Screen
from rag.slash import parse
from rag.warming import Queued, Warmup
from rag.wording import people_path

if TYPE_CHECKING:
    from rag.config import Config
    from rag.schema import Filters

_HANDLERS = HANDLERS | {
    "show": chat_sources.show, "sources": chat_sources.sources, "open": chat_sources.open_,
    "search": chat_sources.search, "copy": chat_sources.copy,
}  # fmt: skip


def converse(config: Config, name: str | None, options: ChatOptions, filters: Filters, *, resume: bool) -> None:
    """Until the user leaves. Raises StoreEmptyError, NotFoundError before the first prompt; later errors are shown."""
    from rag.engine import Engine

    screen = Screen()
    warn = Queued(screen.note)
    with Engine(config, warn) as engine:
        if not engine.catalogue.counts()["articles"]:
            raise StoreEmptyError(f"no articles in {engine.store} yet; add some with: rag ingest FOLDER")
        warmup = Warmup(engine, model=engine.wants_model(options.model))
        conversation = engine.chat(name, options, resume=resume)
        conversation.filters = filters
        chat = Chat(engine, conversation, options, screen, warmup, warn)
        _welcome(chat)
        try:
            _loop(chat)
        finally:
            if not warmup.done:
                warmup.end()


def _welcome(chat: Chat) -> None:
    model = f"model {chat.model}" if chat.model else "no model: the articles' own sentences"
    store = people_path(str(chat.engine.store))
    chat.screen.note(f"{chat.size()} in {store} · {model}")
    chat.screen.note("ask a question; /help lists the commands, Ctrl-D leaves")
    if chat.conversation.turns:
        recall(chat)


def _loop(chat: Chat) -> None:
    from rag.chat_input import Typing
    from rag.completing import ChatCompleter

    typing = Typing(ChatCompleter(chat), chat.toolbar, chat.asked, chat.warmup.begin)
    chat.prompt = typing
    leaving = False
    while True:
        try:
            line = typing.read()
        except EOFError:
            return
        except KeyboardInterrupt:
            if leaving and not typing.abandoned.strip():
                return
            leaving = not typing.abandoned.strip()
            if leaving:
                chat.screen.note("Ctrl-C once more, or Ctrl-D, leaves")
            continue
        leaving = False
        if line and not _done(chat, line):
            return


def _done(chat: Chat, line: str) -> bool:
    """Do what a line asks for; whatever goes wrong is told, and the conversation goes on. False to leave."""
    turns = chat.conversation.turns[:]
    try:
        typed = parse(line)
        if typed.command is None:
            ask(chat, typed.rest)
        elif typed.command.name == "quit":
            return False
        else:
            _HANDLERS[typed.command.name](chat, typed.rest)
    except KeyboardInterrupt:
        if chat.conversation.turns == turns:
            chat.screen.note("stopped; the conversation is as it was, and Up brings back what you typed")
        else:
            chat.screen.note("stopped; what was answered before is kept")
    except RagError as error:
        chat.screen.fault(str(error))
    except Exception as error:
        if os.environ.get("RAG_DEBUG"):
            raise
        chat.screen.fault(f"unexpected {type(error).__name__}: {error}; RAG_DEBUG=1 shows where. Nothing kept was lost")
    return True
