"""One step of `scale.py`, in a process of its own: prints what it cost as JSON.

    python bench/scale_steps.py STEP FOLDER

FOLDER holds articles/, questions.json and the store; `scale.py` makes it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scale_articles import HashedWords

from rag.config import Config
from rag.engine import Engine

if TYPE_CHECKING:
    from rag.schema import Filters

Found = dict[str, Any]
SINCE = "2024-01-01"
"""The last two of sixteen years."""


@dataclass(slots=True)
class Watch:
    """Progress of an ingest: when the last article was in the catalogue, so that what follows is the vector store."""

    began: float = field(default_factory=time.perf_counter)
    last: float = 0.0

    def begin(self, files: int) -> None: ...

    def looked(self) -> None: ...

    def stored(self, articles: int, paragraphs: int) -> None:  # noqa: ARG002
        self.last = time.perf_counter() - self.began


def opened(folder: Path, store: str = "store") -> Engine:
    engine = Engine(Config(store=folder / store))
    engine.__dict__["embedder"] = HashedWords()
    return engine


def processor() -> float:
    """Seconds of all threads, and of processes that this one has started and that have ended."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def peak() -> float:
    """MB that this process has had at most."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    except OSError:  # no Linux: in its own unit, and no less than what the process that started this one had
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (2**20 if sys.platform == "darwin" else 1024)


def timed(units: int, what: Callable[[], object]) -> Found:
    began, began_cpu = time.perf_counter(), processor()
    what()
    return {"units": units, "seconds": time.perf_counter() - began, "cpu": processor() - began_cpu}


# --- what is written -------------------------------------------------------------------------------------------------


def ingest(folder: Path) -> Found:
    """Of everything. Units are paragraphs."""
    watch, reports = Watch(), []
    with opened(folder) as engine:
        found = timed(0, lambda: reports.append(engine.ingest([str(folder / "articles")], progress=watch)))
    (report,) = reports
    if report.failed or report.duplicates or report.removed:
        raise SystemExit(f"files failed, were removed, or are copies: {str(report)[:500]}")
    files = report.added + report.updated + report.unchanged
    parts = {"files": files, "paragraphs": report.paragraphs, "added": report.added, "updated": report.updated}
    return found | parts | {"units": report.paragraphs, "catalogue": watch.last if report.added else 0}


def put(folder: Path) -> Found:
    """In place of an ingest where that takes too long. Units are paragraphs."""
    from scale_putting import put as put_articles

    watch, counts = Watch(), []
    found = timed(0, lambda: counts.append(put_articles(folder, watch.stored)))
    return found | {"units": counts[0], "paragraphs": counts[0], "catalogue": watch.last}


def unchanged(folder: Path) -> Found:
    """Units are files."""
    found = ingest(folder)
    if found["added"] or found["updated"]:
        raise SystemExit(f"files have changed: {found}")
    return found | {"units": found["files"]}


def changed(folder: Path) -> Found:
    """Once 1 % of the files have changed. Units are those."""
    from scale_articles import touch

    count = touch(folder / "articles", 0.01)
    found = ingest(folder)
    if found["added"] or found["updated"] != count:
        raise SystemExit(f"{count} files have changed: {found}")
    return found | {"units": count}


def remove(folder: Path, count: int) -> Found:
    """Units are articles."""
    with opened(folder) as engine:
        names = sorted(article.id for article in engine.articles())
        chosen = names[:: max(1, len(names) // count)][:count]
        engine.close()
        return timed(len(chosen), lambda: engine.remove(chosen))


def rebuild(folder: Path) -> Found:
    """Units are vectors."""
    with opened(folder) as engine:
        made: list[int] = []
        found = timed(0, lambda: made.append(engine.rebuild()))
        return found | {"units": made[0]}


def backup(folder: Path) -> Found:
    """Units are paragraphs."""
    saved: list[Any] = []
    with opened(folder) as engine:
        found = timed(0, lambda: saved.append(engine.backup(folder / "backup", force=True)))
    return found | {"units": saved[0].held.paragraphs}


def restore(folder: Path) -> Found:
    """Into another folder, the vector store too. Units are paragraphs."""
    saved: list[Any] = []
    with opened(folder, "restored") as engine:
        found = timed(0, lambda: saved.append(engine.restore(folder / "backup", force=True)))
    return found | {"units": saved[0].held.paragraphs}


# --- what is read ----------------------------------------------------------------------------------------------------


def each(folder: Path, filters: Filters | None = None, *, search: bool = False) -> Found:
    """Every question once, warm: the seconds of each. Five are asked before, by which everything is loaded."""
    asked = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    with opened(folder) as engine:
        retriever = engine.retriever

        def ask(question: str) -> object:
            if search:
                return retriever.search(question, retriever.encode(question), 10, filters)
            return engine.ask(question, filters, model=False)

        for question in asked[:5]:
            ask(f"{question} Why?")
        times = [timed(1, lambda question=question: ask(question)) for question in asked]  # type: ignore[misc]
    return {"units": 1, "times": [one["seconds"] for one in times], "cpus": [one["cpu"] for one in times]}


def ask_publisher(folder: Path) -> Found:
    from scale_articles import SMALL

    from rag.schema import Filters

    return each(folder, Filters(publishers=(SMALL,)))


def ask_since(folder: Path) -> Found:
    from rag.schema import Filters

    return each(folder, Filters(since=SINCE))


def first(folder: Path) -> Found:
    """One question of a process that has just begun; `scale.py` times the process."""
    asked = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    with opened(folder) as engine:
        engine.ask(asked[0], model=False)
    return {"units": 1, "cpu": processor()}


def articles(folder: Path) -> Found:
    with opened(folder) as engine:
        held: list[int] = []
        found = timed(0, lambda: held.append(len(engine.articles())))
        return found | {"units": held[0]}


def status(folder: Path) -> Found:
    """Units are paragraphs; with the sizes of the files."""
    with opened(folder) as engine:
        told: list[dict[str, Any]] = []
        found = timed(0, lambda: told.append(engine.status()))
    sizes = {"catalogue_bytes": told[0]["catalogue"]["bytes"], "chroma_bytes": told[0]["vectors"]["bytes"]}
    return found | sizes | {"units": told[0]["paragraphs"], "chunks": told[0]["chunks"]}


def doctor(folder: Path) -> Found:
    """Units are paragraphs."""
    with opened(folder) as engine:
        paragraphs = engine.status()["paragraphs"]
        said: list[Any] = []
        found = timed(paragraphs, lambda: said.append(engine.doctor()))
    return found | {"kinds": sorted(said[0].kinds)}


STEPS: dict[str, Callable[[Path], Found]] = {
    "ingest": ingest,
    "put": put,
    "unchanged": unchanged,
    "changed": changed,
    "first": first,
    "ask": each,
    "ask-publisher": ask_publisher,
    "ask-since": ask_since,
    "search": lambda folder: each(folder, search=True),
    "articles": articles,
    "status": status,
    "doctor": doctor,
    "backup": backup,
    "restore": restore,
    "rebuild": rebuild,
    "remove-1": lambda folder: remove(folder, 1),
    "remove-100": lambda folder: remove(folder, 100),
}
"""In the order in which they are done."""


def main() -> None:
    step, folder = sys.argv[1], Path(sys.argv[2])
    found = STEPS[step](folder)
    print(json.dumps(found | {"memory": peak()}))


if __name__ == "__main__":
    main()
