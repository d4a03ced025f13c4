"""A conversation as one web page to keep or send: no script, nothing loaded, one list of sources for all answers."""

from __future__ import annotations

from collections.abc import Iterator

from rag import wording
from rag.briefing_schema import NOTHING
from rag.chat_schema import Session, Turn
from rag.excerpts import excerpt
from rag.layout import CLOSEST, GLANCE
from rag.links import passage_link
from rag.pages import blockquote, cited_details, details, text, title
from rag.render_html import page
from rag.schema import ABSTENTION, Passage
from rag.session_parts import (
    Entry,
    Part,
    about_session,
    about_turn,
    heading,
    name,
    nearest,
    parts,
    remarks,
    stand_alone,
)
from rag.session_sources import Source, SourceList

_STYLE = """
h4 { font-size: 1rem; line-height: 1.35; margin: 1.25rem 0 0.5rem; }
.turn h3 { margin: 1.75rem 0 0.75rem; }
.turn ul { padding-left: 1.25rem; margin: 0 0 1rem; }
.turn li { margin: 0 0 0.6rem; }
.turn li .warning { display: block; margin: 0; }
.nearest h3 { margin: 0; font-size: 1rem; }
.nearest .source { margin: 0 0 1rem; font-size: 0.9375rem; }
.note { color: var(--soft); font: 0.875rem/1.5 system-ui, sans-serif; }"""


def session_html(session: Session) -> str:
    """A complete document. Its marks lead to its own sources, and these back to the questions they are cited in."""
    sources = SourceList(session)
    called = text(name(session))
    body = [f'<h1 dir="auto">{called}</h1>', _facts(about_session(session))]
    for position, turn in enumerate(session.turns, start=1):
        body += _turn(turn, position, sources)
    if sources.sources:
        body.append('<section aria-labelledby="sources">\n<h2 id="sources">Sources</h2>')
        body += [_source(source) for source in sources.sources]
        body.append("</section>")
    return page(called, body, _STYLE)


def _turn(turn: Turn, position: int, sources: SourceList) -> Iterator[str]:
    yield f'<section class="turn" aria-labelledby="question-{position}">'
    yield f'<h2 id="question-{position}" dir="auto">{position}. {text(heading(turn))}</h2>'
    if question := stand_alone(turn):
        yield f'<p class="about" dir="auto">Asked of the articles as: {text(question)}</p>'
    yield _facts(about_turn(turn))
    shown = [*parts(turn)]
    for part in shown:
        yield from _part(part, position, sources)
    if not shown:
        yield f'<p class="abstention">{ABSTENTION if turn.answer else NOTHING}</p>'
    yield from (f'<p class="about" dir="auto">{text(remark)}</p>' for remark in remarks(turn))
    if passages := nearest(turn)[:CLOSEST]:
        yield '<div class="nearest">\n<p class="about">Closest passages:</p>'
        yield from (_closest(passage) for passage in passages)
        yield "</div>"
    yield "</section>"


def _part(part: Part, position: int, sources: SourceList) -> Iterator[str]:
    if part.heading:
        yield f'<h{part.level} dir="auto">{text(part.heading)}</h{part.level}>'
    tag = "li" if part.listed else "p"
    entries = [_entry(entry, tag, position, sources) for entry in part.entries]
    yield from ["<ul>", *entries, "</ul>"] if part.listed and entries else entries


def _entry(entry: Entry, tag: str, position: int, sources: SourceList) -> str:
    pieces = [f"<strong>{text(entry.lead)}</strong>"] if entry.lead else []
    pieces.append(text(entry.words))
    if entry.whose:
        pieces.append(f'<span class="by">—&nbsp;{text(entry.whose)}</span>')
    if entry.citations:
        pieces.append("".join(_mark(sources.of(position, citation.number)) for citation in entry.citations))
    if entry.after:
        pieces.append(f'<span class="note">({text(entry.after)})</span>')
    if entry.doubt:
        pieces.append(f'<br><span class="warning">{text(entry.doubt)}</span>')
    return f'<{tag} dir="auto">{" ".join(pieces)}</{tag}>'


def _mark(source: Source) -> str:
    number = source.citation.number
    label = text(f"{source.name}: {wording.title(source.citation.passage.metadata)}")
    return f'<a class="number" href="#{source.anchor}" aria-label="{label}">[{number}]</a>'


def _source(source: Source) -> str:
    citation = source.citation
    number = f"[{citation.number}] "
    if source.several:
        number = f"[{citation.number} in question {source.turns[0]}] "
    back = ", ".join(f'<a href="#question-{turn}">question {turn}</a>' for turn in source.turns)
    return "\n".join(
        [
            f'<article class="source" id="{source.anchor}">',
            title(citation.passage, number),
            cited_details(citation),
            blockquote(citation.passage, excerpt(citation.passage.paragraph, citation.quotes)),
            f'<p class="where">Cited in {back}</p>',
            "</article>",
        ]
    )


def _closest(passage: Passage) -> str:
    place = wording.place(passage.paragraph)
    return "\n".join(
        [
            '<article class="source">',
            title(passage),
            details(passage, place, passage_link(passage)),
            f"{blockquote(passage, excerpt(passage.paragraph, (), GLANCE))}",
            "</article>",
        ]
    )


def _facts(facts: list[str]) -> str:
    return f'<p class="about" dir="auto">{" · ".join(f"<span>{text(fact)}</span>" for fact in facts)}</p>'
