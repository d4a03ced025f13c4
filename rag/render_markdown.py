"""An answer as Markdown to keep, send or publish: article text is escaped, so that nothing in it becomes markup."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from rag import wording
from rag.excerpts import Piece, excerpt, lines
from rag.layout import CLOSEST, GLANCE
from rag.links import citation_link, passage_link, sendable_path, web_address
from rag.quoting import (
    LEFT_OUT,
    attribution,
    cited,
    in_quotation_marks,
    marks,
    provenance,
    quoted_from,
    support,
    why_left_out,
)
from rag.sanitising import safe
from rag.schema import ABSTENTION, Answer, Citation, Passage, Statement

_ESCAPED = re.compile(r"([\\`*_{}\[\]|~$^])")
_DOUBLED = re.compile("([=%])(?=\\1)")  # ==marks== and %%hidden%% of note-taking programs
_ADDRESS = re.compile(r"\b(?i:https?|ftp|mailto|xmpp)(?=:)")
_DOMAIN = re.compile(
    r"(?<=\w)\.(?=[^\W\d_]{2})|(?<=[wW]{3})\."
)  # www.example.org, which some programs link without being asked
_HANDLE = re.compile(r"@(?=\S)")
_LINE_START = re.compile(r"^([#+\-=:]|\d{1,9}(?=[.)]))")


def answer_markdown(answer: Answer) -> str:
    """A complete document: question, statements with their marks, sources with their quotes, what was left out."""
    blocks = [f"# {escaped(answer.question) or 'Answer'}"]
    if answer.answered:
        blocks += [_statement(answer, statement) for statement in answer.statements]
        blocks.append(f"*Confidence: {wording.confidence(answer.confidence)} · {escaped(provenance(answer))}*")
    else:
        blocks.append(f"**{ABSTENTION}**")
    blocks += [f"*Note: {escaped(note)}*" for note in answer.notes]
    if answer.answered:
        blocks.append("## Sources")
        in_order = [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
        blocks += [_source(citation, in_order) for citation in answer.citations]
    elif answer.nearest:
        blocks.append("## Closest passages")
        blocks += [closest_lines(passage) for passage in answer.nearest[:CLOSEST]]
    if answer.left_out:
        blocks.append(f"## {LEFT_OUT}")
        blocks += [f"Left out: ~~{escaped(s.text)}~~ *({escaped(why_left_out(s))})*" for s in answer.left_out]
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, wherever on a line it stands.

    Beyond the marks of Markdown itself: what GitHub's and other dialects make live of plain words.
    """
    line = safe(text).strip()
    line = _ESCAPED.sub(r"\\\1", line)
    line = html.escape(line, quote=False)  # entities, as not every dialect knows a backslash before `<`
    line = _DOUBLED.sub(lambda found: f"&#{ord(found[1])};", line)
    line = _ADDRESS.sub(lambda found: f"{found[0]}\\", line)
    line = _DOMAIN.sub(r"\\.", line)
    # GitHub links addresses and names after it has undone every escape; only a comment keeps them apart.
    line = _HANDLE.sub("@<!-- -->", line)
    return _LINE_START.sub(lambda found: found[0] + "\\" if found[0].isdigit() else f"\\{found[0]}", line)


def code(text: str) -> str:
    """Paths and addresses: as they are, within more backticks than they hold, and copied as they are."""
    line = safe(text).strip()
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{space}{line}{space}{fence}"


def _statement(answer: Answer, statement: Statement) -> str:
    text, citations = safe(statement.text), cited(answer, statement)
    parts = [escaped(text)]
    if sources := quoted_from(answer, statement):
        parts = [escaped(in_quotation_marks(text)), f"— {escaped(attribution(sources))}"]
    if citations:
        parts.append(marks(citations))
    if warning := support(statement):
        parts.append(f"*({escaped(warning)})*")
    return " ".join(parts)


def _source(citation: Citation, in_order: bool) -> str:
    """Markdown counts the items of a list for itself: where numbers have a gap, they are written out instead."""
    passage = citation.passage
    marker, mark = (f"{citation.number}.", "") if in_order else ("-", f"[{citation.number}] ")
    pieces = excerpt(passage.paragraph, citation.quotes)
    return _item(marker, mark + cited_head(citation), where_line(passage, citation_link(citation)), pieces)


def closest_lines(passage: Passage) -> str:
    place = [*wording.place(passage.paragraph), f"score {passage.score:.2f}"]
    where = where_line(passage, passage_link(passage))
    return _item("-", _head(passage, place), where, excerpt(passage.paragraph, (), GLANCE))


def _item(marker: str, head: str, where: Iterable[str], pieces: Sequence[Piece]) -> str:
    """A list item of three paragraphs: what it is, where it is, what it says."""
    quoted = "\n".join(f"> {quoted_line(group)}" for group in lines(pieces))
    indent = " " * (len(marker) + 1)
    item = textwrap.indent(f"{head}\n\n{' · '.join(where)}\n\n{quoted}", indent)
    return f"{marker} {item[len(indent) :]}"


def _head(passage: Passage, place: Sequence[str]) -> str:
    facts = [*wording.origin(passage.metadata), wording.byline(passage.metadata), *place, passage.paragraph_id]
    return " · ".join([f"**{escaped(wording.title(passage.metadata))}**", *(escaped(fact) for fact in facts if fact)])


def cited_head(citation: Citation) -> str:
    """The same of a source, with what became of it since."""
    head = _head(citation.passage, wording.place(citation.passage.paragraph, wording.cited_line(citation)))
    since = wording.since(citation)
    return f"{head} · **{since}**" if since else head


def where_line(passage: Passage, link: str | None) -> Iterator[str]:
    if wording.is_file(passage.path):
        yield code(sendable_path(passage.path))
    if address := web_address(passage.metadata.url, passage.path):
        yield f"[{code(address)}](<{html.escape(link, quote=False)}>)" if link else code(address)


def quoted_line(group: Sequence[Piece]) -> str:
    """A line of a block quote. Each quote has its own, since bold needs space around it in every dialect."""
    texts = [piece.text if piece.role == "omission" else escaped(piece.text) for piece in group]
    line = " ".join(text for text in texts if text)
    return f"**{line}**" if group[0].role == "quote" else line
