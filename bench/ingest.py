"""How much an ingest costs beyond the encoder: 2,000 paragraphs through `Engine.ingest`, beside the encoder alone.

    python bench/ingest.py

All in one process with the model in memory. Every batch that an ingest hands to the encoder is encoded once more for
the comparison, there and then, so that a busy machine slows both; what remains is the time of the ingest. Then the
unchanged files are ingested again.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from rag.config import read_config
from rag.engine import Engine

if TYPE_CHECKING:
    from rag.embedding import Embedder

SEEDS = Path(__file__).resolve().parents[1] / "seeds"
FILES = 100
PARAGRAPHS = 20
"""In each file."""


def write_articles(folder: Path, files: int) -> None:
    """Articles of made-up sentences, the same every time: words of seeds/, each after one that it follows there."""
    words = [w for path in sorted(SEEDS.glob("*.txt")) for w in re.findall(r"[\w’'-]+", path.read_text("utf-8"))]
    after: dict[str, list[str]] = {}
    for word, following in zip(words, [*words[1:], words[0]], strict=True):
        after.setdefault(word, []).append(following)
    draw = random.Random(1)
    for i in range(files):
        paragraphs = [paragraph(draw, words, after) for _ in range(PARAGRAPHS)]
        (folder / f"{i:03}.txt").write_text("\n\n".join([f"Report number {i + 1}", *paragraphs]), encoding="utf-8")


def paragraph(draw: random.Random, words: Sequence[str], after: dict[str, list[str]]) -> str:
    """15 to 120 words in sentences of 8 to 30."""
    left, sentences = draw.randint(15, 120), []
    while left > 0:
        length = min(left, draw.randint(8, 30))
        run = [draw.choice(words)]
        while len(run) < length:
            run.append(draw.choice(after[run[-1]]))
        sentences.append(" ".join(run).capitalize() + ".")
        left -= length
    return " ".join(sentences)


class Twice:
    """An embedder that encodes every batch once more for the comparison; which of the two is first takes turns."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self.alone = 0.0
        """Seconds of the runs that are the comparison's."""
        self.within = 0.0
        """Seconds of those that are the ingest's."""
        self._first = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.embedder, name)

    def encode(self, texts: Sequence[str], **options: Any) -> Any:
        self._first = not self._first
        for alone in (self._first, not self._first):
            began = time.perf_counter()
            vectors = self.embedder.encode(texts, **options)
            took = time.perf_counter() - began
            if alone:
                self.alone += took
            else:
                self.within += took
        return vectors


def ingest(articles: Path, store: Path, embedder: Any, changed: int) -> float:
    """Seconds; stops if other than `changed` articles were added."""
    with Engine(read_config({}, store=store)) as engine:
        engine.embedder = embedder
        began = time.perf_counter()
        report = engine.ingest([str(articles)])
        took = time.perf_counter() - began
    if (report.added, len(report.failed)) != (changed, 0):
        raise SystemExit(f"expected {changed} new articles: {report}")
    return took


def measure(scratch: Path, rounds: int, files: int) -> None:
    articles, paragraphs = scratch / "articles", files * PARAGRAPHS
    embedder = Engine(read_config({}, store=scratch / "none")).embedder
    cold = ingest(articles, scratch / "first", embedder, files)  # the warm-up: loads the model, Chroma and the rest
    print(f"first ingest of the process, with all that it loads: {paragraphs / cold:.1f} paragraphs/s")
    shares, within, gains = [], [], []
    for i in range(rounds):
        store, twice = scratch / f"store{i}", Twice(embedder)
        took = ingest(articles, store, twice, files) - twice.alone
        again = ingest(articles, store, twice, 0)
        shares.append(twice.alone / took)
        within.append(twice.within / took)
        gains.append(took / again)
        rates = (paragraphs / seconds for seconds in (twice.alone, took, again))
        print("paragraphs/s: encoder {:.1f}  ingest {:.1f}  unchanged {:.0f}".format(*rates), file=sys.stderr)
    print(f"{median(within):.1%} of the seconds of an ingest go to the encoder (median of {rounds} rounds; goal 90 %)")
    spread = f"{min(shares):.1%} to {max(shares):.1%}"
    print(f"against the same batches encoded again it runs at {median(shares):.1%} of the encoder's rate ({spread})")
    print(f"unchanged files go {median(gains):.0f} times as fast (goal 100)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=FILES)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        (scratch / "articles").mkdir()
        write_articles(scratch / "articles", options.files)
        measure(scratch, options.rounds, options.files)


if __name__ == "__main__":
    main()
