"""One writer at a time, across processes; readers never wait."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from store_helpers import CHESS, VOTE, Library

from rag.errors import StoreBusyError, StoreError
from rag.locking import LOCK, writing

HOLD = """
import sys
from pathlib import Path
from rag.locking import writing
with writing(Path(sys.argv[1]), wait=False, warn=print):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def another_writer(store: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the store until it is told to go, or killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def silent(message: str) -> None:
    raise AssertionError(f"nobody asked to hear: {message}")


def test_a_second_writer_fails_at_once_when_told_not_to_wait(tmp_path: Path) -> None:
    with (
        another_writer(tmp_path),
        pytest.raises(StoreBusyError, match=r"another rag command is writing to .*; try again when it is done"),
        writing(tmp_path, wait=False, warn=silent),
    ):
        pass


def test_a_second_writer_says_that_it_waits_and_then_gets_its_turn(tmp_path: Path) -> None:
    with another_writer(tmp_path) as process:
        said: list[str] = []

        def warn(message: str) -> None:
            said.append(message)
            process.kill()  # only now can it go on

        with writing(tmp_path, wait=True, warn=warn):
            assert len(said) == 1
            assert said[0].startswith(f"waiting for another rag command to finish writing to {tmp_path}")


def test_the_lock_of_a_killed_writer_is_free(tmp_path: Path) -> None:
    with another_writer(tmp_path):
        pass
    with writing(tmp_path, wait=False, warn=silent):
        pass


def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    def fail() -> None:
        with writing(tmp_path, wait=False, warn=silent):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    with writing(tmp_path, wait=False, warn=silent):
        pass


def test_a_lock_file_left_over_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text("")
    with writing(tmp_path, wait=False, warn=silent):
        pass


def test_the_store_is_made_where_it_is_not(tmp_path: Path) -> None:
    with writing(tmp_path / "new" / "store", wait=False, warn=silent):
        assert (tmp_path / "new" / "store").is_dir()


def test_a_store_that_is_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with (
        pytest.raises(StoreError, match=r"cannot be written \(File exists\); check its permissions or choose another"),
        writing(tmp_path / "store", wait=True, warn=silent),
    ):
        pass


def test_readers_work_while_a_writer_holds_the_store(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write("vote.txt", VOTE)
    library.ingest()
    with another_writer(library.store):
        reader = library.open()
        assert reader.search("turbines").passages
        assert reader.ask("Who said the tax would pay for turbines?").answered
        assert reader.status()["articles"] == 1
        assert reader.show("vote#1").paragraph
        reader.close()


@pytest.mark.parametrize("command", ["ingest", "remove", "rebuild"])
def test_every_command_that_writes_takes_the_lock(tmp_path: Path, command: str) -> None:
    library = Library(tmp_path)
    library.write("vote.txt", VOTE)
    library.ingest()
    library.write("chess.txt", CHESS)
    before = library.dump()
    engine = library.open(wait=False)
    commands = {
        "ingest": lambda: engine.ingest([str(library.folder)]),
        "remove": lambda: engine.remove(["vote"]),
        "rebuild": lambda: engine.rebuild(),
    }
    with another_writer(library.store), pytest.raises(StoreBusyError):
        commands[command]()
    assert library.dump() == before
    commands[command]()
    engine.close()
    library.close()
