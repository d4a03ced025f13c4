"""Statements and sources on the page of a briefing: every mark knows the sentences that its statement rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag import wording
from rag.briefing_layout import quoted_text
from rag.briefing_schema import Briefing
from rag.excerpts import excerpt, quoted_runs
from rag.pages import cited_details, language, piece_html, quoted, text, title
from rag.quoting import cited, support
from rag.schema import Citation, Sentence, Statement

WHOLE = 4_000
"""Characters of a cited paragraph that are shown: all of it, but for what a damaged file has run together."""


class Sources:
    """The citations of a briefing, and the statements shown so far that rest on them."""

    def __init__(self, briefing: Briefing) -> None:
        self.briefing = briefing
        self._places = {
            citation.number: {sentence: place for place, sentence in enumerate(ordered(citation))}
            for citation in briefing.citations
        }
        self._uses: dict[int, dict[str, str]] = {}
        self._count = 0

    def add(self, statement: Statement, section: str) -> str:
        """Notes that `section` shows the statement. Its id on the page, `statement-7`."""
        self._count += 1
        name = f"statement-{self._count}"
        for citation in cited(self.briefing, statement):
            self._uses.setdefault(citation.number, {}).setdefault(section, name)
        return name

    def uses(self, number: int) -> dict[str, str]:
        """Sections that cite the source, each with the id of its first statement that does."""
        return self._uses.get(number, {})

    def places(self, statement: Statement, number: int) -> list[int]:
        """Which of the quoted sentences of a source the statement rests on, counted from 0; empty if it is not said."""
        known = self._places.get(number, {})
        return sorted({known[sentence] for of, sentence in statement.quotes if of == number and sentence in known})


def ordered(citation: Citation) -> list[Sentence]:
    """The quoted sentences in reading order, each once."""
    return sorted(dict.fromkeys(citation.quotes), key=lambda sentence: (sentence.start, sentence.end))


def statement_html(
    statement: Statement, section: str, sources: Sources, tag: str = "p", attributed: bool = True
) -> str:
    """The statement in `tag`: in quotation marks if it stands so in a source, with its marks and what is doubtful."""
    briefing = sources.briefing
    citations = cited(briefing, statement)
    words, whose = (text(part) for part in quoted_text(briefing, statement))
    shown = f'{words} <span class="by">—&nbsp;{whose}</span>' if whose and attributed else words
    marks = "".join(_mark(citation, sources.places(statement, citation.number)) for citation in citations)
    warning = support(statement)
    doubt = f'\n<span class="warning">{text(warning)}</span>' if warning else ""
    name = sources.add(statement, section)
    lang = _language(briefing, citations)
    return f'<{tag} class="statement" id="{name}" dir="auto"{lang}>{shown}{" " + marks if marks else ""}{doubt}</{tag}>'


def source_html(citation: Citation, sources: Sources) -> str:
    """An entry of the list of sources, with links back to the sections that cite it."""
    passage = citation.passage
    back = ", ".join(f'<a href="#{name}">{section}</a>' for section, name in sources.uses(citation.number).items())
    return "\n".join(
        [
            f'<article class="source" id="source-{citation.number}">',
            title(passage, f"[{citation.number}] "),
            cited_details(citation),
            quoted(passage, "".join(_pieces(citation))),
            *([f'<p class="back">Cited in: {back}</p>'] if back else []),
            "</article>",
        ]
    )


def _mark(citation: Citation, places: Sequence[int]) -> str:
    number = citation.number
    quotes = f' data-quotes="{" ".join(map(str, places))}"' if places else ""
    label = text(f"Source {number}: {wording.title(citation.passage.metadata)}")
    return f'<a class="number" href="#source-{number}"{quotes} aria-label="{label}">[{number}]</a>'


def _language(briefing: Briefing, citations: Sequence[Citation]) -> str:
    """Said where it is known and not the page's own: a model writes in the language asked for, articles in theirs."""
    if briefing.mode == "model":
        return ""
    spoken = {citation.passage.metadata.language for citation in citations}
    only = spoken.pop() if len(spoken) == 1 else None
    return "" if only == (briefing.language or "en") else language(only)


def _pieces(citation: Citation) -> Iterator[str]:
    """The paragraph with each quoted sentence marked for itself, under its place among the quoted ones."""
    paragraph = citation.passage.paragraph
    runs = iter(quoted_runs(paragraph, citation.quotes))
    for piece in excerpt(paragraph, citation.quotes, WHOLE):
        if piece.role != "quote":
            yield piece_html(piece)
            continue
        start, end = next(runs)
        for first, last, places in _sentences(citation, start, end):
            words = text(paragraph.text[first:last])
            yield f'<mark data-quote="{" ".join(map(str, places))}">{words}</mark>' if places else words


def _sentences(citation: Citation, start: int, end: int) -> Iterator[tuple[int, int, list[int]]]:
    """A run of quoted text by sentence, with what stands between; sentences that overlap are one."""
    offset = citation.passage.paragraph.start
    within = [
        (max(sentence.start - offset, start), min(sentence.end - offset, end), place)
        for place, sentence in enumerate(ordered(citation))
        if sentence.start - offset < end and sentence.end - offset > start
    ]
    joined: list[tuple[int, int, list[int]]] = []
    for first, last, place in within:
        if joined and first < joined[-1][1]:
            begin, until, places = joined.pop()
            joined.append((begin, max(until, last), [*places, place]))
        else:
            joined.append((first, last, [place]))
    position = start
    for first, last, places in joined:
        if first > position:
            yield position, first, []
        yield first, last, places
        position = last
    if position < end:
        yield position, end, []
