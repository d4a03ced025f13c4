"""`rag sessions`: lists the conversations that are kept, exports one, deletes some."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.console import complain, say, show
from rag.options import Json, Store, opened

if TYPE_CHECKING:
    from rag.chat_schema import Session


class SessionFormat(StrEnum):
    """How `rag sessions export` writes a conversation."""

    markdown = "markdown"
    html = "html"
    json = "json"


SUFFIXES = {
    ".md": SessionFormat.markdown, ".markdown": SessionFormat.markdown,
    ".html": SessionFormat.html, ".htm": SessionFormat.html, ".json": SessionFormat.json,
}  # fmt: skip

Name = Annotated[str, typer.Argument(metavar="NAME", help="The conversation, as rag sessions names it.")]
NamesGiven = Annotated[list[str], typer.Argument(metavar="NAME…", help="Conversations, as rag sessions names them.")]
Format = Annotated[
    SessionFormat | None, typer.Option("--format", help="How to write it; else as the name of --out says, or Markdown.")
]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it to FILE.")]

sessions_app = typer.Typer(invoke_without_command=True)


@sessions_app.callback()
def sessions(context: typer.Context, store: Store = None, json: Json = False) -> None:
    """List the conversations of rag chat that are kept; export one, or delete some for good."""
    if context.invoked_subcommand is not None:
        context.obj = (store, json)  # given before the command's name, they are meant for it
        return
    with opened(store) as engine:
        found = engine.sessions()
    if json:
        from rag.render_session_json import sessions_json

        say(sessions_json(found))
        return
    from rag.rendering import plain_lines, render_lines
    from rag.turn_layout import sessions_lines

    show(lambda: render_lines(sessions_lines(found, None)), lambda: plain_lines(sessions_lines(found, None)))


@sessions_app.command()
def export(
    context: typer.Context,
    name: Name,
    format_: Format = None,
    out: Out = None,
    store: Store = None,
    json: Json = False,
) -> None:
    """Write a conversation as a document: questions, answers, and every source with the words that were quoted."""
    from rag.output import check_place, write_output

    store, json = _given(context, store, json)
    chosen = SessionFormat.json if json else _format(format_, out)
    if out is not None:
        check_place(out)
    with opened(store) as engine:
        session = engine.session(name)
    content = _RENDERERS[chosen](session)
    if out is None:
        say(content.rstrip("\n"))
        return
    write_output(out, content)
    complain(f"wrote {out}")


@sessions_app.command()
def delete(context: typer.Context, names: NamesGiven, store: Store = None, json: Json = False) -> None:
    """Forget conversations for good: nothing of them stays in the store."""
    store, json = _given(context, store, json)
    with opened(store) as engine:
        engine.delete_sessions(names)
    gone = list(dict.fromkeys(names))
    if json:
        from rag.render_json import to_json

        say(to_json({"deleted": gone}))
    else:
        from rag.sanitising import safe

        say(f"deleted {', '.join(map(safe, gone))}")


def _given(context: typer.Context, store: Path | None, json: bool) -> tuple[Path | None, bool]:
    """The shared options, wherever they were written."""
    before: tuple[Path | None, bool] = context.obj or (None, False)
    return store or before[0], json or before[1]


def _format(format_: SessionFormat | None, out: Path | None) -> SessionFormat:
    """What was asked for, else by the name of the file."""
    suffix = out.suffix.lower() if out else ""
    if format_ is None and suffix and suffix not in SUFFIXES:
        raise typer.BadParameter(
            f"cannot tell the format from {out.name if out else ''}; add --format", param_hint="--out"
        )
    return format_ or SUFFIXES.get(suffix, SessionFormat.markdown)


def _markdown(session: Session) -> str:
    from rag.render_session_markdown import session_markdown

    return session_markdown(session)


def _html(session: Session) -> str:
    from rag.render_session_html import session_html

    return session_html(session)


def _json(session: Session) -> str:
    from rag.render_session_json import session_json

    return session_json(session) + "\n"


_RENDERERS: dict[SessionFormat, Callable[[Session], str]] = {
    SessionFormat.markdown: _markdown,
    SessionFormat.html: _html,
    SessionFormat.json: _json,
}
