"""A conversation as Markdown to keep or send: questions, answers, and one list of sources that every mark leads to."""

from __future__ import annotations

from collections.abc import Iterator

from rag import wording
from rag.briefing_schema import NOTHING
from rag.chat_schema import Session, Turn
from rag.excerpts import excerpt, lines
from rag.layout import CLOSEST, GLANCE
from rag.links import citation_link
from rag.render_markdown import cited_head, escaped, quoted_line, where_line
from rag.schema import ABSTENTION, Passage, paragraph_id
from rag.session_parts import (
    Entry,
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


def session_markdown(session: Session) -> str:
    """A complete document."""
    sources = SourceList(session)
    blocks = [f"# {escaped(name(session))}", f"*{escaped(' · '.join(about_session(session)))}*"]
    for position, turn in enumerate(session.turns, start=1):
        blocks += _turn(turn, position, sources)
    if sources.sources:
        blocks += ["## Sources", *(_source(source) for source in sources.sources)]
    return "\n\n".join(blocks) + "\n"


def _turn(turn: Turn, position: int, sources: SourceList) -> Iterator[str]:
    yield f"## {position}. {escaped(heading(turn))}"
    if question := stand_alone(turn):
        yield f"*Asked of the articles as: {escaped(question)}*"
    yield f"*{escaped(' · '.join(about_turn(turn)))}*"
    shown = [*parts(turn)]
    for part in shown:
        if part.heading:
            yield f"{'#' * part.level} {escaped(part.heading)}"
        entries = [_entry(entry, position, sources) for entry in part.entries]
        if entries:
            yield "\n".join(f"- {entry}" for entry in entries) if part.listed else "\n\n".join(entries)
    if not shown:
        yield f"**{ABSTENTION if turn.answer else NOTHING}**"
    yield from (f"*{escaped(remark)}*" for remark in remarks(turn))
    if passages := nearest(turn)[:CLOSEST]:
        yield "Closest passages:"
        yield "\n".join(_closest(passage) for passage in passages)


def _entry(entry: Entry, position: int, sources: SourceList) -> str:
    pieces = [f"**{escaped(entry.lead)}**"] if entry.lead else []
    pieces.append(escaped(entry.words))
    if entry.whose:
        pieces.append(f"— {escaped(entry.whose)}")
    if entry.citations:
        # Brackets are escaped since note-taking programs make `[[1]]` a link of their own.
        numbers = [citation.number for citation in entry.citations]
        pieces.append("".join(f"[\\[{n}\\]](#{sources.of(position, n).anchor})" for n in numbers))
    pieces += [f"*({escaped(what)})*" for what in (entry.doubt, entry.after) if what]
    return " ".join(pieces)


def _closest(passage: Passage) -> str:
    """One line of a list: enough to judge, as none of it answers the question."""
    facts = [*wording.origin(passage.metadata), *wording.place(passage.paragraph)]
    facts.append(paragraph_id(passage.article_id, passage.paragraph.n))
    glance = " ".join(
        piece.text if piece.role == "omission" else escaped(piece.text)
        for piece in excerpt(passage.paragraph, (), GLANCE)
    )
    return f"- **{escaped(wording.title(passage.metadata))}** · {' · '.join(map(escaped, facts))}: {glance}"


def _source(source: Source) -> str:
    """A heading that marks lead to; under it what it is, where it is, what it says."""
    citation = source.citation
    passage = citation.passage
    where = " · ".join(where_line(passage, citation_link(citation)))
    quoted = "\n".join(f"> {quoted_line(group)}" for group in lines(excerpt(passage.paragraph, citation.quotes)))
    return f"### {source.name}\n\n{cited_head(citation)}\n\n{where}\n\n{quoted}"
