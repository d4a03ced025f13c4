"""A store whose vectors are on a Chroma server: behind a proxy with a key, shared, read from a copy, and down."""

from __future__ import annotations

import json
import re
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from chroma_server import KEY, Proxy, chroma_server, proxy_before
from store_helpers import CHESS, FLOOD, VOTE, FakeEmbedder, Library
from typer.testing import CliRunner

from rag.cli import app
from rag.config import Config
from rag.engine import CATALOGUE, CHROMA, Engine
from rag.errors import ConfigError, StoreError
from rag.vectors import BATCH
from rag.vectors_opening import STORE_ID, Wanted
from rag.vectors_server import Server, ServerVectors, address

FERRY = """The ferry to Lunde leaves at nine in the morning and returns at eleven, the harbour office said.

Children under seven travel free on every crossing, and bicycles cost as much as a child of eight."""
QUESTION = "Who protested against the turbines?"
ONE = np.ones((1, 3), dtype=np.float32)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chroma_server(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture
def proxy(server: str) -> Iterator[tuple[str, Proxy]]:
    with proxy_before(server) as found:
        yield found


@pytest.fixture
def library(tmp_path: Path, server: str) -> Iterator[Library]:
    """Three articles, their vectors on the server, asked there."""
    library = Library(tmp_path, chroma_url=server, exact_limit=0)
    for name, text in (("vote.txt", VOTE), ("flood.txt", FLOOD), ("chess.txt", CHESS)):
        library.write(name, text)
    library.ingest()
    yield library
    library.close()


def on_server(library: Library) -> set[int]:
    """Ids that the server holds of this store."""
    vectors = library.engine._open_vectors()
    found = vectors.ids()
    library.engine.close()
    assert found is not None
    return found


def keys(library: Library) -> set[int]:
    return {row[0] for row in library.dump()["chunks"]}


def hits(engine: Engine) -> list[tuple[str, float]]:
    return [(p.paragraph.text, p.score) for p in engine.search(QUESTION, 9).passages]


def test_questions_are_answered_as_with_a_folder(library: Library, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    local = Library(tmp_path / "other", exact_limit=0)
    local.ingest(library.folder)
    assert hits(library.engine) == hits(local.engine)
    assert not (library.store / CHROMA).exists()
    assert (local.store / CHROMA).exists()
    local.close()


def test_what_changes_is_handed_on(library: Library) -> None:
    assert on_server(library) == keys(library)
    library.write("chess.txt", CHESS.replace("Lisbon", "Porto"))
    (library.folder / "flood.txt").unlink()
    library.ingest()
    assert on_server(library) == keys(library)
    before = len(keys(library))
    library.engine.remove([library.id_of("vote.txt")])
    assert on_server(library) == keys(library)
    assert len(keys(library)) < before


def test_no_text_goes_over_the_wire(tmp_path: Path, proxy: tuple[str, Proxy]) -> None:
    url, seen = proxy
    library = Library(tmp_path, chroma_url=url, chroma_headers={"Authorization": KEY}, exact_limit=0)
    library.write("vote.txt", VOTE)
    library.ingest()
    hits(library.engine)
    sent = json.dumps([body for _, _, body in seen.history])
    assert "turbines" not in sent
    assert "parliament" not in sent
    assert any(path.endswith("/query") for _, path, _ in seen.history)
    library.close()


def test_requests_stay_within_the_hosted_limits(proxy: tuple[str, Proxy]) -> None:
    url, seen = proxy
    n = 2 * BATCH + 1
    some = np.random.default_rng(2).normal(size=(n, 3)).astype(np.float32)
    vectors = ServerVectors(Server(url, {"Authorization": KEY}), "limits", "me")
    vectors.add(range(n), some, [{"article": "a"}] * n)
    assert seen.writes() == [BATCH, BATCH, 1]
    assert vectors.ids() == set(range(n))
    assert len(vectors.vectors_of(range(n))) == n
    assert len(vectors.query(some[0], 1000)) == BATCH
    vectors.delete(range(n))
    assert vectors.count() == 0
    vectors.close()


def test_without_the_key_a_proxy_refuses_and_the_key_is_in_no_message(proxy: tuple[str, Proxy]) -> None:
    url, _ = proxy
    with pytest.raises(StoreError, match=r"refused the request \(401\); check \[vectors\] chroma_headers$"):
        ServerVectors(Server(url), "x", "me")
    with pytest.raises(StoreError) as caught:
        ServerVectors(Server(url, {"Authorization": "Bearer wrong-key"}), "x", "me")
    assert "wrong-key" not in str(caught.value)


def test_a_proxy_that_repeats_the_headers_gives_no_key_away(proxy: tuple[str, Proxy]) -> None:
    url, seen = proxy
    vectors = ServerVectors(Server(url, {"Authorization": KEY}), "echo", "me")
    seen.rows = 0  # from now on it refuses every write, and says what it was sent
    with pytest.raises(StoreError, match=r"cannot be written .*\[key\]") as caught:
        vectors.add([1], ONE, [{"article": "a"}])
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    vectors.close()


def test_the_key_is_in_neither_status_nor_repr(tmp_path: Path, proxy: tuple[str, Proxy]) -> None:
    url, _ = proxy
    library = Library(tmp_path, chroma_url=url, chroma_headers={"Authorization": KEY})
    library.write("vote.txt", VOTE)
    library.ingest()
    facts = library.engine.status()
    assert facts["vectors"]["path"].startswith(f"{url}, collection rag-")
    assert facts["vectors"]["bytes"] is None
    shown = repr((facts, library.engine.config, library.engine.vectors_wanted, library.dump()))
    assert "s3cret" not in shown
    library.close()


def test_status_says_where_the_vectors_are(library: Library, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_CHROMA_URL", server)
    shown = CliRunner().invoke(app, ["status", "--store", str(library.store)])
    assert shown.exit_code == 0
    assert f"vectors     {server}, collection rag-" in shown.output
    assert "in step with the catalogue" in shown.output


def test_two_stores_share_a_server(library: Library, tmp_path: Path, server: str) -> None:
    (tmp_path / "other").mkdir()
    other = Library(tmp_path / "other", chroma_url=server, exact_limit=0)
    other.write("flood.txt", FLOOD)
    other.ingest()
    assert on_server(other) == keys(other)
    other.engine.rebuild()
    assert on_server(other) == keys(other)
    assert on_server(library) == keys(library)
    other.close()


def test_a_collection_of_another_store_is_left_alone(library: Library, tmp_path: Path, server: str) -> None:
    name = library.engine.status()["vectors"]["path"].rpartition(" ")[2]
    (tmp_path / "other").mkdir()
    other = Library(tmp_path / "other", chroma_url=server, chroma_collection=name)
    other.write("flood.txt", FLOOD)
    with pytest.raises(StoreError, match=r"is not of this store; set \[vectors\] chroma_collection"):
        other.ingest()
    with pytest.raises(StoreError, match="is not of this store"):
        other.engine.rebuild()
    assert on_server(library) == keys(library)
    other.close()


def test_a_store_moves_to_a_server_and_back(tmp_path: Path, server: str) -> None:
    """Nothing is embedded again, and the next command does it."""
    library = Library(tmp_path)
    library.write("vote.txt", VOTE)
    library.write("flood.txt", FLOOD)
    library.ingest()
    moved = library.open(chroma_url=server, exact_limit=0)
    library.embedder.history.clear()
    moved.ingest([str(library.folder)])
    assert moved._open_vectors().ids() == keys(library)
    assert len(moved.search(QUESTION, 9).passages) == 6
    moved.close()
    library.write("vote.txt", VOTE.replace("2021", "2022"))
    back = library.open(exact_limit=0)
    back.ingest([str(library.folder)])
    assert back._open_vectors().ids() == keys(library)
    back.close()
    assert len(library.embedder.history) == 1, "the one article that changed"


def test_before_the_first_write_a_reader_is_told_what_to_do(tmp_path: Path, server: str) -> None:
    library = Library(tmp_path)
    library.write("vote.txt", VOTE)
    library.ingest()
    reader = library.open(chroma_url=server, exact_limit=0)
    assert len(reader.search(QUESTION).passages) == 3  # every vector is compared instead
    assert "not on the server yet; run: rag rebuild (until then" in library.warnings[-1]
    assert (reader.status()["waiting"], reader.status()["consistent"]) == (3, False)
    reader.rebuild()
    assert (reader.status()["waiting"], reader.status()["consistent"]) == (0, True)
    library.warnings.clear()
    assert len(reader.search(QUESTION).passages) == 3
    assert not library.warnings
    reader.close()


def test_a_reader_goes_on_when_the_collection_is_made_anew(library: Library) -> None:
    reader = library.open()
    before = hits(reader)
    library.engine.rebuild()
    assert hits(reader) == before
    reader.close()


def test_a_server_that_lost_vectors_is_filled_again(library: Library) -> None:
    vectors = library.engine._open_vectors()
    vectors.delete(sorted(keys(library))[:1])
    library.engine.close()
    library.write("new.txt", FERRY)
    library.ingest()
    assert on_server(library) == keys(library)


def test_small_stores_are_asked_without_the_server(library: Library) -> None:
    """Up to exact_limit the catalogue's own vectors are scored: the server may be down."""
    away = library.open(chroma_url=f"http://127.0.0.1:{free_port()}", exact_limit=100)
    assert len(hits(away)) == 9
    away.close()


def test_a_server_that_is_down_is_named_and_nothing_is_lost(library: Library) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    away = library.open(chroma_url=url)
    assert len(hits(away)) == 9
    assert re.match(
        rf"the Chroma server at {url} cannot be reached \(.*\); start it, or check .* \(until then every vector is",
        library.warnings[-1],
    )
    library.write("new.txt", FERRY)
    with pytest.raises(StoreError, match="cannot be reached"):
        away.ingest([str(library.folder)])
    assert len(away.articles()) == 4
    away.close()
    library.ingest()  # the server is back
    assert on_server(library) == keys(library)
    assert library.id_of("new.txt")


def test_what_is_no_chroma_server_is_said_to_be_none(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        def answer() -> None:
            connection, _ = listener.accept()
            connection.recv(10_000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
            connection.close()

        thread = Thread(target=answer)
        thread.start()
        with pytest.raises(StoreError, match=r"is no Chroma server; check \[vectors\] chroma_url$"):
            ServerVectors(Server(url), "x", "me")
        thread.join()


def test_a_vector_of_another_length_and_a_missing_collection_name_the_next_step(server: str) -> None:
    with pytest.raises(StoreError, match=r"cannot be opened \(.*\); .*run: rag rebuild$"):
        ServerVectors(Server(server), "never-made", "me", create=False)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("http://localhost:8000", ("localhost", 8000, False)),
        ("https://chroma.example", ("chroma.example", 443, True)),
        ("http://chroma.example/", ("chroma.example", 80, False)),
        ("http://[::1]:9000", ("[::1]", 9000, False)),
    ],
)
def test_addresses(url: str, parts: tuple[str, int, bool]) -> None:
    assert address(url) == parts


@pytest.mark.parametrize(
    "url", ["localhost:8000", "ftp://a.example", "http://", "http://a:port", "http://a/chroma", "http://me:hush@a"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match=r"\[vectors\] chroma_url must be an address like") as caught:
        address(url)
    assert "hush" not in str(caught.value)


def test_two_places_at_once_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="both set"):
        Wanted(tmp_path, Server("http://a"), llamaindex="a.B")


def test_a_copy_in_a_read_only_folder_asks_the_shared_server(library: Library, tmp_path: Path, server: str) -> None:
    """Another machine holds a copy of the catalogue, and writes nothing."""
    before = hits(library.engine)
    library.close()
    copy = copy_of(library, tmp_path / "copy")
    (copy / CATALOGUE).chmod(0o444)
    copy.chmod(0o555)
    engine = reader(copy, server)
    assert hits(engine) == before
    assert engine._vectors is not None, "the server was asked"
    assert {file.name for file in copy.iterdir()} <= {CATALOGUE, f"{CATALOGUE}-wal", f"{CATALOGUE}-shm"}
    engine.close()
    copy.chmod(0o755)


def test_a_copy_follows_the_server_as_far_as_it_can(library: Library, tmp_path: Path, server: str) -> None:
    """The server has moved on: what the copy knows is found, what it has never seen drops out, and nothing is wrong."""
    library.close()
    copy = copy_of(library, tmp_path / "copy")
    library.write("new.txt", FERRY)
    library.engine.remove([library.id_of("chess.txt")])
    library.ingest()
    engine = reader(copy, server)
    found = [text for text, _ in hits(engine)]
    assert any("harbour of Brennvik" in text for text in found)
    assert not any("Lunde" in text for text in found)
    engine.close()


def test_the_name_is_made_once(library: Library) -> None:
    first = library.engine.catalogue.setting(STORE_ID)
    library.engine.rebuild()
    library.ingest()
    assert library.engine.catalogue.setting(STORE_ID) == first


def copy_of(library: Library, folder: Path) -> Path:
    """A folder with the catalogue alone."""
    folder.mkdir()
    with (
        closing(sqlite3.connect(library.store / CATALOGUE)) as there,
        closing(sqlite3.connect(folder / CATALOGUE)) as here,
    ):
        there.backup(here)
    return folder


def reader(store: Path, server: str) -> Engine:
    engine = Engine(Config(store=store, chroma_url=server, exact_limit=0))
    engine.__dict__["embedder"] = FakeEmbedder()
    return engine


def free_port() -> int:
    """Nothing listens there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: Any = probe.getsockname()[1]
        return int(port)
