"""What the pages of an answer and of a briefing have in common: how a passage is shown, every word of it escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from rag import wording
from rag.excerpts import Piece
from rag.links import citation_link, sendable_path, web_address
from rag.sanitising import safe
from rag.schema import Citation, Passage

_LANGUAGE = re.compile("[A-Za-z]{2,3}")


def text(words: str) -> str:
    """Words as HTML shows them: nothing in them is markup, in an attribute in double quotes neither."""
    return escape(safe(words))


def title(passage: Passage, number: str = "", back: str = "") -> str:
    """The article's title as a heading, with what stands before and after it."""
    return f'<h3 dir="auto">{number}{text(wording.title(passage.metadata))}{back}</h3>'


def details(passage: Passage, place: Sequence[str], link: str | None) -> str:
    """Whose article it is, from when, and where to find it; `link` leads to the words quoted."""
    facts = [*wording.origin(passage.metadata), wording.byline(passage.metadata), *place, passage.paragraph_id]
    address = web_address(passage.metadata.url, passage.path)
    where = [text(sendable_path(passage.path))] if wording.is_file(passage.path) else []
    if address and link:
        where.append(f'<a href="{escape(link)}" rel="noopener noreferrer">{text(address)}</a>')
    elif address:
        where.append(text(address))
    return "\n".join(
        [
            f'<p class="facts">{" · ".join(f"<span>{text(fact)}</span>" for fact in facts if fact)}</p>',
            *(f'<p class="where">{part}</p>' for part in where),
        ]
    )


def cited_details(citation: Citation) -> str:
    """`details` of a source, with what became of it since it was cited."""
    passage = citation.passage
    place = wording.place(passage.paragraph, wording.cited_line(citation))
    since = wording.since(citation)
    shown = details(passage, place, citation_link(citation))
    return f'{shown}\n<p class="facts"><strong>{since}</strong></p>' if since else shown


def blockquote(passage: Passage, pieces: Sequence[Piece]) -> str:
    """A paragraph in pieces, in its own language."""
    return quoted(passage, "".join(piece_html(piece) for piece in pieces))


def quoted(passage: Passage, inner: str) -> str:
    """A block quote around `inner`, which is HTML."""
    return f'<blockquote dir="auto"{language(passage.metadata.language)}>{inner}</blockquote>'


def piece_html(piece: Piece) -> str:
    """A piece of a paragraph: marked if it is quoted."""
    if piece.role == "quote":
        return f"<mark>{text(piece.text)}</mark>"
    return f" {piece.text} " if piece.role == "omission" else text(piece.text)


def language(code: str | None) -> str:
    """` lang="fr"`; nothing where the language is not known."""
    return f' lang="{code}"' if code and _LANGUAGE.fullmatch(code) else ""
