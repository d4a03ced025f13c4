"""A conversation without a terminal: a question a line from standard input, answers on standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from rag.console import complain, say, say_plainly
from rag.conversing import ChatOptions
from rag.errors import InputError, RagError
from rag.sanitising import safe
from rag.slash import Typed, filtered, parse

if TYPE_CHECKING:
    from rag.chat import Conversation
    from rag.chat_schema import Turn
    from rag.config import Config
    from rag.engine import Engine
    from rag.schema import Filters

HERE = ("filter", "new", "undo", "again", "quit")
"""Commands that make sense without a reader before the screen."""


def converse_piped(
    config: Config, name: str | None, options: ChatOptions, filters: Filters, *, resume: bool, json: bool,
) -> bool:  # fmt: skip
    """To the end of the input, or /quit. False if anything failed; the rest was asked all the same."""
    from rag.engine import Engine

    if json and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")  # JSON is, whatever the locale says
    with Engine(config, complain) as engine:
        engine.retriever  # noqa: B018 - says at once where there is nothing to ask
        conversation = engine.chat(name, options, resume=resume)
        conversation.filters = filters
        return Piped(engine, conversation, options, json).run(sys.stdin.buffer)


class Piped:
    """One conversation after the other, on one input."""

    def __init__(self, engine: Engine, conversation: Conversation, options: ChatOptions, json: bool) -> None:
        self.engine = engine
        self.conversation = conversation
        self.options = options
        self.json = json
        self._said = False

    def run(self, source: BinaryIO) -> bool:
        well = True
        for line in lines(source):
            try:
                typed = parse(line)
                if typed.command is not None and typed.command.name == "quit":
                    break
                self._do(typed, line)
            except RagError as error:
                well = False
                self._fail(line, str(error))
        return well

    def _do(self, typed: Typed, line: str) -> None:
        if typed.command is None:
            self._answer(self.conversation.ask(typed.rest), line)
            return
        name = typed.command.name
        if name not in HERE:
            raise InputError(f"/{name} needs a terminal; without one there are {', '.join(f'/{one}' for one in HERE)}")
        if name == "again":
            self._answer(self.conversation.again(), line)
        elif name == "undo":
            self.conversation.undo()
        elif name == "filter":
            filters = filtered(self.conversation.filters, typed.rest)
            if filters:
                self.engine.passing(filters)
            self.conversation.filters = filters
        else:
            kept = self.conversation.filters
            self.conversation = self.engine.chat(None, self.options)
            self.conversation.filters = kept

    def _answer(self, turn: Turn, line: str) -> None:
        answer = turn.answer
        if answer is None:
            return
        if self.json:
            from rag.render_json import answer_record, to_json

            say(to_json({**answer_record(answer), "asked": turn.asked, "session": self.conversation.name}, indent=None))
        else:
            from rag.rendering import plain_answer

            gap = "\n" if self._said else ""
            alone = f"asked: {safe(turn.question)}\n" if turn.question != turn.asked else ""
            say_plainly(f"{gap}> {safe(line)}\n{alone}{plain_answer(answer)}")
            self._said = True
        sys.stdout.flush()

    def _fail(self, line: str, error: str) -> None:
        if not self.json:
            complain(error)
            return
        from rag.render_json import to_json

        say(to_json({"question": line, "session": self.conversation.name, "error": error}, indent=None))
        sys.stdout.flush()


def lines(source: BinaryIO) -> Iterator[str]:
    """Lines as they come, blank ones left out; what is no UTF-8 is replaced."""
    for raw in iter(source.readline, b""):
        line = raw.decode("utf-8", "replace").lstrip("\ufeff").strip()
        if line:
            yield line
