"""A real Chroma server on loopback, and a proxy before it that wants a key and keeps count of what passes."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

KEY = "Bearer s3cret-proxy-key"


@contextmanager
def chroma_server(folder: Path) -> Iterator[str]:
    """Address of a server whose data are in `folder`; it ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    chroma = Path(sys.executable).with_name("chroma")
    command = [str(chroma), "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        heard = next((line for line in process.stdout if "listening on address" in line), "")
        drain = Thread(target=process.stdout.read)  # a full pipe would stop the server
        drain.start()
        try:
            assert heard, "the server ended before it listened"
            while process.poll() is None and not _accepts(port):
                pass  # it says so a moment before it does
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()
            drain.join()


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


@dataclass
class Proxy:
    """Passes requests on to `behind`: 401 without the key, 413 for more than `rows` rows or 32 metadata keys."""

    behind: str
    rows: int = 300
    history: list[tuple[str, str, Any]] = field(default_factory=list)
    """(method, path, body) of every request that had the key."""

    def refusal(self, headers: Any, body: Any) -> int:
        if headers.get("Authorization") != KEY:
            return 401
        many = [value for name in ("ids", "embeddings", "metadatas") if (value := body.get(name))]
        wide = [facts for facts in body.get("metadatas") or () if len(facts) > 32]
        results = [body.get("limit") or 0, body.get("n_results") or 0]
        return 413 if wide or any(len(value) > self.rows for value in many) or max(results) > self.rows else 0

    def writes(self) -> list[int]:
        """Rows of every write."""
        return [len(body["ids"]) for _, path, body in self.history if path.endswith("/upsert")]


@contextmanager
def proxy_before(server: str) -> Iterator[tuple[str, Proxy]]:
    """Address of a proxy and the proxy."""
    proxy = Proxy(server.removeprefix("http://"))

    class Handler(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(raw) if raw else {}
            status = proxy.refusal(self.headers, body)
            if status:
                said = json.dumps({"refused": f"{status}", "headers": dict(self.headers)}).encode()
            else:
                proxy.history.append((self.command, self.path, body))
                upstream = http.client.HTTPConnection(proxy.behind)
                upstream.request(self.command, self.path, raw, {"Content-Type": "application/json"})
                answer = upstream.getresponse()
                status, said = answer.status, answer.read()
                upstream.close()
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_PUT = do_DELETE = pass_on  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http_server:
        thread = Thread(target=http_server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http_server.server_port}", proxy
        finally:
            http_server.shutdown()
            thread.join()
