"""Asks every question of a judged set as a user would, and measures what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from rag.answering import Wishes
from rag.errors import ModelError
from rag.eval_metrics import (
    by_article,
    by_evidence,
    by_part,
    evidence_names,
    evidence_share,
    iou,
    ranking_metrics,
    sentence_choice,
    sentence_name,
    sentence_place,
)
from rag.eval_schema import Gold, JudgedQuestion, Outcome, Place, Ranked
from rag.extraction import Candidate
from rag.lexical import STOP_WORDS, words
from rag.schema import Answer, Filters, SearchResult
from rag.terms import stems

DEPTH = 300
"""Paragraphs of a ranking that are looked at: all that the parts of the search find, so that each can be judged."""
KEPT = 100
"""Of those, what an outcome keeps."""


class Chain(Protocol):
    """What answers and searches, as its user has set it up."""

    def ask(self, question: str, filters: Filters | None = None, *, wishes: Wishes | None = None) -> Answer: ...

    def search(self, question: str, k: int = 10, filters: Filters | None = None) -> SearchResult: ...


def evaluate(
    chain: Chain,
    questions: Sequence[JudgedQuestion],
    locate: Callable[[JudgedQuestion], Gold],
    *,
    threshold: float,
    answers: bool = True,
    force: bool = True,
    asked: Callable[[], None] = lambda: None,
) -> list[Outcome]:
    """The outcome of every question, in order; `asked` is called after each.

    With `force` also what would be declined is answered, so that the choice of sentences is measured apart from that;
    whether a question is declined follows from its confidence and `threshold`. Without `answers` questions are
    searched for only; so is one whose evidence is not there, as nobody knows whether it can be answered without.
    """
    outcomes = []
    for question in questions:
        try:
            outcomes.append(_outcome(chain, question, locate(question), threshold, answers, force))
        except ModelError as error:
            done = f"{len(outcomes)} of {len(questions)} questions were asked"
            raise ModelError(f"{error}. {done}; with --cache the next run need not ask them again") from error
        asked()
    return _with_rankings(outcomes, sentences=answers and force)


def _outcome(
    chain: Chain, question: JudgedQuestion, gold: Gold, threshold: float, answers: bool, force: bool
) -> Outcome:
    base = Outcome(question.id, question.question, bool(question.references), gold)
    if answers and (gold or not question.references):
        base = _answered(chain, question, base, threshold, force)
    result = chain.search(question.question, DEPTH, question.filters)
    paragraphs = tuple(
        Ranked(passage.paragraph_id, passage.score, passage.dense_rank, passage.lexical_rank)
        for passage in result.passages
    )
    return replace(base, paragraphs=paragraphs)


def _answered(chain: Chain, question: JudgedQuestion, base: Outcome, threshold: float, force: bool) -> Outcome:
    considered: list[Candidate] = []
    wishes = Wishes(force=force, on_candidates=considered.extend)
    answer = chain.ask(question.question, question.filters, wishes=wishes)
    quoted = tuple(_quoted(answer))
    answered = answer.answered and (not force or answer.confidence >= threshold)
    taken = [answer.seconds.get(part, 0.0) for part in ("retrieval", "answering")]  # a model's are among the latter
    seconds = {"search": taken[0], "ask": sum(taken)}
    outcome = replace(
        base,
        sentences=tuple(_ranked_sentences(considered)),
        quoted=quoted,
        statements=tuple(statement.text for statement in answer.statements),
        answered=answered,
        confidence=answer.confidence,
        seconds=seconds,
    )
    return replace(outcome, metrics=_answer_metrics(outcome, answer, question.answer))


def _ranked_sentences(considered: Sequence[Candidate]) -> Iterator[Ranked]:
    """Best first: what may be quoted is told for each part of a question by itself."""
    for one in sorted(considered, key=lambda candidate: -candidate.score):
        if len(one.sentences) == 1:
            sentence = one.sentences[0]
            name = sentence_name(Place(one.passage.paragraph_id, sentence.start, sentence.end))
            yield Ranked(name, one.score)


def _quoted(answer: Answer) -> Iterator[Place]:
    """The sentences each statement rests on; of a statement with several sources those of the first."""
    names = {citation.number: citation.passage.paragraph_id for citation in answer.citations}
    for statement in answer.statements:
        first = statement.citations[0] if statement.citations else None
        for number, sentence in statement.quotes:
            if number == first:
                yield Place(names[number], sentence.start, sentence.end)


def _answer_metrics(outcome: Outcome, answer: Answer, reference: str) -> dict[str, float]:
    """What can be said of one answer; what a declined one covers is nothing."""
    found: dict[str, float] = {}
    gold = outcome.gold
    if gold.sentences:
        found |= sentence_choice(outcome.quoted, gold)
        found["quote IoU"] = iou(outcome.quoted, gold.evidence)
        found["coverage"] = found["sentence recall"] if outcome.answered else 0.0
    if outcome.answered:
        found |= _citation_metrics(answer)
    wanted = _telling(reference) if gold else set()
    if wanted:
        held = _telling(answer_text(outcome)) if outcome.answered else set()
        found["answer recall"] = len(wanted & held) / len(wanted)
    return found


def _telling(text: str) -> set[str]:
    """Stems of the words that say something; of all of them, unlike those of a question that are looked up."""
    lowered = [word.lower().removesuffix("'s") for word in words(text)]
    return set(stems([word for word in lowered if word not in STOP_WORDS]))


def _citation_metrics(answer: Answer) -> dict[str, float]:
    """Citation recall and precision as by Gao and others (2023, ALCE), the judge being this program's verifier."""
    pairs = [(number, statement) for statement in answer.statements for number in statement.citations]
    used = [number in {cited for cited, _ in statement.quotes} for number, statement in pairs]
    supported = [statement.support == "supported" for statement in answer.statements]
    return {
        "citation precision": sum(used) / len(used) if used else 0.0,
        "citation recall": sum(supported) / len(supported) if supported else 0.0,
    }


def answer_text(outcome: Outcome) -> str:
    return " ".join(outcome.statements)


def _with_rankings(outcomes: Sequence[Outcome], *, sentences: bool) -> list[Outcome]:
    """The outcomes with the measures of their rankings, each level all at once; with `sentences` those of them too."""
    levels: dict[str, dict[str, tuple[Sequence[str], Sequence[str]]]] = {}
    for outcome in outcomes:
        gold = outcome.gold
        if gold.articles:
            levels.setdefault("article", {})[outcome.id] = by_article(outcome.paragraphs), gold.articles
        if gold.paragraphs:
            levels.setdefault("paragraph", {})[outcome.id] = [one.name for one in outcome.paragraphs], gold.paragraphs
        for part in ("dense", "lexical") if gold.articles else ():
            found = by_part(outcome.paragraphs, part)
            ranked = [one.name for one in found] if gold.paragraphs else by_article(found)
            levels.setdefault(part, {})[outcome.id] = ranked, gold.paragraphs or gold.articles
        if gold.sentences and sentences:
            places = [sentence_place(one.name) for one in outcome.sentences]
            levels.setdefault("sentence", {})[outcome.id] = by_evidence(places, gold), evidence_names(gold)
    measured = {level: ranking_metrics(judged) for level, judged in levels.items()}
    return [
        _measured(outcome, {level: of.get(outcome.id, {}) for level, of in measured.items()}) for outcome in outcomes
    ]


def _measured(outcome: Outcome, levels: dict[str, dict[str, float]]) -> Outcome:
    metrics = {f"{level} {name}": value for level, of in levels.items() for name, value in of.items()}
    if outcome.gold.evidence:
        metrics["paragraph characters@5"] = evidence_share(outcome.paragraphs, outcome.gold.evidence)
    return replace(outcome, paragraphs=outcome.paragraphs[:KEPT], metrics=metrics | dict(outcome.metrics))
