"""What every command costs at 10,000, 100,000 and 500,000 paragraphs, and whether it grows faster than the store.

    python bench/scale.py [--sizes 10000,100000] [--folder DIR] [--steps ask,search] [--json FILE]

Articles are files made by rule (`scale_articles.py`), and vectors come from an embedder that hashes words: what is
timed is everything but the model, whose time is the same for every paragraph and every question. Each step is a process
of its own (`scale_steps.py`) with its own peak of memory, and finds the files of the store in the system's cache.

The table goes to stdout, progress to stderr. "Growth" is the time of one unit (a paragraph, a file, a question, an
article) at a size over that at the size before: ×1.0 is linear for what goes through the whole store, and constant for
a question. Seconds of the processor stand beside those of the clock where they differ by a quarter.

From 500,000 paragraphs on (--put) the files are not ingested but their articles put into the store ready made: half of
an ingest without a model is the reading of files, which goes file by file.

With --folder the articles and stores stay there, and are used again; `--steps` then does some steps only.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

SIZES = (10_000, 100_000, 500_000)
PUT = 500_000
UNITS = {
    "ingest": "paragraph",
    "put": "paragraph",
    "unchanged": "file",
    "changed": "changed file",
    "first": "question",
    "ask": "question",
    "ask-publisher": "question",
    "ask-since": "question",
    "search": "question",
    "articles": "article",
    "status": "paragraph",
    "doctor": "paragraph",
    "backup": "paragraph",
    "restore": "paragraph",
    "rebuild": "vector",
    "remove-1": "command",
    "remove-100": "command",
}
"""Steps in the order in which they are done, and what one of each is counted in."""
WHOLE = ("remove-1", "remove-100")
"""Steps of which one is the whole command, however many articles it names."""
STEPS = Path(__file__).with_name("scale_steps.py")
MAKE = "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; import scale_articles as s; " \
       "s.make_articles(Path(sys.argv[2]), int(sys.argv[3]), lambda text: print(text, file=sys.stderr))"  # fmt: skip

Found = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=_numbers, default=SIZES, help="paragraphs, divided by commas")
    parser.add_argument("--folder", type=Path, help="where articles and stores are kept, and used again")
    parser.add_argument("--steps", type=_steps, default=list(UNITS), help=f"some of {','.join(UNITS)}")
    parser.add_argument("--without", type=_steps, default=[], help="steps to leave out")
    parser.add_argument("--put", type=int, default=PUT, help="the size from which no files are ingested")
    parser.add_argument("--json", type=Path, help="file for all figures; those in it already are kept and shown too")
    options = parser.parse_args()
    found: dict[str, dict[str, Found]] = {}
    if options.json and options.json.exists():
        found = json.loads(options.json.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as scratch:
        home = options.folder or Path(scratch)
        for size in options.sizes:
            prepare(home / str(size), size)
            left_out = {*options.without, "ingest" if size >= options.put else "put"}
            for step in (one for one in UNITS if one in options.steps and one not in left_out):
                found.setdefault(str(size), {})[step] = run(step, home / str(size))
                if options.json:
                    options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print(table({int(size): steps for size, steps in sorted(found.items(), key=lambda item: int(item[0]))}))


def _numbers(text: str) -> list[int]:
    return sorted(int(part) for part in text.split(","))


def _steps(text: str) -> list[str]:
    named = text.split(",")
    unknown = sorted(set(named) - set(UNITS))
    if unknown:
        raise argparse.ArgumentTypeError(f"no step {unknown[0]!r}")
    return named


# --- what is done ----------------------------------------------------------------------------------------------------


def prepare(folder: Path, size: int) -> None:
    """The articles of one size, unless they are there: the questions are written last."""
    if (folder / "questions.json").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    subprocess.run([sys.executable, "-c", MAKE, str(STEPS.parent), str(folder), str(size)], check=True)


def run(step: str, folder: Path) -> Found:
    """What a process of its own says of this step; the seconds of the whole process are beside it."""
    fresh = {"ingest": "store", "put": "store", "restore": "restored"}.get(step)
    if fresh:
        shutil.rmtree(folder / fresh, ignore_errors=True)
    began = time.perf_counter()
    done = subprocess.run([sys.executable, str(STEPS), step, str(folder)], stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise SystemExit(f"{step} failed at {folder.name} paragraphs")
    found: Found = json.loads(done.stdout)
    found["process"] = time.perf_counter() - began
    found.setdefault("seconds", median(found["times"]) if "times" in found else found["process"])
    print(f"{folder.name} {step}: {cell(found)}", file=sys.stderr, flush=True)
    if step == "restore":
        shutil.rmtree(folder / "restored", ignore_errors=True)
    return found


# --- what is printed -------------------------------------------------------------------------------------------------


def table(found: dict[int, dict[str, Found]]) -> str:
    """Markdown: a row a step, and for each size its time, memory and growth."""
    sizes = list(found)
    heads = [f"{size:,} paragraphs | MB | growth" for size in sizes]
    lines = [f"| step | {' | '.join(heads)} |", "|---" * (1 + 3 * len(sizes)) + "|"]
    for step in (one for one in UNITS if any(one in found[size] for size in sizes)):
        cells = [f"{step}, a {UNITS[step]}"]
        for at, size in enumerate(sizes):
            here, before = found[size].get(step), found[sizes[at - 1]].get(step) if at else None
            cells += (
                ["", "", ""] if here is None else [cell(here), f"{here['memory']:,.0f}", growth(step, before, here)]
            )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, *disk(found)])


def cell(found: Found) -> str:
    """Of questions the median and the 95th percentile; of all else the seconds, and how many units that is a second."""
    if "times" in found:
        return f"{_pair(found['times'])} ms (processor {_pair(found['cpus'])})"
    seconds, cpu = found["seconds"], found.get("cpu", found["seconds"])
    told = f"{seconds:.2f} s" if seconds < 100 else f"{seconds:.0f} s"
    if not 0.8 < cpu / seconds < 1.25:
        told += f" (processor {cpu:.2f} s)"
    if found["units"] > 1:
        told += f", {found['units'] / seconds:,.0f}/s"
    if found.get("catalogue"):
        told += f"; catalogue alone {found['paragraphs'] / found['catalogue']:,.0f}/s"
    return told


def _pair(times: Sequence[float]) -> str:
    ordered = sorted(times)
    return f"{median(ordered) * 1000:.0f} / {ordered[int(len(ordered) * 0.95)] * 1000:.0f}"


def growth(step: str, before: Found | None, here: Found) -> str:
    """Of the time of one unit; by the processor where that is known, since it hardly depends on what else runs."""
    return "" if before is None else f"×{_of_one(step, here) / _of_one(step, before):.1f}"


def _of_one(step: str, found: Found) -> float:
    seconds = median(found["cpus"]) if "cpus" in found else float(found.get("cpu") or found["seconds"])
    return seconds / (1 if step in WHOLE else found["units"])


def disk(found: dict[int, dict[str, Found]]) -> list[str]:
    """Bytes a paragraph of the catalogue and of Chroma."""
    lines = []
    for size, steps in found.items():
        if "status" in steps:
            one = steps["status"]
            catalogue, chroma = (one[f"{name}_bytes"] / one["units"] for name in ("catalogue", "chroma"))
            lines.append(f"\n{size:,}: {catalogue:,.0f} bytes a paragraph in the catalogue, {chroma:,.0f} in Chroma")
    return lines


if __name__ == "__main__":
    main()
