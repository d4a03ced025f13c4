"""How long `ask` takes while others read and one ingests, against how long it takes alone.

    python bench/crowd.py [--files 100] [--questions 40] [--turns 3] [--readers 2]

Every engine is warm, no model. Alone and in the crowd turn and turn about, within one run, so that a busy machine slows
both. The crowd is one process that changes a tenth of the articles and ingests them, in a loop, and `--readers` more
that ask without a pause. More processes than processors wait for one another whatever is done: the ratio to hold
against is (readers + 2) / processors, where that is more than 1.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ingest import SEEDS, write_articles

from rag.config import Config
from rag.engine import Engine


def questions(seed: int) -> Iterator[str]:
    """Of words that stand in the articles, hardly ever the same twice."""
    draw = random.Random(seed)
    words = [w for p in sorted(SEEDS.glob("*.txt")) for w in re.findall(r"[a-z]{5,}", p.read_text("utf-8"))]
    while True:
        yield f"What is said about the {' '.join(draw.sample(words, 3))}?"


def opened(home: Path) -> Engine:
    return Engine(Config(store=home / "store"))


def timed(engine: Engine, asked: Iterator[str], count: int) -> list[float]:
    waits = []
    for _ in range(count):
        question, began = next(asked), time.perf_counter()
        engine.ask(question, model=False)
        waits.append(time.perf_counter() - began)
    return waits


def percentile(waits: Sequence[float], share: float) -> float:
    return sorted(waits)[min(len(waits) - 1, int(share * len(waits)))]


# --- the crowd ---------------------------------------------------------------------------------------------------


def until_told(work: Callable[[], object]) -> None:
    """Once, then `ready` on standard output; then over and over until standard input is at its end."""
    work()
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        work()


def read(home: Path) -> None:
    asked = questions(os.getpid())
    with opened(home) as engine:
        until_told(lambda: engine.ask(next(asked), model=False))


def write(home: Path) -> None:
    files = sorted((home / "news").glob("*.txt"))
    draw = random.Random(3)

    def change() -> None:
        for file in draw.sample(files, max(1, len(files) // 10)):
            first, *rest = file.read_text("utf-8").split("\n\n")
            file.write_text("\n\n".join([first, *rest[1:], rest[0]]), encoding="utf-8")
        engine.ingest([str(home / "news")])

    with opened(home) as engine:
        until_told(change)


class Crowd:
    """In a `with`: the processes are at work inside of it."""

    def __init__(self, home: Path, readers: int) -> None:
        self.roles = ["--write", *["--read"] * readers]
        self.home = home

    def __enter__(self) -> None:
        self.processes = [
            subprocess.Popen(
                [sys.executable, __file__, role, str(self.home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            for role in self.roles
        ]
        for process in self.processes:
            if not process.stdout or process.stdout.readline() != b"ready\n":
                sys.exit("one of the crowd did not come to work")

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.communicate()
            if process.returncode:
                sys.exit("one of the crowd failed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--questions", type=int, default=40, help="a turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--readers", type=int, default=2)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read or given.write:
        return read(given.read) if given.read else write(given.write)
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), given)
    return None


def compare(home: Path, given: argparse.Namespace) -> None:
    (home / "news").mkdir()
    write_articles(home / "news", given.files)
    alone: list[float] = []
    crowded: list[float] = []
    asked = questions(1)
    with opened(home) as writer:
        print(f"{writer.ingest([str(home / 'news')]).paragraphs} paragraphs, {os.cpu_count()} processors")
    with opened(home) as engine:
        timed(engine, asked, 3)
        for _ in range(given.turns):
            alone += timed(engine, asked, given.questions)
            with Crowd(home, given.readers):
                crowded += timed(engine, asked, given.questions)
            timed(engine, asked, 1)  # reads what the writer changed last
    for name, waits in (("alone", alone), ("crowd", crowded)):
        print(f"{name}: p50 {1000 * percentile(waits, 0.5):.0f} ms, p95 {1000 * percentile(waits, 0.95):.0f} ms")
    print(f"p95 in the crowd is {percentile(crowded, 0.95) / percentile(alone, 0.95):.1f} times that alone")


if __name__ == "__main__":
    main()
