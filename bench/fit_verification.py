"""Fits the weights in rag/support.json and prints how well they and the whole verifier judge.

    python bench/fit_verification.py [--write]

Reads attributionbench_dev and wice_dev in ../shared/data. Every source set is judged by weights fitted on the others.
Prints a table of calibration too: of the claims given such a probability, the share that people found supported.
Needs scikit-learn (extra `bench`); about four minutes on two cores, most of them embedding.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rag import support
from rag.config import read_config
from rag.engine import Engine
from rag.evidence import Evidence, Line
from rag.schema import Metadata, Paragraph, Passage, Sentence
from rag.sentences import split_sentences
from rag.support import SIGNS, measure
from rag.tokens import telling, tokenize
from rag.verification import Verifier

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SETS = ("AttributedQA", "LFQA", "ExpertQA", "Stanford-GenSearch")
MOST_LINES = 60
"""Sentences of one claim's sources that are embedded: those that share most words with it."""
C = 0.1
"""Inverse strength of the regularisation; .03 to 1 give the same to .01."""


@dataclass
class Claim:
    """A claim, the sentences it is said to rest on, and whether people found that they bear it out."""

    text: str
    sources: list[str]
    label: int
    source_set: str
    lines: list[Line] = field(default_factory=list)
    vector: np.ndarray | None = None


def sentences(text: str) -> list[str]:
    return [line[s.start : s.end] for line in text.split("\n") for s in split_sentences(line)]


def attributionbench() -> Iterator[Claim]:
    with gzip.open(DATA / "attributionbench_dev" / "dev_all_subset_balanced.jsonl.gz", "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            claim = re.sub(r"\s*\[\d+\]", "", row["claim"]).strip()
            sources = []
            for reference in row["references"]:
                text = re.sub(r"^\[\d+\]\s*\S+\n", "", reference)
                sources += sentences(re.sub(r"^(?:Title|Text):\s*", "", text, flags=re.M))
            yield Claim(claim, sources, int(row["attribution_label"] == "attributable"), row["src_dataset"])


def wice() -> Iterator[Claim]:
    with gzip.open(DATA / "wice_dev" / "wice_claim_dev.jsonl.gz", "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            yield Claim(row["claim"], row["evidence"], int(row["label"] == "supported"), "wice")


def shortlist(claim: Claim) -> list[str]:
    """The sentences that share most words with the claim, in their order."""
    kept = [text for text in claim.sources if text.strip()]
    keys = {token.key for token in telling(tokenize(claim.text))}
    shared = [len(keys & {token.key for token in tokenize(text)}) for text in kept]
    best = sorted(range(len(kept)), key=lambda i: (-shared[i], i))[:MOST_LINES]
    return [kept[i] for i in sorted(best)]


def prepare(claims: list[Claim]) -> None:
    """Embed every claim and sentence once, each as a paragraph of one article."""
    lists = [shortlist(claim) for claim in claims]
    texts = sorted({*(claim.text for claim in claims), *(text for texts in lists for text in texts)}, key=len)
    with Engine(read_config()) as engine:
        vectors = dict(zip(texts, engine.embedder.encode(texts), strict=True))
    for number, (claim, kept) in enumerate(zip(claims, lists, strict=True)):
        claim.vector = vectors[claim.text]
        passage = passage_of(str(number), kept)
        claim.lines = [
            Line(passage, sentence, text, tokenize(text), vectors[text])
            for sentence, text in zip(passage.paragraph.sentences, kept, strict=True)
        ]


def passage_of(name: str, texts: list[str]) -> Passage:
    spans, start = [], 0
    for text in texts:
        spans.append(Sentence(start, start + len(text)))
        start += len(text) + 1
    paragraph = Paragraph(1, "body", " ".join(texts), 0, max(0, start - 1), tuple(spans))
    return Passage(f"{name}#1", name, paragraph, name, Metadata(), 1.0)


class Known:
    """Vectors that are already there."""

    def __init__(self, vectors: dict[str, np.ndarray]) -> None:
        self.vectors = vectors

    def encode(self, texts: list[str], **_: object) -> np.ndarray:
        return np.stack([self.vectors[text] for text in texts])


def regression() -> object:
    return make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=1000))


def fold(model: object) -> dict[str, float]:
    """Weights for signs as they are measured, the scaling worked in."""
    scaler, regression = model[0], model[-1]
    weights = regression.coef_[0] / scaler.scale_
    intercept = float(regression.intercept_[0] - weights @ scaler.mean_)
    return {"intercept": round(intercept, 4)} | {n: round(float(w), 4) for n, w in zip(SIGNS, weights, strict=True)}


def weighted(weights: dict[str, float], signs: np.ndarray) -> np.ndarray:
    logit = weights["intercept"] + signs @ np.array([weights[name] for name in SIGNS])
    return 1 / (1 + np.exp(-logit))


def verdicts(claims: list[Claim], weights: dict[str, float]) -> np.ndarray:
    """1 where the whole verifier, with its checks of figures and names, says "supported"."""

    verifier = Verifier(Known({claim.text: claim.vector for claim in claims}), weights=weights)
    result = []
    for claim in claims:
        evidence = [Evidence(claim.lines[0].passage, tuple(claim.lines))] if claim.lines else []
        result.append(int(verifier.verify(claim.text, evidence, evidence).support == "supported"))
    return np.array(result)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="write rag/support.json")
    options = parser.parse_args()
    claims = [*attributionbench(), *wice()]
    prepare(claims)
    signs = np.array([list(measure(tokenize(c.text), c.vector, c.lines).values()) for c in claims])
    labels = np.array([claim.label for claim in claims])
    sets = np.array([claim.source_set for claim in claims])
    ours, judged = np.zeros(len(claims)), np.zeros(len(claims))
    began = time.perf_counter()
    for name in SETS:
        part = sets == name
        weights = fold(regression().fit(signs[~part], labels[~part]))
        ours[part] = weighted(weights, signs[part])
        judged[part] = verdicts([c for c in claims if c.source_set == name], weights)
    bench = sets != "wice"
    took = time.perf_counter() - began
    report("attributionbench_dev, each set left out", labels[bench], ours[bench], judged[bench])
    for name in SETS:
        report(f"  {name}", labels[sets == name], ours[sets == name], judged[sets == name])
    scores = [f1_score(labels[sets == name], ours[sets == name] > 0.5, average="macro") for name in SETS]
    print(f"  mean macro-F1 of the four sets {statistics.mean(scores):.3f}")
    folds = StratifiedKFold(10, shuffle=True, random_state=0)
    mixed = cross_val_predict(regression(), signs[bench], labels[bench], cv=folds, method="predict_proba")[:, 1]
    print(f"attributionbench_dev, ten folds: macro-F1 {f1_score(labels[bench], mixed > 0.5, average='macro'):.3f}")
    weights = fold(regression().fit(signs[bench], labels[bench]))
    wice_chance = weighted(weights, signs[~bench])
    wice_judged = verdicts([c for c in claims if c.source_set == "wice"], weights)
    report("wice_dev, left out", labels[~bench], wice_chance, wice_judged)
    calibration("attributionbench_dev", labels[bench], ours[bench], judged[bench])
    calibration("wice_dev", labels[~bench], wice_chance, wice_judged)
    lines = statistics.mean(len(claim.lines) for claim in claims if claim.source_set != "wice")
    print(f"verification takes {took / bench.sum() * 1000:.1f} ms a claim of {lines:.0f} sentences, its vectors given")
    final = fold(regression().fit(signs, labels))
    print(json.dumps(final, indent=1))
    if options.write:
        content = {"made_by": "bench/fit_verification.py on attributionbench_dev and wice_dev", "weights": final}
        path = Path(support.__file__).with_name("support.json")
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def calibration(name: str, labels: np.ndarray, chance: np.ndarray, judged: np.ndarray) -> None:
    """Of the claims in each bin of probability: how many there are, and the shares supported and called so."""
    print(f"calibration, {name}: probability, claims, supported, called supported")
    for low in np.arange(0, 1, 0.1):
        within = (chance >= low) & (chance < low + 0.1)
        if within.any():
            shares = f"{labels[within].mean():.2f}  {judged[within].mean():.2f}"
            print(f"  {low:.1f}-{low + 0.1:.1f}  {within.sum():4d}  {shares}")


def report(name: str, labels: np.ndarray, chance: np.ndarray, judged: np.ndarray) -> None:
    f1 = f1_score(labels, chance > 0.5, average="macro")
    whole = f1_score(labels, judged, average="macro")
    right = labels[judged == 1].mean() if judged.any() else float("nan")
    print(
        f"{name}: macro-F1 {f1:.3f} (whole verifier {whole:.3f}), AUROC {roc_auc_score(labels, chance):.3f}; "
        f"called supported {judged.mean():.2f}, of these right {right:.2f}"
    )


if __name__ == "__main__":
    sys.exit(main())
