"""The measures of an evaluation: of rankings by ir-measures, spelled as there; of sentences, quotes and refusals here.

Levels are article, paragraph and sentence. A measure of one question is given only where the set says enough of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rag.eval_schema import Gold, Outcome, Place, Ranked
from rag.locating import alike

MEASURES = ("nDCG@10", "R@1", "R@2", "R@5", "R@10", "RR", "AP")
"""nDCG by Järvelin and Kekäläinen (2002), as trec_eval has it; R is recall, RR the reciprocal rank of the first hit."""
CHARACTERS_AT = 5
"""Paragraphs, in "paragraph characters@5"."""

Spans = Sequence[tuple[int, int]]
Ranking = Sequence[str]


def ranking_metrics(judged: Mapping[str, tuple[Ranking, Iterable[str]]]) -> dict[str, dict[str, float]]:
    """By id of a question the measures of its ranking (names, best first) against the names that are right."""
    import ir_measures

    measures = [ir_measures.parse_measure(name) for name in MEASURES]
    found: dict[str, dict[str, float]] = {name: {} for name in judged}
    right = [ir_measures.Qrel(name, one, 1) for name, (_, wanted) in judged.items() for one in wanted]
    # Ties would be broken by name: ranks have none.
    hits = [
        ir_measures.ScoredDoc(name, one, float(len(ranking) - i))
        for name, (ranking, _) in judged.items()
        for i, one in enumerate(ranking)
    ]
    for metric in ir_measures.iter_calc(measures, right, hits):
        found[metric.query_id][str(metric.measure)] = metric.value
    return found


def by_article(paragraphs: Iterable[Ranked]) -> list[str]:
    """Articles in the order of their best paragraphs."""
    return list(dict.fromkeys(one.name.rpartition("#")[0] for one in paragraphs))


def by_part(paragraphs: Sequence[Ranked], part: str) -> list[Ranked]:
    """The ranking of one part of the search: "dense" or "lexical"."""
    ranks = [(getattr(one, f"{part}_rank"), one.name, one) for one in paragraphs]
    found = sorted(((rank, name, one) for rank, name, one in ranks if rank is not None), key=lambda hit: hit[:2])
    return [one for _, _, one in found]


def by_evidence(sentences: Iterable[Place], gold: Gold) -> list[str]:
    """Sentences in order, those that hold a piece of evidence named after it: of two that do the first one counts."""
    names = []
    for sentence in sentences:
        held = held_evidence(sentence, gold)
        names += [_evidence_name(i) for i in held] or [sentence_name(sentence)]
    return list(dict.fromkeys(names))


def evidence_names(gold: Gold) -> list[str]:
    """The pieces of evidence by the names they have in `by_evidence`."""
    return [_evidence_name(i) for i in range(len(gold.sentences))]


def _evidence_name(i: int) -> str:
    return f"gold {i}"


def held_evidence(sentence: Place, gold: Gold) -> list[int]:
    """Which pieces of the evidence a sentence holds."""
    return [
        i
        for i, pieces in enumerate(gold.sentences)
        if any(
            piece.paragraph_id == sentence.paragraph_id
            and alike((piece.start, piece.end), (sentence.start, sentence.end))
            for piece in pieces
        )
    ]


def sentence_name(sentence: Place) -> str:
    return f"{sentence.paragraph_id}:{sentence.start}-{sentence.end}"


def sentence_place(name: str) -> Place:
    """The place that `sentence_name` names; an empty one for a name that is not written so."""
    paragraph, _, span = name.rpartition(":")
    start, _, end = span.partition("-")
    digits = start.isdecimal() and end.isdecimal()
    return Place(paragraph, int(start), int(end)) if digits else Place(name, 0, 0)


def sentence_choice(quoted: Sequence[Place], gold: Gold) -> dict[str, float]:
    """Precision, recall and F1 of the sentences that are quoted, against the pieces of evidence."""
    held = [held_evidence(sentence, gold) for sentence in quoted]
    precision = sum(bool(one) for one in held) / len(held) if held else 0.0
    recall = len({i for one in held for i in one}) / len(gold.sentences)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"sentence precision": precision, "sentence recall": recall, "sentence F1": f1}


def characters(places: Iterable[Place]) -> dict[str, list[tuple[int, int]]]:
    """By paragraph the stretches that any of the places covers, in order and apart."""
    found: dict[str, list[tuple[int, int]]] = {}
    for place in sorted(places, key=lambda place: (place.paragraph_id, place.start, place.end)):
        spans = found.setdefault(place.paragraph_id, [])
        if spans and place.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], place.end))
        else:
            spans.append((place.start, place.end))
    return found


def overlap(one: Iterable[Place], other: Iterable[Place]) -> tuple[int, int, int]:
    """Characters of one, of the other, and of both at once."""
    first, second = characters(one), characters(other)
    both = sum(
        max(0, min(a[1], b[1]) - max(a[0], b[0]))
        for name, spans in first.items()
        for a in spans
        for b in second.get(name, ())
    )
    return _length(first), _length(second), both


def iou(quoted: Iterable[Place], evidence: Iterable[Place]) -> float:
    """Characters that are quoted and evidence, of those that are one or the other."""
    one, other, both = overlap(quoted, evidence)
    return both / (one + other - both) if one + other else 0.0


def evidence_share(paragraphs: Sequence[Ranked], evidence: Sequence[Place]) -> float:
    """Share of the evidence's characters that lie in the first paragraphs of a ranking."""
    first = {one.name for one in paragraphs[:CHARACTERS_AT]}
    total = _length(characters(evidence))
    found = _length(characters(place for place in evidence if place.paragraph_id in first))
    return found / total if total else 0.0


def refusals(outcomes: Iterable[Outcome]) -> dict[str, float]:
    """Over a set with answerable and unanswerable questions: how well the confidence tells them apart, and what is
    declined rightly (of the unanswerable) and wrongly (of the answerable).

    AUROC is the probability that an answerable question has the higher confidence (Mann-Whitney; ties count half).
    """
    judged = [one for one in outcomes if one.answered is not None]
    found: dict[str, float] = {}
    for name, kind in (("rightly declined", False), ("wrongly declined", True)):
        declined = [not one.answered for one in judged if one.answerable is kind]
        if declined:
            found[name] = sum(declined) / len(declined)
    yes = [one.confidence for one in judged if one.answerable and one.confidence is not None]
    no = [one.confidence for one in judged if not one.answerable and one.confidence is not None]
    if yes and no:
        from scipy.stats import mannwhitneyu

        found["abstention AUROC"] = float(mannwhitneyu(yes, no).statistic) / (len(yes) * len(no))
    return found


def means(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Of each measure over the questions that have it, then what is said of all together."""
    sums: dict[str, list[float]] = {}
    for outcome in outcomes:
        for name, value in outcome.metrics.items():
            sums.setdefault(name, []).append(value)
    found = {name: sum(values) / len(values) for name, values in sums.items()}
    return found | refusals(outcomes) | _seconds(outcomes)


def _seconds(outcomes: Iterable[Outcome]) -> dict[str, float]:
    import numpy as np

    taken: dict[str, list[float]] = {}
    for outcome in outcomes:
        for name, value in outcome.seconds.items():
            taken.setdefault(name, []).append(value)
    return {
        f"{name} p{percent}": float(np.percentile(values, percent))
        for name, values in taken.items()
        for percent in (50, 95)
    }


def _length(spans: Mapping[str, Spans]) -> int:
    return sum(end - start for found in spans.values() for start, end in found)
