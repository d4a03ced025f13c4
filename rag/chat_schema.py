"""The records of a conversation: what was asked, what was answered, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from rag.briefing_schema import Briefing
from rag.schema import Answer, Citation, Filters


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question that was answered or declined, as far as the next question may lean on it."""

    question: str
    """As it was asked of the articles: it stands alone."""
    said: tuple[str, ...] = ()
    """Statements of the answer; none where it was declined."""
    cited: tuple[str, ...] = ()
    """Texts of the paragraphs it cites, in the order of their first mention."""
    titles: tuple[str, ...] = ()
    """Titles of the articles these stand in."""


@dataclass(frozen=True, slots=True)
class Followup:
    """A question as it is asked of the articles."""

    question: str
    continues: bool
    """Whether it leans on what went before: then the paragraphs cited last stay candidates."""
    further: bool = False
    """Whether it names nothing of its own ("why?", "what else?"): what was quoted before is no answer to it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation and what came of it: an answer, or a briefing on a topic."""

    asked: str
    """As it was typed."""
    question: str
    """As it was asked of the articles."""
    at: str
    """When it was finished: ISO, UTC, to the second."""
    answer: Answer | None = None
    briefing: Briefing | None = None
    filters: Filters = field(default_factory=Filters)
    damaged: bool = False
    """Its record cannot be read any more: only `asked` is known. Never kept."""

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Its sources, whether it is an answer or a briefing."""
        said = self.answer or self.briefing
        return said.citations if said else ()


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation as it is kept. `name` is unique in a store and is what people type."""

    name: str
    created: str
    updated: str
    turns: tuple[Turn, ...] = ()
    summary: str = ""
    """What a model made of the first `summarised` turns, for itself: never shown as an answer."""
    summarised: int = 0


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """A session as `rag sessions` lists it."""

    name: str
    created: str
    updated: str
    turns: int
    first: str
    """The first question, as it was typed."""
