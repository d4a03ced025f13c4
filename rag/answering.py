"""The chain from question to answer: retrieve, judge whether it is answered, write or quote, number the citations."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rag.citations import claims_of, left_out, number_statements
from rag.confidence import THRESHOLD, confidence, question_terms, signs
from rag.extraction import WEIGHED, Place, Terms, Weighed, candidates, choose, weigh
from rag.injections import instructions
from rag.retrieval import Retriever
from rag.schema import Answer, Filters, Passage

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


@dataclass(slots=True)
class Answerer:
    """Answers questions from the passages a retriever finds; declines below `threshold`.

    With a `generator` a language model writes the answer; without one it is made of the articles' own sentences.
    """

    retriever: Retriever
    threshold: float = THRESHOLD
    passages: int = PASSAGES
    generator: Generator | None = None

    def ask(
        self, question: str, filters: Filters | None = None, max_per_article: int = 0, wishes: Wishes | None = None
    ) -> Answer:
        """Statements with their citations, or an abstention with the nearest passages. Raises ModelError."""
        began = time.perf_counter()
        vector = self.retriever.encode(question)
        wishes = wishes or Wishes()
        passages = self.retriever.search(question, vector, self.passages, filters, max_per_article, wishes.also)
        retrieved = time.perf_counter()
        answer = self._answer(question, vector, passages, wishes)
        seconds = {"retrieval": retrieved - began, "answering": time.perf_counter() - retrieved}
        return replace(answer, seconds={**seconds, **answer.seconds})

    def _answer(self, question: str, vector: Vector, passages: Sequence[Passage], wishes: Wishes) -> Answer:
        if not passages:
            return Answer(question, False, "extractive")
        terms = question_terms(self.retriever.catalogue, question)
        if self.generator:  # which is shown whole paragraphs, and whose words are checked against all their sentences
            weighed = weigh(passages, terms, self.retriever.embedder)
        else:
            weighed = weigh(passages, terms, self.retriever.embedder, WEIGHED, wishes.without)
        if wishes.without:
            left = {one.passage.paragraph_id for one in weighed}
            passages = [passage for passage in passages if passage.paragraph_id in left]
        sure = confidence(signs(vector, terms, passages, weighed))
        declined = Answer(question, False, "extractive", confidence=sure, nearest=tuple(passages[:NEAREST]))
        if sure < self.threshold and not wishes.force:
            return declined
        if self.generator is None:
            return _quoted(declined, vector, terms, weighed, wishes)
        return self._written(self.generator, declined, vector, terms, weighed, wishes)

    def _written(
        self, generator: Generator, declined: Answer, vector: Vector, terms: Terms, weighed: Sequence[Weighed],
        wishes: Wishes,
    ) -> Answer:  # fmt: skip
        """What the model wrote and the passages bear out; the articles' own sentences where that is nothing."""
        from rag.evidence import gather

        suspect = suspects([one.passage for one in weighed])
        evidence = gather([one for one in weighed if one.passage.paragraph_id not in suspect])
        notes = tuple(f"{name} was kept from the model: it {why}" for name, why in suspect.items())
        if not evidence:
            return replace(_quoted(declined, vector, terms, weighed, wishes), notes=notes)
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
            return _fallback(base, _quoted(declined, vector, terms, weighed, wishes), name)
        statements, citations = number_statements(written.claims, wishes.numbers)
        return replace(base, answered=True, statements=statements, citations=citations)


def _quoted(declined: Answer, vector: Vector, terms: Terms, weighed: Sequence[Weighed], wishes: Wishes) -> Answer:
    """The sentences that answer, word for word."""
    claims = claims_of(choose(candidates(vector, terms, weighed)))
    statements, citations = number_statements(claims, wishes.numbers)
    suspect = suspects([citation.passage for citation in citations])
    notes = tuple(f"{name} {why}; it is quoted, not followed" for name, why in suspect.items())
    answered = bool(statements)
    return replace(declined, answered=answered, statements=statements, citations=citations, notes=notes)


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
