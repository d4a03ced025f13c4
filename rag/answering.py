"""The chain from question to answer: search, judge whether it is answered, write or quote, number the citations."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rag.citations import claims_of, left_out, number_statements
from rag.confidence import THRESHOLD, confidence, question_terms, signs
from rag.extraction import WEIGHED, Candidate, Choice, Place, Weighed, candidates, choose, weigh
from rag.injections import instructions
from rag.question_parts import join
from rag.retrieval import Retriever
from rag.schema import Answer, Filters, Passage
from rag.searching import Part, Searcher
from rag.terms import Terms
from rag.topics import spoken_of

if TYPE_CHECKING:
    import numpy as np

    from rag.generation import Generator

    Vector = np.ndarray[Any, np.dtype[np.float32]]

PASSAGES = 8
"""Passages whose sentences are weighed."""
NEAREST = 3
"""Passages shown when the question is declined."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a question is to be answered: even below the threshold, from so many replies, with drafts as they come."""

    force: bool = False
    samples: int = 1
    on_draft: Callable[[str], None] | None = None
    also: tuple[str, ...] = ()
    """Paragraphs that are candidates whatever the search finds."""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """Numbers that paragraphs have already, by id."""
    without: frozenset[Place] = frozenset()
    """Sentences that are no answer, as they have been quoted before; a model may still read them."""
    on_candidates: Callable[[Sequence[Candidate]], None] | None = None
    """Told what may be quoted, best first, where no model writes."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A part of the question with the sentences that may answer it, and how sure it is that they do."""

    part: Part
    terms: Terms
    weighed: Sequence[Weighed]
    sure: float


@dataclass(slots=True)
class Answerer:
    """Answers questions from the passages a searcher finds; declines below `threshold`.

    With a `generator` a language model writes the answer; without one it is made of the articles' own sentences.
    """

    searcher: Searcher
    threshold: float = THRESHOLD
    passages: int = PASSAGES
    generator: Generator | None = None

    @property
    def retriever(self) -> Retriever:
        return self.searcher.retriever

    def ask(
        self, question: str, filters: Filters | None = None, max_per_article: int = 0, wishes: Wishes | None = None
    ) -> Answer:
        """Statements with their citations, or an abstention with the nearest passages. Raises ModelError."""
        began = time.perf_counter()
        wishes = wishes or Wishes()
        found = self.searcher.find(question, self.passages, filters, max_per_article, wishes.also)
        retrieved = time.perf_counter()
        answer = self._answer(question, [self._weigh(part, wishes) for part in found.parts], wishes)
        seconds = {"retrieval": retrieved - began, "answering": time.perf_counter() - retrieved}
        return replace(answer, notes=(*found.notes, *answer.notes), seconds={**seconds, **answer.seconds})

    def _weigh(self, part: Part, wishes: Wishes) -> _Judged:
        terms = question_terms(self.retriever.catalogue, part.question)
        embedder = self.retriever.reading
        if self.generator:  # which is shown whole paragraphs, and whose words are checked against all their sentences
            weighed = weigh(part.passages, terms, embedder)
        else:
            weighed = weigh(part.passages, terms, embedder, WEIGHED, wishes.without)
        if wishes.without:
            left = {one.passage.paragraph_id for one in weighed}
            part = replace(part, passages=tuple(one for one in part.passages if one.paragraph_id in left))
        sure = confidence(signs(part.vector, terms, part.passages, weighed))
        if part.topic:
            sure = max(sure, spoken_of(terms, part.passages))
        return _Judged(part, terms, weighed, sure)

    def _answer(self, question: str, parts: Sequence[_Judged], wishes: Wishes) -> Answer:
        nearest = join([one.part.passages for one in parts], NEAREST)
        sure = [one for one in parts if one.sure >= self.threshold]
        told = sure or [max(parts, key=lambda one: one.sure)]
        declined = Answer(
            question, False, "extractive", confidence=min(one.sure for one in told), nearest=tuple(nearest)
        )
        if not nearest or not (sure or wishes.force):
            return declined
        declined = replace(declined, notes=tuple(_unanswered(parts, told)))
        if self.generator is None:
            return _quoted(declined, told, wishes)
        return self._written(self.generator, declined, told, wishes)

    def _written(self, generator: Generator, declined: Answer, parts: Sequence[_Judged], wishes: Wishes) -> Answer:
        """What the model wrote and the passages bear out; the articles' own sentences where that is nothing."""
        from rag.evidence import gather

        weighed = _united(parts)
        suspect = suspects([one.passage for one in weighed])
        evidence = gather([one for one in weighed if one.passage.paragraph_id not in suspect])
        kept = tuple(f"{name} was kept from the model: it {why}" for name, why in suspect.items())
        notes = (*declined.notes, *kept)
        if not evidence:
            return replace(_quoted(declined, parts, wishes), notes=notes)
        written = generator.write(declined.question, evidence, wishes.samples, wishes.on_draft)
        name = generator.name
        base = replace(
            declined,
            mode="model",
            model=name,
            notes=(*notes, *written.notes, *told_left_out(len(written.left_out))),
            tokens=written.tokens,
            seconds={"model": written.seconds},
            left_out=tuple(left_out(claim) for claim in written.left_out),
        )
        if written.declined:
            return base
        if not written.claims:
            return _fallback(base, _quoted(replace(declined, notes=()), parts, wishes), name)
        statements, citations = number_statements(written.claims, wishes.numbers)
        return replace(base, answered=True, statements=statements, citations=citations)


def _quoted(declined: Answer, parts: Sequence[_Judged], wishes: Wishes) -> Answer:
    """The sentences that answer, word for word; one that answers two parts stands with the first."""
    choices: dict[str, Choice] = {}
    for one in parts:
        found = candidates(one.part.vector, one.terms, one.weighed)
        if wishes.on_candidates:
            wishes.on_candidates(found)
        for choice in choose(found):
            choices.setdefault(choice.text, choice)
    claims = claims_of(list(choices.values()))
    statements, citations = number_statements(claims, wishes.numbers)
    suspect = suspects([citation.passage for citation in citations])
    notes = tuple(f"{name} {why}; it is quoted, not followed" for name, why in suspect.items())
    answered = bool(statements)
    return replace(
        declined, answered=answered, statements=statements, citations=citations, notes=(*declined.notes, *notes)
    )


def _united(parts: Sequence[_Judged]) -> list[Weighed]:
    """The sentences of all parts; those of a paragraph that several parts found, once."""
    found: dict[str, list[Weighed]] = {}
    for part in parts:
        known = frozenset(found)
        for one in part.weighed:
            if one.passage.paragraph_id not in known:
                found.setdefault(one.passage.paragraph_id, []).append(one)
    return [one for sentences in found.values() for one in sentences]


def _unanswered(parts: Sequence[_Judged], told: Sequence[_Judged]) -> Iterator[str]:
    """A note for each part of the question that is left unanswered."""
    for one in parts:
        if one not in told:
            yield f"your articles do not answer: {one.part.question}"


def _fallback(base: Answer, quoted: Answer, name: str) -> Answer:
    """The articles' own sentences, and why they stand here instead of the model's."""
    note = f"nothing in the reply of {name} is borne out by the articles; these are their own sentences instead"
    return replace(
        quoted,
        model=name,
        notes=(*base.notes, *quoted.notes, note),
        left_out=base.left_out,
        tokens=base.tokens,
        seconds=base.seconds,
    )


def told_left_out(count: int) -> list[str]:
    """The note that so many statements of a model were left out."""
    if not count:
        return []
    said = "1 statement of the model was" if count == 1 else f"{count} statements of the model were"
    return [f"{said} left out: no paragraph it was shown bears {'it' if count == 1 else 'them'} out"]


def suspects(passages: Sequence[Passage]) -> dict[str, str]:
    """Paragraphs that speak to a language model instead of a reader, with what they do, by id."""
    distinct = {passage.paragraph_id: passage for passage in passages}
    reasons = {name: instructions(f"{p.metadata.title}\n{p.paragraph.text}") for name, p in distinct.items()}
    return {name: why for name, why in reasons.items() if why}
