"""Fits rag/sentences.json: which sentences of the passages answer a question. Prints how well, each set left out once.

    python bench/fit_sentences.py [--write] [--data ../shared/data] [--cache DIR]

Sets: lareqa (the one sentence that answers), clapnq (the sentences that any of several people chose) and chunking
(the exact excerpts in five long documents). Every set is asked through the whole retrieval, in the scratch store that
`rag eval` keeps of it. Needs scikit-learn (extra `bench`); minutes on two cores, nearly all of it embedding the
sentences."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
from asking_sets import Array, Asked, asked_set
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from rag import extraction, sentence_ranking
from rag.errors import RagError
from rag.eval_metrics import by_evidence, iou, sentence_choice
from rag.eval_schema import Place
from rag.extraction import WEIGHED, Candidate, candidates, choose
from rag.sentence_ranking import MEANING, TAKING, WORDS, taking_signs, word_signs

SETS = ("lareqa", "clapnq", "chunking")
L2 = 1.0
"""Strength of the regularisation; the weights hardly move between .1 and 10."""
RECALLS = (1.0, 1.3, 1.6, 2.0)
"""Values of `extraction.RECALL` that are reported."""
Model = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Measured:
    """A question as asked, with the n sentences of its passages."""

    asked: Asked
    signs: Array
    """(n, len(WORDS))."""
    right: Array
    """(n,) 1 or 0."""


def measure(asked: Asked) -> Measured:
    """The signs that need no embedding, of every sentence."""
    own = {one.paragraph_id: word_signs(asked.terms, one, rank) for rank, one in enumerate(asked.passages)}
    rows = [own[one.passage.paragraph_id][one.sentence.start] for one in asked.sentences]
    signs = np.array([[row[name] for name in WORDS] for row in rows]).reshape(-1, len(WORDS))
    return Measured(asked, signs, asked.right())


# --- fitting -----------------------------------------------------------------------------------------------------


def softmax_fit(rows: Iterable[tuple[Array, Array]]) -> Array:
    """Weights under which the right sentences of each question have the greatest share of its softmax."""
    kept = [(signs, right) for signs, right in rows if right.any() and len(right) > 1]
    everything = np.concatenate([signs for signs, _ in kept])
    mean, spread = everything.mean(0), everything.std(0) + 1e-9
    scaled = (everything - mean) / spread
    wanted = np.concatenate([right / right.sum() for _, right in kept])
    sizes = [len(right) for _, right in kept]
    starts, group = np.cumsum([0, *sizes[:-1]]), np.repeat(np.arange(len(sizes)), sizes)

    def loss(weights: Array) -> tuple[float, Array]:
        scores = scaled @ weights
        scores -= np.maximum.reduceat(scores, starts)[group]
        powers = np.exp(scores)
        shares = powers / np.add.reduceat(powers, starts)[group]
        value = -(wanted * np.log(shares + 1e-30)).sum() + L2 / 2 * weights @ weights
        return float(value), scaled.T @ (shares - wanted) + L2 * weights

    fitted: Array = minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B").x / spread
    return fitted


def shortlist(one: Measured, weights: Array) -> tuple[Array, Array]:
    """The k sentences that the first model picks: their places (k,), and the signs of the second, (k, len(MEANING))."""
    picked = np.sort(np.argsort(-(one.signs @ weights), kind="stable")[:WEIGHED])
    alike = np.array([one.asked.sentences[i].vector @ one.asked.vector for i in picked])
    names = np.array([one.asked.sentences[i].passage.paragraph_id for i in picked])
    behind = [own - alike[names == name].max() for own, name in zip(alike, names, strict=True)]
    return picked, np.column_stack([one.signs[picked], alike, behind])


def fit(sets: Sequence[Sequence[Measured]]) -> Model:
    """All three models; every set counts as much as any other in the third."""
    questions = [one for own in sets for one in own if len(one.right)]
    first = softmax_fit((one.signs, one.right) for one in questions)
    lists = {id(one): shortlist(one, first) for one in questions}
    second = softmax_fit((lists[id(one)][1], one.right[lists[id(one)][0]]) for one in questions)
    rows, right, weights = [], [], []
    for own in sets:
        found = [(taking(one, *lists[id(one)], second), one.right[lists[id(one)][0]]) for one in own if len(one.right)]
        count = sum(len(labels) for _, labels in found)
        rows += [signs for signs, _ in found]
        right += [labels for _, labels in found]
        weights += [np.full(len(labels), 1000 / count) for _, labels in found]
    third = LogisticRegression(C=10.0, max_iter=5000)
    third.fit(np.concatenate(rows), np.concatenate(right), sample_weight=np.concatenate(weights))
    return {
        "words": _named(WORDS, first),
        "meaning": _named(MEANING, second),
        "taking": {"intercept": round(float(third.intercept_[0]), 4)} | _named(TAKING, third.coef_[0]),
    }


def _named(names: Sequence[str], weights: Array) -> dict[str, float]:
    return {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)}


def taking(one: Measured, picked: Array, rows: Array, weights: Array) -> Array:
    """The signs of the third model of the sentences picked, (k, len(TAKING))."""
    names = [one.asked.sentences[i].passage.paragraph_id for i in picked]
    found = taking_signs(list(rows @ weights), names, one.asked.terms)
    return np.array([[signs[name] for name in TAKING] for signs in found])


# --- measuring ---------------------------------------------------------------------------------------------------


def quoted(one: Measured, model: Model) -> tuple[list[Candidate], list[Place]]:
    """What may be quoted, best first, and the sentences that an answer quotes, as the product has it."""
    picked, _ = shortlist(one, np.array([model["words"][name] for name in WORDS]))
    found = candidates(one.asked.vector, one.asked.terms, [one.asked.sentences[i] for i in picked])
    places = [
        Place(choice.places[0].passage.paragraph_id, sentence.start, sentence.end)
        for choice in choose(found)
        for sentence in choice.places[0].sentences
    ]
    return found, places


def figures(questions: Sequence[Measured], model: Model) -> dict[str, float]:
    """Means over the questions whose evidence is known, by the measures of `rag eval`."""
    rows = []
    for one in questions:
        found, places = quoted(one, model)
        ranked = [Place(c.passage.paragraph_id, c.sentences[0].start, c.sentences[0].end)
                  for c in found if len(c.sentences) == 1]  # fmt: skip
        first = by_evidence(ranked, one.asked.gold)[:1]
        rows.append(
            {"first right": float(bool(first and first[0].startswith("gold "))), "quoted": float(len(places))}
            | sentence_choice(places, one.asked.gold)
            | {"IoU": iou(places, one.asked.gold.evidence)}
        )
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def report(name: str, questions: Sequence[Measured], model: Model) -> None:
    """One line for each weight that recall may have in the choice."""
    with patch.object(sentence_ranking, "coefficients", lambda: model), \
            patch.object(extraction, "coefficients", lambda: model):  # fmt: skip
        for recall in RECALLS:
            with patch.object(extraction, "RECALL", recall):
                found = figures(questions, model)
            print(f"{name}, recall {recall}: " + ", ".join(f"{k} {v:.3f}" for k, v in found.items()), flush=True)


def everywhere(sets: Mapping[str, Sequence[Measured]]) -> None:
    """Each set by models fitted on the others."""
    for name, questions in sets.items():
        report(f"{name}, left out", questions, fit([own for other, own in sets.items() if other != name]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, help="where `rag eval` keeps its scratch stores")
    parser.add_argument("--write", action="store_true", help="write rag/sentences.json")
    options = parser.parse_args()
    sets = {}
    try:
        for name in SETS:
            found = asked_set(name, options.data, options.cache)
            sets[name] = [measure(one) for one in found if one.gold.sentences]
    except RagError as error:
        sys.exit(f"error: {error}")
    everywhere(sets)
    final = fit(list(sets.values()))
    for name, questions in sets.items():
        report(f"{name}, in-sample", questions, final)
    print(json.dumps(final, indent=1))
    if options.write:
        content: dict[str, object] = {"made_by": f"bench/fit_sentences.py on {', '.join(sets)}", **final}
        path = Path(sentence_ranking.__file__).with_name("sentences.json")
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
