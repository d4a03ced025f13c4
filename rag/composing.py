"""Key points by a language model: plan what to ask, ask it through the checked chain, compose, check once more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rag.answering import Answerer, Wishes, suspects, told_left_out
from rag.briefing_schema import Briefing
from rag.citations import Claim, left_out
from rag.confidence import question_terms
from rag.evidence import Evidence, gather
from rag.extraction import weigh
from rag.generation import Checked, Generator, Meter, finished
from rag.planning import Plan, plan_schema, read_plan
from rag.prompts import compose_messages, plan_messages
from rag.schema import Answer, Filters, Statement
from rag.translating import as_passage, translate

if TYPE_CHECKING:
    import numpy as np

    Vector = np.ndarray[Any, np.dtype[np.float32]]

SAMPLES = 6
"""Key points that show the model what the articles hold."""
FEWEST = 3
"""Statements of a model that make a page; with fewer, the articles' own sentences tell more."""
SAME = 0.9
"""Cosine from which a composed statement repeats an earlier one."""


@dataclass(slots=True)
class Composed:
    """What came of asking the model; `points` are headings with the claims that hold."""

    model: str
    points: list[tuple[str, list[Claim]]] = field(default_factory=list)
    left_out: list[Statement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    meter: Meter = field(default_factory=Meter)
    language: str | None = None

    def enough(self, known: int) -> bool:
        """Whether the model's points may stand in place of `known` sentences of the articles; if not, they go."""
        held = sum(len(claims) for _, claims in self.points)
        if held >= min(FEWEST, known):
            return True
        self.points = []
        count = "nothing" if not held else f"only {held} statement{'s' if held > 1 else ''}"
        self.notes.append(
            f"{count} of what {self.model} wrote is borne out; the key points are the articles' own sentences"
        )
        return False

    def stated_in(self, briefing: Briefing) -> Briefing:
        """The briefing with what its reader must know of the model's part."""
        return replace(
            briefing,
            mode="model" if self.points else "extractive",
            model=self.model,
            language=self.language,
            left_out=tuple(self.left_out),
            notes=(*briefing.notes, *self.notes, *told_left_out(len(self.left_out))),
            tokens=self.meter.tokens,
            seconds={**briefing.seconds, "model": self.meter.seconds},
        )


@dataclass(slots=True)
class Composer:
    """Writes key points with the language model of an answerer, which must have one."""

    answerer: Answerer

    @property
    def generator(self) -> Generator:
        generator = self.answerer.generator
        if generator is None:
            raise TypeError("a composer needs an answerer with a generator")
        return generator

    def compose(
        self,
        topic: str,
        known: Sequence[Claim],
        filters: Filters | None,
        limit: int,
        language: str | None,
        on_stage: Callable[[str], None],
    ) -> Composed:
        """Sections of at most `limit` statements together; `known` are key points in the articles' own words.

        Where nothing that the model wrote holds there are no points. Raises ModelError.
        """
        made = Composed(self.generator.name)
        on_stage("planning")
        plan = self._plan(topic, known, limit, made)
        most = -(-limit // len(plan.facets))
        for number, (heading, question) in enumerate(plan.facets, 1):
            on_stage(f"asking {number} of {len(plan.facets)}: {question}")
            answer = self.answerer.ask(question, filters, wishes=Wishes())
            self._account(answer, made)
            claims = _claims(answer)
            if not claims:
                made.notes.append(f"the articles do not answer what was planned: {question}")
                continue
            on_stage(f"writing {number} of {len(plan.facets)}: {heading or topic}")
            made.points.append((heading, self._section(topic, heading, claims, most, made)))
        made.points = self._without_repeats(made.points, limit)
        if language:
            on_stage("translating")
            made.language = language
            made.points = translate(made.points, language, self.generator, made.meter, made.notes)
        return made

    def _plan(self, topic: str, known: Sequence[Claim], limit: int, made: Composed) -> Plan:
        """Facets with their questions; the topic itself where the model has no plan."""
        found = [claim.places[0][0] for claim in known]
        suspect = suspects(found)
        shown = [passage for passage in found if passage.paragraph_id not in suspect][:SAMPLES]
        most = min(8, max(2, limit // 3))
        fence = self.generator.fence(topic, shown)
        messages, plain = (
            plan_messages(topic, shown, self.generator.today, most, structured, fence) for structured in (True, False)
        )
        reply = self.generator.complete(messages, plain, len(shown), made.meter, schema=plan_schema())
        plan = read_plan(reply.text, most)
        if not plan.facets:
            made.notes.append(f"{made.model} made no plan; the topic itself was asked")
        return plan if plan.facets else Plan((("", topic),))

    def _account(self, answer: Answer, made: Composed) -> None:
        """What an answer cost, and what was left out of it."""
        made.meter.seconds += answer.seconds.get("model", 0.0)
        for name, number in answer.tokens.items():
            made.meter.tokens[name] = made.meter.tokens.get(name, 0) + number
        made.left_out += answer.left_out
        made.notes += [note for note in answer.notes if "left out:" not in note and note not in made.notes]

    def _section(self, topic: str, heading: str, claims: Sequence[Claim], most: int, made: Composed) -> list[Claim]:
        """The statements composed anew and checked again; as they were, where none of the new ones holds."""
        generator = self.generator
        shown = [as_passage(claim) for claim in claims]
        fence = generator.fence(topic, shown)
        messages, plain = (
            compose_messages(topic, heading, shown, generator.today, most, structured, fence)
            for structured in (True, False)
        )
        reply = generator.complete(messages, plain, len(shown), made.meter)
        evidence = [self._evidence(claim) for claim in claims]
        everything = _distinct(one for group in evidence for one in group)
        kept = []
        for draft in finished(reply, len(shown))[1][:most]:
            cited = _distinct(one for number in draft.numbers for one in evidence[number - 1])
            checked = Checked(draft, generator.verifier.verify(draft.text, cited, everything))
            if checked.holds:
                kept.append(checked.claim)
            else:
                made.left_out.append(left_out(checked.claim))
        return kept or list(claims[:most])

    def _evidence(self, claim: Claim) -> list[Evidence]:
        """The paragraphs a claim rests on, made ready for comparing."""
        passages = list({passage.paragraph_id: passage for passage, _ in claim.places}.values())
        return gather(
            weigh(
                passages,
                question_terms(self.answerer.retriever.catalogue, claim.text),
                self.generator.verifier.embedder,
            )
        )

    def _without_repeats(self, points: Sequence[tuple[str, list[Claim]]], limit: int) -> list[tuple[str, list[Claim]]]:
        """Each thing said once, where it is said first."""
        texts = [claim.text for _, claims in points for claim in claims]
        vectors = iter(list(self.generator.verifier.embedder.encode(texts)))
        seen: list[Vector] = []
        kept = []
        for heading, claims in points:
            own = []
            for claim in claims:
                vector = next(vectors)
                if len(seen) < limit and all(float(vector @ other) < SAME for other in seen):
                    seen.append(vector)
                    own.append(claim)
            if own:
                kept.append((heading, own))
        return kept


def _claims(answer: Answer) -> list[Claim]:
    """The statements of an answer that are supported, as claims; none that speaks to a model instead of a reader."""
    passages = {citation.number: citation.passage for citation in answer.citations}
    suspect = suspects(list(passages.values()))
    return [
        Claim(one.text, tuple((passages[number], sentence) for number, sentence in one.quotes))
        for one in answer.statements
        if one.support == "supported"
        and one.quotes
        and not any(passages[number].paragraph_id in suspect for number in one.citations)
    ]


def _distinct(evidence: Iterable[Evidence]) -> list[Evidence]:
    return list({one.passage.paragraph_id: one for one in evidence}.values())
