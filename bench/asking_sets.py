"""Asks every question of a public set once, through the whole search, and keeps what the fits reckon with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag.answering import PASSAGES
from rag.confidence import question_terms
from rag.config import Config
from rag.engine import Engine
from rag.eval_metrics import held_evidence
from rag.eval_schema import Gold, JudgedQuestion, JudgedSet, Place
from rag.evaluating import scratch_engine
from rag.extraction import Weighed, _likeliest, sentence_text
from rag.locating import Locator
from rag.public_sets import read_set
from rag.schema import Passage, Sentence
from rag.terms import Terms

Array = np.ndarray[Any, np.dtype[np.float64]]
Vector = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the passages that were found for it, and all their sentences with their vectors."""

    question: str
    gold: Gold
    """Where its answer stands; empty where the store does not answer it."""
    terms: Terms
    vector: Vector
    passages: tuple[Passage, ...]
    sentences: tuple[Weighed, ...]

    def right(self) -> Array:
        """(n,) 1 for each sentence that holds evidence, else 0."""
        return np.array([bool(held_evidence(place(one), self.gold)) for one in self.sentences], dtype=np.float64)


def likeliest(asked: Asked, most: int) -> list[Weighed]:
    """The sentences that an answer would embed, in order."""
    if len(asked.sentences) <= most:
        return list(asked.sentences)
    pairs = [(one.passage, one.sentence) for one in asked.sentences]
    kept = {(p.paragraph_id, s.start) for p, s in _likeliest(pairs, asked.terms, most)}
    return [one for one in asked.sentences if (one.passage.paragraph_id, one.sentence.start) in kept]


def place(one: Weighed) -> Place:
    return Place(one.passage.paragraph_id, one.sentence.start, one.sentence.end)


def asked_set(name: str, data: Path, cache: Path | None = None) -> list[Asked]:
    """All questions of the set `name`, in the scratch store that `rag eval` keeps of it. Raises InputError."""
    judged = read_set(name, data)
    return ask(judged.files, judged.questions, cache)


def asked_halves(judged: JudgedSet, cache: Path | None = None) -> list[Asked]:
    """Every question of the set twice: in a store of every other article, and in one of the rest."""
    found = []
    for half in (0, 1):
        files = {name: judged.files[name] for name in sorted(judged.files)[half::2]}
        found += ask(files, judged.questions, cache)
    return found


def ask(files: Mapping[str, str], questions: Sequence[JudgedQuestion], cache: Path | None = None) -> list[Asked]:
    """The questions, in order, in a scratch store of the files, which is made unless it is there."""
    with Engine(Config(cache=cache)) as own, scratch_engine(own, files) as engine:
        locator = Locator(engine.catalogue)
        searched = [(one, *_search(engine, one.question)) for one in questions]
        vectors = _vectors(engine, (passage for _, _, passages in searched for passage in passages))
        return [
            Asked(
                one.question, locator.locate(one), question_terms(engine.catalogue, one.question), vector,
                tuple(passages), tuple(_weighed(passages, vectors)),
            )
            for one, vector, passages in searched
        ]  # fmt: skip


def _search(engine: Engine, question: str) -> tuple[Vector, list[Passage]]:
    vector = engine.retriever.encode(question)
    return vector, engine.retriever.search(question, vector, PASSAGES)


def _vectors(engine: Engine, passages: Iterator[Passage]) -> dict[str, Vector]:
    """Of every sentence, by its text: most stand in the passages of several questions."""
    texts = sorted({sentence_text(p, (s,)) for p in passages for s in p.paragraph.sentences}, key=len)
    return dict(zip(texts, engine.embedder.encode(texts), strict=True))


def _weighed(passages: Sequence[Passage], vectors: Mapping[str, Vector]) -> Iterator[Weighed]:
    for passage in passages:
        for sentence in passage.paragraph.sentences:
            yield Weighed(passage, sentence, vectors[_text(passage, sentence)])


def _text(passage: Passage, sentence: Sentence) -> str:
    return sentence_text(passage, (sentence,))
