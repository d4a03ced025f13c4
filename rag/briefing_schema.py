"""The records of a briefing: plain, frozen, standard library only. What they hold is numbered like an answer's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rag.schema import Citation, Metadata, Mode, Passage, Statement

SectionName = Literal["points", "timeline", "voices", "differences", "open", "coverage"]
SECTIONS: tuple[SectionName, ...] = ("points", "timeline", "voices", "differences", "open", "coverage")
"""In the order in which a briefing shows them."""
HEADINGS: Mapping[SectionName, str] = {
    "points": "Key points",
    "timeline": "Timeline",
    "voices": "Who says what",
    "differences": "Where sources differ",
    "open": "Open",
    "coverage": "Coverage",
}
NOTHING = "Your articles say nothing on this."
"""What a briefing says when nothing is found for its topic."""

Length = Literal["short", "standard", "long"]
Precision = Literal["day", "month", "year"]
DifferenceKind = Literal["figure", "date", "claim"]


@dataclass(frozen=True, slots=True)
class Facet:
    """Key points on one side of the topic; `heading` is empty where the points are not grouped."""

    heading: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, or will, on a date that an article gives."""

    date: str
    """ISO at its precision: `2024`, `2024-11` or `2024-11-06`."""
    precision: Precision
    statement: Statement
    expression: str
    """The date as the article puts it: `on Friday`, `in October`."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What one speaker says, as the articles report it."""

    speaker: str
    """The fullest form of the name that the articles give."""
    role: str
    """As an article gives it (`the Kremlin spokesman`); empty if none does."""
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """What one or several articles say where others say otherwise."""

    value: str
    """What is not the same: `5,000`, `6 November`, `denied`."""
    statement: Statement
    published: str | None
    """ISO date of the latest article on this side."""
    newer: bool
    """Whether it was published after every other side; no side is marked where a date is missing."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Sides that do not agree about one thing."""

    kind: DifferenceKind
    about: str
    """What they differ on, in words of the articles."""
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Covered:
    """An article that says something on the topic, and in how many lines of the briefing it is cited."""

    article_id: str
    metadata: Metadata
    path: str
    cited: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the briefing rests on. Counts are of articles."""

    searched: int = 0
    """All that pass the filters."""
    articles: tuple[Covered, ...] = ()
    """Those that say something on the topic: by date, the undated last."""
    publishers: tuple[tuple[str, int], ...] = ()
    """Of `articles`, most first; the empty name stands for those that give none."""
    months: tuple[tuple[str, int], ...] = ()
    """`("2024-11", 3)`, in order; articles dated by year only stand under `2024`."""
    first: str | None = None
    last: str | None = None
    undated: int = 0

    @property
    def used(self) -> int:
        return sum(article.cited > 0 for article in self.articles)


@dataclass(frozen=True, slots=True)
class Briefing:
    """What the articles say on a topic. A section that was not asked for is not in `sections`, and is empty."""

    topic: str
    title: str
    mode: Mode
    sections: tuple[SectionName, ...] = SECTIONS
    points: tuple[Facet, ...] = ()
    timeline: tuple[Event, ...] = ()
    voices: tuple[Voice, ...] = ()
    differences: tuple[Difference, ...] = ()
    open: tuple[Statement, ...] = ()
    """What the articles call unknown, denied or unconfirmed."""
    missing: tuple[str, ...] = ()
    """What the topic asks that no article covers."""
    citations: tuple[Citation, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)
    model: str | None = None
    language: str | None = None
    """ISO 639-1 code of the language asked for; None where statements are in that of the articles."""
    nearest: tuple[Passage, ...] = ()
    """What came closest, where nothing was found."""
    notes: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    left_out: tuple[Statement, ...] = ()
    """Statements of a model that nothing bears out; never part of the briefing."""
    tokens: Mapping[str, int] = field(default_factory=dict)

    @property
    def found(self) -> bool:
        """Whether the articles say anything on the topic."""
        return bool(self.coverage.articles)

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement, in the order in which they are shown."""
        return (
            *(statement for facet in self.points for statement in facet.statements),
            *(event.statement for event in self.timeline),
            *(statement for voice in self.voices for statement in voice.statements),
            *(side.statement for difference in self.differences for side in difference.sides),
            *self.open,
        )
