"""Options that commands share, and what is made of them: the engine to call, and filters."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from rag.console import complain

if TYPE_CHECKING:
    from rag.config import Config
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
EmbeddingModel = Annotated[
    str | None,
    typer.Option(
        "--model", metavar="NAME", help="Embed with default, static (much faster, finds a little less), or a model."
    ),
]
Ray = Annotated[
    str | None,
    typer.Option("--ray", metavar="WHERE", help="Embed in many processes: local:N, or the address of a Ray cluster."),
]
NoModel = Annotated[
    bool,
    typer.Option("--no-model", help="Use sentences of the articles, word for word, whatever model is configured."),
]
Cache = Annotated[
    bool, typer.Option("--cache", help="Keep replies of the model on disk, and use them again for the same request.")
]


class StrictnessOption(StrEnum):
    """How sure an answer must be."""

    lenient = "lenient"
    standard = "standard"
    strict = "strict"


Strictness = Annotated[
    StrictnessOption | None,
    typer.Option("--strictness", help="How sure an answer must be; else the question is declined [standard]."),
]
ShowUnsupported = Annotated[
    bool,
    typer.Option(
        "--show-unsupported", help="Show what the model wrote and nothing bears out, struck through, with the reasons."
    ),
]

LAST = ("store", "json")
"""Every command has these, and its help lists them last."""


@contextmanager
def opened(
    store: Path | None,
    *,
    wait: bool = True,
    strictness: StrictnessOption | None = None,
    allow_private: bool | None = None,
    model: str | None = None,
    ray: str | None = None,
) -> Iterator[Engine]:
    """The engine for one command."""
    from rag.engine import Engine

    with Engine(settings(store, strictness, allow_private, model, ray), complain, wait=wait) as engine:
        yield engine


def settings(
    store: Path | None,
    strictness: StrictnessOption | None = None,
    allow_private: bool | None = None,
    model: str | None = None,
    ray: str | None = None,
) -> Config:
    """The settings with these options, `model` being the embedding model; a strictness given here goes before a
    threshold that is set elsewhere.
    """
    from dataclasses import replace

    from rag.config import read_config

    if strictness is None:
        return read_config(
            warn=complain, store=store, allow_private=allow_private, embedding_model=model, embedding_ray=ray
        )
    return replace(read_config(warn=complain, store=store, strictness=strictness.value), threshold=None)


def filters_from(
    since: Since = None,
    until: Until = None,
    publisher: Publisher = None,
    author: Author = None,
    article: ArticleOption = None,
) -> Filters:
    """Which articles may be used. Raises BadParameter for what is no date."""
    from rag.schema import Filters

    return Filters(
        _day(since, "--since"),
        _day(until, "--until"),
        tuple(publisher or ()),
        tuple(author or ()),
        tuple(article or ()),
    )


def with_filters(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of `filters_from`; it gets what comes of them as `filters`."""
    chosen, own = signature(filters_from).parameters, dict(signature(command).parameters)
    own.pop("filters")

    @wraps(command)
    def run(**given: Any) -> None:
        filters = filters_from(**{name: given.pop(name) for name in chosen})
        command(filters=filters, **given)

    # typer reads a command's options from its signature and annotations.
    hints = get_type_hints(command, localns={"Filters": object}, include_extras=True)
    hints |= get_type_hints(filters_from, localns={"Filters": object}, include_extras=True)
    names = [*(name for name in own if name not in LAST), *chosen, *LAST]
    parameters = own | dict(chosen)
    run.__signature__ = Signature(  # type: ignore[attr-defined]
        [parameters[name].replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[name]) for name in names]
    )
    run.__annotations__ = {name: hints[name] for name in names}
    return run


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
