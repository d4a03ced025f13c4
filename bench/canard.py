"""Follow-up questions completed by rule, and what they find, beside people's own rewrites of them.

    python bench/canard.py --data ../shared/data/canard_dev [--show 60]

The answers of the canard_dev dialogues (Elgohary and others 2019) are the corpus, 2,473 of them; a question should find
its own answer. R@1 and R@10 by the cosine of the packaged embedder. The conversation is told as `rag chat` keeps it:
the questions as they were completed, an unanswered one as declined; "titles" is the title of the page, as of an article
that was cited. First questions have no history. For changes of subject, people's rewrites of later questions are put
after a foreign dialogue, and must come back as they are.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rag.chat_schema import Exchange, Followup
from rag.config import read_config
from rag.embedding import Embedder
from rag.engine import Engine
from rag.followups import complete
from rag.lexical import words

UNANSWERED = ("I don't know.", "CANNOTANSWER")
FOREIGN = 701
"""How many questions further the foreign dialogue is taken from."""


@dataclass(frozen=True)
class Asked:
    """A question with its answer; `history` is page title, section title, then questions and answers in turn."""

    dialogue: str
    number: int
    question: str
    rewrite: str
    history: Sequence[str]
    answer: str


@dataclass
class Corpus:
    """The answers as vectors, and how rare their words are."""

    embedder: Embedder
    answers: Sequence[str]
    vectors: Any = None
    queries: dict[str, Any] = field(default_factory=dict)
    holding: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.vectors = self.embedder.encode(self.answers)
        for answer in self.answers:
            self.holding.update({word.lower().removesuffix("'s") for word in words(answer)})

    def rarity(self, terms: Sequence[str]) -> Mapping[str, float]:
        """As lexical.idf."""
        total = len(self.answers)
        counts = {term: self.holding[term.lower()] for term in terms}
        return {term: math.log(1 + (total - count + 0.5) / (count + 0.5)) for term, count in counts.items()}

    def ranks(self, queries: Sequence[str], answers: Sequence[str]) -> np.ndarray:
        """Rank of the own answer of each query, from 1."""
        new = sorted(set(queries) - self.queries.keys(), key=len)
        if new:
            self.queries.update(zip(new, self.embedder.encode(new, kind="query"), strict=True))
        at = {answer: i for i, answer in enumerate(self.answers)}
        scores = np.array([self.queries[query] for query in queries]) @ self.vectors.T
        own = scores[np.arange(len(queries)), [at[answer] for answer in answers]]
        return (scores > own[:, None]).sum(axis=1) + 1


def dialogues(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Turns of each dialogue, in order."""
    with gzip.open(folder / "dev.json.gz", "rt", encoding="utf-8") as file:
        records = json.load(file)
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in sorted(records, key=lambda record: record["Question_no"]):
        found[record["QuAC_dialog_id"]].append(record)
    return found


def answered(found: Mapping[str, Sequence[dict[str, Any]]]) -> list[Asked]:
    """Questions whose answer stands in the history of the next turn."""
    result = []
    for name, turns in found.items():
        after = {turn["Question_no"]: turn["History"] for turn in turns}
        for turn in turns:
            answer = after.get(turn["Question_no"] + 1, UNANSWERED)[-1]
            if answer not in UNANSWERED:
                number, question, rewrite = turn["Question_no"], turn["Question"], turn["Rewrite"]
                result.append(Asked(name, number, question, rewrite, turn["History"], answer))
    return result


def exchange(question: str, answer: str, title: str) -> Exchange:
    if answer in UNANSWERED:
        return Exchange(question)
    return Exchange(question, (answer,), (answer,), (title,) if title else ())


def completed(
    found: Mapping[str, Sequence[dict[str, Any]]], corpus: Corpus, titles: bool
) -> dict[tuple[str, int], Followup]:
    """Every question as it is asked of the corpus, each conversation told with the questions as they were completed."""
    result = {}
    for name, turns in found.items():
        history: list[Exchange] = []
        before = ""
        for turn in turns:
            if turn["Question_no"] > 1:
                title = turn["History"][0] if titles else ""
                history.append(exchange(before, turn["History"][-1], title))
            followup = complete(turn["Question"], history, corpus.rarity)
            before = followup.question
            result[name, turn["Question_no"]] = followup
    return result


def told(history: Sequence[str]) -> list[Exchange]:
    return [
        exchange(question, answer, history[0]) for question, answer in zip(history[2::2], history[3::2], strict=True)
    ]


def line(name: str, ranks: np.ndarray) -> None:
    print(f"| {name} | {len(ranks):,} | {np.mean(ranks <= 1):.3f} | {np.mean(ranks <= 10):.3f} |", flush=True)


def parts(asked: Sequence[Asked]) -> Iterator[tuple[str, np.ndarray]]:
    """Which questions belong to each part that is reported."""
    order = {name: i for i, name in enumerate(sorted({one.dialogue for one in asked}))}
    first = np.array([one.number == 1 for one in asked])
    odd = np.array([order[one.dialogue] % 2 == 1 for one in asked])
    yield from {
        "first questions": first,
        "later questions": ~first,
        "even dialogues": ~odd,
        "odd dialogues": odd,
    }.items()


def subject_changes(asked: Sequence[Asked], corpus: Corpus) -> None:
    """Rewrites of later questions after a foreign dialogue."""
    pairs = [(one, asked[(i + FOREIGN) % len(asked)]) for i, one in enumerate(asked) if one.number > 1]
    pairs = [(one, other) for one, other in pairs if other.number > 1 and one.dialogue != other.dialogue]
    found = [complete(one.rewrite, told(other.history), corpus.rarity).question for one, other in pairs]
    same = np.mean([text == one.rewrite for text, (one, _) in zip(found, pairs, strict=True)])
    print(f"\nchanges of subject: {same:.1%} of {len(pairs):,} come back as they are")
    line("rewrite alone", corpus.ranks([one.rewrite for one, _ in pairs], [one.answer for one, _ in pairs]))
    line("after a foreign dialogue", corpus.ranks(found, [one.answer for one, _ in pairs]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/canard_dev"))
    parser.add_argument("--show", type=int, default=0, help="print so many random questions as they were completed")
    options = parser.parse_args()
    found = dialogues(options.data)
    asked = answered(found)
    with Engine(read_config()) as engine:
        corpus = Corpus(engine.embedder, list(dict.fromkeys(one.answer for one in asked)))
    targets = [one.answer for one in asked]
    began = time.perf_counter()
    ours = {titles: completed(found, corpus, titles) for titles in (False, True)}
    spent = (time.perf_counter() - began) / (2 * sum(map(len, found.values())))
    ways = {
        "as typed": [one.question for one in asked],
        "people's rewrite": [one.rewrite for one in asked],
        "last answer before it": [f"{one.history[-1]} {one.question}" for one in asked],
        "by rule, no titles": [ours[False][one.dialogue, one.number].question for one in asked],
        "by rule, titles known": [ours[True][one.dialogue, one.number].question for one in asked],
    }
    print(f"{len(asked):,} questions, {len(corpus.answers):,} answers; {1000 * spent:.1f} ms a question\n")
    print("| question | n | R@1 | R@10 |\n|---|---|---|---|")
    ranks = {name: corpus.ranks(queries, targets) for name, queries in ways.items()}
    for name in ways:
        line(name, ranks[name])
    for part, chosen in parts(asked):
        for name in ways:
            line(f"{name}, {part}", ranks[name][chosen])
    subject_changes(asked, corpus)
    for one in random.Random(1).sample([one for one in asked if one.number > 1], options.show):
        print(f"\n{one.history[0]} | {one.history[-2]} | {one.history[-1]}\n  {one.question}\n  {one.rewrite}")
        print("\n".join(f"  {ours[titles][one.dialogue, one.number].question}" for titles in (False, True)))


if __name__ == "__main__":
    main()
