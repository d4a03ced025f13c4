"""Every fault that `rag doctor` knows: made in a real store, found, mended, and every quote right afterwards."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rights import without_privileges
from store_helpers import CHESS, FLOOD, VOTE, FakeEmbedder, Library, check_store
from typer.testing import CliRunner

from rag.catalogue import Catalogue
from rag.chat_schema import Turn
from rag.cli import app
from rag.errors import ModelError, StoreEmptyError
from rag.health import EXAMPLES, KINDS, Check, Diagnosis, Fault, findings
from rag.locking import writing
from rag.parts import CATALOGUE, CHROMA
from rag.probing import Seen, look_at
from rag.render_doctor import doctor_json, plain_doctor
from rag.sessions import Sessions
from rag.vectors import ChromaVectors

TEXTS = {VOTE, FLOOD, CHESS}


def looks_here(library: Library) -> None:
    """Chroma is looked into from this process, which takes no second each time; test_probing.py has the other one."""

    def look(sample: Sequence[int]) -> Seen:
        vectors = ChromaVectors(library.store / CHROMA, create=False)
        try:
            return look_at(vectors, sample)
        finally:
            vectors.close()

    library.engine.__dict__["_look"] = lambda _: look


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Three articles, a copy of one, and a conversation of two turns."""
    library = Library(tmp_path)
    for name, text in (("vote.txt", VOTE), ("flood.txt", FLOOD), ("chess.txt", CHESS), ("z chess.txt", CHESS)):
        library.write(name, text)
    library.ingest()
    sessions = Sessions.open(library.store / CATALOGUE, create=True)
    for asked in ("What of the tax?", "And the turbines?"):
        turn = Turn(asked, asked, "2026-01-01T00:00:00+00:00")
        if asked.startswith("What"):
            sessions.begin("wind", asked, turn)
        else:
            sessions.append("wind", turn)
    sessions.close()
    looks_here(library)
    yield library
    library.close()


def sql(library: Library, *statements: str, **values: Any) -> None:
    """Straight into the file, past all that keeps it whole."""
    library.close()
    connection = sqlite3.connect(library.store / CATALOGUE)
    connection.execute("PRAGMA foreign_keys = OFF")
    for statement in statements:
        connection.execute(statement, values if ":" in statement else {})
    connection.commit()
    connection.close()


def found(diagnosis: Diagnosis) -> set[str]:
    return {f.kind for check in diagnosis.checks for f in check.findings}


def is_mended(library: Library) -> None:
    """Healthy by its own word and by that of the tests; all articles there, word for word."""
    diagnosis = library.engine.doctor()
    assert (diagnosis.healthy, found(diagnosis)) == (True, set())
    library.close()
    check_store(library.store)
    assert library.texts() == TEXTS


def test_nothing_is_wrong_with_a_sound_store_and_nothing_is_changed(library: Library) -> None:
    before = library.dump()
    diagnosis = library.engine.doctor(repair=True)
    assert [(check.ok, check.findings) for check in diagnosis.checks] == [(True, ())] * len(diagnosis.checks)
    assert diagnosis.healthy
    assert diagnosis.repaired == ()
    assert library.dump() == before


FIRST = "(SELECT min(pk) FROM paragraphs)"
MENDABLE = {
    "a row of an index is lost": ("words", "DELETE FROM paragraph_words WHERE rowid = 1"),
    "an index has other words": ("words", "UPDATE article_words SET text = 'nothing' WHERE rowid = 1"),
    "an index has a row of nothing": (
        "words",
        "INSERT INTO paragraph_words(rowid, context, text) VALUES(999, 'a', 'b')",
    ),
    "an index says other than its rows": ("words", "UPDATE paragraph_words_docsize SET sz = x'0105' WHERE id = 1"),
    "an index is zeros": ("words", "UPDATE paragraph_words_data SET block = zeroblob(length(block)) WHERE id > 10"),
    "a paragraph stands elsewhere": ("starts", f"UPDATE paragraphs SET start = start + 3 WHERE pk = {FIRST}"),
    "sentences overlap": ("spans", f"UPDATE paragraphs SET sentences = '[[0,40],[30,50]]' WHERE pk = {FIRST}"),
    "sentences reach outside": ("spans", f"UPDATE paragraphs SET sentences = '[[0,9999]]' WHERE pk = {FIRST}"),
    "sentences are no JSON": ("spans", f"UPDATE paragraphs SET sentences = '[[' WHERE pk = {FIRST}"),
    "a place is no place": ("spans", f"UPDATE paragraphs SET raw_spans = '[[9,3]]' WHERE pk = {FIRST}"),
    "a number was never given": ("spans", f"UPDATE paragraphs SET n = 77 WHERE pk = {FIRST}"),
    "a word is another": (
        "origins",
        f"UPDATE paragraphs SET text = replace(replace(text, 'Lisbon', 'Madrid'), 'Tuesday', 'Fridays') "
        f"WHERE pk = {FIRST}",
    ),
    "a line is another": ("origins", f"UPDATE paragraphs SET line = 99 WHERE pk = {FIRST}"),
    "an article has no text": ("empty", "DELETE FROM paragraphs WHERE article = 1"),
    "a paragraph without an article": (
        "orphans",
        "INSERT INTO paragraphs VALUES(NULL, 55, 1, 0, 'body', 'Lost words.', 0, '[]', '[]', 1, NULL, '')",
    ),
    "a copy of nothing": ("orphans", "INSERT INTO duplicates VALUES('/x', '/x', 55)"),
    "a vector of nothing": ("orphans", "INSERT INTO chunks VALUES(NULL, 55, '[1]', x'00', x'00', 1)"),
    "a copy that is an article": ("copies", "INSERT INTO duplicates SELECT key, path, 1 FROM articles WHERE pk = 2"),
    "a vector is short": ("vectors", "UPDATE chunks SET vector = x'0000803f' WHERE pk = 1"),
    "a vector is no number": ("vectors", "UPDATE chunks SET vector = :nan WHERE pk = 1"),
    "a vector is long": ("vectors", "UPDATE chunks SET vector = :long WHERE pk = 1"),
    "a paragraph has no vector": ("uncovered", "DELETE FROM chunks WHERE pk = 1"),
    "vectors wait": ("waiting", "UPDATE chunks SET stored = 0 WHERE pk = 1"),
    "vectors are stale": ("stale", "INSERT INTO stale_vectors VALUES(888)"),
    "a vector is another's": ("chroma", "UPDATE chunks SET vector = :other WHERE pk = 2"),
    "turns are not in order": ("order", "UPDATE turns SET position = 7 WHERE position = 2"),
}


@pytest.mark.parametrize("damage", MENDABLE)
def test_damage_is_found_and_mended_from_the_catalogue(library: Library, damage: str) -> None:
    kind, statement = MENDABLE[damage]
    other = np.eye(1, 64, 63, dtype="<f4")
    sql(library, statement, nan=(other * np.nan).tobytes(), long=(other * 3).tobytes(), other=other.tobytes())
    before = library.engine.doctor()
    assert kind in found(before)
    assert before.healthy == (not KINDS[kind].damage)
    assert library.engine.status()["consistent"] == found(before).isdisjoint({"waiting", "stale"})
    after = library.engine.doctor(repair=True)
    assert (after.healthy, found(after)) == (True, set()), plain_doctor(after)
    if kind not in ("waiting", "stale"):
        assert after.repaired
    is_mended(library)


def test_rows_that_are_taken_out_are_kept_in_a_file(library: Library) -> None:
    sql(library, MENDABLE["a paragraph without an article"][1])
    (line, *_) = [line for line in library.engine.doctor(repair=True).repaired if "moved to" in line]
    (kept,) = library.store.glob("set-aside-paragraphs-*.json")
    assert str(kept) in line
    assert kept.stat().st_mode & 0o077 == 0
    assert [row["text"] for row in json.loads(kept.read_text(encoding="utf-8"))["rows"]] == ["Lost words."]


@pytest.mark.parametrize("record", ["'{}'", "'{\"asked\": 1'", "x'ff00'"])
def test_a_damaged_turn_is_moved_aside_and_its_conversation_can_be_read_again(library: Library, record: str) -> None:
    sql(
        library,
        f"UPDATE turns SET record = {record} WHERE position = 1",
        "UPDATE sessions SET summary = 'x', summarised = 1",
    )
    assert found(library.engine.doctor()) == {"turns"}
    assert library.engine.doctor(repair=True).healthy
    session = library.engine.session("wind")
    assert [turn.asked for turn in session.turns] == ["And the turbines?"]
    assert (session.summary, session.summarised) == ("", 0)
    (kept,) = library.store.glob("set-aside-turns-*.json")
    (row,) = json.loads(kept.read_text(encoding="utf-8"))["rows"]
    assert (row["session"], row["position"], row["asked"]) == ("wind", 1, "What of the tax?")
    assert row["record"] == ({"base64": "/wA="} if record.startswith("x") else record.strip("'"))


def test_a_turn_of_a_newer_version_is_left_alone(library: Library) -> None:
    sql(library, "UPDATE turns SET format = 99 WHERE position = 2")
    diagnosis = library.engine.doctor(repair=True)
    assert (diagnosis.healthy, found(diagnosis), diagnosis.repaired) == (True, {"newer"}, ())


def test_an_altered_word_is_found_where_the_file_is_gone_and_the_text_is_not_thrown_away(library: Library) -> None:
    (library.folder / "vote.txt").unlink()
    sql(library, "UPDATE paragraphs SET text = replace(text, 'forty turbines', 'fifty turbines')")
    diagnosis = library.engine.doctor(repair=True)
    assert not diagnosis.healthy
    assert found(diagnosis) == {"altered", "gone"}
    assert any("fifty turbines" in text for text in library.texts())
    assert "restore a backup" in plain_doctor(diagnosis)


def test_what_became_of_the_files_is_a_hint(library: Library) -> None:
    (library.folder / "vote.txt").write_text("Another text altogether, of one line.", encoding="utf-8")
    (library.folder / "flood.txt").unlink()
    sql(library, f"DELETE FROM files WHERE path = '{library.folder / 'chess.txt'}'")
    diagnosis = library.engine.doctor()
    named = {f.kind: f.examples for check in diagnosis.checks for f in check.findings}
    assert named == {
        "changed": (str(library.folder / "vote.txt"),),
        "gone": (str(library.folder / "flood.txt"),),
        "unread": (str(library.folder / "chess.txt"),),
    }
    assert diagnosis.healthy


def test_a_file_that_cannot_be_read_is_a_hint(library: Library) -> None:
    (library.folder / "vote.txt").chmod(0)
    library.close()
    code = """
import sys
from pathlib import Path
from rights import without_privileges
from store_helpers import Library
diagnosis = Library(Path(sys.argv[1])).engine.doctor()
print(*(finding.kind for check in diagnosis.checks for finding in check.findings), diagnosis.healthy)
"""
    assert without_privileges(code, library.home).split() == ["closed", "True"]


def test_markdown_whose_marks_were_taken_out_says_what_its_file_says(library: Library) -> None:
    library.write(
        "marks.md", "# The *ferry*\n\nThe [ferry](https://example.org/a_b) to **Lunde** leaves\nat &amp; nine.\n"
    )
    library.ingest()
    assert found(library.engine.doctor()) == set()


def test_the_same_text_twice_is_a_hint(library: Library) -> None:
    other = "SELECT text FROM paragraphs q WHERE q.article = 2 AND q.n = paragraphs.n"
    sql(library, f"UPDATE paragraphs SET text = ({other}) WHERE article = 1")
    assert "twins" in found(library.engine.doctor())


# --- the vector store ----------------------------------------------------------------------------------------------


def test_vectors_that_chroma_lost_or_has_too_many_are_taught_and_forgotten(library: Library) -> None:
    vectors = ChromaVectors(library.store / CHROMA)
    vectors.delete([2, 3])
    vectors.add([777], np.ones((1, 64), dtype=np.float32), [{"article": "x"}])
    vectors.close()
    diagnosis = library.engine.doctor()
    assert {f.kind: f.count for c in diagnosis.checks for f in c.findings} == {"lost": 2, "strange": 1}
    library.embedder.history.clear()
    assert library.engine.doctor(repair=True).repaired == (
        "2 vectors were added to the vector store",
        "1 vectors were taken out of the vector store",
    )
    assert library.embedder.history == []
    is_mended(library)


def test_a_vector_store_that_is_gone_is_made_again(library: Library) -> None:
    (library.store / CHROMA).rename(library.home / "elsewhere")
    assert found(library.engine.doctor()) == {"chroma"}
    library.embedder.history.clear()
    assert library.engine.doctor(repair=True).healthy
    assert library.embedder.history == []
    is_mended(library)


def test_what_a_writer_does_meanwhile_is_no_fault(library: Library) -> None:
    """Between the two looks at the catalogue one vector is stored, one is forgotten and one is new."""

    def meanwhile(sample: Sequence[int]) -> Seen:
        seen = here(sample)
        catalogue = Catalogue.create(library.store / CATALOGUE)
        catalogue.connection.execute("UPDATE chunks SET stored = 1 WHERE pk = 1")
        catalogue.connection.execute("DELETE FROM chunks WHERE pk = 2")
        catalogue.close()
        assert seen.ids
        return Seen(seen.ids - {1, 3}, seen.vectors, seen.found)

    sql(library, "UPDATE chunks SET stored = 0 WHERE pk = 1")
    here = library.engine.__dict__["_look"](None)
    library.engine.__dict__["_look"] = lambda _: meanwhile
    store = next(check for check in library.engine.doctor().checks if check.name == "store")
    assert {f.kind: f.examples for f in store.findings} == {"waiting": ("vector 1",), "lost": ("vector 3",)}


# --- the model -----------------------------------------------------------------------------------------------------


def test_another_model_is_told_with_what_helps(library: Library) -> None:
    library.engine.__dict__["embedder"] = FakeEmbedder("other")
    diagnosis = library.engine.doctor(repair=True)
    assert (found(diagnosis), diagnosis.healthy) == ({"model"}, False)
    assert "the vectors are of fake-64, the configured model is other" in plain_doctor(diagnosis)
    assert "rag rebuild --embed" in plain_doctor(diagnosis)


def test_a_model_that_cannot_be_loaded_is_told(library: Library) -> None:
    class Absent:
        @property
        def identity(self) -> str:
            raise ModelError("there is no model of that name")

    library.engine.__dict__["embedder"] = Absent()
    diagnosis = library.engine.doctor(repair=True)
    assert (found(diagnosis), diagnosis.healthy) == ({"model"}, False)
    assert "there is no model of that name" in plain_doctor(diagnosis)


# --- damage to the file --------------------------------------------------------------------------------------------


def test_an_index_of_the_catalogue_is_made_anew(library: Library) -> None:
    other = "UPDATE sqlite_master SET sql = 'CREATE INDEX chunks_hash ON chunks(pk)' WHERE name = 'chunks_hash'"
    sql(library, "PRAGMA writable_schema = ON", other)
    diagnosis = library.engine.doctor()
    assert "indexes" in found(diagnosis)
    assert library.engine.doctor(repair=True).healthy


def test_a_page_that_cannot_be_read_is_found_and_the_other_checks_go_on(library: Library) -> None:
    page = overwritten_page(library, "paragraphs")
    assert page > 1
    diagnosis = library.engine.doctor(repair=True)
    assert not diagnosis.healthy
    assert {"file", "unreadable"} & found(diagnosis)
    assert "restore a backup" in plain_doctor(diagnosis)
    (sessions,) = [check for check in diagnosis.checks if check.name == "sessions"]
    assert sessions.ok


def overwritten_page(library: Library, table: str) -> int:
    library.close()
    file = library.store / CATALOGUE
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    connection.close()
    with file.open("r+b") as handle:
        handle.seek((page - 1) * size)
        handle.write(b"\xff" * size)
    return int(page)


def test_a_file_that_is_no_catalogue_is_one_line(library: Library) -> None:
    library.close()
    for file in library.store.glob("catalogue.sqlite3*"):
        file.write_bytes(b"no catalogue" * 1000)
    done = CliRunner().invoke(app, ["doctor", "--repair", "--store", str(library.store)])
    assert done.exit_code == 1
    assert re.fullmatch(r"rag: .* is damaged; .*\n", done.stderr)


# --- beside others, and where nothing can be written ---------------------------------------------------------------


def test_it_takes_no_lock_without_repair(library: Library) -> None:
    with writing(library.store, wait=False, warn=library.warnings.append):
        assert library.engine.doctor().healthy
    assert library.warnings == []


def test_no_store_is_told_as_everywhere(tmp_path: Path) -> None:
    with pytest.raises(StoreEmptyError, match="rag ingest FOLDER"):
        Library(tmp_path).engine.doctor()
    assert not (tmp_path / "store").exists()


# --- records and words ---------------------------------------------------------------------------------------------


def test_faults_are_counted_and_a_few_are_named() -> None:
    (finding,) = findings(Fault("words", f"row {i}") for i in range(1000))
    assert (finding.count, finding.examples) == (1000, tuple(f"row {i}" for i in range(EXAMPLES)))


def test_what_is_printed_says_what_was_checked_what_is_wrong_and_what_helps() -> None:
    diagnosis = Diagnosis(
        (
            Check("words", "the indexes are right", findings([Fault("words", "a\x1b[31m#1"), Fault("words", "b#2")])),
            Check("files", "the files are there", findings([Fault("gone", "/a.txt")])),
        ),
        ("3 things",),
    )
    assert plain_doctor(diagnosis).splitlines() == [
        "repaired: 3 things",
        "✗ not so: the indexes are right",
        "    2 × faults in the indexes of words: a#1; b#2",
        "    → rag doctor --repair",
        "✓ the files are there",
        "    1 × files are gone; their articles are kept: /a.txt",
        "    hint: rag ingest FOLDER brings the store up to date",
        "the store is damaged: 1 of 2 checks found something",
    ]
    shown = doctor_json(diagnosis)
    assert list(shown) == ["healthy", "checks", "repaired"]
    assert shown["checks"][1] == {
        "name": "files",
        "ok": True,
        "findings": [
            {
                "kind": "gone", "what": "files are gone; their articles are kept", "count": 1, "examples": ["/a.txt"],
                "damage": False, "mend": "rag ingest FOLDER brings the store up to date",
            }
        ],
        "hint": "rag ingest FOLDER brings the store up to date",
    }  # fmt: skip


def test_the_command_says_by_its_exit_code_whether_the_store_is_healthy(tmp_path: Path) -> None:
    """The real program, the real model, the other process."""
    (tmp_path / "vote.txt").write_text(VOTE, encoding="utf-8")
    store = ["--store", str(tmp_path / "store")]
    assert CliRunner().invoke(app, ["ingest", str(tmp_path / "vote.txt"), *store]).exit_code == 0
    connection = sqlite3.connect(tmp_path / "store" / CATALOGUE)
    connection.execute("DELETE FROM paragraph_words")
    connection.commit()
    connection.close()
    damaged = rag("doctor", *store)
    assert (damaged.returncode, damaged.stderr) == (1, "")
    assert "✗ not so: the word indexes say what the articles say" in damaged.stdout
    mended = rag("doctor", "--repair", "--json", *store)
    assert (mended.returncode, json.loads(mended.stdout)["healthy"], mended.stderr) == (0, True, "")
    assert json.loads(mended.stdout)["repaired"] == ["the indexes of words were made anew"]


def rag(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("rag")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, encoding="utf-8")
