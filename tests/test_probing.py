"""A folder of Chroma that ends the process which opens it: found out in another process, and made anew."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from store_helpers import CHESS, FLOOD, VOTE, Library, check_store

from rag import guarding, probing
from rag.errors import StoreError, UnsoundError
from rag.guarding import READING, WRITING, GuardedVectors
from rag.locking import writing
from rag.parts import CHROMA
from rag.probing import look_in_child
from rag.vectors import ChromaVectors

ROWS = 1100
"""More than the 1,000 after which Chroma writes its HNSW index to files of its own."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose index is on the disk, never changed by a test."""
    folder = tmp_path_factory.mktemp("probing") / CHROMA
    fill(folder)
    return folder


def fill(folder: Path) -> None:
    numbers = np.random.default_rng(0).normal(size=(ROWS, 64)).astype(np.float32)
    numbers /= np.linalg.norm(numbers, axis=1, keepdims=True)
    vectors = ChromaVectors(folder)
    vectors.add(range(1, ROWS + 1), numbers, [{"article": "x"}] * ROWS)
    vectors.close()


def overwrite(pattern: str, byte: bytes) -> Callable[[Path], None]:
    """Fill files with one byte, their length as it was."""

    def damage(folder: Path) -> None:
        (file,) = folder.rglob(pattern)
        file.write_bytes(byte * file.stat().st_size)

    return damage


crashing = overwrite("link_lists.bin", b"\0")


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "store" / CHROMA))


OPEN = """
import sys
from pathlib import Path
import numpy as np
from rag.vectors import ChromaVectors
ChromaVectors(Path(sys.argv[1]), create=False).query(np.ones(64, dtype=np.float32), 5)
"""


def test_bytes_that_are_not_what_they_were_do_end_the_process_that_searches(copy: Path) -> None:
    """Why all this is there: no exception, a signal."""
    crashing(copy)
    done = subprocess.run([sys.executable, "-c", OPEN, copy], capture_output=True, check=False)
    assert -done.returncode in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT)


def test_a_sound_folder_is_seen_as_it_is_whatever_lies_in_the_current_one(folder: Path, in_folder: Path) -> None:
    (in_folder / "chromadb.py").write_text("raise SystemExit(3)", encoding="utf-8")
    seen = look_in_child(folder, [1, 500, ROWS, 9999])
    assert seen.ids == frozenset(range(1, ROWS + 1))
    assert seen.vectors is not None
    assert seen.vectors.keys() == seen.found == {1, 500, ROWS}
    assert all(vector.shape == (64,) and abs(np.linalg.norm(vector) - 1) < 1e-5 for vector in seen.vectors.values())


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (crashing, r"opening it crashes: SIG\w+"),
        (overwrite("header.bin", b"\0"), "cannot be read"),
        (overwrite("chroma.sqlite3", b"\xff"), "cannot be opened"),
    ],
    ids=["crash", "header", "sqlite"],
)
def test_damage_is_an_error_that_names_the_next_step(copy: Path, damage: Callable[[Path], None], reason: str) -> None:
    damage(copy)
    with pytest.raises(UnsoundError, match=rf"{copy}.*({reason}).*run: rag rebuild") as caught:
        look_in_child(copy)
    assert "\n" not in str(caught.value)


def test_a_folder_that_never_answers_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "PATIENCE", 0.01)
    with pytest.raises(UnsoundError, match=r"no answer in 0\.01 s"):
        look_in_child(folder)


def test_a_folder_that_cannot_be_written_is_looked_into_all_the_same(copy: Path) -> None:
    for path in (copy, *copy.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    command = [sys.executable, "-c", probing._CODE, "", copy]
    if os.geteuid() == 0:  # may write everywhere, unless it gives that up
        command = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override", *command]
    done = subprocess.run(command, input="[7]", capture_output=True, text=True, check=True)
    reply = json.loads(done.stdout.splitlines()[-1])
    assert (len(reply["ids"]), reply["found"]) == (ROWS, [7])


# --- the notes -----------------------------------------------------------------------------------------------------


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Folders that were looked into, with the real child."""
    looked: list[Path] = []

    def look(folder: Path) -> object:
        looked.append(folder)
        return look_in_child(folder)

    monkeypatch.setattr(probing, "look_in_child", look)
    return looked


def notes(store: Path) -> set[str]:
    return {file.name for file in store.iterdir() if file.name in (WRITING, READING)}


def test_nothing_is_probed_and_no_note_stays_where_all_is_well(copy: Path, probes: list[Path]) -> None:
    writer = GuardedVectors(copy)
    assert notes(copy.parent) == {WRITING}
    writer.close()
    reader = GuardedVectors(copy, create=False)
    assert notes(copy.parent) == {READING}
    reader.query(np.ones(64, dtype=np.float32), 1)
    assert notes(copy.parent) == set()
    reader.close()
    GuardedVectors(copy, create=False).close()
    assert (notes(copy.parent), probes) == (set(), [])


def test_a_reader_beside_a_writer_probes_and_leaves_its_note(copy: Path, probes: list[Path]) -> None:
    with writing(copy.parent, wait=False, warn=pytest.fail):
        writer = GuardedVectors(copy)
        GuardedVectors(copy, create=False).close()
        assert (probes, notes(copy.parent)) == ([copy], {WRITING})
        writer.close()
    assert notes(copy.parent) == set()


def test_who_fails_without_a_crash_leaves_no_note(copy: Path) -> None:
    overwrite("chroma.sqlite3", b"\xff")(copy)
    with pytest.raises(StoreError, match="cannot be opened"):
        GuardedVectors(copy)
    assert notes(copy.parent) == set()


def test_a_reader_after_a_crash_gets_an_error_and_not_a_crash(copy: Path, probes: list[Path]) -> None:
    crashing(copy)
    (copy.parent / READING).touch()
    with pytest.raises(UnsoundError, match="run: rag rebuild"):
        GuardedVectors(copy, create=False)
    assert probes == [copy]


def test_a_note_is_forgotten_when_the_probe_went_well(copy: Path, probes: list[Path]) -> None:
    for note in (READING, WRITING):
        (copy.parent / note).touch()
    for _ in range(2):
        GuardedVectors(copy, create=False).close()
    assert (probes, notes(copy.parent)) == ([copy], set())


def test_a_store_that_cannot_be_written_is_read_without_notes(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(self)

    monkeypatch.setattr(guarding.Path, "touch", refuse)
    GuardedVectors(copy, create=False).close()


# --- whole commands ------------------------------------------------------------------------------------------------

CRASH = """
import os, signal, sys
from pathlib import Path
from rag.guarding import GuardedVectors
GuardedVectors(Path(sys.argv[1]))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path)
    library.write("vote.txt", VOTE)
    library.write("flood.txt", FLOOD)
    library.ingest()
    library.write("chess.txt", CHESS)
    yield library
    library.close()


def test_an_ingest_after_a_kill_probes_and_goes_on_with_a_sound_folder(library: Library, probes: list[Path]) -> None:
    folder = library.store / CHROMA
    done = subprocess.run([sys.executable, "-c", CRASH, folder], check=False)
    assert (done.returncode, notes(library.store)) == (-signal.SIGKILL, {WRITING})
    before = os.stat(folder / "chroma.sqlite3").st_ino
    library.ingest()
    assert (probes, notes(library.store)) == ([folder], set())
    assert os.stat(folder / "chroma.sqlite3").st_ino == before
    library.close()
    check_store(library.store)


def test_an_ingest_after_a_crash_makes_a_crashing_folder_anew_without_opening_it(
    library: Library, folder: Path, probes: list[Path]
) -> None:
    damaged = crashing_store(library, folder)
    library.ingest()
    assert probes == [damaged]
    library.close()
    check_store(library.store)
    assert library.texts() == {VOTE, FLOOD, CHESS}


def test_the_doctor_finds_a_crashing_folder_and_makes_it_anew(library: Library, folder: Path) -> None:
    crashing_store(library, folder)
    (store,) = [check for check in library.engine.doctor().checks if check.name == "store"]
    assert (store.ok, store.findings[0].kind) == (False, "chroma")
    assert "crashes: SIG" in store.findings[0].examples[0]
    assert library.engine.doctor(repair=True).healthy
    library.close()
    check_store(library.store)


def crashing_store(library: Library, folder: Path) -> Path:
    """Put a folder in place that crashes, with the note of the one who found out."""
    library.close()
    damaged = library.store / CHROMA
    shutil.rmtree(damaged)
    shutil.copytree(folder, damaged)
    crashing(damaged)
    (library.store / WRITING).touch()
    return damaged
