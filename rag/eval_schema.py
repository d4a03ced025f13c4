"""The records of an evaluation: judged questions, what the store gave for each, and the figures of a whole run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rag.schema import Filters


@dataclass(frozen=True, slots=True)
class Reference:
    """Where an answer stands, as a judged set says it: a paragraph or article by id, or a file by name.

    With a phrase or offsets only the sentences that hold it are the evidence; without, the whole of what is named is.
    """

    paragraph: str = ""
    """Id of a paragraph, `moscow-elites#12`."""
    article: str = ""
    """Id of an article."""
    file: str = ""
    """Name of the file an article was read from, without its folders."""
    contains: str = ""
    """A phrase of the text, found whatever the spaces and typographic marks in it."""
    start: int | None = None
    end: int | None = None
    """Characters of the file as decoded: of several places of the phrase the nearest is meant, and where the phrase
    is not found, or none is given, the sentences that were read from there."""
    whole: bool = False
    """The phrase names its paragraph and is not evidence itself."""


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    """A question and where its answer stands; nowhere (`references` empty) if it must be declined."""

    id: str
    question: str
    references: tuple[Reference, ...] = ()
    answer: str = ""
    """In a person's words, where the set has it."""
    synthetic: bool = False
    """Made from the store itself, not asked by a person."""
    filters: Filters | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Characters of a paragraph, as offsets in its article's text."""

    paragraph_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Gold:
    """The references of one question, found in the store. Each level is empty where the set says nothing of it."""

    articles: tuple[str, ...] = ()
    paragraphs: tuple[str, ...] = ()
    sentences: tuple[tuple[Place, ...], ...] = ()
    """Each piece of evidence with the sentences of the store it lies in: finding one of them finds it."""
    evidence: tuple[Place, ...] = ()
    """The very characters, a place for each paragraph they lie in."""
    missing: int = 0
    """References that nothing in the store answers to."""

    def __bool__(self) -> bool:
        return bool(self.articles)


@dataclass(frozen=True, slots=True)
class Ranked:
    """One hit of a ranking, best first: a paragraph by id, or a sentence as `paragraph_id:start-end`."""

    name: str
    score: float
    dense_rank: int | None = None
    lexical_rank: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the store gave for one judged question, and how good that was."""

    id: str
    question: str
    answerable: bool
    gold: Gold
    paragraphs: tuple[Ranked, ...] = ()
    """The ranking of `rag search`, as deep as it was looked at."""
    sentences: tuple[Ranked, ...] = ()
    """The sentences of the best passages, as likely as each is to answer."""
    quoted: tuple[Place, ...] = ()
    """What the answer's citations quote, in the order of its statements."""
    statements: tuple[str, ...] = ()
    answered: bool | None = None
    """None where no answer was asked for."""
    confidence: float | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Of "search", and of "ask" as a whole."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """By level and measure: "paragraph nDCG@10", "sentence F1". Only what can be said of this question."""


@dataclass(frozen=True, slots=True)
class Run:
    """An evaluation as it is kept and compared."""

    name: str
    """Of the set: "clapnq", or the name of a file of questions."""
    version: str
    """Of this program."""
    created: str
    """ISO 8601, with the time zone."""
    settings: Mapping[str, str]
    """What the figures depend on: embedder, language model, reranker, strictness, counts of the store."""
    metrics: Mapping[str, float]
    """Means over the questions each can be said of, and what can be said of all together ("abstention AUROC")."""
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Articles as files, by name, and the questions that were judged against them."""

    name: str
    files: Mapping[str, str]
    questions: tuple[JudgedQuestion, ...]
