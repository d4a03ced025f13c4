"""`rag ingest`, `rag remove`, `rag rebuild`: the commands that change what a store holds."""

from __future__ import annotations

from typing import Annotated

import typer

from rag.console import complain, say, show
from rag.options import EmbeddingModel, Json, Names, NoWait, Ray, Store, opened

SET_HELP = "Set title, author, publisher, published, url or language of what is ingested; remembered."
PRIVATE_HELP = "Fetch pages from this machine and from private networks too."


def ingest(
    paths: Annotated[list[str], typer.Argument(metavar="PATH|URL…", help="Files, folders or article pages.")],
    set_: Annotated[Names, typer.Option("--set", metavar="KEY=VALUE", help=SET_HELP)] = None,
    keep_missing: Annotated[bool, typer.Option("--keep-missing", help="Keep articles whose files are gone.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Remove what is gone even if it is most of a folder.")] = False,
    allow_private: Annotated[bool, typer.Option("--allow-private", help=PRIVATE_HELP)] = False,
    model: EmbeddingModel = None,
    ray: Ray = None,
    no_wait: NoWait = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """Read articles into the store; run again to bring it up to date with its folders."""
    from rag.ingesting import Options
    from rag.overrides import parse_set
    from rag.progress import ingest_progress

    overrides = parse_set(set_ or [])
    private = True if allow_private else None
    with (
        opened(store, wait=not no_wait, allow_private=private, model=model, ray=ray) as engine,
        ingest_progress() as progress,
    ):
        report = engine.ingest(paths, Options(keep_missing, prune), overrides, progress)
    if json:
        from rag.render_json import ingest_json

        say(ingest_json(report))
    else:
        from rag.rendering import plain_report, render_report

        show(lambda: render_report(report), lambda: plain_report(report))
    if report.failed and not (report.added or report.updated or report.unchanged or report.duplicates):
        raise typer.Exit(1)


def remove(
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="Articles, as rag articles names them.")],
    no_wait: NoWait = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """Forget articles, and what kept conversations quote of them. Their files are left alone."""
    with opened(store, wait=not no_wait) as engine:
        removal = engine.remove(ids)
    if json:
        from rag.render_json import to_json

        counts = {"articles": removal.articles, "paragraphs": removal.paragraphs, "turns": removal.turns}
        say(to_json({"removed": list(removal.removed), **counts}))
    else:
        say(f"removed {', '.join(removal.removed)} · {removal.articles} articles, {removal.paragraphs} paragraphs left")
        if removal.turns:
            from rag.wording import counted

            say(f"blanked what {counted(removal.turns, 'kept answer')} quoted of it")
    for note in removal.notes:
        complain(note)


def rebuild(
    embed: Annotated[
        bool, typer.Option("--embed", help="Embed every article anew, with the configured model.")
    ] = False,
    model: EmbeddingModel = None,
    ray: Ray = None,
    no_wait: NoWait = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """Make the vector store anew from the catalogue, without embedding again."""
    from rag.progress import ingest_progress

    if model and not embed:
        raise typer.BadParameter("another model needs --embed: the vectors that are there are of the old one")
    with opened(store, wait=not no_wait, model=model, ray=ray) as engine, ingest_progress() as progress:
        vectors = engine.rebuild(embed=embed, progress=progress)
    if json:
        from rag.render_json import to_json

        say(to_json({"vectors": vectors}))
    else:
        say(f"rebuilt the vector store: {vectors} vectors")
