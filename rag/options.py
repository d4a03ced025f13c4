"""Options that commands share, and what is made of them: the engine to call, and filters."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.console import complain

if TYPE_CHECKING:
    from rag.engine import Engine
    from rag.schema import Filters

Store = Annotated[Path | None, typer.Option("--store", metavar="DIR", help="Folder of the store [./vectorstore].")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Fail at once while another rag command is writing.")]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Only articles published on or after DATE.")]
Until = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="Only articles published on or before DATE.")
]
Names = list[str] | None
Publisher = Annotated[Names, typer.Option("--publisher", metavar="NAME", help="Only this publisher; repeatable.")]
Author = Annotated[Names, typer.Option("--author", metavar="NAME", help="Only this author; repeatable.")]
ArticleOption = Annotated[Names, typer.Option("--article", metavar="ID", help="Only this article; repeatable.")]
PerArticle = Annotated[
    int, typer.Option("--max-per-article", metavar="N", min=0, help="At most N passages of one article [0: any].")
]
Question = Annotated[str, typer.Argument(metavar="QUESTION", help="The question; - reads it from standard input.")]
NoModel = Annotated[
    bool,
    typer.Option("--no-model", help="Use sentences of the articles, word for word, whatever model is configured."),
]
Cache = Annotated[
    bool, typer.Option("--cache", help="Keep replies of the model on disk, and use them again for the same request.")
]
ShowUnsupported = Annotated[
    bool,
    typer.Option(
        "--show-unsupported", help="Show what the model wrote and nothing bears out, struck through, with the reasons."
    ),
]


@contextmanager
def opened(store: Path | None, *, wait: bool = True) -> Iterator[Engine]:
    """The engine for one command."""
    from rag.config import read_config
    from rag.engine import Engine

    with Engine(read_config(warn=complain, store=store), complain, wait=wait) as engine:
        yield engine


def filters_from(
    since: str | None,
    until: str | None,
    publisher: list[str] | None,
    author: list[str] | None,
    article: list[str] | None,
) -> Filters:
    from rag.schema import Filters

    return Filters(
        _day(since, "--since"),
        _day(until, "--until"),
        tuple(publisher or ()),
        tuple(author or ()),
        tuple(article or ()),
    )


def _day(text: str | None, option: str) -> str | None:
    if text is None:
        return None
    from rag.dates import iso_date

    date = iso_date(text)
    if date is None:
        raise typer.BadParameter(f"{text!r} is no date; write it like 2024-11-06, 2024-11 or 2024", param_hint=option)
    return date


def read_text(text: str) -> str:
    return sys.stdin.read().strip() if text == "-" else text
