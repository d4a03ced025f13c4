"""Fits rag/sentences.json: which sentences of the passages answer a question. Prints how well, each set left out once.

    python bench/fit_sentences.py [--write] [--data ../shared/data] [--stores FOLDER]

Sets: lareqa_en (the one sentence that answers), clapnq_dev (the sentences that people chose; 597 passages in one
store) and chunking_eval (exact excerpts in five long documents). Every set is a store of its own and is asked through
the whole retrieval. `--stores` keeps the stores from one run to the next. Needs scikit-learn (extra `bench`); about
fifteen minutes on two cores, nearly all of it embedding.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from rag import sentence_ranking
from rag.confidence import question_terms
from rag.config import Config
from rag.engine import Engine
from rag.extraction import WEIGHED, sentence_text
from rag.schema import Passage, Sentence
from rag.sentence_ranking import MEANING, TAKING, WORDS, chances, score, taking_signs, word_signs
from rag.terms import Terms

PASSAGES = 8
L2 = 1.0
"""Strength of the regularisation; the weights hardly move between .1 and 10."""
Right = Callable[[Passage, Sentence], bool]
Quote = Sequence[tuple[Passage, Sentence]]


@dataclass
class Question:
    """A question, what is right, and, once it was asked, the sentences of its passages with their vectors."""

    text: str
    right: Right
    quality: Callable[[Quote], tuple[float, float]] | None = None
    """What a quotation is worth, and its precision."""
    terms: Terms = field(default_factory=lambda: Terms({}, {}))
    vector: np.ndarray | None = None
    found: list[tuple[Passage, Sentence]] = field(default_factory=list)
    signs: np.ndarray | None = None
    vectors: np.ndarray | None = None
    labels: np.ndarray | None = None


def letters(text: str) -> str:
    """What cleaning and quotation marks cannot change."""
    return "".join(char.lower() for char in text if char.isalnum())


def located(passage: Passage, sentence: Sentence) -> tuple[int, int]:
    """Where a sentence stands among the letters of its paragraph."""
    start, text = passage.paragraph.start, passage.paragraph.text
    first = len(letters(text[: sentence.start - start]))
    return first, first + len(letters(text[sentence.start - start : sentence.end - start]))


def same_text(passage: Passage, text: str) -> bool:
    one, other = letters(passage.paragraph.text), letters(text)
    return one[:60] == other[:60] and abs(len(one) - len(other)) < 0.05 * len(other) + 3


def spans(sentences: Sequence[str], whole: str) -> list[tuple[int, int]]:
    """Where sentences stand among the letters of a text; an empty span where one was changed by cleaning."""
    result, position = [], 0
    for sentence in map(letters, sentences):
        start = whole.find(sentence, position)
        result.append((start, start + len(sentence)) if start >= 0 else (0, 0))
        position = max(position, result[-1][1])
    return result


def overlap(one: tuple[int, int], other: tuple[int, int]) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


# --- the sets ----------------------------------------------------------------------------------------------------


def lareqa(data: Path) -> tuple[list[tuple[str, list[str]]], list[Question]]:
    records = json.loads((data / "lareqa_en" / "xquad_r.en.json").read_text(encoding="utf-8"))["data"]
    articles = [(r["title"].replace("_", " "), [p["context"] for p in r["paragraphs"]]) for r in records]
    asked = [(p["context"], qa) for r in records for p in r["paragraphs"] for qa in p["qas"]]
    return articles, [_lareqa_question(context, qa) for context, qa in asked]


def _lareqa_question(context: str, qa: dict) -> Question:
    answer = len(letters(context[: qa["answers"][0]["answer_start"]]))

    def right(passage: Passage, sentence: Sentence) -> bool:
        start, end = located(passage, sentence)
        return start <= answer < end and same_text(passage, context)

    def quality(quote: Quote) -> tuple[float, float]:
        hits = [right(*one) for one in quote]
        return float(any(hits)), float(np.mean(hits))

    return Question(qa["question"], right, quality)


def clapnq(data: Path) -> tuple[list[tuple[str, list[str]]], list[Question]]:
    articles: dict[str, tuple[str, list[str]]] = {}
    questions = []
    for name in ("answerable", "unanswerable"):
        for line in (data / "clapnq_dev" / f"clapnq_dev_{name}.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            passage = record["passages"][0]
            articles.setdefault(passage["text"], (passage["title"], [passage["text"]]))
            if name == "answerable":
                chosen = [set(one["selected_sentences"]) for one in record["output"] if one["selected_sentences"]]
                questions.append(_clapnq_question(record["input"], passage, chosen))
    return list(articles.values()), questions


def _clapnq_question(text: str, source: dict, chosen: list[set[str]]) -> Question:
    def marked(passage: Passage) -> list[tuple[tuple[int, int], str]]:
        return list(zip(spans(source["sentences"], letters(passage.paragraph.text)), source["sentences"], strict=True))

    def right(passage: Passage, sentence: Sentence) -> bool:
        """By at least one of those who were asked."""
        if not same_text(passage, source["text"]):
            return False
        own = located(passage, sentence)
        shared = [sum(overlap(own, span) for span, said in marked(passage) if said in one) for one in chosen]
        return max(shared, default=0) >= 0.5 * (own[1] - own[0])

    def quality(quote: Quote) -> tuple[float, float]:
        """F1 with the person it agrees with most; sentences of other passages are wrong."""
        own = [one for one in quote if same_text(one[0], source["text"])]
        if not own or not chosen:
            return 0.0, 0.0
        places = [located(*one) for one in own]
        said = {
            sentence
            for span, sentence in marked(own[0][0])
            if sum(overlap(span, place) for place in places) >= 0.5 * (span[1] - span[0]) > 0
        }
        count = len(said) + len(quote) - len(own)
        f1 = max(2 * len(said & one) / (count + len(one)) for one in chosen)
        return f1, len(said & set().union(*chosen)) / max(1, count)

    return Question(text, right, quality)


def chunking(data: Path) -> tuple[Path, list[Question]]:
    with (data / "chunking_eval" / "questions_df.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return data / "chunking_eval" / "corpora", [_excerpt_question(row) for row in rows]


def _excerpt_question(row: dict[str, str]) -> Question:
    excerpts = [(one["start_index"], one["end_index"]) for one in json.loads(row["references"])]
    wanted = {i for start, end in excerpts for i in range(start, end)}

    def inside(passage: Passage) -> bool:
        return Path(passage.path).stem == row["corpus_id"]

    def right(passage: Passage, sentence: Sentence) -> bool:
        own = (sentence.raw_start or 0, sentence.raw_end or 0)
        return inside(passage) and any(
            2 * overlap(own, one) >= min(own[1] - own[0], one[1] - one[0]) for one in excerpts
        )

    def quality(quote: Quote) -> tuple[float, float]:
        """Intersection over union of the characters quoted and the excerpts."""
        said = {
            i if inside(passage) else (passage.path, i)
            for passage, sentence in quote
            for i in range(sentence.raw_start or 0, sentence.raw_end or 0)
        }
        return len(said & wanted) / len(said | wanted), len(said & wanted) / max(1, len(said))

    return Question(row["question"], right, quality)


# --- asking ------------------------------------------------------------------------------------------------------


def ask_all(folder: Path, articles: Path | Sequence[tuple[str, list[str]]], questions: Sequence[Question]) -> None:
    """Ingests into a store in `folder` unless it is there, and measures every sentence of every question's passages."""
    store = folder / "store"
    with Engine(Config(store=store)) as engine:
        if not isinstance(articles, Path):
            written = folder / "articles"
            written.mkdir(parents=True, exist_ok=True)
            for i, (title, paragraphs) in enumerate(articles):
                body = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
                (written / f"{i:04}.txt").write_text(f"# {title}\n\n{body}\n", encoding="utf-8")
            articles = written
        engine.ingest([str(articles)])
        retriever = engine.retriever
        for question in questions:
            question.vector = retriever.encode(question.text)
            question.terms = question_terms(retriever.catalogue, question.text)
            measure(question, retriever.search(question.text, question.vector, PASSAGES))
        texts = sorted({sentence_text(p, (s,)) for q in questions for p, s in q.found}, key=len)
        vectors = dict(zip(texts, retriever.embedder.encode(texts), strict=True))
    for question in questions:
        question.vectors = np.array([vectors[sentence_text(p, (s,))] for p, s in question.found])


def measure(question: Question, passages: Sequence[Passage]) -> None:
    question.found, rows = [], []
    for rank, passage in enumerate(passages):
        signs = word_signs(question.terms, passage, rank)
        for sentence in passage.paragraph.sentences:
            question.found.append((passage, sentence))
            rows.append([signs[sentence.start][name] for name in WORDS])
    question.signs = np.array(rows)
    question.labels = np.array([question.right(*one) for one in question.found], float)


# --- fitting -----------------------------------------------------------------------------------------------------


def softmax_fit(rows: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Weights under which the right sentences of each question have the greatest share of its softmax."""
    rows = [(signs, labels) for signs, labels in rows if labels.any() and len(labels) > 1]
    everything = np.concatenate([signs for signs, _ in rows])
    mean, spread = everything.mean(0), everything.std(0) + 1e-9
    scaled = (everything - mean) / spread
    wanted = np.concatenate([labels / labels.sum() for _, labels in rows])
    sizes = [len(labels) for _, labels in rows]
    starts, group = np.cumsum([0, *sizes[:-1]]), np.repeat(np.arange(len(sizes)), sizes)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = scaled @ weights
        scores -= np.maximum.reduceat(scores, starts)[group]
        powers = np.exp(scores)
        shares = powers / np.add.reduceat(powers, starts)[group]
        value = -(wanted * np.log(shares + 1e-30)).sum() + L2 / 2 * weights @ weights
        return float(value), scaled.T @ (shares - wanted) + L2 * weights

    fitted: np.ndarray = minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B").x / spread
    return fitted


def shortlist(question: Question, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of the sentences that the first model picks, and the signs of the second of them."""
    if not question.found:
        return np.zeros(0, int), np.zeros((0, len(MEANING)))
    picked = np.sort(np.argsort(-(question.signs @ weights), kind="stable")[:WEIGHED])
    alike = question.vectors[picked] @ question.vector
    names = [question.found[i][0].paragraph_id for i in picked]
    behind = [own - max(a for a, n in zip(alike, names, strict=True) if n == name)
              for own, name in zip(alike, names, strict=True)]  # fmt: skip
    return picked, np.column_stack([question.signs[picked], alike, behind])


def fit(sets: Sequence[Sequence[Question]]) -> dict[str, dict[str, float]]:
    """All three models; every set counts as much as any other in the third."""
    questions = [question for one in sets for question in one]
    first = softmax_fit([(q.signs, q.labels) for q in questions if q.found])
    lists = {id(q): shortlist(q, first) for q in questions}
    second = softmax_fit([(rows, q.labels[picked]) for q in questions for picked, rows in [lists[id(q)]] if len(rows)])
    rows, labels, weights = [], [], []
    for one in sets:
        own = [(taking(q, lists[id(q)], second), q.labels[lists[id(q)][0]]) for q in one if q.found]
        count = sum(len(labels) for _, labels in own)
        for signs, right in own:
            rows.append(signs)
            labels.append(right)
            weights.append(np.full(len(right), 1000 / count))
    third = LogisticRegression(C=10.0, max_iter=5000)
    third.fit(np.concatenate(rows), np.concatenate(labels), sample_weight=np.concatenate(weights))
    return {
        "words": _named(WORDS, first),
        "meaning": _named(MEANING, second),
        "taking": {"intercept": round(float(third.intercept_[0]), 4)} | _named(TAKING, third.coef_[0]),
    }


def _named(names: Sequence[str], weights: np.ndarray) -> dict[str, float]:
    return {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)}


def taking(question: Question, picked: tuple[np.ndarray, np.ndarray], weights: np.ndarray) -> np.ndarray:
    places, rows = picked
    signs = taking_signs(list(rows @ weights), [question.found[i][0].paragraph_id for i in places], question.terms)
    return np.array([[one[name] for name in TAKING] for one in signs])


def rank(question: Question, model: dict[str, dict[str, float]]) -> tuple[list[tuple[Passage, Sentence]], list[float]]:
    """Sentences with their chances, best first."""
    picked, rows = shortlist(question, np.array([model["words"][name] for name in WORDS]))
    scores = [score(dict(zip(MEANING, row, strict=True)), model["meaning"]) for row in rows]
    names = [question.found[i][0].paragraph_id for i in picked]
    sure = chances(scores, names, question.terms, model["taking"])
    order = sorted(range(len(sure)), key=lambda i: -sure[i])
    return [question.found[picked[i]] for i in order], [sure[i] for i in order]


def report(name: str, questions: Sequence[Question], model: dict[str, dict[str, float]]) -> None:
    ranked = [rank(question, model) for question in questions]
    first = [bool(found) and q.right(*found[0]) for q, (found, _) in zip(questions, ranked, strict=True)]
    print(f"{name}: the first sentence is right {np.mean(first):.3f}")
    for least in (0.15, 0.2, 0.25, 0.3, 0.4):
        quotes = [[one for one, p in zip(*r, strict=True) if p >= least] or r[0][:1] for r in ranked]
        worth = np.mean([q.quality(quote) if quote else (0, 0) for q, quote in zip(questions, quotes, strict=True)], 0)
        many = np.mean([len(quote) for quote in quotes])
        print(f"  taken from {least}: worth {worth[0]:.3f}, precision {worth[1]:.3f}, {many:.2f} sentences")


def sets_in(data: Path, stores: Path) -> Iterator[tuple[str, list[Question]]]:
    for name, read in (("lareqa_en", lareqa), ("clapnq_dev", clapnq), ("chunking_eval", chunking)):
        articles, questions = read(data)
        ask_all(stores / name, articles, questions)
        print(f"{name}: {len(questions)} questions, {sum(len(q.found) for q in questions)} sentences", flush=True)
        yield name, questions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--stores", type=Path, help="folder of the stores; a temporary one by default")
    parser.add_argument("--write", action="store_true", help="write rag/sentences.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        sets = dict(sets_in(options.data, options.stores or Path(scratch)))
    everywhere(sets)
    final = fit(list(sets.values()))
    for name, questions in sets.items():
        report(f"{name}, fitted on all", questions, final)
    print(json.dumps(final, indent=1))
    if options.write:
        content = {"made_by": f"bench/fit_sentences.py on {', '.join(sets)}"} | final
        path = Path(sentence_ranking.__file__).with_name("sentences.json")
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def everywhere(sets: dict[str, list[Question]]) -> None:
    """Each set by models fitted on the others, and on one other alone."""
    for name, questions in sets.items():
        others = {other: own for other, own in sets.items() if other != name}
        report(f"{name}, left out", questions, fit(list(others.values())))
        for other, own in others.items():
            report(f"{name}, fitted on {other}", questions, fit([own]))


if __name__ == "__main__":
    sys.exit(main())
