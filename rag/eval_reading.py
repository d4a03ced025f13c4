"""What became of each judged question: where its evidence stands in the rankings, and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rag.eval_metrics import by_article, by_evidence, evidence_names, sentence_place
from rag.eval_schema import Outcome

Level = Literal["paragraph", "article", "sentence"]
LEVELS: tuple[Level, ...] = ("paragraph", "article", "sentence")
FIRST = 5
"""Hits in which the evidence should stand: as many as a reader looks at before asking anew."""
FIRST_KS = (1, 2, 3, 5, 10, 20, 50)
"""Depths of a ranking at which recall is drawn."""


@dataclass(frozen=True, slots=True)
class Found:
    """How many questions the level can be told of, and for how many evidence is first, or among the first `FIRST`."""

    questions: int
    first: int
    among: int


def wanted(outcome: Outcome, level: Level) -> frozenset[str]:
    """The evidence by the names it has in the ranking of the level; empty where none is known."""
    gold = outcome.gold
    if level == "sentence":
        return frozenset(evidence_names(gold))
    return frozenset(gold.paragraphs if level == "paragraph" else gold.articles)


def names(outcome: Outcome, level: Level) -> list[str]:
    """Names in the ranking of the level, best first; an article stands where its best paragraph does."""
    if level == "sentence":
        return by_evidence([sentence_place(hit.name) for hit in outcome.sentences], outcome.gold)
    return by_article(outcome.paragraphs) if level == "article" else [hit.name for hit in outcome.paragraphs]


def first_rank(outcome: Outcome, level: Level = "paragraph") -> int | None:
    """Rank, from 1, of the first hit that is evidence; None where no hit is."""
    right = wanted(outcome, level)
    return next((rank for rank, name in enumerate(names(outcome, level), 1) if name in right), None)


def recall(outcome: Outcome, level: Level, depths: Sequence[int]) -> list[float]:
    """Share of the pieces of evidence among the first k hits, for every k of `depths`; the level must have some."""
    right, ranking = wanted(outcome, level), names(outcome, level)
    return [len(right.intersection(ranking[:k])) / len(right) for k in depths]


def found(outcomes: Sequence[Outcome], level: Level, k: int = FIRST) -> Found:
    """For how many questions evidence is the first hit, and for how many it is among the first k."""
    told = [outcome for outcome in outcomes if outcome.answerable and wanted(outcome, level) and names(outcome, level)]
    ranks = [first_rank(outcome, level) for outcome in told]
    return Found(len(told), ranks.count(1), sum(rank is not None and rank <= k for rank in ranks))


def curve(outcomes: Sequence[Outcome], level: Level) -> list[tuple[int, float]]:
    """Mean recall at the depths of `FIRST_KS`, as far as the rankings go; empty where nothing is known."""
    told = [outcome for outcome in outcomes if outcome.answerable and wanted(outcome, level)]
    shares = [recall(outcome, level, FIRST_KS) for outcome in told]
    deepest = max((_depth(outcome, level) for outcome in told), default=0)
    means = (sum(column) / len(told) for column in zip(*shares, strict=True))
    return [(k, mean) for k, mean in zip(FIRST_KS, means, strict=False) if k <= deepest]


def _depth(outcome: Outcome, level: Level) -> int:
    """Hits that the ranking may have; of articles as many as paragraphs, at most."""
    return len(outcome.sentences if level == "sentence" else outcome.paragraphs)


def level_of(outcome: Outcome) -> Level | None:
    """The finest of paragraph and article that the evidence is known at; None where it is known at neither."""
    return "paragraph" if outcome.gold.paragraphs else "article" if outcome.gold.articles else None


def place_in_ranking(outcome: Outcome) -> str:
    """`2`, or `not in the first 50`."""
    level = level_of(outcome) or "paragraph"
    rank = first_rank(outcome, level)
    return str(rank) if rank else f"not in the first {len(names(outcome, level))}"


def faults(outcome: Outcome) -> list[str]:
    """What is wrong with what the store gave for the question, in words; empty where nothing is."""
    if not outcome.answerable:
        return ["answered, though it should have been declined"] if outcome.answered else []
    said = ["declined, though the articles answer it"] if outcome.answered is False else []
    level = level_of(outcome)
    rank = first_rank(outcome, level) if level else None
    if level and names(outcome, level) and (rank is None or rank > FIRST):
        said.append(f"the right {level} is {'only at rank ' if rank else ''}{place_in_ranking(outcome)}")
    if outcome.answered and outcome.metrics.get("sentence recall") == 0.0:
        said.append("the answer quotes none of the evidence")
    return said


def worst_first(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Questions with the gravest faults first; equal ones in the order of the set."""
    return sorted(outcomes, key=lambda outcome: -_gravity(outcome))


def _gravity(outcome: Outcome) -> float:
    """0 where nothing is wrong; an answer where there is none weighs most, then one refused, then evidence missed."""
    confidence = outcome.confidence or 0.0
    if not outcome.answerable:
        return 3.0 + confidence if outcome.answered else 0.0
    level = level_of(outcome)
    rank = first_rank(outcome, level) if level else None
    missed = 0.0 if level is None or not names(outcome, level) else 1.0 - (1.0 / rank if rank else 0.0)
    said_wrong = 1.0 - outcome.metrics.get("sentence recall", 1.0) if outcome.answered else 0.0
    return (2.0 if outcome.answered is False else 0.0) + missed + said_wrong
