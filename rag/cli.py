"""The command line: parse, call one method of the engine, render. stdout is the result, all else goes to stderr."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag import __version__
from rag.cli_backup import backup, restore
from rag.cli_brief import brief
from rag.cli_chat import chat
from rag.cli_doctor import doctor
from rag.cli_eval import eval_
from rag.cli_sessions import sessions_app
from rag.cli_writing import ingest, rebuild, remove
from rag.console import complain, say, show
from rag.errors import RagError
from rag.options import (
    Cache,
    Json,
    NoModel,
    PerArticle,
    Question,
    ShowUnsupported,
    Store,
    Strictness,
    opened,
    read_text,
    with_filters,
)

if TYPE_CHECKING:
    from rag.schema import Answer, Filters


class RagGroup(typer.core.TyperGroup):
    """The one place where errors become a line on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except RagError as error:
            complain(str(error))
            raise typer.Exit(1) from error
        except typer.exceptions.TyperException as error:  # wrong usage, which may repeat what a file is called
            from rag.sanitising import safe

            vars(error).update({name: safe(said) for name, said in vars(error).items() if isinstance(said, str)})
            raise
        except KeyboardInterrupt as error:
            complain("interrupted")
            raise typer.Exit(130) from error
        except BrokenPipeError as error:  # the reader of a pipe has seen enough
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - python flushes stdout once more on its way out
            raise typer.Exit(0) from error


class Format(StrEnum):
    """How `rag ask` shows an answer."""

    terminal = "terminal"
    markdown = "markdown"
    html = "html"
    json = "json"


app = typer.Typer(
    cls=RagGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Ask your own articles, get answers you can check: every statement leads back to the words of its source.",
)

FORCE_HELP = "Answer even where the articles do not seem to."
SAMPLES_HELP = "Let the model answer N times and keep the answer that is best supported."
VERSION_HELP = "Print the version."


app.command()(ingest)


@app.command()
@with_filters
def ask(
    question: Question,
    format_: Annotated[Format, typer.Option("--format", help="How to show the answer.")] = Format.terminal,
    no_model: NoModel = False,
    force: Annotated[bool, typer.Option("--force", help=FORCE_HELP)] = False,
    strictness: Strictness = None,
    samples: Annotated[int, typer.Option("--samples", metavar="N", min=1, max=20, help=SAMPLES_HELP)] = 1,
    cache: Cache = False,
    show_unsupported: ShowUnsupported = False,
    max_per_article: PerArticle = 0,
    *,
    filters: Filters,
    store: Store = None,
    json: Json = False,
) -> None:
    """Answer a question from the articles, every statement cited and checked; or say that they do not answer it."""
    from dataclasses import replace

    from rag.answering import Wishes
    from rag.progress import draft_view

    with opened(store, strictness=strictness) as engine, draft_view() as on_draft:
        wishes = Wishes(force, samples, on_draft)
        answer = engine.ask(read_text(question), filters, max_per_article, wishes, model=not no_model, cache=cache)
    _tell_cost(answer)
    if json or format_ is Format.json:
        from rag.render_json import answer_json

        say(answer_json(answer))
        return
    if answer.left_out and not show_unsupported:
        complain("--show-unsupported prints what was left out, with the reasons")
        answer = replace(answer, left_out=())
    if format_ is Format.markdown:
        from rag.render_markdown import answer_markdown

        say(answer_markdown(answer).rstrip("\n"))
    elif format_ is Format.html:
        from rag.render_html import answer_html

        say(answer_html(answer).rstrip("\n"))
    else:
        from rag.rendering import plain_answer, render_answer

        show(lambda: render_answer(answer, links=True), lambda: plain_answer(answer))


def _tell_cost(answer: Answer) -> None:
    """Tokens and seconds of a language model, on stderr."""
    if "model" in answer.seconds:
        from rag.wording import model_cost

        complain(model_cost(answer))


app.command()(brief)
app.command()(chat)


@app.command()
@with_filters
def search(
    question: Question,
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, help="How many passages.")] = 10,
    max_per_article: PerArticle = 0,
    *,
    filters: Filters,
    store: Store = None,
    json: Json = False,
) -> None:
    """List the paragraphs nearest to a question, with their rank in each part of the search."""
    with opened(store) as engine:
        result = engine.search(read_text(question), k, filters, max_per_article)
    if json:
        from rag.render_json import search_json

        say(search_json(result))
    else:
        from rag.rendering import plain_search, render_search

        show(lambda: render_search(result, explain=True, links=True), lambda: plain_search(result, explain=True))


@app.command("show")
def show_(
    name: Annotated[
        str, typer.Argument(metavar="ID", help="A paragraph (moscow-elites#12), or an article without #12.")
    ],
    context: Annotated[
        int, typer.Option("--context", metavar="N", min=0, help="Paragraphs shown before and after.")
    ] = 2,
    store: Store = None,
    json: Json = False,
) -> None:
    """Print a paragraph in its surroundings, or a whole article."""
    with opened(store) as engine:
        view = engine.show(name, context)
    if json:
        from rag.render_json import view_json

        say(view_json(view))
    else:
        from rag.rendering import plain_view, render_view

        show(lambda: render_view(view, links=True), lambda: plain_view(view))


@app.command()
def articles(store: Store = None, json: Json = False) -> None:
    """List the articles of the store."""
    with opened(store) as engine:
        found = engine.articles()
    if json:
        from rag.render_json import articles_json

        say(articles_json(found))
    else:
        from rag.rendering import plain_articles, render_articles

        show(lambda: render_articles(found, links=True), lambda: plain_articles(found))


@app.command()
def status(store: Store = None, json: Json = False) -> None:
    """Print counts, model, sizes and whether the vector store is in step with the catalogue."""
    with opened(store) as engine:
        facts = engine.status()
    from rag.render_json import to_json
    from rag.render_status import plain_status

    say(to_json(facts) if json else plain_status(facts))


app.command()(remove)
app.command()(rebuild)
app.command()(doctor)
app.command()(backup)
app.command()(restore)
app.command("eval")(eval_)
app.add_typer(sessions_app, name="sessions")


def _version(value: bool) -> None:
    if value:
        say(f"rag {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help=VERSION_HELP)] = False,
) -> None:
    """Options of the program itself."""


def main() -> None:
    """Entry point of the `rag` command: nothing but a line of text ever reaches the user when something breaks."""
    import warnings

    warnings.simplefilter("ignore")
    try:
        app()
    except Exception as error:
        if os.environ.get("RAG_DEBUG"):
            raise
        complain(f"unexpected {type(error).__name__}: {error}; RAG_DEBUG=1 shows where. Nothing stored was lost")
        raise SystemExit(1) from None
