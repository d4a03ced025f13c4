"""The figures behind the weights in rag/fusion.py, on the public sets that `rag eval` reads.

    python bench/fit_fusion.py --data ../shared/data [--cache DIR] [--limit N] [SET…]

Each set is put in the scratch store that `rag eval` keeps of it, and what the parts of the search say of every
paragraph found is taken once for each question. All the rest is arithmetic on these numbers. Prints two tables:

1. nDCG@10 of the dense part alone, of BM25 alone, of the fusion as it ships, and as it ships without each of its parts
   and without the scaling by the number of words.
2. Leave one set out: of random weightings around the shipped one that which is best on the other sets, and its figure
   on the set that was left out, beside the shipped and the best possible one.

"lareqa, sentences" is lareqa with every sentence as a paragraph of its own; its figure is R@1. By paragraphs lareqa and
xquad ask the same. Figures are of the retriever alone: `rag eval` also reads filters out of a question.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag.config import Config, read_config
from rag.engine import Engine
from rag.errors import RagError
from rag.eval_schema import Gold, JudgedQuestion, JudgedSet
from rag.evaluating import scratch_engine, spread
from rag.fusion import ARTICLE, COVER, LEXICAL, PAIRS, USUAL_WORDS, Evidence
from rag.lexical import query_terms
from rag.locating import Locator
from rag.public_sets import SETS, place, read_set
from rag.retrieval import Retriever
from rag.set_files import SetFiles

Array = np.ndarray[Any, np.dtype[np.float64]]
Places = np.ndarray[Any, np.dtype[np.int64]]

SENTENCES = "lareqa, sentences"
NAMES = (*SETS, SENTENCES)
DEPTH = {SENTENCES: 1}
"""Hits of a ranking that count, where they are not ten. nDCG@1 is R@1 where one answer is right."""
ALIKE = {"lareqa": "xquad", SENTENCES: "xquad"}
"""Sets of the same articles and questions as another: they are left out together, and count as one."""
PARTS = ("cover", "pairs", "BM25", "article BM25")
SHIPPED = (COVER, PAIRS, LEXICAL, ARTICLE)
WEIGHTINGS = 200
RANGE = 4.0
"""A weight is drawn between a quarter and four times the shipped one, as likely below as above."""
SEED = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """The n paragraphs found for a question, in the order of their ids, and which of its answers they are."""

    dense: Array
    """(n,) cosines."""
    parts: Array
    """(n, 4), 0 to 1, in the order of `PARTS`."""
    ranks: Array
    """(n, 2) in the dense part and by BM25, from 1; infinite where not found."""
    starts: Places
    """(m,) where each answer that is ranked begins: every paragraph, or the first one of every article."""
    right: Places
    """Which of the m are right."""
    wanted: int
    """How many are right in all, found or not."""
    words: int
    """Telling words of the question."""


def asked(names: Sequence[str], found: Sequence[Evidence], gold: Gold, words: int) -> Asked:
    """The evidence as arrays; `names` are the ids of the paragraphs, ascending.

    What is ranked are paragraphs, or articles by their best paragraph where the set names nothing smaller.
    """
    wanted = gold.paragraphs or gold.articles
    ranked = list(names) if gold.paragraphs else [name.rpartition("#")[0] for name in names]
    starts = [i for i, name in enumerate(ranked) if not i or name != ranked[i - 1]]
    parts = np.array([(e.cover, e.pairs, e.lexical, e.article) for e in found], dtype=np.float64).reshape(-1, 4)
    # BM25 counts as a share of the best hit's, as in `fuse`.
    best = parts[:, 2:].max(axis=0, initial=0.0)
    parts[:, 2:] /= np.where(best > 0, best, 1.0)
    return Asked(
        np.array([e.dense for e in found]),
        parts,
        np.array([(e.dense_rank or math.inf, e.lexical_rank or math.inf) for e in found]).reshape(-1, 2),
        np.array(starts, dtype=np.int64),
        np.array([i for i, start in enumerate(starts) if ranked[start] in set(wanted)], dtype=np.int64),
        len(set(wanted)),
        words,
    )


def ask(retriever: Retriever, question: str, gold: Gold) -> Asked:
    """What the retriever reckons before it fuses."""
    words = len(query_terms(question))
    found = retriever._ranked(retriever._evidence(question, retriever.encode(question), None), words)
    found = sorted(found, key=lambda one: one.paragraph_id)
    return asked([one.paragraph_id for one in found], [one.evidence for one in found], gold, words)


def scores(one: Asked, weightings: Array, *, scaled: bool = True) -> Array:
    """(n, w) for w weightings, (w, 4): the sum of `fuse`, which is divided by the same for all."""
    trust = math.sqrt(one.words / USUAL_WORDS) if scaled else 1.0
    # No matrix product: equal candidates must come out equal to the last bit.
    words: Array = np.sum(one.parts[:, :, None] * weightings.T[None], axis=1)
    return one.dense[:, None] + trust * words


def ndcg(one: Asked, scored: Array, depth: int = 10) -> Array:
    """nDCG of w rankings, from scores (n, w): (w,). Ties by id; what scores minus infinity was not found."""
    gain = np.zeros(scored.shape[1])
    if len(one.right):
        best = np.maximum.reduceat(scored, one.starts, axis=0)
        for i in one.right:
            before = (best > best[i]).sum(axis=0) + (best[:i] == best[i]).sum(axis=0)
            gain += np.where((before < depth) & np.isfinite(best[i]), 1 / np.log2(before + 2), 0.0)
    return gain / sum(1 / math.log2(i + 2) for i in range(min(depth, one.wanted)))


def mean(figures: Iterable[Array]) -> Array:
    """Of arrays of one shape, place by place."""
    found: Array = np.mean(list(figures), axis=0)
    return found


@dataclass(frozen=True, slots=True)
class Measured:
    """A set with the evidence of its questions."""

    name: str
    questions: Sequence[Asked]

    @property
    def depth(self) -> int:
        return DEPTH.get(self.name, 10)

    def fused(self, weightings: Array, *, scaled: bool = True) -> Array:
        """(w,) mean over the questions."""
        return mean(ndcg(one, scores(one, weightings, scaled=scaled), self.depth) for one in self.questions)

    def alone(self) -> Array:
        """(2,) means of the dense part and of BM25."""
        return mean(ndcg(one, -one.ranks, self.depth) for one in self.questions)


def ablations() -> Array:
    """(5, 4) the shipped weights, and these without each part in turn."""
    return np.array(SHIPPED) * np.vstack([np.ones(4), 1 - np.eye(4)])


def weightings(count: int = WEIGHTINGS, seed: int = SEED) -> Array:
    """(count + 1, 4) the shipped weights, then random ones."""
    drawn = RANGE ** np.random.default_rng(seed).uniform(-1, 1, (count, len(SHIPPED)))
    return np.array(SHIPPED) * np.vstack([np.ones(len(SHIPPED)), drawn])


def family(name: str) -> str:
    return ALIKE.get(name, name)


def together(figures: Mapping[str, Array], names: Sequence[str]) -> Array:
    """(w,) mean over the families of these sets, each the mean of its sets."""
    families = dict.fromkeys(map(family, names))
    return mean(mean(figures[name] for name in names if family(name) == one) for one in families)


def chosen_without(figures: Mapping[str, Array], left_out: str) -> int:
    """Which weighting is the best on the sets of other families, of equal ones the first. Raises ValueError if none."""
    others = [name for name in figures if family(name) != family(left_out)]
    if not others:
        raise ValueError(f"nothing to choose weights on without {left_out}; name more sets")
    return int(np.argmax(together(figures, others)))


def read(name: str, data: Path) -> JudgedSet:
    """A set by its name. Raises InputError."""
    if name != SENTENCES:
        return read_set(name, data)
    read_set("lareqa", data)  # says what is wrong with the files
    return sentence_set(place("lareqa", data) or data)


def sentence_set(folder: Path) -> JudgedSet:
    """lareqa with a paragraph for each of the set's own sentences."""
    files, questions = SetFiles(), []
    for article in json.loads((folder / "xquad_r.en.json").read_text(encoding="utf-8"))["data"]:
        held = [(p, start, end) for p in article["paragraphs"] for start, end in p["sentence_breaks"]]
        texts = [p["context"][start:end] for p, start, end in held]
        name = files.add(article["title"].replace("_", " "), texts)
        for i, (paragraph, start, end) in enumerate(held):
            for one in paragraph["qas"]:
                if start <= one["answers"][0]["answer_start"] < end:
                    reference = files.reference(name, texts[i], i, whole=True)
                    questions.append(JudgedQuestion(one["id"], one["question"], (reference,)))
    return JudgedSet(SENTENCES, files.contents, tuple(questions))


def measured(names: Iterable[str], data: Path, config: Config, limit: int) -> Iterator[Measured]:
    """Each set in turn; how long it took is told on stderr. Raises InputError."""
    for name in dict.fromkeys(names):
        began = time.perf_counter()
        yield measure(config, read(name, data), limit)
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)


def measure(config: Config, judged: JudgedSet, limit: int) -> Measured:
    """The evidence of the set's questions that have an answer, from its scratch store."""
    with Engine(config) as own, scratch_engine(own, judged.files) as engine:
        locator, retriever, found = Locator(engine.catalogue), engine.retriever, []
        for question in spread([one for one in judged.questions if one.references], limit):
            gold = locator.locate(question)
            if gold:
                found.append(ask(retriever, question.question, gold))
    return Measured(judged.name, found)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """In Markdown, names on the left and figures on the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown(figure: float) -> str:
    return f"{figure:.3f}".removeprefix("0")


def parts_table(sets: Sequence[Measured]) -> str:
    header = ["set", "questions", "dense", "BM25", "as shipped", *(f"no {part}" for part in PARTS), "words not scaled"]
    rows = []
    for one in sets:
        unscaled = one.fused(ablations()[:1], scaled=False)
        figures = [*one.alone(), *one.fused(ablations()), *unscaled]
        rows.append([label(one.name), str(len(one.questions)), *map(shown, figures)])
    return table(header, rows)


def label(name: str) -> str:
    return f"{name} (R@1)" if DEPTH.get(name) == 1 else name


def left_out_rows(figures: Mapping[str, Array], drawn: Array) -> Iterator[list[str]]:
    for name, own in figures.items():
        at = chosen_without(figures, name)
        row = [own[0], own[at], own.max(), np.median(own), own.std()]
        yield [label(name), *map(shown, row), " ".join(map(shown, drawn[at]))]


def left_out_table(sets: Sequence[Measured]) -> str:
    drawn = weightings()
    figures = {one.name: one.fused(drawn) for one in sets}
    overall = together(figures, list(figures))
    best, above = int(np.argmax(overall)), int((overall > overall[0]).sum())
    note = (
        f"The mean over all sets is {shown(overall[0])} as shipped and {shown(overall[best])} at best, with the "
        f"weights {' '.join(map(shown, drawn[best]))}; {above} of {len(drawn) - 1} are above the shipped one."
    )
    header = ["left out", "as shipped", "chosen on the others", "best possible", "median", "s.d.", "chosen weights"]
    return f"{table(header, list(left_out_rows(figures, drawn)))}\n\n{note}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", metavar="SET", nargs="*", help=f"of {'; '.join(NAMES)}; all of them by default")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", help="where `rag eval` keeps its scratch stores, if not where it is configured")
    parser.add_argument("--limit", type=int, default=0, help="questions of a set at most, spread evenly over it")
    options = parser.parse_args()
    unknown = set(options.sets) - set(NAMES)
    if unknown:
        parser.error(f"no set {min(unknown)!r}; there are {'; '.join(NAMES)}")
    try:
        sets = list(measured(options.sets or NAMES, options.data, read_config(cache=options.cache), options.limit))
    except RagError as error:
        sys.exit(f"error: {error}")
    print(parts_table(sets))
    if len({family(one.name) for one in sets}) > 1:
        print(f"\n{left_out_table(sets)}")


if __name__ == "__main__":
    main()
