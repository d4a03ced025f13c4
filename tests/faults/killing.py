"""Kills commands with SIGKILL at chosen moments and checks what they leave. Run by test_kills.py in its own process.

    PYTHONPATH=tests python tests/faults/killing.py FOLDER POINTS [SCENARIO…]

Everything is imported once; each command then runs in a fork, which dies at its n-th act (a statement of SQLite, a
call of the vector store). Prints what came of each scenario. POINTS is how many acts are tried, spread evenly; 0 tries
those between transactions, -6 six of those.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import chromadb  # noqa: F401 - imported here once rather than in every fork
import datasketch  # noqa: F401
import py3langid
import scipy.integrate  # type: ignore[import-untyped]  # noqa: F401
import sentencex  # noqa: F401
from store_helpers import CHESS, FLOOD, VOTE, FakeEmbedder, Library, check_store, counts

from rag.catalogue import Catalogue
from rag.config import Config
from rag.engine import CHROMA, Engine
from rag.ingesting import Options
from rag.vectors import ChromaVectors

MILL = "The old mill in Orrefors is open again, and its wheel turns on Sundays."


class Mortal(Engine):
    """Dies at its `deadline`-th act; notes how many articles it had reported by then."""

    acts = deadline = 0
    between: ClassVar[list[int]] = []
    """Acts outside of transactions: what is killed within one is the same as what is killed before it."""

    def act(self, statement: str = "") -> None:
        self.acts += 1
        if self.acts == self.deadline:
            os.kill(os.getpid(), signal.SIGKILL)
        if not self._catalogue_is_busy and not statement.startswith("SELECT"):
            self.between.append(self.acts)

    @property
    def _catalogue_is_busy(self) -> bool:
        return self._open is not None and self._open.connection.in_transaction

    _open: Catalogue | None = None

    @contextmanager
    def _writing(self) -> Iterator[Catalogue]:
        with super()._writing() as catalogue:
            self._open = catalogue
            catalogue.connection.set_trace_callback(self.act)
            yield catalogue
            self._open = None

    def _synchroniser(self, catalogue: Catalogue, writer: Any, *rest: Any) -> Any:
        writer.batch = 3
        return super()._synchroniser(catalogue, writer, *rest)

    def _chroma(self, anew: bool) -> ChromaVectors:
        self.act()
        return MortalVectors(self, anew)

    def begin(self, files: int) -> None: ...

    def looked(self) -> None: ...

    def stored(self, articles: int, paragraphs: int) -> None:
        with open(self.store.parent / "reported", "a") as file:
            file.write(f"{articles}\n")
        self.act()


class MortalVectors(ChromaVectors):
    def __init__(self, engine: Mortal, anew: bool) -> None:
        self.act = engine.act
        super().__init__(engine.store / CHROMA, anew=anew)

    def add(self, ids: Sequence[int], vectors: Any, facts: Sequence[Mapping[str, str | int]]) -> None:
        half = len(ids) // 2
        super().add(ids[:half], vectors[:half], facts[:half])
        self.act()
        super().add(ids[half:], vectors[half:], facts[half:])
        self.act()

    def delete(self, ids: Sequence[int]) -> None:
        half = len(ids) // 2
        super().delete(ids[:half])
        self.act()
        super().delete(ids[half:])
        self.act()


# --- scenarios: what there is before, what is killed, what must be there in the end ------------------------------


class Scenario:
    texts: ClassVar[set[str]]

    def prepare(self, library: Library) -> None: ...

    def command(self, engine: Mortal, library: Library) -> None:
        engine.ingest([str(library.folder)], Options(prune=True), progress=engine)

    def repair(self, library: Library) -> None:
        library.ingest(prune=True)


class First(Scenario):
    """Four files and a copy, into no store at all."""

    texts: ClassVar = {VOTE, FLOOD, CHESS, MILL}

    def prepare(self, library: Library) -> None:
        for name, text in (("a", VOTE), ("b", FLOOD), ("c", CHESS), ("d", CHESS)):
            library.write(f"{name}.txt", text)
        library.write("feed.jsonl", json.dumps({"id": "m", "text": MILL}))


class Change(Scenario):
    """One of everything: changed, moved, deleted, added, become a copy, no longer a copy, record replaced."""

    texts: ClassVar = {
        VOTE.replace("Holm", "Berg"),
        CHESS,
        FLOOD,
        MILL + " It is new.",
        "Snow fell on the harbour at noon.",
    }

    def prepare(self, library: Library) -> None:
        snow = "Snow fell on the harbour at noon."
        library.write("vote.txt", VOTE)
        library.write("flood.txt", FLOOD)
        library.write("chess.txt", CHESS)
        library.write("chess copy.txt", CHESS)
        library.write("gone.txt", "A comet was seen above the town hall by two hundred people on Monday.")
        library.write("double.txt", "The ferry to the islands is cancelled because of the strong wind today.")
        library.write(
            "feed.jsonl", json.dumps({"id": "m", "text": MILL}) + "\n" + json.dumps({"id": "n", "text": snow})
        )
        library.ingest()
        library.write("vote.txt", VOTE.replace("Holm", "Berg"))
        (library.folder / "flood.txt").rename(library.folder / "moved.txt")
        library.write("chess.txt", snow)
        (library.folder / "gone.txt").unlink()
        library.write("double.txt", FLOOD)
        library.write("feed.jsonl", json.dumps({"id": "m", "text": MILL + " It is new."}))


class Rebuild(Scenario):
    """The vector store is damaged and made anew."""

    texts: ClassVar = {VOTE, FLOOD}

    def prepare(self, library: Library) -> None:
        library.write("vote.txt", VOTE)
        library.write("flood.txt", FLOOD)
        library.ingest()
        library.close()
        for file in (library.store / CHROMA).glob("*.sqlite3"):
            file.write_bytes(b"garbage")

    def command(self, engine: Mortal, library: Library) -> None:
        engine.rebuild()

    def repair(self, library: Library) -> None:
        library.engine.rebuild()
        library.ingest()


class Embed(Rebuild):
    """Another model, with longer vectors."""

    def prepare(self, library: Library) -> None:
        library.write("vote.txt", VOTE)
        library.write("flood.txt", FLOOD)
        library.ingest()
        library.close()

    def command(self, engine: Mortal, library: Library) -> None:
        engine.__dict__["embedder"] = FakeEmbedder("fake-96", 96)
        engine.rebuild(embed=True)

    def repair(self, library: Library) -> None:
        """Killed early it is still the old store, killed late the new one: both work with their own model."""
        made_with = library.engine.catalogue.setting("embedder")
        if made_with == "fake-96":
            library.embedder = library.engine.__dict__["embedder"] = FakeEmbedder("fake-96", 96)
        library.write("mill.txt", "The old mill in Orrefors is open again, and its wheel turns on Sundays.")
        library.ingest()
        (library.folder / "mill.txt").unlink()
        library.ingest()


class Remove(Scenario):
    texts: ClassVar = {FLOOD}

    def prepare(self, library: Library) -> None:
        library.write("vote.txt", VOTE)
        library.write("flood.txt", FLOOD)
        library.ingest()
        (library.folder / "vote.txt").unlink()

    def command(self, engine: Mortal, library: Library) -> None:
        engine.remove(["vote"])


SCENARIOS = {"first": First, "change": Change, "rebuild": Rebuild, "embed": Embed, "remove": Remove}


# --- the work ----------------------------------------------------------------------------------------------------


def forked(work: Callable[[], object]) -> int:
    """Exit code of a fork that does the work; negative where a signal ended it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run(scenario: Scenario, home: Path, deadline: int) -> None:
    library = Library(home)
    engine = Mortal(Config(store=library.store))
    engine.__dict__["embedder"] = FakeEmbedder()
    engine.deadline = deadline
    scenario.command(engine, library)
    (home / "acts").write_text(json.dumps([engine.acts, engine.between]))


def check(scenario: Scenario, home: Path) -> None:
    """A reader copes with what was left, nothing reported is lost, and the next command mends the rest."""
    library = Library(home)
    reported = (home / "reported").read_text() if (home / "reported").exists() else ""
    if (library.store / "catalogue.sqlite3").exists() and isinstance(scenario, First):
        catalogue = Catalogue.create(library.store / "catalogue.sqlite3")
        assert catalogue.counts()["articles"] >= sum(map(int, reported.split()))
        catalogue.close()
    if (library.store / CHROMA).is_dir() and not isinstance(scenario, Rebuild):
        for limit in (0, 1000):
            reader = library.open(exact_limit=limit)
            assert reader.search("flood railway Ostrava").passages
            reader.close()
    scenario.repair(library)
    library.close()
    check_store(library.store)
    assert library.texts() == scenario.texts, library.texts() ^ scenario.texts
    report = library.ingest()
    assert counts(report) == (0, 0, len(scenario.texts), 0, 0, len(report.duplicates))
    assert library.embedder.history == []
    library.close()


def attempt(scenario: Scenario, home: Path, points: int) -> str:
    live, saved = home / "live", home / "saved"
    live.mkdir(parents=True)
    assert forked(lambda: (library := Library(live), scenario.prepare(library), library.close())) == 0
    shutil.copytree(live, saved)
    deadlines, done = [0], 0
    for deadline in deadlines:
        shutil.rmtree(live)
        shutil.copytree(saved, live)
        code = forked(lambda: run(scenario, live, deadline))  # noqa: B023 - done before the next turn
        assert code == (-signal.SIGKILL if deadline else 0), f"at act {deadline} it ended with {code}"
        if not deadline:
            acts, between = json.loads((live / "acts").read_text())
            deadlines += spread(between if points <= 0 else range(1, acts + 1), abs(points))
        assert forked(lambda: check(scenario, live)) == 0, f"killed at act {deadline} of {acts}"
        done += 1
    return f"survived {done - 1} kills at {acts} acts"


def spread(acts: Sequence[int], points: int) -> Sequence[int]:
    """That many of the acts, evenly; all where `points` is 0."""
    return acts[:: max(1, -(-len(acts) // points))] if points else acts


def main(home: Path, points: int, *names: str) -> None:
    py3langid.classify("The model is read once.")
    for name in names or SCENARIOS:
        try:
            outcome = attempt(SCENARIOS[name](), home / name, points)
        except AssertionError as error:
            outcome = str(error)
        print(f"{name}: {outcome}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
