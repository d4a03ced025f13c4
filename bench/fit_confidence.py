"""Fits the weights in rag/confidence.py on questions of two public sets whose answers are, or are not, in a store.

    python bench/fit_confidence.py [--data ../shared/data] [--cache DIR]

clapnq: all passages in one store; 300 questions they answer and 300 they only seem to.
xquad: every other article in one store, the rest in another; each is asked all 1,190 questions, of which it answers
about half. Both sets count the same. Prints the weights, and for each set in ten folds and fitted on the other alone:
AUROC, error rates at several thresholds, and of the questions in each bin of confidence the share that is answered.

Then false names: questions of xquad in which a name is put in the place of another, one from another article of the
store, or one that stands nowhere; what is declined of them. The weight of the sign `named` is not fitted but set:
what the articles do not answer in these sets is far off for other reasons too, and the fit gives it a fifth of it.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from asking_sets import Array, Asked, ask, asked_halves, asked_set, likeliest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from rag.confidence import STRICTNESS, WEIGHTS, signs
from rag.errors import RagError
from rag.eval_schema import JudgedQuestion, JudgedSet
from rag.extraction import WEIGHED
from rag.public_sets import read_set

SET_BY_HAND = "named"
FITTED = [name for name in WEIGHTS if name != SET_BY_HAND]
THRESHOLDS = sorted({0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, *STRICTNESS.values()})
NAME = re.compile(r"(?<=[a-z,] )([A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*)\b")
"""Not the first word, nor an abbreviation."""
SYLLABLES = "bra vel tok min dar lus kor fen zil mos pra gun hel tir nov sab".split()
SEED = 1


def row(asked: Asked) -> list[float]:
    """The signs of a question as an answer reckons them: of the few sentences that are embedded for it."""
    found = signs(asked.vector, asked.terms, asked.passages, likeliest(asked, WEIGHED))
    return [found[name] for name in WEIGHTS]


# --- false names -------------------------------------------------------------------------------------------------


def kind(question: str, name: re.Match[str]) -> tuple[bool, str]:
    """Names of one kind can stand in each other's place: as many words, after the same sort of word."""
    before = question[: name.start()].split()[-1].lower().strip(",")
    where = "place" if before in ("in", "at", "from", "to", "near") else before if before in ("the", "of", "by") else ""
    return " " in name.group(1), where


def false_names(judged: JudgedSet) -> tuple[list[JudgedQuestion], list[JudgedQuestion]]:
    """Questions with a name of another article, and the same with a made-up one; none of them has an answer."""
    rng = random.Random(SEED)
    pool: dict[tuple[bool, str], list[tuple[str, str]]] = {}
    for one in judged.questions:
        for found in NAME.finditer(one.question):
            pool.setdefault(kind(one.question, found), []).append((found.group(1), one.references[0].file))
    elsewhere, nowhere = [], []
    for one in judged.questions:
        names, file = list(NAME.finditer(one.question)), one.references[0].file
        if not names:
            continue
        taken, own = rng.choice(names), set(one.question.split())
        others = [
            name
            for name, of in pool[kind(one.question, taken)]
            if of != file and name not in judged.files[file] and not own & set(name.split())
        ]
        if others:
            made = " ".join("".join(rng.sample(SYLLABLES, 3)).capitalize() for _ in taken.group(1).split())
            for told, name in ((elsewhere, rng.choice(others)), (nowhere, made)):
                text = one.question[: taken.start()] + name + one.question[taken.end() :]
                told.append(JudgedQuestion(one.id, text))
    return elsewhere, nowhere


# --- fitting -----------------------------------------------------------------------------------------------------


def regression(rows: Array, labels: Array, weights: Array) -> LogisticRegression:
    return LogisticRegression(C=10.0, max_iter=3000).fit(rows[:, : len(FITTED)], labels, sample_weight=weights)


def confidences(model: LogisticRegression, rows: Array) -> Array:
    """By the fitted signs and the one that is set."""
    logit = model.decision_function(rows[:, : len(FITTED)]) + WEIGHTS[SET_BY_HAND] * (rows[:, len(FITTED)] - 1)
    chances: Array = 1 / (1 + np.exp(-logit))
    return chances


def report(names: Sequence[str], rows: Array, labels: Array, sets: Array) -> LogisticRegression:
    """The model fitted on all; prints what the sets give in ten folds and by the other one."""
    weights = np.array([1000 / (sets == one).sum() for one in sets])
    model = regression(rows, labels, weights)
    for name, weight in zip(
        [*FITTED, "intercept"], [*model.coef_[0], model.intercept_[0] - WEIGHTS[SET_BY_HAND]], strict=True
    ):
        print(f"{name:15} {weight:6.2f}")
    scores = np.zeros(len(labels))
    for train, test in StratifiedKFold(10, shuffle=True, random_state=0).split(rows, labels * 2 + sets):
        scores[test] = confidences(regression(rows[train], labels[train], weights[train]), rows[test])
    for i, name in enumerate(names):
        own = sets == i
        judge(f"{name}, ten folds", scores[own], labels[own])
        other = regression(rows[~own], labels[~own], weights[~own])
        judge(f"{name}, fitted on the other set", confidences(other, rows[own]), labels[own])
    return model


def judge(name: str, scores: Array, labels: Array) -> None:
    print(f"{name}: AUROC {roc_auc_score(labels, scores):.4f}")
    for threshold in THRESHOLDS:
        declined = scores < threshold
        rightly, wrongly = declined[labels == 0].mean(), declined[labels == 1].mean()
        print(f"  threshold {threshold}: declines {rightly:.1%} rightly, {wrongly:.1%} wrongly")
    for low in np.arange(0, 1, 0.1):
        within = (scores >= low) & (scores < low + 0.1)
        if within.any():
            share = labels[within].mean()
            print(f"  confidence {low:.1f}-{low + 0.1:.1f}: {within.sum()} questions, answered {share:.2f}")


def shares(scores: Array) -> Iterator[str]:
    for threshold in THRESHOLDS:
        yield f"{threshold}: {(scores < threshold).mean():.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, help="where `rag eval` keeps its scratch stores")
    options = parser.parse_args()
    try:
        judged = read_set("xquad", options.data)
        sets = [asked_set("clapnq", options.data, options.cache), asked_halves(judged, options.cache)]
        false = [ask(judged.files, questions, options.cache) for questions in false_names(judged)]
    except RagError as error:
        sys.exit(f"error: {error}")
    rows = np.array([row(one) for own in sets for one in own])
    labels = np.array([float(bool(one.gold)) for own in sets for one in own])
    model = report(["clapnq", "xquad"], rows, labels, np.repeat([0, 1], [len(own) for own in sets]))
    for name, own in zip(("of another article", "that stands nowhere"), false, strict=True):
        found = confidences(model, np.array([row(one) for one in own]))
        print(f"{len(own)} questions with a name {name}, declined: " + ", ".join(shares(found)))


if __name__ == "__main__":
    main()
