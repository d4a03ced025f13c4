"""No key leaves but in the request it is for: a server repeats each header it gets, and all that is written is read."""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag.cli import app
from rag.config import read_config
from rag.llm_endpoint import OpenAIModel
from rag.options import settings

KEYS = {
    "RAG_LLM_API_KEY": "sk-llm-7d1f0c3b9a",
    "RAG_EMBEDDING_API_KEY": "sk-emb-52ab88e1f4",
    "OPENAI_API_KEY": "sk-oai-e0c4417d66",
}
ARTICLE = "The Lenne ferry carries bicycles free of charge on Sundays. A ticket costs four euros on all other days.\n"
ASKED = "What does a ticket for the Lenne ferry cost?"
JUDGED = {"id": "1", "question": ASKED, "gold": ["ferry#1"]}


class Repeating(ThreadingHTTPServer):
    """Fails every request with `status` and a message that says each header it got."""

    status = 401
    heard: list[str]


class _Handler(BaseHTTPRequestHandler):
    server: Repeating

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._repeat()

    def do_GET(self) -> None:
        self._repeat()

    def _repeat(self) -> None:
        said = "; ".join(f"{name}: {value}" for name, value in self.headers.items())
        self.server.heard.append(said)
        body = json.dumps({"error": {"message": f"you sent {said}", "type": said, "code": said}}).encode()
        self.send_response(self.server.status, said.replace("\n", " "))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Request-Id", said)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Repeating]:
    server = Repeating(("127.0.0.1", 0), _Handler)
    server.heard = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def address(server: Repeating) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/v1"


@pytest.fixture(scope="module")
def ferry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store, made once; each test works in a folder of its own beside it."""
    home = tmp_path_factory.mktemp("keys")
    (home / "ferry.txt").write_text(ARTICLE, encoding="utf-8")
    made = CliRunner().invoke(app, ["ingest", str(home / "ferry.txt"), "--store", str(home / "store")])
    assert made.exit_code == 0, made.output
    return home


def everything_said(home: Path, caplog: pytest.LogCaptureFixture, *commands: tuple[list[str], str]) -> str:
    """Output, logs, tracebacks (which RAG_DEBUG would show) and every file, of commands run one after the other."""
    said = []
    for command, typed in commands:
        result = CliRunner().invoke(app, [*command, "--store", str(home / "store")], input=typed)
        said += [result.stdout, result.stderr]
        if result.exc_info:
            said += traceback.format_exception(result.exc_info[1])
    files = [
        path.read_bytes().decode("latin-1") for path in [*home.rglob("*"), *Path.cwd().rglob("*")] if path.is_file()
    ]
    return "\n".join([*said, caplog.text, *files])


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_a_model_server_that_repeats_the_key_gives_none_away(
    ferry: Path, in_folder: Path, server: Repeating, address: str, status: int,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    server.status = status
    for name, value in (KEYS | {"RAG_LLM_BASE_URL": address, "RAG_LLM_MODEL": "any"}).items():
        monkeypatch.setenv(name, value)
    waits: list[float] = []
    monkeypatch.setitem(OpenAIModel.__init__.__kwdefaults__, "sleep", waits.append)
    (in_folder / "judged.jsonl").write_text(json.dumps(JUDGED) + "\n", encoding="utf-8")
    commands = [(["ask", ASKED, "--cache", "--samples", "2"], ""), (["chat", "--json"], f"{ASKED}\nWhy?\n")]
    if status == 401:
        commands += [
            (["ask", ASKED, "--json", "--force"], ""),
            (["brief", "The Lenne ferry", "--out", "page.html"], ""),
            (["chat"], f"{ASKED}\n/model\n/export talk.md\n"),
            (["eval", "judged.jsonl", "--save", "run.json"], ""),
            (["eval", "--make", "1"], ""),
            *((name.split(), "") for name in ("status", "sessions --json", "doctor")),
        ]
    said = everything_said(ferry, caplog, *commands)
    assert any(KEYS["RAG_LLM_API_KEY"] in heard for heard in server.heard), "the key was sent where it belongs"
    assert not any(KEYS["RAG_EMBEDDING_API_KEY"] in heard for heard in server.heard), "and no other"
    assert [name for name, key in KEYS.items() if key in said] == []


@pytest.mark.parametrize("status", [200, 401, 500])
def test_an_embedding_server_that_repeats_the_key_gives_none_away(
    in_folder: Path, server: Repeating, address: str, status: int,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    server.status = status
    own = {"RAG_EMBEDDING_BASE_URL": address, "RAG_EMBEDDING_MODEL": "any", "RAG_CACHE": str(in_folder / "cache")}
    for name, value in (KEYS | own).items():
        monkeypatch.setenv(name, value)
    (in_folder / "ferry.txt").write_text(ARTICLE, encoding="utf-8")
    said = everything_said(
        in_folder, caplog, (["ingest", "ferry.txt"], ""), (["ask", ASKED], ""), (["status"], ""), (["doctor"], "")
    )
    assert any(KEYS["RAG_EMBEDDING_API_KEY"] in heard for heard in server.heard)
    assert not any(KEYS["RAG_LLM_API_KEY"] in heard for heard in server.heard)
    assert [name for name, key in KEYS.items() if key in said] == []


def test_a_password_in_an_address_is_in_no_message_and_no_file(
    ferry: Path, in_folder: Path, address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = address.replace("http://", "http://reader:hush-9f@")
    for name in ("RAG_LLM_BASE_URL", "RAG_EMBEDDING_BASE_URL", "RAG_CHROMA_URL"):
        monkeypatch.setenv(name, secret)
        said = everything_said(ferry, caplog, (["ask", ASKED], ""), (["status", "--json"], ""), (["doctor"], ""))
        assert "hush-9f" not in said + repr(settings(None))
        monkeypatch.delenv(name)


@pytest.mark.parametrize("variable", KEYS)
def test_a_key_that_cannot_be_is_not_repeated(in_folder: Path, variable: str) -> None:
    assert "sk-" not in repr(read_config({variable: "sk-\x00broken"}))
