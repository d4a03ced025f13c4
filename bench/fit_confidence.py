"""Fits the weights in rag/confidence.py on questions of two public sets whose answers are, or are not, in a store.

    python bench/fit_confidence.py --data ../shared/data

clapnq_dev: all 597 passages in one store; 300 questions they answer and 300 they only seem to.
xquad_en: every other article in one store, the rest in another; each is asked all 1,190 questions, of which it answers
about half. Both sets count the same. Prints the weights, and for each set in ten folds and fitted on the other alone:
AUROC, error rates at several thresholds, and of the questions in each bin of confidence the share that is answered.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from rag.answering import PASSAGES
from rag.confidence import WEIGHTS, question_terms, signs
from rag.config import Config
from rag.engine import Engine
from rag.extraction import WEIGHED, weigh

Article = tuple[str, list[str]]
"""Title and paragraphs."""
Judged = tuple[str, int]
"""Question, and 1 if the store answers it."""
THRESHOLDS = (0.25, 0.35, 0.45, 0.5, 0.6, 0.7)


def clapnq(data: Path) -> tuple[list[Article], list[Judged]]:
    articles: dict[str, Article] = {}
    questions = []
    for name, answered in (("answerable", 1), ("unanswerable", 0)):
        for line in (data / "clapnq_dev" / f"clapnq_dev_{name}.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            passage = record["passages"][0]
            articles.setdefault(passage["text"], (passage["title"], [passage["text"]]))
            questions.append((record["input"], answered))
    return list(articles.values()), questions


def xquad(data: Path, half: int) -> tuple[list[Article], list[Judged]]:
    records = json.loads((data / "xquad_en" / "xquad.en.json").read_text(encoding="utf-8"))["data"]
    articles = [(r["title"].replace("_", " "), [p["context"] for p in r["paragraphs"]]) for r in records[half::2]]
    questions = [
        (q["question"], int(i % 2 == half)) for i, r in enumerate(records) for p in r["paragraphs"] for q in p["qas"]
    ]
    return articles, questions


def measure(articles: Sequence[Article], questions: Sequence[Judged]) -> list[list[float]]:
    """The signs of every question over a scratch store of the articles."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "articles")
        folder.mkdir()
        for i, (title, paragraphs) in enumerate(articles):
            body = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
            (folder / f"{i:04}.txt").write_text(f"# {title}\n\n{body}\n", encoding="utf-8")
        with Engine(Config(store=Path(scratch, "store"))) as engine:
            engine.ingest([str(folder)])
            return [row(engine, question) for question, _ in questions]


def row(engine: Engine, question: str) -> list[float]:
    retriever = engine.retriever
    vector = retriever.encode(question)
    passages = retriever.search(question, vector, PASSAGES)
    terms = question_terms(retriever.catalogue, question)
    found = signs(vector, terms, passages, weigh(passages, terms, retriever.embedder, WEIGHED))
    return [found[name] for name in WEIGHTS]


def regression(rows: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> LogisticRegression:
    return LogisticRegression(C=10.0, max_iter=3000).fit(rows, labels, sample_weight=weights)


def report(names: Sequence[str], rows: np.ndarray, labels: np.ndarray, sets: np.ndarray) -> None:
    weights = np.array([1000 / (sets == one).sum() for one in sets])
    model = regression(rows, labels, weights)
    for name, weight in zip([*WEIGHTS, "intercept"], [*model.coef_[0], model.intercept_[0]], strict=True):
        print(f"{name:15} {weight:6.2f}")
    scores = np.zeros(len(labels))
    for train, test in StratifiedKFold(10, shuffle=True, random_state=0).split(rows, labels * 2 + sets):
        scores[test] = regression(rows[train], labels[train], weights[train]).predict_proba(rows[test])[:, 1]
    for i, name in enumerate(names):
        own = sets == i
        judge(f"{name}, ten folds", scores[own], labels[own])
        other = regression(rows[~own], labels[~own], weights[~own])
        judge(f"{name}, fitted on the other set", other.predict_proba(rows[own])[:, 1], labels[own])


def judge(name: str, scores: np.ndarray, labels: np.ndarray) -> None:
    print(f"{name}: AUROC {roc_auc_score(labels, scores):.3f}")
    for threshold in THRESHOLDS:
        declined = scores < threshold
        rightly, wrongly = declined[labels == 0].mean(), declined[labels == 1].mean()
        print(f"  threshold {threshold}: declines {rightly:.1%} rightly, {wrongly:.1%} wrongly")
    for low in np.arange(0, 1, 0.1):
        within = (scores >= low) & (scores < low + 0.1)
        if within.any():
            share = labels[within].mean()
            print(f"  confidence {low:.1f}-{low + 0.1:.1f}: {within.sum()} questions, answered {share:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    data = parser.parse_args().data
    rows, labels, sets = [], [], []
    for i, (articles, questions) in ((0, clapnq(data)), (1, xquad(data, 0)), (1, xquad(data, 1))):
        rows += measure(articles, questions)
        labels += [answered for _, answered in questions]
        sets += [i] * len(questions)
    report(["clapnq_dev", "xquad_en"], np.array(rows), np.array(labels), np.array(sets))


if __name__ == "__main__":
    main()
