"""What can be typed after a slash in a conversation: the commands, their help, and how a line is taken apart.

A line is a command if its first word is a slash and letters only; all else is a question, paths included.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from rag.dates import iso_date
from rag.errors import InputError
from rag.schema import Filters

Takes = Literal["", "source", "filter", "model", "session", "file", "command", "words"]


@dataclass(frozen=True, slots=True)
class Command:
    """A command: what it takes decides what is completed after it."""

    name: str
    usage: str
    help: str
    more: str = ""
    takes: Takes = ""
    needed: bool = False
    """Whether it cannot be without what it takes."""


COMMANDS = {
    command.name: command
    for command in (
        Command(
            "show", "/show N", "open source N in its article",
            "N is the number of a source; without it the last one cited is opened. Also an article, or a paragraph of "
            "one (harbour-strike#12). There: arrows, PgUp, PgDn, Home, End, j, k and space scroll; n and p go to the "
            "next and previous source; o opens the file or page; q or Esc comes back.", "source",
        ),
        Command(
            "sources", "/sources", "list the sources of the conversation, with what is quoted",
            "A number means one paragraph for the whole conversation.",
        ),
        Command(
            "open", "/open N [web]", "open source N outside: its file at the line, or its page",
            "A file opens in $EDITOR, else in $PAGER, else with the program of the system for it; an article from the "
            "web in the browser at the quoted words, as does a file whose address on the web is known with “web”.",
            "source", True,
        ),
        Command(
            "search", "/search WORDS", "list the paragraphs nearest to some words",
            "It is no part of the conversation. /show ID opens one of them.", "words", True,
        ),
        Command(
            "brief", "/brief TOPIC", "a briefing on a topic: points, timeline, voices, differences",
            "It is a turn of the conversation: its sources are numbered on.", "words", True,
        ),
        Command(
            "filter", "/filter since DATE until DATE publisher NAME author NAME article ID",
            "ask only some of the articles",
            "Each is added to what is set; a date takes the place of the one before. Names of several words need no "
            "quotation marks, unless they hold one of these five words. /filter alone shows what is set; /filter off "
            "drops all of it, /filter off publisher one kind.", "filter",
        ),
        Command(
            "model", "/model [on|off|NAME]", "show, use or leave the language model, or take another",
            "Without one, answers are made of the articles' own sentences. NAME is another model of the same server.",
            "model",
        ),
        Command("again", "/again", "ask the last question once more", "The new answer stands in place of the last."),
        Command("undo", "/undo", "take the last question and its answer back"),
        Command(
            "copy", "/copy [N]", "copy the last answer with its sources, or the quote of source N",
            "It goes to the terminal (OSC 52, where that is allowed) and to wl-copy, xclip, pbcopy or clip.", "source",
        ),
        Command(
            "export", "/export FILE", "write the conversation to a file: .md, .html or .json",
            "Before a file of that name is written over, it asks.", "file", True,
        ),
        Command("sessions", "/sessions", "list the conversations that are kept"),
        Command(
            "resume", "/resume [NAME]", "go on with a kept conversation", "The newest other one, if none is named.",
            "session",
        ),
        Command("new", "/new", "begin a new conversation", "Filters stay as they are set."),
        Command("rename", "/rename NAME", "give this conversation a name", takes="words", needed=True),
        Command(
            "delete", "/delete NAME", "forget a conversation for good", "It asks once more.", "session", True,
        ),
        Command("help", "/help [COMMAND]", "list the commands, or tell more of one", takes="command"),
        Command("quit", "/quit", "leave; Ctrl-D does so too"),
    )
}  # fmt: skip
ALIASES = {"exit": "quit", "q": "quit", "h": "help"}

QUESTIONS = (
    "Anything else is a question, also a line that begins with a path (/etc/hosts). A second slash makes a question "
    "of what looks like a command: //show me the figures."
)
KEYS = (
    "Enter asks, Esc then Enter begins a new line; so does Enter between two lines of three quotation marks "
    '("""). Tab completes, Up and Ctrl-R find what was asked before. Ctrl-C stops an answer; twice at an empty '
    "line, or Ctrl-D, leaves."
)

KEYWORDS = ("since", "until", "publisher", "author", "article")
_OFF = ("off", "none", "clear")
_COMMAND = re.compile(r"/([A-Za-z]+)(?:(?:\s+|(?=\d+$))(.*))?", re.DOTALL)
"""`/show3` is `/show 3`; `/etc/hosts` is no command."""
_WORDS = re.compile(r'"([^"]*)"?|“([^”]*)”?|(\S+)')


@dataclass(frozen=True, slots=True)
class Typed:
    """A line taken apart: a command with what follows it, or (`command` None) a question."""

    command: Command | None
    rest: str


def parse(line: str) -> Typed:
    """What a line asks for. Raises InputError for a command that there is not, or that lacks what it needs."""
    line = line.strip()
    found = _COMMAND.fullmatch(line)
    if found is None:
        return Typed(None, line[1:] if line.startswith("//") else line)
    name, rest = found[1].lower(), (found[2] or "").strip()
    command = COMMANDS.get(ALIASES.get(name, name))
    if command is None:
        raise InputError(f"there is no /{name}; {_hint(name)}")
    if command.needed and not rest:
        raise InputError(f"/{command.name} needs more; write {command.usage}")
    if not command.takes and rest:
        raise InputError(f"/{command.name} takes nothing after it")
    return Typed(command, rest)


def _hint(name: str) -> str:
    begun = [known for known in COMMANDS if known.startswith(name)]
    close = begun or difflib.get_close_matches(name, list(COMMANDS), n=2, cutoff=0.5)
    return f"did you mean {' or '.join(f'/{known}' for known in close[:3])}?" if close else "/help lists what there is"


def source_number(text: str) -> int | None:
    """The number in `3` or `[3]`; None for all else."""
    found = re.fullmatch(r"\[?(\d{1,6})\]?", text.strip(), re.ASCII)
    return int(found[1]) if found else None


# --- filters ---------------------------------------------------------------------------------------------------------


def filtered(filters: Filters, words: str) -> Filters:
    """The filters with what `/filter WORDS` adds or drops. Raises InputError, which says how it is written."""
    tokens = list(split(words))
    if tokens and tokens[0].text.lower() in _OFF and not tokens[0].quoted:
        return _without(filters, [token.text.lower() for token in tokens[1:]])
    for keyword, value in _pairs(tokens):
        if keyword in ("since", "until"):
            filters = _with_date(filters, keyword, value)
        elif keyword == "publisher":
            filters = replace(filters, publishers=_added(filters.publishers, value))
        elif keyword == "author":
            filters = replace(filters, authors=_added(filters.authors, value))
        else:
            filters = replace(filters, articles=_added(filters.articles, value))
    if filters.since and filters.until and filters.since > filters.until + "~":
        raise InputError(f"nothing is both since {filters.since} and until {filters.until}; /filter off drops them")
    return filters


def filter_words(filters: Filters) -> str:
    """`since 2024-11 publisher "The Courier"`: what `/filter` would set them with; empty for none."""
    parts = [f"since {filters.since}"] if filters.since else []
    parts += [f"until {filters.until}"] if filters.until else []
    parts += [f'publisher "{name}"' for name in filters.publishers] + [f'author "{name}"' for name in filters.authors]
    return " ".join([*parts, *(f"article {name}" for name in filters.articles)])


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or what stands in quotation marks, and where in the text it begins."""

    text: str
    start: int
    quoted: bool = False

    @property
    def is_keyword(self) -> bool:
        return not self.quoted and self.text.lower() in KEYWORDS


def split(words: str) -> Iterator[Token]:
    """Words and quoted names, in order; a quotation mark that is not closed yet quotes to the end."""
    for found in _WORDS.finditer(words):
        plain = found[3]
        yield Token(plain or found[1] or found[2] or "", found.start(), plain is None)


def _pairs(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    if tokens and not tokens[0].is_keyword:
        raise InputError(f"a filter begins with {', '.join(KEYWORDS[:-1])} or {KEYWORDS[-1]}; /help filter tells more")
    starts = [index for index, token in enumerate(tokens) if token.is_keyword]
    for index, after in pairwise([*starts, len(tokens)]):
        keyword = tokens[index].text.lower()
        value = " ".join(token.text for token in tokens[index + 1 : after]).strip()
        if not value:
            raise InputError(f"{keyword} of what? write {keyword} and {_EXAMPLES[keyword]}")
        yield keyword, value


_EXAMPLES = {
    "since": "a date: 2024-11-06, 2024-11 or 2024", "until": "a date: 2024-11-06, 2024-11 or 2024",
    "publisher": "a name, or a part of one", "author": "a name, or a part of one",
    "article": "an id, as rag articles lists them",
}  # fmt: skip


def _with_date(filters: Filters, keyword: str, value: str) -> Filters:
    date = iso_date(value)
    if date is None:
        raise InputError(f"“{value}” is no date; write it like 2024-11-06, 2024-11 or 2024")
    return replace(filters, since=date) if keyword == "since" else replace(filters, until=date)


def _added(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*names, name)))


def _without(filters: Filters, keywords: list[str]) -> Filters:
    if unknown := next((word for word in keywords if word not in KEYWORDS), None):
        raise InputError(f"“{unknown}” is no kind of filter; there are {', '.join(KEYWORDS)}")
    if not keywords:
        return Filters()
    empty = {"since": None, "until": None, "publisher": (), "author": (), "article": ()}
    fields = {word if word in ("since", "until") else f"{word}s": empty[word] for word in keywords}
    return replace(filters, **fields)  # type: ignore[arg-type]
