"""Invented evaluations: a small one, an earlier one of the same set, one with hostile text, and large ones."""

from __future__ import annotations

import random
from dataclasses import replace

from rag.eval_schema import Gold, Outcome, Place, Ranked, Run

HOSTILE_TEXT = "<script>alert(1)</script>\x1b[31m\u202e\"'&<img src=x onerror=alert(2)>"


def ranking(*names: str) -> tuple[Ranked, ...]:
    """Hits in this order, each with a lower score than the one before."""
    return tuple(Ranked(name, 0.9 - 0.05 * i, i + 1, len(names) - i) for i, name in enumerate(names))


def gold(*paragraphs: str) -> Gold:
    """Paragraphs of 40 characters that are evidence as a whole."""
    places = tuple(Place(name, 0, 40) for name in paragraphs)
    articles = tuple(dict.fromkeys(name.split("#")[0] for name in paragraphs))
    return Gold(articles, paragraphs, tuple((place,) for place in places), places)


def judged(
    id_: str, question: str, rank: int | None, *, sure: float, answered: bool = True, recall: float = 1.0
) -> Outcome:
    """A question whose evidence, harbour#1, stands at this rank of eight; 0 for one that is to be declined."""
    others = [f"{name}#{n}" for name in ("ferry", "bridge") for n in (1, 2, 3, 4)]
    if rank == 0:
        seconds = {"search": 0.05, "ask": 0.2}
        hits = ranking(*others[:8])
        return Outcome(id_, question, False, Gold(), hits, answered=answered, confidence=sure, seconds=seconds)
    at = (rank or 99) - 1
    hits = ranking(*[*others[:at], "harbour#1", *others[at:]][:8]) if rank else ranking(*others[:8])
    sentences = ranking(*(f"{hit.name}:0-40" for hit in hits[:4]))
    metrics = {
        "paragraph nDCG@10": round(1 / rank, 6) if rank else 0.0,
        "paragraph R@1": float(rank == 1),
        "paragraph R@5": float(bool(rank) and rank <= 5),
        "paragraph RR": round(1 / rank, 6) if rank else 0.0,
    }
    if answered:
        metrics |= {"sentence recall": recall, "sentence precision": recall / 2}
    return Outcome(
        id_, question, True, gold("harbour#1"), hits, sentences,
        quoted=(Place("harbour#1", 0, 40),) if answered and recall else (),
        statements=("The harbour gets two cranes.",) if answered else (),
        answered=answered, confidence=sure, seconds={"search": 0.05 + sure / 10, "ask": 0.25 + sure}, metrics=metrics,
    )  # fmt: skip


def mean(outcomes: tuple[Outcome, ...], name: str) -> float:
    values = [outcome.metrics[name] for outcome in outcomes if name in outcome.metrics]
    return sum(values) / len(values)


def run_of(outcomes: tuple[Outcome, ...], name: str = "harbour news", **more: object) -> Run:
    """A run with the means of its outcomes."""
    named = dict.fromkeys(name for outcome in outcomes for name in outcome.metrics)
    metrics = {name: mean(outcomes, name) for name in named}
    metrics |= {"abstention AUROC": 0.875, "rightly declined": 0.5, "wrongly declined": 0.125}
    metrics |= {"search p50": 0.11, "search p95": 0.14, "ask p50": 0.9, "ask p95": 1.15}
    settings = {"embedder": "a small one", "threshold": "0.35", "articles": "3"}
    run = Run(name, "1.2.0", "2026-03-04T05:06:07+00:00", settings, metrics, outcomes)
    return replace(run, **more)  # type: ignore[arg-type]


RUN = run_of(
    (
        judged("q1", "Who pays for the cranes of the harbour?", 1, sure=0.92),
        judged("q2", "When were the cranes ordered?", 1, sure=0.84),
        judged("q3", "How many cranes does the harbour get?", 2, sure=0.77, recall=0.5),
        judged("q4", "Which company builds the cranes?", 6, sure=0.58, recall=0.0),
        judged("q5", "Why was the old crane taken down?", None, sure=0.41, recall=0.0),
        judged("q6", "Where do the cranes come from?", 3, sure=0.31, answered=False),
        judged("q7", "What did the mayor say of the price?", 1, sure=0.71),
        judged("q8", "How tall are the new cranes?", 4, sure=0.66),
        judged("q9", "Who won the chess match in Lunde?", 0, sure=0.12, answered=False),
        judged("q10", "When does the opera of Brno open?", 0, sure=0.52),
    ),
    notes=("2 references of the set were not found in the store",),
)
EARLIER = run_of(
    (
        judged("q1", "Who pays for the cranes of the harbour?", 2, sure=0.81),
        judged("q2", "When were the cranes ordered?", 7, sure=0.62, recall=0.0),
        judged("q3", "How many cranes does the harbour get?", 2, sure=0.77, recall=0.5),
        judged("q4", "Which company builds the cranes?", 3, sure=0.63, recall=0.5),
        judged("q5", "Why was the old crane taken down?", None, sure=0.41, recall=0.0),
        judged("q6", "Where do the cranes come from?", 3, sure=0.44),
        judged("q7", "What did the mayor say of the price?", 5, sure=0.55),
        judged("q8", "How tall are the new cranes?", 8, sure=0.33, answered=False),
        judged("q9", "Who won the chess match in Lunde?", 0, sure=0.42),
        judged("q10", "When does the opera of Brno open?", 0, sure=0.22, answered=False),
        judged("q11", "Who sang in the opera of Brno?", 0, sure=0.22, answered=False),
    ),
    version="1.1.0", settings={"embedder": "another one", "threshold": "0.35", "articles": "3"},
)  # fmt: skip
HOSTILE = replace(
    RUN, name=HOSTILE_TEXT, version=HOSTILE_TEXT, settings={HOSTILE_TEXT: HOSTILE_TEXT}, notes=(HOSTILE_TEXT,),
    metrics=RUN.metrics | {HOSTILE_TEXT: 0.5},
    outcomes=tuple(
        replace(
            outcome, id=f"{HOSTILE_TEXT}{i}", question=HOSTILE_TEXT, statements=(HOSTILE_TEXT,),
            paragraphs=tuple(replace(hit, name=f"{HOSTILE_TEXT}#{n}") for n, hit in enumerate(outcome.paragraphs)),
            metrics=dict(outcome.metrics) | {HOSTILE_TEXT: 0.5},
        )
        for i, outcome in enumerate(RUN.outcomes)
    ),
)  # fmt: skip
EMPTY = Run("nothing", "1.2.0", "2026-03-04T05:06:07+00:00", {}, {}, ())


def large(questions: int, seed: int, better: float = 0.0) -> Run:
    """An invented run of many questions; with `better` more of the evidence stands at the top."""
    draw = random.Random(seed)  # noqa: S311  (no secret)
    outcomes = []
    for i in range(questions):
        text = f"Question {i}: what became of the harbour, its cranes, its ferries and the men who worked there?"
        if i % 6 == 0:
            sure = min(0.99, max(0.01, draw.gauss(0.3, 0.15)))
            outcomes.append(judged(f"q{i}", text, 0, sure=sure, answered=sure > 0.35))
            continue
        rank = draw.choices([1, 2, 3, 5, 7, None], [6 + 10 * better, 2, 1, 1, 1, 1])[0]
        sure = min(0.99, max(0.01, draw.gauss(0.7, 0.18)))
        recall = draw.choice([0.0, 0.5, 1.0])
        outcomes.append(judged(f"q{i}", text, rank, sure=sure, answered=sure > 0.35, recall=recall))
    return run_of(tuple(outcomes), "a large set")
