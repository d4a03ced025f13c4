"""Fetching from a real server on this machine: what it sends, what it refuses, and every limit."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from rag.errors import InputError, LoadError
from rag.fetching import fetch, is_address, load_url
from rag.loading import Limits
from rag.overrides import parse_set

PAGE = """<!DOCTYPE html><html lang="en"><head><title>The road</title>
<meta property="article:published_time" content="2024-11-06T10:00:00Z"></head><body><article>
<h1>The road</h1>
<p>“The café on the road will be open until the summer,” said the mayor on Tuesday evening.</p>
<p>Nobody objected to that, although the builders had asked for another date in the spring.</p>
</article></body></html>"""

QUICK = Limits(url_seconds=0.3)


class Site(BaseHTTPRequestHandler):
    """Each path is a behaviour; `done` lets those that never end come to an end with the test."""

    done: ClassVar[threading.Event]
    visits: ClassVar[list[str]]
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        self.visits.append(self.path)
        name = self.path.partition("?")[0].strip("/").replace("-", "_") or "page"
        with suppress(BrokenPipeError, ConnectionResetError):  # the client has left, as it should
            getattr(self, name, self.missing)()

    def send(self, body: bytes, content_type: str | None = "text/html; charset=utf-8", **headers: str) -> None:
        self.send_response(200)
        if content_type is not None:
            self.send_header("Content-Type", content_type)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def go(self, target: str, code: int = 302) -> None:
        self.send_response(code)
        self.send_header("Location", target)
        self.end_headers()

    def page(self) -> None:
        self.send(PAGE.encode())

    def latin(self) -> None:
        self.send(PAGE.encode("cp1252"), "text/html; charset=ISO-8859-1")

    def plain(self) -> None:
        self.send("---\ntitle: Set\n---\nJust text: café.".encode(), "text/plain")

    def pdf(self) -> None:
        self.send(b"%PDF-1.7 broken", "application/pdf")

    def untyped(self) -> None:
        self.send(PAGE.encode(), None)

    def untyped_binary(self) -> None:
        self.send(b"\x89PNG\r\n", None)

    def picture(self) -> None:
        self.send(b"\x89PNG\r\n", "image/png")

    def empty(self) -> None:
        self.send(b"")

    def zipped(self) -> None:
        self.send(gzip.compress(PAGE.encode()), Content_Encoding="gzip")

    def bomb(self) -> None:
        self.send(gzip.compress(b"x" * 5_000_000), Content_Encoding="gzip")

    def twice(self) -> None:
        self.send(gzip.compress(gzip.compress(b"x")), Content_Encoding="gzip, gzip")

    def damaged(self) -> None:
        self.send(b"this is not gzip", Content_Encoding="gzip")

    def announced(self) -> None:
        self.send(b"x", Content_Length="99999999999")

    def endless(self) -> None:
        self.send(b"")
        while not self.done.is_set():
            self.wfile.write(b"x" * 65536)

    def silent(self) -> None:
        self.done.wait(20)

    def drip(self) -> None:
        self.send(b"<html>")
        while not self.done.wait(0.02):
            self.wfile.write(b"x")

    def drip_head(self) -> None:
        self.wfile.write(b"HTTP/1.0 200 OK\r\nX-Long: ")
        while not self.done.wait(0.02):
            self.wfile.write(b"x")

    def loop(self) -> None:
        self.go("/loop")

    def moved(self) -> None:
        self.go("/page?moved=1", 301)

    def to_file(self) -> None:
        self.go("file:///etc/passwd")

    def nowhere(self) -> None:
        self.send_response(302)
        self.end_headers()

    def forbidden(self) -> None:
        self.send_error(403)

    def broken(self) -> None:
        self.send_error(503)

    def cut(self) -> None:
        self.send(b"<html>", Content_Length="1000")

    def missing(self) -> None:
        self.send_error(404)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "*")
    Site.done, Site.visits = threading.Event(), []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    Site.done.set()
    server.shutdown()
    thread.join()
    server.server_close()


def refusal(url: str, limits: Limits | None = None) -> str:
    with pytest.raises(LoadError) as caught:
        load_url(url, limits=limits or Limits())
    message = str(caught.value)
    assert "\n" not in message
    assert url not in message
    return message


def test_a_page(site: str) -> None:
    (source,) = load_url(f"{site}/page")
    assert source.location == source.key == f"{site}/page"
    assert (source.markup, source.metadata.title, source.metadata.published) == ("blocks", "The road", "2024-11-06")
    assert (source.metadata.url, source.metadata.origins["url"]) == (f"{site}/page", "url")
    assert source.blocks[1].text == (
        "“The café on the road will be open until the summer,” said the mayor on Tuesday evening."
    )
    assert source.blocks[1].line == 4


@pytest.mark.parametrize("path", ["latin", "untyped", "zipped"])
def test_encodings_and_types_make_no_difference(site: str, path: str) -> None:
    assert load_url(f"{site}/{path}")[0].blocks == load_url(f"{site}/page")[0].blocks


def test_redirects_are_followed_and_the_final_address_is_kept(site: str) -> None:
    fetched = fetch(f"{site}/moved")
    assert (fetched.url, fetched.content_type, fetched.charset) == (f"{site}/page?moved=1", "text/html", "utf-8")
    (source,) = load_url(f"{site}/moved")
    assert (source.location, source.metadata.url) == (f"{site}/moved", f"{site}/page?moved=1")


def test_plain_text(site: str) -> None:
    (source,) = load_url(f"{site}/plain")
    assert (source.markup, source.raw[source.body_start :]) == ("text", "Just text: café.")
    assert (source.metadata.title, source.metadata.url) == ("Set", f"{site}/plain")
    assert source.digest == hashlib.sha256(source.raw.encode()).hexdigest()


def test_digest_is_of_what_was_read_in_the_page(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_url(f"{site}/page")[0].digest
    monkeypatch.setattr(Site, "page", lambda self: self.send(PAGE.encode() + b"<!-- token 123 -->"))
    assert load_url(f"{site}/page")[0].digest == first
    monkeypatch.setattr(Site, "page", lambda self: self.send(PAGE.replace("Nobody", "Somebody").encode()))
    assert load_url(f"{site}/page")[0].digest != first


def test_what_is_set_wins(site: str) -> None:
    (source,) = load_url(f"{site}/page", overrides=parse_set(["url=https://x.example/", "title=Mine"]))
    assert (source.metadata.url, source.metadata.title) == ("https://x.example/", "Mine")
    assert source.metadata.origins["url"] == "--set"
    assert source.digest != load_url(f"{site}/page")[0].digest


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("gone", "answered 404 Not Found; check the address"),
        ("forbidden", "answered 403 Forbidden; it may want a login"),
        ("broken", "answered 503 Service Unavailable; try again later"),
        ("nowhere", "answered 302 Found; there is no page in it"),
        ("picture", "is image/png, not a page of text"),
        ("untyped-binary", "is unknown, not a page of text"),
        ("pdf", "is not a readable PDF"),
        ("empty", "is empty"),
        ("loop", "redirects more than 5 times"),
        ("to-file", "not http or https"),
        ("announced", "has more than 10 MB"),
        ("twice", "packed more than once"),
        ("damaged", "was sent damaged"),
        ("cut", "cannot be reached"),
    ],
)
def test_refusals(site: str, path: str, message: str) -> None:
    assert message in refusal(f"{site}/{path}")


def test_redirects_are_counted(site: str) -> None:
    refusal(f"{site}/loop", Limits(url_max_redirects=2))
    assert Site.visits == ["/loop"] * 3
    assert "redirects more than 0 times" in refusal(f"{site}/moved", Limits(url_max_redirects=0))


@pytest.mark.parametrize("path", ["endless", "bomb"])
def test_size_is_bounded_after_unpacking(site: str, path: str) -> None:
    assert "has more than 1 MB" in refusal(f"{site}/{path}", Limits(url_max_bytes=2**20))


@pytest.mark.parametrize("path", ["silent", "drip", "drip-head"])
def test_time_is_bounded_as_a_whole(site: str, path: str) -> None:
    assert "took longer than 0.3 s" in refusal(f"{site}/{path}", QUICK)


def test_nobody_listens(site: str) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    port = server.server_port
    server.server_close()
    assert "cannot be reached" in refusal(f"http://127.0.0.1:{port}/")


def test_unknown_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    assert "cannot be reached" in refusal("http://no-such-host.invalid/", Limits(url_seconds=20))


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://x.example/a", "x.example", "", "http://", "https:///a", "http://[::1", "http://x y/",
     "javascript:alert(1)", "http://x:99999/", "http://x\n.example/"],
)  # fmt: skip
def test_what_is_no_address(url: str) -> None:
    assert not is_address(url)
    with pytest.raises(InputError, match="no address of a web page"):
        fetch(url)


def test_odd_hosts_are_our_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    for url in ("http://\u2603.invalid/", "http://xn--\u00df/", "http://a..b/", "http://" + "a" * 300 + ".invalid/"):
        with pytest.raises(InputError):
            fetch(url, Limits(url_seconds=20))


def test_inside_a_running_loop(site: str) -> None:
    async def notebook(load: Callable[[str], object]) -> object:
        return load(f"{site}/page")

    assert asyncio.run(notebook(load_url)) == load_url(f"{site}/page")
