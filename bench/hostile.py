"""What reading costs as hostile text grows: CPU seconds at n and at 2n bytes, stage by stage, and their ratio.

    python bench/hostile.py                     every attack in every kind of file
    python bench/hostile.py --only quotes --suffix .md --size 1000000
    python bench/hostile.py --only sentence --ask       with an ingest and a question, all in this process

A ratio near 2 is linear, near 4 quadratic. Each file is read in a process of its own with limits on time and memory;
rows are printed where a ratio or a time is above what is asked for.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH.parent / "tests"))

from hostile_text import ATTACKS, FILES, hostile_file  # noqa: E402

from rag.answering import Wishes  # noqa: E402
from rag.chunking import chunk_article  # noqa: E402
from rag.errors import RagError  # noqa: E402
from rag.loading import load  # noqa: E402
from rag.paragraphs import read_article  # noqa: E402

MEMORY = 2**31
STAGES = ("load", "article", "chunks", "ask")


def tokens(texts: list[str]) -> list[int]:
    """A token for every four characters: as dear as a tokenizer's count, without its time."""
    return [len(text) // 4 + 1 for text in texts]


def stages(path: Path, ask: bool) -> dict[str, float | str]:
    """CPU seconds of each stage, and what was said where one refused."""
    spent: dict[str, float | str] = {}
    began = time.process_time()

    def done(name: str) -> None:
        nonlocal began
        now = time.process_time()
        spent[name], began = now - began, now

    try:
        sources, _ = load(path)
        done("load")
        articles = [read_article(source, "a") for source in sources]
        done("article")
        for article in articles:
            chunk_article(article, tokens, 200)  # type: ignore[arg-type]
        done("chunks")
        if ask:
            asked(path)
            done("ask")
    except RagError as error:
        spent["refused"] = str(error)[:60]
        done("load" if "load" not in spent else "article")
    except RecursionError as error:
        spent["refused"] = f"RecursionError {error}"
    except Exception as error:
        spent["refused"] = f"{type(error).__name__} {error}"[:100]
    return spent


def asked(path: Path) -> None:
    """Ingested and asked, with a model's part played by a counter of words."""
    from store_helpers import Library

    with tempfile.TemporaryDirectory() as home:
        library = Library(Path(home), threshold=0.0)
        library.ingest(path)
        library.engine.ask("When does the ferry to Lunde leave?", wishes=Wishes(force=True))
        library.close()


def in_child(work: Callable[[], dict[str, float | str]], seconds: int) -> dict[str, float | str]:
    """What `work` returns, done in a process that may use so much time and memory."""
    read, write = os.pipe()
    gc.freeze()
    child = os.fork()
    if not child:
        os.close(read)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY * 4, MEMORY * 4))
        os.write(write, json.dumps(work()).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        told = pipe.read()
    _, status, used = os.wait4(child, 0)
    result: dict[str, float | str] = json.loads(told) if told else {"refused": f"killed ({status})"}
    result["total"] = used.ru_utime + used.ru_stime
    result["megabytes"] = used.ru_maxrss / 1024
    return result


def measure(folder: Path, attack: str, suffix: str, size: int, options: argparse.Namespace) -> dict[str, float | str]:
    path = folder / f"a{suffix}"
    path.write_bytes(hostile_file(attack, suffix, size, bare=options.bare))
    if not options.ask:
        return in_child(lambda: stages(path, ask=False), options.seconds)
    spent = stages(path, ask=True)  # in this process: the threads of the vector store do not outlive a fork
    return spent | {
        "total": sum(value for value in spent.values() if isinstance(value, float)),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def row(attack: str, suffix: str, small: dict[str, float | str], large: dict[str, float | str]) -> str:
    cells = []
    for stage in (*STAGES, "total"):
        one, two = small.get(stage), large.get(stage)
        if isinstance(one, float) and isinstance(two, float):
            cells.append(f"{stage} {one:.2f}→{two:.2f} ×{two / max(one, 0.01):.1f}")
    said = f"  {large['refused']}" if "refused" in large else ""
    return f"{attack:22} {suffix:6} {large['megabytes']:.0f} MB  " + "  ".join(cells) + said


def suspicious(small: dict[str, float | str], large: dict[str, float | str], options: argparse.Namespace) -> bool:
    if (
        str(large.get("refused", "")).startswith(("killed", "RecursionError", "Memory", "TypeError"))
        or large["total"] > options.slow
    ):  # type: ignore[operator]
        return True
    steps = [stage for stage in STAGES if isinstance(large.get(stage), float)]
    return any(large[s] > options.least and large[s] > options.ratio * max(small.get(s, 0.0), 0.01) for s in steps)  # type: ignore[operator]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--size", type=int, default=250_000, help="bytes of the smaller file")
    parser.add_argument("--suffix", action="append", choices=list(FILES))
    parser.add_argument("--only", action="append", help="part of an attack's name")
    parser.add_argument("--bare", action="store_true", help="nothing but the attack in the file")
    parser.add_argument("--ask", action="store_true", help="ingest and ask too")
    parser.add_argument("--seconds", type=int, default=30, help="of CPU for one file")
    parser.add_argument("--ratio", type=float, default=3.0)
    parser.add_argument("--least", type=float, default=0.3, help="seconds below which a ratio says nothing")
    parser.add_argument("--slow", type=float, default=8.0, help="seconds that are shown whatever the ratio")
    parser.add_argument("--all", action="store_true", help="show every row")
    options = parser.parse_args()
    names = [name for name in ATTACKS if not options.only or any(part in name for part in options.only)]
    stages(BENCH / "README.md", ask=options.ask)  # imports are not what is measured
    with tempfile.TemporaryDirectory() as scratch:
        for suffix in options.suffix or list(FILES):
            (Path(scratch) / f"warm{suffix}").write_bytes(hostile_file("sentences", suffix, 2000))
            stages(Path(scratch) / f"warm{suffix}", ask=False)
            for attack in names:
                small = measure(Path(scratch), attack, suffix, options.size, options)
                large = measure(Path(scratch), attack, suffix, 2 * options.size, options)
                if options.all or suspicious(small, large, options):
                    print(row(attack, suffix, small, large), flush=True)
            print(f"{suffix}: {len(names)} attacks", flush=True)


if __name__ == "__main__":
    main()
