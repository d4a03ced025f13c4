"""A briefing as a Word document: marks lead to the sources as endnotes do, and back; the same bytes every time.

What a document can hold is in `word_parts`; here is what a briefing puts into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rag import wording
from rag.briefing_layout import (
    NOT_COVERED,
    about,
    cited_in,
    difference_title,
    event_date,
    quoted_text,
    searched,
    side_title,
    speaker,
    title,
)
from rag.briefing_schema import HEADINGS, NOTHING, Briefing, Difference, SectionName
from rag.briefing_wording import EMPTY, coverage_sentences
from rag.excerpts import Piece, excerpt
from rag.layout import CLOSEST, GLANCE
from rag.links import citation_link, passage_link, sendable_path, web_address
from rag.quoting import LEFT_OUT_OF_BRIEFING, cited, support, why_left_out
from rag.sanitising import safe
from rag.schema import Citation, Passage, Statement
from rag.word_parts import Block, Document


def briefing_docx(briefing: Briefing) -> bytes:
    """The bytes of a .docx file, without author or time of writing: equal briefings make equal files."""
    return _Writer(briefing).document.to_bytes()


class _Writer:
    """Writes the briefing from top to bottom, and remembers where each source is cited."""

    def __init__(self, briefing: Briefing) -> None:
        self.briefing = briefing
        self.document = Document(title(briefing))
        self.mentions: dict[int, list[str]] = {}
        self.document.title(title(briefing))
        if briefing.found:
            self._found()
        else:
            self._nothing()
        self._left_out()

    def _found(self) -> None:
        self.document.paragraph().text(" · ".join(about(self.briefing)), "note")
        self._notes()
        for name in self.briefing.sections:
            self._section(name)
        if self.briefing.citations:
            self.document.heading("Sources", 1)
        for citation in self.briefing.citations:
            self._source(citation)

    def _nothing(self) -> None:
        self.document.paragraph().text(NOTHING, "strong")
        for fact in searched(self.briefing):
            self.document.paragraph().text(fact, "note")
        self._notes()
        if self.briefing.nearest:
            self.document.heading("Closest passages", 1)
        for passage in self.briefing.nearest[:CLOSEST]:
            self.document.heading(wording.title(passage.metadata), 2)
            place = [*wording.place(passage.paragraph), f"score {passage.score:.2f}"]
            self._passage(passage, place, passage_link(passage), excerpt(passage.paragraph, (), GLANCE))

    def _notes(self) -> None:
        for note in self.briefing.notes:
            self.document.paragraph().text(f"Note: {safe(note)}", "note")

    def _section(self, name: SectionName) -> None:
        makers: dict[SectionName, tuple[Callable[[], None], Sequence[object]]] = {
            "points": (self._points, self.briefing.points),
            "timeline": (self._timeline, self.briefing.timeline),
            "voices": (self._voices, self.briefing.voices),
            "differences": (self._differences, self.briefing.differences),
            "open": (self._open, (*self.briefing.open, *self.briefing.missing)),
            "coverage": (self._coverage, (self.briefing.coverage,)),
        }
        write, shown = makers[name]
        self.document.heading(HEADINGS[name], 1)
        if shown:
            write()
        else:
            self.document.paragraph().text(EMPTY[name], "note")

    def _points(self) -> None:
        for facet in self.briefing.points:
            if heading := safe(facet.heading).strip():
                self.document.heading(heading, 2)
            self._listed(facet.statements)

    def _timeline(self) -> None:
        table = self.document.table(("Date", "What happened"), (0.25, 0.75))
        for event in self.briefing.timeline:
            when, what = table.row()
            date, expression = event_date(event)
            when.text(date, "strong")
            if expression:
                when.text(f" {expression}", "note")
            self._statement(what, event.statement)

    def _voices(self) -> None:
        for voice in self.briefing.voices:
            self.document.heading(", ".join(part for part in speaker(voice) if part), 2)
            self._listed(voice.statements)

    def _differences(self) -> None:
        for difference in self.briefing.differences:
            self._difference(difference)

    def _difference(self, difference: Difference) -> None:
        self.document.heading(difference_title(difference), 2)
        table = self.document.table(("Value", "Source", "Statement"), (0.2, 0.25, 0.55))
        for side in difference.sides:
            what, who, words = table.row()
            value, facts = side_title(self.briefing, side)
            what.text(value, "strong")
            who.text(" · ".join(facts))
            self._statement(words, side.statement, attributed=False)

    def _open(self) -> None:
        self._listed(self.briefing.open)
        for what in self.briefing.missing:
            self.document.bullet().text(f"{NOT_COVERED}{safe(what)}")

    def _coverage(self) -> None:
        for sentence in coverage_sentences(self.briefing.coverage):
            self.document.paragraph().text(sentence)
        for article in self.briefing.coverage.articles:
            line = self.document.bullet()
            line.text(wording.title(article.metadata), "strong")
            line.text(" · ".join(["", *wording.origin(article.metadata), cited_in(article)]), "note")

    def _listed(self, statements: Iterable[Statement]) -> None:
        for statement in statements:
            self._statement(self.document.bullet(), statement)

    def _statement(self, block: Block, statement: Statement, *, attributed: bool = True) -> None:
        text, whose = quoted_text(self.briefing, statement)
        block.text(text)
        if whose and attributed:
            block.text(f" — {whose}", "note")
        for position, citation in enumerate(cited(self.briefing, statement)):
            block.text("" if position else " ")
            self._mark(block, citation.number)
        if warning := support(statement):
            block.text(f" ({warning})", "warning")

    def _mark(self, block: Block, number: int) -> None:
        """`[3]`, which leads to the source and can be led back to."""
        mentions = self.mentions.setdefault(number, [])
        mentions.append(f"mention_{number}_{len(mentions) + 1}")
        block.inner_link(f"[{number}]", f"source_{number}", bookmark=mentions[-1])

    def _source(self, citation: Citation) -> None:
        passage, number = citation.passage, citation.number
        heading = self.document.heading("", 2)
        heading.bookmarked(f"[{number}] {wording.title(passage.metadata)}", f"source_{number}")
        place = wording.place(passage.paragraph, wording.cited_line(citation))
        pieces = excerpt(passage.paragraph, citation.quotes)
        if since := wording.since(citation):
            self.document.paragraph().text(since, "warning")
        self._passage(passage, place, citation_link(citation), pieces)
        back = self.document.paragraph()
        back.text("Cited in: " if self.mentions.get(number) else "", "note")
        for position, mention in enumerate(self.mentions.get(number, []), start=1):
            back.text(" " if position > 1 else "")
            back.inner_link(f"↑{position}", mention)

    def _passage(self, passage: Passage, place: Sequence[str], link: str | None, pieces: Sequence[Piece]) -> None:
        """Whose article it is, from when and where to find it; the paragraph, its quotes highlighted."""
        facts = [*wording.origin(passage.metadata), wording.byline(passage.metadata), *place, passage.paragraph_id]
        self.document.paragraph().text(" · ".join(safe(fact) for fact in facts if fact), "note")
        address = web_address(passage.metadata.url, passage.path)
        if wording.is_file(passage.path):
            self.document.paragraph().text(sendable_path(passage.path), "note")
        if address and link:
            self.document.paragraph().web_link(safe(address), link)
        elif address:
            self.document.paragraph().text(safe(address), "note")
        quoted = self.document.quotation()
        for piece in pieces:
            spaced = f" {piece.text} " if piece.role == "omission" else safe(piece.text)
            quoted.text(spaced, "quote" if piece.role == "quote" else "note" if piece.role == "omission" else "plain")

    def _left_out(self) -> None:
        """What a model wrote that nothing bears out, never to be taken for a part of the briefing."""
        if self.briefing.left_out:
            self.document.heading(LEFT_OUT_OF_BRIEFING, 1)
        for statement in self.briefing.left_out:
            line = self.document.paragraph()
            line.text("Left out: ", "warning")
            line.text(safe(statement.text), "struck")
            line.text(f" ({why_left_out(statement)})", "note")
