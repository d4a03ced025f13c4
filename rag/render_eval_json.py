"""An evaluation, and a comparison of two, as JSON: the names and their order are a contract with other programs."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rag.comparing import Comparison, Difference, Flip
from rag.eval_reading import faults, first_rank, level_of
from rag.eval_schema import Gold, Outcome, Place, Ranked, Run
from rag.render_json import Record, to_json


def eval_json(run: Run, against: Comparison | None = None, *, indent: int | None = 2) -> str:
    """What `rag eval --json` prints: the run, and what changed since an earlier one if there is a comparison."""
    record = run_record(run)
    return to_json(record | {"comparison": comparison_record(against)} if against else record, indent=indent)


def run_record(run: Run) -> Record:
    answerable = sum(outcome.answerable for outcome in run.outcomes)
    return {
        "set": run.name,
        "version": run.version,
        "created": run.created,
        "questions": len(run.outcomes),
        "answerable": answerable,
        "unanswerable": len(run.outcomes) - answerable,
        "settings": dict(run.settings),
        "metrics": _figures(run.metrics),
        "notes": list(run.notes),
        "outcomes": [outcome_record(outcome) for outcome in run.outcomes],
    }


def outcome_record(outcome: Outcome) -> Record:
    return {
        "id": outcome.id,
        "question": outcome.question,
        "answerable": outcome.answerable,
        "answered": outcome.answered,
        "confidence": _figure(outcome.confidence),
        "rank": first_rank(outcome, level) if (level := level_of(outcome)) else None,
        "faults": faults(outcome),
        "metrics": _figures(outcome.metrics),
        "gold": _gold(outcome.gold),
        "paragraphs": [_ranked(hit) for hit in outcome.paragraphs],
        "sentences": [{"name": hit.name, "score": _figure(hit.score)} for hit in outcome.sentences],
        "quoted": [_place(place) for place in outcome.quoted],
        "statements": list(outcome.statements),
        "seconds": _figures(outcome.seconds),
    }


def comparison_record(comparison: Comparison) -> Record:
    before = comparison.before
    return {
        "before": {"set": before.name, "version": before.version, "created": before.created,
                   "settings": dict(before.settings)},
        "matched": comparison.matched,
        "only_before": comparison.only_before,
        "only_after": comparison.only_after,
        "differences": [_difference(one) for one in comparison.differences],
        "flips": [_flip(one) for one in comparison.flips],
        "seconds": {name: {"before": _figure(was), "after": _figure(now)} for name, was, now in comparison.seconds},
    }  # fmt: skip


def _difference(one: Difference) -> Record:
    return {
        "metric": one.metric,
        "before": _figure(one.before),
        "after": _figure(one.after),
        "difference": _figure(one.difference),
        "low": _figure(one.low),
        "high": _figure(one.high),
        "verdict": one.verdict,
        "questions": one.questions,
        "better": one.better,
        "worse": one.worse,
        "equal": one.equal,
    }


def _flip(one: Flip) -> Record:
    return {
        "kind": one.kind,
        "id": one.id,
        "question": one.question,
        "before": one.before,
        "after": one.after,
        "change": _figure(one.change),
    }


def _gold(gold: Gold) -> Record:
    return {
        "articles": list(gold.articles),
        "paragraphs": list(gold.paragraphs),
        "sentences": [[_place(place) for place in piece] for piece in gold.sentences],
        "evidence": [_place(place) for place in gold.evidence],
        "missing": gold.missing,
    }


def _ranked(hit: Ranked) -> Record:
    ranks = {"dense_rank": hit.dense_rank, "lexical_rank": hit.lexical_rank}
    return {"name": hit.name, "score": _figure(hit.score), **ranks}


def _place(place: Place) -> Record:
    return {"paragraph_id": place.paragraph_id, "start": place.start, "end": place.end}


def _figures(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: _figure(value) for name, value in values.items()}


def _figure(value: float | None) -> float | None:
    """Six digits after the point; null where there is no number, which JSON cannot write."""
    return round(value, 6) if value is not None and math.isfinite(value) else None
