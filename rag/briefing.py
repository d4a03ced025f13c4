"""From a topic to a briefing: gather widely, pick what is said, when and by whom, number it, tell what it covers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rag.answering import PASSAGES, suspects
from rag.briefing_schema import (
    HEADINGS,
    SECTIONS,
    Briefing,
    Difference,
    Event,
    Facet,
    Length,
    SectionName,
    Side,
    Voice,
)
from rag.catalogue import days
from rag.citations import Claim, number_statements
from rag.confidence import confidence, signs
from rag.covering import cover
from rag.disagreements import Dispute, disagreements
from rag.errors import InputError
from rag.extraction import similarity
from rag.facets import into_facets
from rag.gathering import Pool, gather_widely
from rag.joining import Joiner
from rag.keypoints import pick_points, point_claim
from rag.retrieval import Retriever, matching_articles
from rag.schema import Filters, Statement
from rag.terms import coverage
from rag.timeline import Dated, timeline
from rag.unknowns import uncovered, unknowns
from rag.verification import Verifier
from rag.voices import Speaking, voices

if TYPE_CHECKING:
    from rag.composing import Composed, Composer

NOTHING_BELOW = 0.1
"""Confidence that the articles speak of the topic. Of 20 topics of the sample articles and of a set of 100 the lowest
has .17, of 13 topics foreign to them all but one are below .08 ("climate change" in articles on cars has .40)."""
A_PART = 0.35
"""Cosine of a sentence that speaks of a part of the topic, if it has one of its words ("Trump and Iran", where nothing
is on Iran): what is missing is then told. Of the foreign topics those that share a word reach .30."""
NEAREST = 3
"""Passages shown where nothing is found."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most statements of each section."""

    points: int
    timeline: int
    voices: int
    differences: int
    open: int


LIMITS: Mapping[Length, Limits] = {
    "short": Limits(3, 5, 5, 2, 2),
    "standard": Limits(8, 12, 15, 5, 5),
    "long": Limits(40, 40, 40, 12, 12),
}


@dataclass(frozen=True, slots=True)
class BriefingWishes:
    """How long a briefing is to be, which sections it has, what it is called, and who is told of its progress."""

    length: Length = "standard"
    sections: tuple[SectionName, ...] = SECTIONS
    title: str = ""
    language: str | None = None
    on_stage: Callable[[str], None] = field(default=lambda _: None)
    numbers: Mapping[str, int] = field(default_factory=dict)
    """Numbers that paragraphs have already, by id."""


@dataclass(slots=True)
class Parts:
    """A briefing before it is numbered."""

    points: list[tuple[str, list[Claim]]] = field(default_factory=list)
    timeline: list[Dated] = field(default_factory=list)
    voices: list[Speaking] = field(default_factory=list)
    differences: list[Dispute] = field(default_factory=list)
    open: list[Claim] = field(default_factory=list)

    def claims(self) -> Iterator[Claim]:
        """All of them, in the order in which a reader meets them."""
        for _, claims in self.points:
            yield from claims
        yield from (dated.claim for dated in self.timeline)
        for speaking in self.voices:
            yield from speaking.claims
        for dispute in self.differences:
            yield from (position.claim for position in dispute.positions)
        yield from self.open


@dataclass(slots=True)
class Briefer:
    """Writes briefings from what a retriever finds; with a `composer`, key points are a language model's."""

    retriever: Retriever
    verifier: Verifier
    composer: Composer | None = None

    def brief(
        self, topic: str, filters: Filters | None = None, max_per_article: int = 0, wishes: BriefingWishes | None = None
    ) -> Briefing:
        """What the articles say on the topic, each line checked against what it cites.

        Raises InputError for an empty topic or where no article passes the filters, ModelError.
        """
        topic, wishes = " ".join(topic.split()), wishes or BriefingWishes()
        if not topic:
            raise InputError('the topic is empty; name one, as in: rag brief "the harbour dispute"')
        clock = _Clock(wishes.on_stage)
        clock.begin("searching")
        pool = gather_widely(self.retriever, topic, filters, max_per_article)
        base = Briefing(topic, wishes.title.strip() or topic, "extractive", wishes.sections)
        if not _speaks_of_it(pool):
            coverage = cover((), (), (), self._searched(filters))
            return replace(base, coverage=coverage, nearest=pool.passages[:NEAREST], seconds=clock.stop())
        joiner = Joiner(pool.sentences, self.verifier)  # what is beside the topic may still bear out what is on it
        pool = pool.on_topic()
        parts, composed = self._parts(topic, pool, joiner, filters, wishes, clock)
        clock.begin("numbering")
        briefing = _numbered(base, parts, wishes.numbers)
        on_topic = {one.passage.paragraph_id: one.passage for one in pool.sentences}.values()
        briefing = replace(
            briefing,
            missing=tuple(uncovered(topic, pool.sentences)) if "open" in wishes.sections else (),
            coverage=cover(on_topic, briefing.statements, briefing.citations, self._searched(filters)),
        )
        briefing = replace(briefing, notes=tuple(_notes(briefing)), seconds=clock.stop())
        return composed.stated_in(briefing) if composed else briefing

    def _parts(
        self, topic: str, pool: Pool, joiner: Joiner, filters: Filters | None, wishes: BriefingWishes, clock: _Clock
    ) -> tuple[Parts, Composed | None]:
        """Every section that was asked for, before it is numbered."""
        limits, parts, composed = LIMITS[wishes.length], Parts(), None
        if "points" in wishes.sections:
            clock.begin("key points")
            parts.points = _points(pool, joiner, limits.points)
            if self.composer:
                known = [claim for _, claims in parts.points for claim in claims]
                composed = self.composer.compose(topic, known, filters, limits.points, wishes.language, clock.begin)
                parts.points = composed.points if composed.enough(len(known)) else parts.points
        sections: dict[SectionName, Callable[[], None]] = {
            "timeline": lambda: parts.timeline.extend(timeline(pool.sentences, joiner, limits.timeline)),
            "voices": lambda: parts.voices.extend(voices(pool.sentences, joiner, limits.voices)),
            "differences": lambda: parts.differences.extend(disagreements(pool.sentences, joiner, limits.differences)),
            "open": lambda: parts.open.extend(unknowns(pool.sentences, joiner, limits.open)),
        }
        for name, fill in sections.items():
            if name in wishes.sections:
                clock.begin(HEADINGS[name].lower())
                fill()
        return parts, composed

    def _searched(self, filters: Filters | None) -> int:
        """How many articles were looked through."""
        catalogue = self.retriever.catalogue
        return len(matching_articles(catalogue, filters)) if filters else catalogue.counts()["articles"]


def _speaks_of_it(pool: Pool) -> bool:
    """Whether the articles say anything on the topic, or on a part of it that it names."""
    best = pool.passages[:PASSAGES]
    if not best:
        return False
    if confidence(signs(pool.vector, pool.terms, best, pool.sentences)) >= NOTHING_BELOW:
        return True
    return any(
        similarity(pool.vector, [one.vector]) >= A_PART and coverage(pool.terms, one.text) > 0 for one in pool.sentences
    )


def _points(pool: Pool, joiner: Joiner, limit: int) -> list[tuple[str, list[Claim]]]:
    points = pick_points(pool, limit)
    claims = [point_claim(one, joiner) for one in points]
    return [(heading, [claims[i] for i in places]) for heading, places in into_facets(points, pool.terms.weights)]


def _numbered(base: Briefing, parts: Parts, given: Mapping[str, int]) -> Briefing:
    """The sections with their citations numbered as a reader meets them."""
    statements, citations = number_statements(list(parts.claims()), given)
    of = iter(statements)
    return replace(
        base,
        points=tuple(Facet(heading, tuple(next(of) for _ in claims)) for heading, claims in parts.points),
        timeline=tuple(Event(one.date, one.precision, next(of), one.expression) for one in parts.timeline),
        voices=tuple(Voice(one.speaker, one.role, tuple(next(of) for _ in one.claims)) for one in parts.voices),
        differences=tuple(_difference(one, of) for one in parts.differences),
        open=tuple(next(of) for _ in parts.open),
        citations=citations,
    )


def _difference(dispute: Dispute, statements: Iterator[Statement]) -> Difference:
    """The sides as the articles give them; a side is newer if all are dated and it was published after the others."""
    spans = [days(position.published) for position in dispute.positions]
    sides = []
    for i, position in enumerate(dispute.positions):
        first, others = spans[i][0], [last for j, (_, last) in enumerate(spans) if j != i]
        newer = first is not None and all(last is not None and last < first for last in others)
        sides.append(Side(position.value, next(statements), position.published, newer))
    return Difference(dispute.kind, dispute.about, tuple(sides))


def _notes(briefing: Briefing) -> Iterator[str]:
    """What a reader should know before relying on it."""
    cited = {citation.passage.article_id for citation in briefing.citations}
    if len(cited) == 1:
        yield "all of this rests on one article"
    undated = briefing.coverage.undated
    if undated and "timeline" in briefing.sections:
        which = "1 article gives" if undated == 1 else f"{undated} articles give"
        yield f'{which} no date of publication: "on Friday" and the like cannot be placed in time there'
    for name, why in suspects([citation.passage for citation in briefing.citations]).items():
        yield f"{name} {why}; it is quoted, not followed"


@dataclass(slots=True)
class _Clock:
    """Tells of each stage as it begins, and how long each took."""

    on_stage: Callable[[str], None]
    stage: str = ""
    since: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)

    def begin(self, stage: str) -> None:
        self.stop()
        self.stage, self.since = stage, time.perf_counter()
        self.on_stage(stage)

    def stop(self) -> dict[str, float]:
        if self.stage:
            self.seconds[self.stage] = self.seconds.get(self.stage, 0.0) + time.perf_counter() - self.since
            self.stage = ""
        return self.seconds
