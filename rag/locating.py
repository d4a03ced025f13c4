"""Finds in the store what a judged set names as evidence: the articles, paragraphs, sentences and very characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from rag.catalogue import Catalogue
from rag.characters import plain
from rag.errors import NotFoundError
from rag.eval_schema import Gold, JudgedQuestion, Place, Reference
from rag.extraction import TYPOGRAPHY
from rag.schema import EVIDENCE, Article, Paragraph, Sentence, paragraph_id

_MARKS = TYPOGRAPHY | {ord("\u00a0"): " "}
"""Typographic marks as plain ones, character for character, so that offsets hold."""
SHARE = 0.5
"""Of the shorter of two stretches of text that they must have in common to count as one sentence."""


@dataclass(slots=True)
class Locator:
    """Keeps the articles it has read: questions of a set are about the same ones again and again."""

    catalogue: Catalogue
    _files: dict[str, list[str]] | None = None
    _articles: dict[str, Article | None] = field(default_factory=dict)
    _plain: dict[str, str] = field(default_factory=dict)

    def locate(self, question: JudgedQuestion) -> Gold:
        """Where the answer stands in this store."""
        articles: dict[str, None] = {}
        paragraphs: dict[str, None] = {}
        sentences: dict[tuple[Place, ...], None] = {}
        evidence: dict[Place, None] = {}
        missing = 0
        for reference in question.references:
            found = list(self._found(reference))
            missing += not found
            held: list[Place] = []
            for article, places in found:
                articles[article.id] = None
                paragraphs |= dict.fromkeys(place.paragraph_id for place in places)
                if not reference.whole and _is_evidence(reference):
                    evidence |= dict.fromkeys(places)
                    held += sentences_in(article, places)
            if held:
                sentences[tuple(held)] = None
        return Gold(tuple(articles), tuple(paragraphs), tuple(sentences), tuple(evidence), missing)

    def _found(self, reference: Reference) -> Iterator[tuple[Article, list[Place]]]:
        """The articles that hold it, each with the places of it there; no place where a whole article is meant."""
        name, _, number = (reference.paragraph or reference.article).partition("#")
        for article in self._named([name] if name else self._from_file(reference.file)):
            within = [p for p in article.paragraphs if not number or str(p.n) == number]
            if number and not within:
                continue
            if _is_evidence(reference):
                places = self._spans(article, reference, within)
                if places:
                    yield article, places
            else:
                whole = within if number else []
                yield article, [Place(paragraph_id(article.id, p.n), p.start, p.end) for p in whole]

    def _named(self, names: Iterable[str]) -> Iterator[Article]:
        for name in names:
            if name not in self._articles:
                try:
                    self._articles[name] = self.catalogue.article(name)
                except NotFoundError:
                    self._articles[name] = None
            article = self._articles[name]
            if article is not None:
                yield article

    def _from_file(self, file: str) -> list[str]:
        """Ids of the articles that were read from files of that name, or that say the same as one of them."""
        if self._files is None:
            self._files = {}
            known = [(one.path, one.id) for one in self.catalogue.known()]
            for path, name in known + [(path, of) for _, path, of in self.catalogue.duplicates()]:
                self._files.setdefault(PurePath(path).name, []).append(name)
        return list(dict.fromkeys(self._files.get(file, [])))

    def _spans(self, article: Article, reference: Reference, within: Sequence[Paragraph]) -> list[Place]:
        """Places of the phrase: the one nearest to the offsets if there are some, else all of them."""
        if article.id not in self._plain:
            self._plain[article.id] = article.text.translate(_MARKS)
        pattern = r"\s+".join(re.escape(word) for word in plain(reference.contains).translate(_MARKS).split())
        text = self._plain[article.id]
        spans = [match.span() for match in re.finditer(pattern, text)] if pattern else []
        spans = spans or [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)] if pattern else []
        start, end = reference.start, reference.end
        if start is not None and end is not None:
            if not spans:  # markup stands in the file where the text has none
                return [_place(article, p, s.start, s.end) for p, s in _raw_sentences(within, start, end)]
            spans = [min(spans, key=lambda span: abs(_raw_offset(article, span[0]) - start))]
        held = [(p, span) for span in spans for p in within if span[0] < p.end and p.start < span[1]]
        # A heading or pull quote says it once more, but an answer cannot cite it.
        citable = [(p, span) for p, span in held if p.kind in EVIDENCE]
        return [_place(article, p, max(span[0], p.start), min(span[1], p.end)) for p, span in citable or held]


def sentences_in(article: Article, places: Sequence[Place]) -> Iterator[Place]:
    """The sentences of the article that have enough in common with one of the places to stand for it."""
    for paragraph in article.paragraphs:
        own = [place for place in places if place.paragraph_id == paragraph_id(article.id, paragraph.n)]
        for sentence in paragraph.sentences if own else ():
            if any(alike((place.start, place.end), (sentence.start, sentence.end)) for place in own):
                yield _place(article, paragraph, sentence.start, sentence.end)


def alike(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two stretches have at least half of the shorter one in common."""
    common = min(one[1], other[1]) - max(one[0], other[0])
    return common > 0 and common >= SHARE * min(one[1] - one[0], other[1] - other[0])


def _is_evidence(reference: Reference) -> bool:
    return bool(reference.contains or reference.start is not None)


def _place(article: Article, paragraph: Paragraph, start: int, end: int) -> Place:
    return Place(paragraph_id(article.id, paragraph.n), start, end)


def _raw_sentences(paragraphs: Sequence[Paragraph], start: int, end: int) -> list[tuple[Paragraph, Sentence]]:
    return [
        (paragraph, sentence)
        for paragraph in paragraphs
        for sentence in paragraph.sentences
        if sentence.raw_start is not None
        and sentence.raw_end is not None
        and alike((sentence.raw_start, sentence.raw_end), (start, end))
    ]


def _raw_offset(article: Article, at: int) -> int:
    """About where a character of the text stands in the file; where the file says nothing, its place in the text."""
    for paragraph in article.paragraphs:
        if paragraph.start <= at < paragraph.end:
            for sentence in reversed(paragraph.sentences):
                if sentence.start <= at and sentence.raw_start is not None:
                    return sentence.raw_start + at - sentence.start
            if paragraph.raw_spans:
                return paragraph.raw_spans[0].start + at - paragraph.start
    return at
