"""Fits the weights in rag/confidence.py on clapnq_dev: 300 questions its passages answer, 300 they do not.

    python bench/fit_confidence.py --data ../shared/data/clapnq_dev

Ingests the 597 passages into a scratch store, asks every question, and fits a logistic regression over the signs.
Prints the weights, cross-validated figures and the error rates at the threshold.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from rag.confidence import WEIGHTS, question_terms, signs
from rag.config import Config
from rag.engine import Engine
from rag.extraction import candidates


def records(data: Path) -> Iterator[tuple[dict, int]]:
    for name, answerable in (("answerable", 1), ("unanswerable", 0)):
        with open(data / f"clapnq_dev_{name}.jsonl", encoding="utf-8") as lines:
            yield from ((json.loads(line), answerable) for line in lines)


def write_articles(data: Path, folder: Path) -> None:
    seen: set[str] = set()
    for record, _ in records(data):
        passage = record["passages"][0]
        if passage["text"] not in seen:
            seen.add(passage["text"])
            (folder / f"{len(seen):04}.txt").write_text(
                f"# {passage['title']}\n\n{passage['text']}\n", encoding="utf-8"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/clapnq_dev"))
    data = parser.parse_args().data
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "articles")
        folder.mkdir()
        write_articles(data, folder)
        with Engine(Config(store=Path(scratch, "store"))) as engine:
            engine.ingest([str(folder)])
            rows, labels = measure(engine, data)
    report(np.array(rows), np.array(labels))


def measure(engine: Engine, data: Path) -> tuple[list[list[float]], list[int]]:
    rows, labels = [], []
    retriever = engine.retriever
    for record, answerable in records(data):
        question = record["input"]
        vector = retriever.encode(question)
        passages = retriever.search(question, vector, 8)
        terms = question_terms(retriever.catalogue, question)
        found = signs(terms, passages, candidates(vector, terms, passages, retriever.embedder))
        rows.append([found[name] for name in WEIGHTS])
        labels.append(answerable)
    return rows, labels


def report(rows: np.ndarray, labels: np.ndarray) -> None:
    model = LogisticRegression(C=10.0)
    scores = cross_val_predict(model, rows, labels, cv=10, method="predict_proba")[:, 1]
    model.fit(rows, labels)
    print("AUROC, 10-fold:", round(roc_auc_score(labels, scores), 3))
    for i, name in enumerate(WEIGHTS):
        print(f"  {name}: alone {roc_auc_score(labels, rows[:, i]):.3f}, weight {model.coef_[0][i]:.2f}")
    print(f"  intercept {model.intercept_[0]:.2f}")
    for threshold in (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7):
        declined = scores < threshold
        print(
            f"threshold {threshold}: declines {declined[labels == 0].mean():.1%} of the unanswerable, "
            f"{declined[labels == 1].mean():.1%} of the answerable"
        )


if __name__ == "__main__":
    main()
