"""`rag brief`: parse, call the engine, render, write."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.console import complain, say, show
from rag.options import (
    Cache,
    Json,
    NoModel,
    PerArticle,
    ShowUnsupported,
    Store,
    opened,
    read_text,
    with_filters,
)

if TYPE_CHECKING:
    from rag.briefing_schema import Briefing, SectionName
    from rag.schema import Filters


class BriefingFormat(StrEnum):
    """How `rag brief` shows a briefing."""

    terminal = "terminal"
    markdown = "markdown"
    html = "html"
    json = "json"
    pdf = "pdf"
    docx = "docx"


class LengthOption(StrEnum):
    """How long a briefing is."""

    short = "short"
    standard = "standard"
    long = "long"


class BibliographyOption(StrEnum):
    """How the articles that are cited are listed for other programs."""

    bibtex = "bibtex"
    csl_json = "csl-json"


SUFFIXES = {
    ".txt": BriefingFormat.terminal, ".md": BriefingFormat.markdown, ".markdown": BriefingFormat.markdown,
    ".html": BriefingFormat.html, ".htm": BriefingFormat.html, ".json": BriefingFormat.json,
    ".pdf": BriefingFormat.pdf, ".docx": BriefingFormat.docx,
}  # fmt: skip
BINARY = frozenset({BriefingFormat.pdf, BriefingFormat.docx})
LISTS = {BibliographyOption.bibtex: ".bib", BibliographyOption.csl_json: ".csl.json"}

Topic = Annotated[str, typer.Argument(metavar="TOPIC", help="What it is to be about; - reads it from standard input.")]
Format = Annotated[
    BriefingFormat | None, typer.Option("--format", help="How to show it [by the name of --out, else terminal].")
]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it to FILE.")]
Bibliography = Annotated[
    BibliographyOption | None,
    typer.Option("--bibliography", help="List the articles cited: in a file beside --out, else in place of the page."),
]
Length = Annotated[LengthOption, typer.Option("--length", help="About 3, 8 or 40 key points, and the rest to match.")]
Sections = Annotated[
    str | None,
    typer.Option(
        "--sections", metavar="NAMES", help="Only these, such as points,timeline,voices,differences,open,coverage."
    ),
]
Title = Annotated[str, typer.Option("--title", metavar="TEXT", help="Title of the page [the topic].")]
Language = Annotated[
    str | None, typer.Option("--language", metavar="CODE", help="Key points in this language; needs a language model.")
]


@with_filters
def brief(
    topic: Topic,
    format_: Format = None,
    out: Out = None,
    bibliography: Bibliography = None,
    length: Length = LengthOption.standard,
    sections: Sections = None,
    title: Title = "",
    language: Language = None,
    no_model: NoModel = False,
    cache: Cache = False,
    show_unsupported: ShowUnsupported = False,
    max_per_article: PerArticle = 0,
    *,
    filters: Filters,
    store: Store = None,
    json: Json = False,
) -> None:
    """Write a page on a topic: key points, timeline, who says what, where sources differ, what is open; all cited."""
    from dataclasses import replace

    from rag.briefing import BriefingWishes
    from rag.output import check_place
    from rag.progress import stage_view

    chosen = _format(format_, out, json, bibliography)
    wanted = _sections(sections)
    for place in _places(out, bibliography):
        check_place(place)
    with opened(store) as engine, stage_view() as on_stage:
        wishes = BriefingWishes(length.value, wanted, title, language, on_stage)
        briefing = engine.brief(read_text(topic), filters, max_per_article, wishes, model=not no_model, cache=cache)
    if "model" in briefing.seconds:
        from rag.wording import model_cost

        complain(model_cost(briefing))
    if briefing.left_out and not show_unsupported and chosen is not BriefingFormat.json:
        complain("--show-unsupported prints what was left out, with the reasons")
        briefing = replace(briefing, left_out=())
    _deliver(briefing, chosen, out, bibliography)


def _format(
    format_: BriefingFormat | None, out: Path | None, json: bool, bibliography: BibliographyOption | None
) -> BriefingFormat:
    """What was asked for by --format or --json, else by the name of the file."""
    if json:
        return BriefingFormat.json
    suffix = out.suffix.lower() if out else ""
    if format_ is None and suffix and suffix not in SUFFIXES:
        raise typer.BadParameter(
            f"cannot tell the format from {out.name if out else ''}; add --format", param_hint="--out"
        )
    chosen = format_ or SUFFIXES.get(suffix, BriefingFormat.terminal)
    if chosen in BINARY and out is None and bibliography is None and sys.stdout.isatty():
        raise typer.BadParameter(f"{chosen.value} is no text; add --out FILE", param_hint="--format")
    return chosen


def _sections(names: str | None) -> tuple[SectionName, ...]:
    """The sections named, in the order of a page."""
    from rag.briefing_schema import SECTIONS

    if names is None:
        return SECTIONS
    asked = [name.strip().lower() for name in names.split(",") if name.strip()]
    unknown = next((name for name in asked if name not in SECTIONS), "" if asked else names)
    if unknown is not None and (unknown or not asked):
        raise typer.BadParameter(f"{unknown!r} is no section; there are {', '.join(SECTIONS)}", param_hint="--sections")
    return tuple(name for name in SECTIONS if name in asked)


def _places(out: Path | None, bibliography: BibliographyOption | None) -> list[Path]:
    """The files that will be written: the page, and the bibliography beside it."""
    if out is None:
        return []
    if bibliography is None or not out.name:
        return [out]
    beside = out.with_suffix(LISTS[bibliography])
    if beside == out:
        raise typer.BadParameter(
            f"{out} is where the bibliography goes; choose another name for the page", param_hint="--out"
        )
    return [out, beside]


def _deliver(
    briefing: Briefing, chosen: BriefingFormat, out: Path | None, bibliography: BibliographyOption | None
) -> None:
    """To the file, or to stdout."""
    from rag.output import write_output

    if out is None and bibliography is not None:
        say(_bibliography(briefing, bibliography).rstrip("\n"))
        return
    if out is None:
        _print(briefing, chosen)
        return
    written = _places(out, bibliography)
    write_output(out, _RENDERERS[chosen](briefing))
    if bibliography is not None:
        write_output(written[1], _bibliography(briefing, bibliography))
    complain(f"wrote {' and '.join(map(str, written))}")


def _print(briefing: Briefing, chosen: BriefingFormat) -> None:
    if chosen is BriefingFormat.terminal:
        from rag.rendering import plain_briefing, render_briefing

        show(lambda: render_briefing(briefing, links=True), lambda: plain_briefing(briefing))
        return
    content = _RENDERERS[chosen](briefing)
    if isinstance(content, bytes):
        sys.stdout.buffer.write(content)
    else:
        say(content.rstrip("\n"))


def _bibliography(briefing: Briefing, kind: BibliographyOption) -> str:
    from rag.bibliography import bibtex, csl_json

    return bibtex(briefing) if kind is BibliographyOption.bibtex else csl_json(briefing)


def _text(briefing: Briefing) -> str:
    from rag.rendering import plain_briefing

    return plain_briefing(briefing)


def _markdown(briefing: Briefing) -> str:
    from rag.render_briefing_markdown import briefing_markdown

    return briefing_markdown(briefing)


def _html(briefing: Briefing) -> str:
    from rag.render_briefing_html import briefing_html

    return briefing_html(briefing)


def _json(briefing: Briefing) -> str:
    from rag.render_briefing_json import briefing_json

    return briefing_json(briefing) + "\n"


def _pdf(briefing: Briefing) -> bytes:
    from rag.render_pdf import briefing_pdf

    return briefing_pdf(briefing)


def _docx(briefing: Briefing) -> bytes:
    from rag.render_docx import briefing_docx

    return briefing_docx(briefing)


_RENDERERS: dict[BriefingFormat, Callable[[Briefing], str | bytes]] = {
    BriefingFormat.terminal: _text,
    BriefingFormat.markdown: _markdown,
    BriefingFormat.html: _html,
    BriefingFormat.json: _json,
    BriefingFormat.pdf: _pdf,
    BriefingFormat.docx: _docx,
}
