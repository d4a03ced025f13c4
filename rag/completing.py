"""Completes what is typed after a slash: commands, numbers of sources, articles, publishers, authors, conversations."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from rag.sanitising import safe
from rag.schema import ArticleSummary
from rag.slash import COMMANDS, KEYWORDS, Token, split
from rag.wording import title

MOST = 50
"""Completions that are offered: a menu of thousands is no help, and the next letter thins it out."""
_TITLE = 50
"""Characters of a title beside what is completed."""


class Known(Protocol):
    """What there is to complete with, as it stands when Tab is pressed."""

    def sources(self) -> Sequence[tuple[int, str]]:
        """Number and title of each source of the conversation."""

    def articles(self) -> Sequence[ArticleSummary]: ...

    def sessions(self) -> Sequence[str]: ...

    def models(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be put in the place of a fragment; `found_by` are the words it is looked for with."""

    text: str
    beside: str = ""
    found_by: tuple[str, ...] = ()


class ChatCompleter(Completer):
    """Lines that are no commands are left alone."""

    def __init__(self, known: Known) -> None:
        self.known = known

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:  # noqa: ARG002
        before = document.text_before_cursor
        if not before.startswith("/") or "\n" in before:
            return
        name, space, rest = before[1:].partition(" ")
        if not space:
            commands = (
                Choice(f"/{command.name}{' ' if command.takes else ''}", command.help) for command in COMMANDS.values()
            )
            yield from _offered(commands, before, begins=True)
        elif (command := COMMANDS.get(name.lower())) is not None:
            yield from self._after(command.takes, rest.lstrip())

    def _after(self, takes: str, rest: str) -> Iterator[Completion]:
        if takes == "source":
            yield from _offered(self._sources(rest), rest)
        elif takes == "filter":
            yield from self._filter(rest)
        elif takes == "session":
            yield from _offered((Choice(name) for name in self.known.sessions()), rest)
        elif takes == "model":
            yield from _offered((Choice(name) for name in ("on", "off", *self.known.models())), rest, begins=True)
        elif takes == "command":
            commands = (Choice(command.name, command.help) for command in COMMANDS.values())
            yield from _offered(commands, rest, begins=True)
        elif takes == "file":
            yield from _offered(_files(rest), rest, begins=True)

    def _sources(self, rest: str) -> Iterator[Choice]:
        for number, name in self.known.sources():
            yield Choice(str(number), name, tuple(name.split()))
        if rest and not rest.isdigit():
            yield from self._articles()

    def _articles(self) -> Iterator[Choice]:
        for article in self.known.articles():
            name = title(article.metadata)
            yield Choice(safe(article.id), name, (article.id, *name.split()))

    def _filter(self, rest: str) -> Iterator[Completion]:
        """A keyword, or, after one, what stands in the articles for it."""
        tokens = list(split(rest))
        fragment = tokens[-1] if tokens and (tokens[-1].quoted or not rest[-1:].isspace()) else Token("", len(rest))
        if fragment.quoted and rest.endswith(('"', "”")) and len(rest) > fragment.start + 1:
            return
        earlier = [token for token in tokens if token.start < fragment.start]
        keyword = next((token for token in reversed(earlier) if token.is_keyword), None)
        value = rest[keyword.start + len(keyword.text) :].strip() if keyword else ""
        typed = rest[fragment.start :]
        if keyword is not None and (value == typed or not typed):
            yield from _offered(self._values(keyword.text.lower()), typed, plain=typed.lstrip('"“'))
        if keyword is None or (value != typed and not fragment.quoted):
            keywords = [f"{word} " for word in KEYWORDS]
            words = keywords if earlier else [*keywords, "off"]
            yield from _offered((Choice(word) for word in words), typed, begins=True)

    def _values(self, keyword: str) -> Iterator[Choice]:
        if keyword == "article":
            yield from self._articles()
            return
        articles = self.known.articles()
        if keyword in ("since", "until"):
            days = {article.metadata.published for article in articles if article.metadata.published}
            yield from (Choice(safe(day)) for day in sorted(days, reverse=True))
            return
        names: dict[str, int] = {}
        for article in articles:
            metadata = article.metadata
            for name in (metadata.publisher or "",) if keyword == "publisher" else metadata.authors:
                if name.strip():
                    names[name] = names.get(name, 0) + 1
        for name, count in sorted(names.items(), key=lambda item: (-item[1], item[0])):
            shown = safe(name).replace('"', "")
            yield Choice(f'"{shown}"', f"{count} article{'s' if count > 1 else ''}", (shown, *shown.split()))


def _offered(
    choices: Iterable[Choice], typed: str, *, begins: bool = False, plain: str | None = None
) -> Iterator[Completion]:
    """Choices that begin with what is typed, or one of whose words does; in their order, so many and no more."""
    wanted = (typed if plain is None else plain).casefold()
    count = 0
    for choice in choices:
        words = (choice.text,) if begins else (choice.text, *choice.found_by)
        if any(word.casefold().startswith(wanted) for word in words):
            beside = safe(choice.beside)
            meta = beside if len(beside) <= _TITLE else f"{beside[: _TITLE - 1]}…"
            yield Completion(choice.text, start_position=-len(typed), display_meta=meta)
            count += 1
            if count == MOST:
                return


def _files(typed: str) -> Iterator[Choice]:
    """Folders, and files that an export may take the place of."""
    place = Path(os.path.expanduser(typed))
    folder = place if typed.endswith("/") or not typed else place.parent
    shown = typed[: typed.rfind("/") + 1]
    try:
        entries = sorted(folder.iterdir())
    except (OSError, ValueError):  # a name that no file can have
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield Choice(f"{shown}{safe(entry.name)}/")
        elif entry.suffix.lower() in (".md", ".html", ".json"):
            yield Choice(f"{shown}{safe(entry.name)}")
