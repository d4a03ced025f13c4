"""The static embedding beside the model it is made of: how fast it is, what it finds, and what answers are worth.

    python bench/static.py [--data ../shared/data] [--cache DIR] [--limit N] [--no-answers] [SET…]

Rates are of one run, turn and turn about, on the paragraphs of the first set: the encoders alone, and
`Engine.ingest` of its files into an empty store. The figures of each set are those of `rag eval`, in the scratch stores
that it keeps.
Goals: 50 times the encoder's rate; nDCG@10 of the whole search on clapnq and lareqa at least 93 % of the encoder's.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

from rag.config import Config, read_config
from rag.embedding import DEFAULT, STATIC, Embedder
from rag.engine import Engine
from rag.errors import RagError
from rag.eval_schema import JudgedSet
from rag.eval_stores import fill
from rag.evaluating import EvalOptions, evaluate_set
from rag.public_sets import read_set

SETS = ("clapnq", "lareqa")
MODELS = (DEFAULT, STATIC)
FIGURES = (
    "paragraph nDCG@10", "dense nDCG@10", "lexical nDCG@10", "sentence R@1", "sentence F1", "abstention AUROC",
    "rightly declined", "wrongly declined", "ask p50",
)  # fmt: skip
"""What is printed of a run, where it has it."""
ROUNDS = 3
CHUNKS = 96
"""Embedded by the encoder in one round."""
TIMES = 50
"""So often the static embedding gets the same: a time too short cannot be measured."""
SHORT = 60
"""Characters: what is shorter is a heading."""


@contextmanager
def no_bar(what: str, steps: int) -> Iterator[Callable[[], None]]:
    """What is being done, once, on stderr."""
    print(f"{what}: {steps}", file=sys.stderr)
    yield lambda: None


def paragraphs(judged: JudgedSet) -> list[str]:
    """The texts of a set as its files hold them, a paragraph each."""
    found = (part.strip() for _, text in sorted(judged.files.items()) for part in text.split("\n\n"))
    return [part for part in found if len(part) > SHORT]


def rate(embedder: Embedder, texts: Sequence[str]) -> tuple[float, float]:
    """Texts a second, on the clock and by the processor's time."""
    began, began_cpu = time.perf_counter(), time.process_time()
    embedder.encode(texts)
    return len(texts) / (time.perf_counter() - began), len(texts) / (time.process_time() - began_cpu)


def rates(config: Config, texts: Sequence[str]) -> None:
    """Both encoders on the same texts, by turns; the quicker one gets them many times over."""
    with ExitStack() as opened:
        slow, fast = (opened.enter_context(Engine(replace(config, embedding_model=m))).embedder for m in MODELS)
        found = []
        for i in range(-1, ROUNDS):
            own = [texts[(i * CHUNKS + n) % len(texts)] for n in range(CHUNKS)]
            pair = rate(slow, own), rate(fast, own * TIMES)
            found += [pair] * (i >= 0)  # the first one loads the models
    for name, place in (("on the clock", 0), ("processor", 1)):
        times = sorted(quick[place] / slow[place] for slow, quick in found)
        middle = sorted(found, key=lambda pair: pair[1][place] / pair[0][place])[len(found) // 2]
        print(
            f"embedding, {name}: {middle[0][place]:,.1f} chunks a second, static {middle[1][place]:,.0f}; "
            f"{times[len(times) // 2]:.0f} times as many ({times[0]:.0f} to {times[-1]:.0f})"
        )


def ingests(config: Config, files: Mapping[str, str]) -> None:
    """The whole ingest of these files into an empty store with each model; the first file alone before, to load all."""
    first = dict(islice(files.items(), 1))
    seconds = {model: [ingest(config, model, own) for own in (first, files)][-1] for model in MODELS}
    slow, fast = seconds[DEFAULT], seconds[STATIC]
    print(f"ingest of {len(files)} files: {slow:.1f} s, static {fast:.1f} s; {slow / fast:.1f} times as fast")


def ingest(config: Config, model: str, files: Mapping[str, str]) -> float:
    """Seconds."""
    with tempfile.TemporaryDirectory() as scratch:
        store = Path(scratch) / "store"
        with Engine(replace(config, store=store, embedding_model=model)) as engine:
            began = time.perf_counter()
            fill(store, files, lambda folder: engine.ingest([str(folder)]))
            return time.perf_counter() - began


def figures(config: Config, judged: JudgedSet, options: EvalOptions) -> dict[str, Mapping[str, float]]:
    """The metrics of the set with each model."""
    found = {}
    for model in MODELS:
        with Engine(replace(config, embedding_model=model)) as engine:
            found[model] = evaluate_set(engine, judged, options, no_bar).metrics
    return found


def report(name: str, found: Mapping[str, Mapping[str, float]]) -> None:
    print(f"\n| {name} | {DEFAULT} | {STATIC} | share |\n|---|---:|---:|---:|")
    for figure in FIGURES:
        if figure in found[DEFAULT]:
            slow, fast = found[DEFAULT][figure], found[STATIC][figure]
            share = f"{fast / slow:.1%}" if slow else ""
            print(f"| {figure} | {slow:.3f} | {fast:.3f} | {share} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", metavar="SET", nargs="*", default=SETS)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", help="where `rag eval` keeps its scratch stores, if not where it is configured")
    parser.add_argument("--limit", type=int, default=0, help="questions of a set at most, spread evenly over it")
    parser.add_argument("--no-answers", action="store_true", help="search only")
    parser.add_argument("--files", type=int, default=100, help="files of the first set that are ingested")
    options = parser.parse_args()
    wanted = EvalOptions(answers=not options.no_answers, model=False, limit=options.limit)
    try:
        config = read_config(cache=options.cache)
        sets = [read_set(name, options.data) for name in options.sets]
        some = dict(islice(sorted(sets[0].files.items()), options.files))
        rates(config, paragraphs(sets[0]))
        ingests(config, some)
        for judged in sets:
            report(judged.name, figures(config, judged, wanted))
    except RagError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
