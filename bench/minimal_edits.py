"""How often a sentence that was changed in one place is caught, and the same sentence unchanged is let through.

    python bench/minimal_edits.py [--show KIND]

From every gold sentence of the shared articles and of clapnq_dev a wrong twin is made by rule: another figure, date or
name, a "not" put in or taken out, "more" for "less". Statement and twin are judged on the paragraph of the sentence.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from fit_verification import passage_of

from rag.config import read_config
from rag.engine import Engine
from rag.evidence import Evidence, Line
from rag.timexes import MONTHS, WEEKDAYS
from rag.tokens import tokenize
from rag.verification import Verifier

SHARED = Path(__file__).resolve().parents[2] / "shared"
_FIGURE = re.compile(r"(?<![\w.,-])\d[\d,]*(?:\.\d+)?(?![\w,.]*\d)")
_NUMBER_WORD = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|forty|fifty|hundred)\b"
)
_WORDS = [
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "twelve",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "hundred",
]
_CALENDAR = re.compile(rf"\b(?:{'|'.join(name.title() for name in (*MONTHS, *WEEKDAYS) if name != 'may')})\b")
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*")
_AUXILIARY = re.compile(r"\b(is|are|was|were|has|have|had|will|would|can|could|should|did|does|do)\b(?! not| n't)")
_NOT = re.compile(r"\b(is|are|was|were|has|have|had|will|would|can|could|should|did|does|do) not\b")
_PAIRS = """more:less most:least higher:lower increased:decreased increase:decrease rose:fell larger:smaller
largest:smallest before:after first:last above:below greater:smaller longer:shorter earlier:later won:lost north:south
east:west high:low"""
_TURNS = dict(pair.split(":") for pair in _PAIRS.split())
_TURNS |= {two: one for one, two in _TURNS.items() if two not in _TURNS}
_TURN = re.compile(r"\b(?:" + "|".join(_TURNS) + r")\b")

Rule = Callable[[str, str, random.Random], str | None]


def figure(sentence: str, _: str, chance: random.Random) -> str | None:
    found = [m for m in _FIGURE.finditer(sentence) if not _YEAR.fullmatch(m.group())]
    words = list(_NUMBER_WORD.finditer(sentence))
    if found:
        match = chance.choice(found)
        digits = match.group()
        place = chance.randrange(len(digits))
        while not digits[place].isdigit():
            place = chance.randrange(len(digits))
        other = chance.choice([d for d in "123456789" if d != digits[place]])
        return _put(sentence, match, digits[:place] + other + digits[place + 1 :])
    if words:
        match = chance.choice(words)
        return _put(sentence, match, chance.choice([word for word in _WORDS if word != match.group()]))
    return None


def date(sentence: str, _: str, chance: random.Random) -> str | None:
    found = [*_CALENDAR.finditer(sentence), *_YEAR.finditer(sentence)]
    if not found:
        return None
    match = chance.choice(found)
    word = match.group()
    if word.isdigit():
        return _put(sentence, match, str(int(word) + chance.choice([-7, -3, -1, 1, 2, 10])))
    names = MONTHS if word.lower() in MONTHS else WEEKDAYS
    return _put(sentence, match, chance.choice([n.title() for n in names if n != word.lower() and n != "may"]))


def name(sentence: str, paragraph: str, chance: random.Random) -> str | None:
    found = [m for m in _NAME.finditer(sentence) if not _CALENDAR.search(m.group())]
    if not found:
        return None
    match = chance.choice(found)
    elsewhere = sorted({n for n in _NAME.findall(paragraph) if n not in sentence and not _CALENDAR.search(n)})
    strangers = ["Marlowe", "Anna Lindqvist", "Portugal", "Harrington", "Osaka", "Delgado"]
    return _put(sentence, match, chance.choice(elsewhere if elsewhere and chance.random() < 0.5 else strangers))


def negation(sentence: str, _: str, chance: random.Random) -> str | None:
    found = list(_NOT.finditer(sentence))
    if found:
        match = chance.choice(found)
        return _put(sentence, match, match.group(1))
    found = list(_AUXILIARY.finditer(sentence))
    if not found:
        return None
    match = chance.choice(found)
    return _put(sentence, match, f"{match.group(1)} not")


def more_or_less(sentence: str, _: str, chance: random.Random) -> str | None:
    found = list(_TURN.finditer(sentence))
    if not found:
        return None
    match = chance.choice(found)
    return _put(sentence, match, _TURNS[match.group()])


RULES: dict[str, Rule] = {"figure": figure, "date": date, "name": name, "negation": negation, "more/less": more_or_less}


def _put(sentence: str, match: re.Match[str], other: str) -> str:
    return sentence[: match.start()] + other + sentence[match.end() :]


def from_clapnq(engine: Engine) -> Iterator[tuple[str, Evidence]]:
    with open(SHARED / "data" / "clapnq_dev" / "clapnq_dev_answerable.jsonl", encoding="utf-8") as file:
        for number, row in enumerate(map(json.loads, file)):
            kept = [text for text in row["passages"][0]["sentences"] if text.strip()]
            passage = passage_of(str(number), kept)
            passage = replace(passage, metadata=replace(passage.metadata, title=row["passages"][0]["title"]))
            vectors = engine.embedder.encode(kept)
            lines = [
                Line(passage, span, text, tokenize(text), vector)
                for span, text, vector in zip(passage.paragraph.sentences, kept, vectors, strict=True)
            ]
            evidence = Evidence(passage, tuple(lines))
            for text in row["output"][0]["selected_sentences"]:
                if text in kept:
                    yield text, evidence


def from_articles(engine: Engine) -> Iterator[tuple[str, Evidence]]:
    from rag.confidence import question_terms
    from rag.evidence import gather
    from rag.extraction import weigh

    engine.ingest([str(SHARED / "seeds")])
    with open(SHARED / "seeds" / "questions.jsonl", encoding="utf-8") as file:
        for row in map(json.loads, file):
            terms = question_terms(engine.catalogue, row["question"])
            passages = engine.search(row["question"], 20).passages
            for gold in row.get("gold", []):
                for evidence in gather(weigh(passages, terms, engine.embedder)):
                    for line in evidence.lines:
                        if gold["contains"] in line.text:
                            yield line.text, evidence


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--show", metavar="KIND", help="print the misses of this kind (plain: sentences refused)")
    options = parser.parse_args()
    chance = random.Random(0)
    with tempfile.TemporaryDirectory() as folder, Engine(read_config(store=Path(folder))) as engine:
        pairs = list(
            {text: (text, evidence) for text, evidence in [*from_articles(engine), *from_clapnq(engine)]}.values()
        )
        verifier = Verifier(engine.embedder)
        let_through = [judged(verifier, text, evidence) for text, evidence in pairs]
        print(f"unchanged: {sum(let_through)} of {len(pairs)} supported ({sum(let_through) / len(pairs):.1%})")
        if options.show == "plain":
            print(*(text for (text, _), fine in zip(pairs, let_through, strict=True) if not fine), sep="\n")
        caught_all, total = 0, 0
        began = time.perf_counter()
        for kind, rule in RULES.items():
            twins = [(rule(text, evidence.text, chance), text, evidence) for text, evidence in pairs]
            kept = [(twin, text, evidence) for twin, text, evidence in twins if twin and twin != text]
            caught = [not judged(verifier, twin, evidence) for twin, _, evidence in kept]
            caught_all, total = caught_all + sum(caught), total + len(caught)
            print(f"{kind}: {sum(caught)} of {len(caught)} caught ({sum(caught) / len(caught):.1%})")
            if options.show == kind:
                show(kept, caught)
        each = (time.perf_counter() - began) / total * 1000
        print(f"all twins: {caught_all / total:.1%} caught; {each:.0f} ms each with embedding")


def judged(verifier: Verifier, text: str, evidence: Evidence) -> bool:
    """Whether it is let through as it is; a changed quotation that is put right is not."""
    verdict = verifier.verify(text, [evidence], [evidence])
    return verdict.support == "supported" and verdict.text == text


def show(kept: Sequence[tuple[str, str, Evidence]], caught: Sequence[bool]) -> None:
    for (twin, text, _), fine in zip(kept, caught, strict=True):
        if not fine:
            print(f"  {twin}\n  < {text}\n")


if __name__ == "__main__":
    sys.exit(main())
