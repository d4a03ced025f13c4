"""`rag chat`: parse, and hand over to the terminal, or to the loop without one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rag.options import Cache, Json, NoModel, PerArticle, Store, Strictness, settings, with_filters

if TYPE_CHECKING:
    from rag.schema import Filters

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        help="With --resume: the conversation to go on with, the newest if none is named.",
        show_default=False,
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with a kept conversation.")]
SessionName = Annotated[
    str | None, typer.Option("--session", metavar="NAME", help="Go on with the conversation NAME, or begin it.")
]
NoSave = Annotated[bool, typer.Option("--no-save", help="Do not keep the conversation.")]


@with_filters
def chat(
    name: Name = None,
    resume: Resume = False,
    session: SessionName = None,
    no_save: NoSave = False,
    strictness: Strictness = None,
    no_model: NoModel = False,
    cache: Cache = False,
    max_per_article: PerArticle = 0,
    *,
    filters: Filters,
    store: Store = None,
    json: Json = False,
) -> None:
    """Ask question after question; without a terminal, one a line from standard input."""
    from rag.conversing import ChatOptions

    if name is not None and not resume:
        raise typer.BadParameter(f"to go on with {name!r}, write --resume {name}", param_hint="NAME")
    if session is not None and resume:
        raise typer.BadParameter("choose one of --session and --resume", param_hint="--session")
    options = ChatOptions(not no_model, cache, max_per_article, not no_save)
    config = settings(store, strictness)
    if not json and sys.stdin.isatty() and sys.stdout.isatty():
        from rag.terminal import converse

        converse(config, name or session, options, filters, resume=resume)
        return
    from rag.piped import converse_piped

    if not converse_piped(config, name or session, options, filters, resume=resume, json=json):
        raise typer.Exit(1)
