"""A chat endpoint on a real loopback socket that says what the test wrote down for it.

    with ScriptedServer() as server:
        server.say("Nine o'clock [1].")           # the next reply
        server.fail(429, headers={"Retry-After": "1"})   # the one after it
        …
        assert server.requests[0]["messages"][0]["content"] == "…"

Each chat completion takes the next script of the queue; where there is none it fails with status 599, so that a
request too many is seen. Replies are streamed when the request asks for it. What the endpoint *refuses* (see
`refuse`) takes no script. Nothing sleeps: `hang` waits for the client to go away or for the server to be closed.
"""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAGE = "<!doctype html><html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>"
USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


@dataclass
class Script:
    """What happens to one request. Bytes of `raw` are sent as they are instead of a reply with `text`."""

    text: str | None = ""
    finish: str | None = "stop"
    pieces: Sequence[str] | None = None
    thoughts: str = ""
    refusal: str | None = None
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    hang: bool = False
    whole: bool = False
    raw: bytes | None = None


class ScriptedServer:
    """Listens from the beginning until `close`. Usable in a `with`."""

    def __init__(self, models: Sequence[Mapping[str, Any]] = ({"id": "scripted"},)) -> None:
        self.models: list[Mapping[str, Any]] = list(models)
        self.pages: dict[str, Any] = {}
        """JSON for other paths that are got, such as "/props"; what is not here is 404."""
        self.requests: list[dict[str, Any]] = []
        """Bodies of all chat completions, in their order, refused ones included."""
        self.headers: list[dict[str, str]] = []
        """Their headers, names in small letters."""
        self.gets: list[str] = []
        """Paths of all GET requests."""
        self.asked = threading.Event()
        """Set when a chat completion has been asked for."""
        self.hung_up = threading.Event()
        """Set when the client has gone away from a reply that hangs or never ends."""
        self._scripts: deque[Script] = deque()
        self._refused: dict[str, tuple[int, bytes]] = {}
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._http = _Listener(("127.0.0.1", 0), _Handler)
        self._http.scripted = self
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def base_url(self) -> str:
        """What RAG_LLM_BASE_URL is set to."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    # --- what is said next, in the order of the calls --------------------------------------------------------------

    def say(
        self, text: str | None, finish: str | None = "stop", pieces: Sequence[str] | None = None, *,
        thoughts: str = "", refusal: str | None = None, whole: bool = False,
    ) -> None:  # fmt: skip
        """A reply, streamed in `pieces` (by default a few words each). `finish` None leaves the reason out.

        `thoughts` go before it as reasoning_content; `refusal` is the model's own. `whole` ignores the wish to stream.
        """
        self._scripts.append(Script(text, finish, pieces, thoughts, refusal, whole=whole))

    def say_json(self, value: object, **how: Any) -> None:
        """A reply whose text is JSON."""
        self.say(json.dumps(value, ensure_ascii=False), **how)

    def cut(self, text: str, pieces: Sequence[str] | None = None) -> None:
        """A reply whose connection breaks in the middle of the event after `text`."""
        self._scripts.append(Script(text, None, pieces, cut=True))

    def hang(self, text: str = "", pieces: Sequence[str] | None = None) -> None:
        """Nothing more after `text`; without it, not even a status line."""
        self._scripts.append(Script(text, None, pieces, hang=True))

    def fail(self, status: int, body: object = None, headers: Mapping[str, str] | None = None, times: int = 1) -> None:
        """An error status with a JSON object, or with text as it is; by default an error object."""
        if body is None:
            body = {"error": {"message": f"scripted failure {status}", "type": "error", "code": None}}
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        kind = "text/html" if data[:1] == b"<" else "application/json"
        for _ in range(times):
            self._scripts.append(Script(status=status, body=data, content_type=kind, headers=headers or {}))

    def page(self, status: int = 200) -> None:
        """A web page where a reply should be."""
        self._scripts.append(Script(status=status, body=PAGE.encode(), content_type="text/html; charset=utf-8"))

    def overflow(self) -> None:
        """The messages are too long, in OpenAI's words."""
        said = "This model's maximum context length is 4096 tokens. However, your messages resulted in 5031 tokens."
        self.fail(400, {"error": {"message": said, "type": "invalid_request_error", "code": "context_length_exceeded"}})

    def send(self, raw: bytes) -> None:
        """These bytes as an event stream, then the end of the connection."""
        self._scripts.append(Script(raw=raw))

    def refuse(self, parameter: str, status: int = 400, said: str | None = None) -> None:
        """From now on every request with this parameter is refused, with a message that names it or with `said`."""
        message = f"Unsupported parameter: '{parameter}' is not supported." if said is None else said
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
        self._refused[parameter] = (status, json.dumps({"error": error}).encode())

    # --- the end ---------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Ends every reply that hangs, and waits for all threads."""
        self._http.shutdown()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):  # the client was faster
                    connection.shutdown(socket.SHUT_RDWR)
        self._http.server_close()  # waits for the threads of the requests
        self._thread.join()

    def __enter__(self) -> ScriptedServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- for the handler -------------------------------------------------------------------------------------------

    def _next(self, request: dict[str, Any], headers: dict[str, str]) -> Script:
        with self._lock:
            self.requests.append(request)
            self.headers.append(headers)
            self.asked.set()
            for parameter, (status, body) in self._refused.items():
                if parameter in request:
                    return Script(status=status, body=body)
            unwritten = Script(status=599, body=b'{"error": {"message": "no script for this request"}}')
            return self._scripts.popleft() if self._scripts else unwritten

    def _opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def _closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)


class _Listener(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    scripted: ScriptedServer

    def process_request(self, request: Any, client_address: Any) -> None:
        self.scripted._opened(request)  # before its thread starts, so that close misses none
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.scripted._closed(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def log_message(self, *_: Any) -> None:
        """Nothing on stderr."""

    def do_GET(self) -> None:
        scripted = self.server.scripted
        scripted.gets.append(self.path)
        if self.path == "/v1/models" and "/v1/models" not in scripted.pages:
            return self._send(200, json.dumps({"object": "list", "data": scripted.models}).encode())
        page = scripted.pages.get(self.path)
        if isinstance(page, str):
            return self._send(200, page.encode(), "text/html")
        if page is None:
            return self._send(404, b'{"error": "not found"}')
        return self._send(200, json.dumps(page).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/v1/chat/completions":
            return self._send(404, b'{"error": "not found"}')
        request = json.loads(body)
        headers = {name.lower(): value for name, value in self.headers.items()}
        script = self.server.scripted._next(request, headers)
        if script.hang and not script.text:
            return self._wait()
        if script.status != 200 or script.body:
            return self._send(script.status, script.body, script.content_type, script.headers)
        if request.get("stream") and not script.whole:
            return self._stream(script, request)
        return self._whole(script)

    def _send(
        self, status: int, body: bytes, content_type: str = "application/json", headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _whole(self, script: Script) -> None:
        message = {"role": "assistant", "content": script.text, "refusal": script.refusal}
        choice = {"index": 0, "message": message, "finish_reason": script.finish}
        self._send(200, json.dumps({"object": "chat.completion", "choices": [choice], "usage": USAGE}).encode())

    def _stream(self, script: Script, request: Mapping[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if script.raw is not None:
            self.wfile.write(script.raw)
            return
        for event in _events(script, request):
            self.wfile.write(b"data: " + event + b"\n\n")
        if script.hang:
            self._wait()
        elif script.cut:
            self.wfile.write(b'data: {"choices": [{"delta": {"content": "lo')
        else:
            self.wfile.write(b"data: [DONE]\n\n")

    def _wait(self) -> None:
        """Until the client hangs up, or the server is closed."""
        self.wfile.flush()
        self.close_connection = True
        with suppress(OSError):  # it may hang up with a reset
            while self.connection.recv(1024):
                pass
        self.server.scripted.hung_up.set()


def _events(script: Script, request: Mapping[str, Any]) -> Iterable[bytes]:
    def chunk(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return json.dumps({"object": "chat.completion.chunk", "choices": [choice]}).encode()

    yield chunk({"role": "assistant", "content": ""})
    if script.thoughts:
        yield chunk({"reasoning_content": script.thoughts})
    text = script.text or ""
    pieces = script.pieces if script.pieces is not None else [text[i : i + 12] for i in range(0, len(text), 12)]
    for piece in pieces:
        yield chunk({"content": piece})
    if script.refusal:
        yield chunk({"refusal": script.refusal})
    if script.finish is not None:
        yield chunk({}, script.finish)
    wishes = request.get("stream_options")
    if isinstance(wishes, dict) and wishes.get("include_usage") and not script.cut and not script.hang:
        yield json.dumps({"object": "chat.completion.chunk", "choices": [], "usage": USAGE}).encode()
