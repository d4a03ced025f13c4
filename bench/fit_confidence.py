"""Fits the weights in rag/confidence.py on questions of two public sets whose answers are, or are not, in a store.

    python bench/fit_confidence.py --data ../shared/data

clapnq_dev: all 597 passages in one store; 300 questions they answer and 300 they only seem to.
xquad_en: every other article in a store; 300 questions about those, and 300 about the articles that were left out.
Prints the weights, cross-validated figures and the error rates at several thresholds.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from rag.confidence import WEIGHTS, question_terms, signs
from rag.config import Config
from rag.engine import Engine
from rag.extraction import weigh

Article = tuple[str, list[str]]
"""Title and paragraphs."""
Judged = tuple[str, int]
"""Question, and 1 if the store answers it."""
SAMPLE = 300


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


def xquad(data: Path) -> tuple[list[Article], list[Judged]]:
    records = json.loads((data / "xquad_en" / "xquad.en.json").read_text(encoding="utf-8"))["data"]
    articles = [(r["title"].replace("_", " "), [p["context"] for p in r["paragraphs"]]) for r in records[::2]]
    pick = random.Random(1)
    questions = []
    for answered, half in ((1, records[::2]), (0, records[1::2])):
        asked = [q["question"] for r in half for p in r["paragraphs"] for q in p["qas"]]
        questions += [(question, answered) for question in pick.sample(asked, SAMPLE)]
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
    passages = retriever.search(question, vector, 3)
    terms = question_terms(retriever.catalogue, question)
    found = signs(vector, terms, passages, weigh(passages, terms, retriever.embedder))
    return [found[name] for name in WEIGHTS]


def report(names: Sequence[str], rows: np.ndarray, labels: np.ndarray, sets: np.ndarray) -> None:
    model = LogisticRegression(C=10.0)
    scores = cross_val_predict(model, rows, labels, cv=10, method="predict_proba")[:, 1]
    model.fit(rows, labels)
    for i, name in enumerate(WEIGHTS):
        print(f"{name:15} weight {model.coef_[0][i]:5.2f}")
    print(f"{'intercept':15} weight {model.intercept_[0]:5.2f}")
    for i, name in enumerate(names):
        own = sets == i
        print(f"{name}: AUROC {roc_auc_score(labels[own], scores[own]):.3f} (10-fold)")
        for threshold in (0.3, 0.35, 0.4, 0.5, 0.6):
            declined = scores[own] < threshold
            rightly, wrongly = declined[labels[own] == 0].mean(), declined[labels[own] == 1].mean()
            print(f"  threshold {threshold}: declines {rightly:.1%} rightly, {wrongly:.1%} wrongly")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    data = parser.parse_args().data
    rows, labels, sets = [], [], []
    for i, (articles, questions) in enumerate((clapnq(data), xquad(data))):
        rows += measure(articles, questions)
        labels += [answered for _, answered in questions]
        sets += [i] * len(questions)
    report(["clapnq_dev", "xquad_en"], np.array(rows), np.array(labels), np.array(sets))


if __name__ == "__main__":
    main()
