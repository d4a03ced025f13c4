"""From nothing to a cited answer: `rag ask` beside a plain LlamaIndex program, whole processes, stores already made.

    python bench/cold_ask.py --articles ../shared/seeds

Each pair runs both programs on the same question, one after the other and first one first, then the other, so that a
busy machine slows both. Needs the extra `bench`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

BENCH = Path(__file__).resolve().parent
SHARED_SEEDS = BENCH.parents[1] / "shared" / "seeds"
SEEDS = BENCH.parent / "seeds"
QUESTION = "Who is the head of the Russian Direct Investment Fund?"
RAG = str(Path(sys.executable).with_name("rag"))


def environment(scratch: Path) -> dict[str, str]:
    """No setting of the machine, no network, no telemetry."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RAG_", "OPENAI_"))}
    return kept | {
        "RAG_CACHE": str(scratch / "cache"),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "ANONYMIZED_TELEMETRY": "False",
    }


def seconds(command: list[str], scratch: Path) -> tuple[float, str]:
    """How long the process took, and what it printed."""
    began = time.perf_counter()
    done = subprocess.run(command, env=environment(scratch), cwd=scratch, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return took, done.stdout


def commands(articles: Path, scratch: Path, question: str) -> dict[str, list[str]]:
    """What is timed, by name; the two that are compared come first."""
    baseline = str(BENCH / "baseline_llamaindex.py")
    return {
        "rag ask": [RAG, "ask", question, "--store", str(scratch / "store")],
        "LlamaIndex": [
            sys.executable, baseline, question, "--articles", str(articles), "--index", str(scratch / "index"),
        ],
        "rag --help": [RAG, "--help"],
        "python -c pass": [sys.executable, "-c", "pass"],
    }  # fmt: skip


def measure(timed: dict[str, list[str]], pairs: int, scratch: Path) -> dict[str, list[float]]:
    """Seconds of every run, by name; the order within a pair changes from pair to pair."""
    taken: dict[str, list[float]] = {name: [] for name in timed}
    for pair in range(pairs):
        names = list(timed) if pair % 2 == 0 else list(reversed(timed))
        for name in names:
            taken[name].append(seconds(timed[name], scratch)[0])
        print("  ".join(f"{name} {taken[name][-1]:.2f} s" for name in timed), file=sys.stderr)
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, default=SHARED_SEEDS if SHARED_SEEDS.is_dir() else SEEDS)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--question", default=QUESTION)
    options = parser.parse_args()
    articles = options.articles.resolve()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        seconds([RAG, "ingest", str(articles), "--store", str(scratch / "store")], scratch)
        timed = commands(articles, scratch, options.question)
        seconds(timed["LlamaIndex"], scratch)  # makes its index
        for name, command in timed.items():  # the warm-up
            shown = seconds(command, scratch)[1].split("\n")[0]
            print(f"{name}: {shown[:100]}", file=sys.stderr)
        report(measure(timed, options.pairs, scratch))


def report(taken: dict[str, list[float]]) -> None:
    ours, theirs, *_ = taken.values()
    for name, values in taken.items():
        print(f"{name:16} median {median(values):6.2f} s   best {min(values):6.2f} s")
    ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
    print(f"rag ask is {median(ratios):.1f} times as fast (median of {len(ratios)} pairs; goal 8)")
    print(f"rag --help takes {median(taken['rag --help']):.2f} s (goal 0.3)")


if __name__ == "__main__":
    main()
