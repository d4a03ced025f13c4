"""Fetching from a real server on this machine: what it sends, what it refuses, and every limit."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from rag import fetching
from rag.addresses import is_public
from rag.cli import app
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


def here(**limits: Any) -> Limits:
    """Limits that let the server on this machine be asked."""
    return Limits(allow_private=True, **limits)


QUICK = here(url_seconds=0.3)


class Site(BaseHTTPRequestHandler):
    """Each path is a behaviour; `done` lets those that never end come to an end with the test."""

    done: ClassVar[threading.Event]
    visits: ClassVar[list[str]]
    hosts: ClassVar[list[str]]
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        self.visits.append(self.path)
        self.hosts.append(self.headers["Host"])
        name = urlsplit(self.path).path.strip("/").replace("-", "_") or "page"
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

    def inside(self) -> None:
        self.go(f"http://{self.headers['Host'].replace('open.example', '127.0.0.2')}/page")

    def laden(self) -> None:
        """A page that names all that a browser would load."""
        self.send(
            PAGE.replace(
                "</article>",
                "<img src=/a.png srcset='/b.png 2x'><iframe src=/frame></iframe><script src=/s.js></script>"
                "<link rel=stylesheet href=/s.css><object data=/o></object><video src=/v poster=/p></video>"
                "<style>@import '/i.css'; p { background: url(/u.png) }</style><embed src=/e></article>",
            )
            .replace("<!DOCTYPE html>", '<!DOCTYPE html SYSTEM "/dtd" [<!ENTITY e SYSTEM "/entity">]>')
            .replace("<head>", "<head><meta http-equiv=refresh content='0;url=/next'><base href='/base/'>")
            .encode(),
            Link="</preload.js>; rel=preload; as=script", Refresh="0; url=/refreshed",
        )  # fmt: skip

    def missing(self) -> None:
        self.send_error(404)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "*")
    Site.done, Site.visits, Site.hosts = threading.Event(), [], []
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
        load_url(url, limits=limits or here())
    message = str(caught.value)
    assert "\n" not in message
    assert url not in message
    return message


def test_a_page(site: str) -> None:
    (source,) = load_url(f"{site}/page", limits=here())
    assert source.location == source.key == f"{site}/page"
    assert (source.markup, source.metadata.title, source.metadata.published) == ("blocks", "The road", "2024-11-06")
    assert (source.metadata.url, source.metadata.origins["url"]) == (f"{site}/page", "url")
    assert source.blocks[1].text == (
        "“The café on the road will be open until the summer,” said the mayor on Tuesday evening."
    )
    assert source.blocks[1].line == 4


@pytest.mark.parametrize("path", ["latin", "untyped", "zipped"])
def test_encodings_and_types_make_no_difference(site: str, path: str) -> None:
    assert load_url(f"{site}/{path}", limits=here())[0].blocks == load_url(f"{site}/page", limits=here())[0].blocks


def test_redirects_are_followed_and_the_final_address_is_kept(site: str) -> None:
    fetched = fetch(f"{site}/moved", here())
    assert (fetched.url, fetched.content_type, fetched.charset) == (f"{site}/page?moved=1", "text/html", "utf-8")
    (source,) = load_url(f"{site}/moved", limits=here())
    assert (source.location, source.metadata.url) == (f"{site}/moved", f"{site}/page?moved=1")


def test_plain_text(site: str) -> None:
    (source,) = load_url(f"{site}/plain", limits=here())
    assert (source.markup, source.raw[source.body_start :]) == ("text", "Just text: café.")
    assert (source.metadata.title, source.metadata.url) == ("Set", f"{site}/plain")
    assert source.digest == hashlib.sha256(source.raw.encode()).hexdigest()


def test_digest_is_of_what_was_read_in_the_page(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_url(f"{site}/page", limits=here())[0].digest
    monkeypatch.setattr(Site, "page", lambda self: self.send(PAGE.encode() + b"<!-- token 123 -->"))
    assert load_url(f"{site}/page", limits=here())[0].digest == first
    monkeypatch.setattr(Site, "page", lambda self: self.send(PAGE.replace("Nobody", "Somebody").encode()))
    assert load_url(f"{site}/page", limits=here())[0].digest != first


def test_what_is_set_wins(site: str) -> None:
    (source,) = load_url(f"{site}/page", limits=here(), overrides=parse_set(["url=https://x.example/", "title=Mine"]))
    assert (source.metadata.url, source.metadata.title) == ("https://x.example/", "Mine")
    assert source.metadata.origins["url"] == "--set"
    assert source.digest != load_url(f"{site}/page", limits=here())[0].digest


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
    refusal(f"{site}/loop", here(url_max_redirects=2))
    assert Site.visits == ["/loop"] * 3
    assert "redirects more than 0 times" in refusal(f"{site}/moved", here(url_max_redirects=0))


@pytest.mark.parametrize("path", ["endless", "bomb"])
def test_size_is_bounded_after_unpacking(site: str, path: str) -> None:
    assert "has more than 1 MB" in refusal(f"{site}/{path}", here(url_max_bytes=2**20))


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
    assert "cannot be reached" in refusal("http://no-such-host.invalid/", here(url_seconds=20))


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
    async def notebook(load: Callable[..., object]) -> object:
        return load(f"{site}/page", limits=here())

    assert asyncio.run(notebook(load_url)) == load_url(f"{site}/page", limits=here())


# --- where a page may not be fetched from ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0.0.0.0", "127.1", "2130706433", "0x7f000001", "0x7f.1", "[::1]", "[::]",
     "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "10.0.0.1", "172.16.0.1",
     "192.168.1.1", "169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "100.100.100.200", "224.0.0.1", "[ff02::1]",
     "168.63.129.16", "255.255.255.255", "192.0.2.1", "198.18.0.1"],
)  # fmt: skip
def test_addresses_that_are_not_of_the_open_internet_are_refused_unasked(site: str, host: str) -> None:
    port = site.rpartition(":")[2]
    assert "an address of this machine or of a private network; if that is meant, use --allow-private" in refusal(
        f"http://{host}:{port}/page", Limits()
    )
    assert Site.visits == []


def test_octal_numbers_reach_nothing(site: str) -> None:
    refusal(site.replace("127.0.0.1", "0177.0.0.1") + "/page", Limits())
    assert Site.visits == []


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:93.184.215.14", "1.1.1.1"])
def test_addresses_of_the_open_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["fe80::1%eth0", "", "no address", "example.org", "1.2.3", "::ffff:10.0.0.1"])
def test_what_is_no_address_is_not_public(address: str) -> None:
    assert not is_public(address)


class Names:
    """Answers look-ups in turn, as a name server under somebody's control would; `asked` is what was looked up."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[object] = []

    def __call__(self, host: object, port: int, *args: object, **kwargs: object) -> list[tuple[Any, ...]]:
        try:
            IPv4Address(str(host))
        except ValueError:
            self.asked.append(host)
            found = self.answers.pop(0)
        else:
            found = [str(host)]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]


def test_the_address_that_was_checked_is_the_one_that_is_asked(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that means something else at the second look (rebinding) is not looked at twice."""
    names = Names(["127.0.0.1"], ["10.9.9.9"])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    url = site.replace("127.0.0.1", "open.example")
    (source,) = load_url(f"{url}/page", limits=here())
    assert names.asked == ["open.example"]
    assert (source.metadata.url, source.metadata.title) == (f"{url}/page", "The road")
    assert Site.hosts == [url.removeprefix("http://")]


def test_one_private_address_among_public_ones_is_enough(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(["93.184.215.14", "127.0.0.1"]))
    assert "leads to 127.0.0.1" in refusal(site.replace("127.0.0.1", "open.example"), Limits())
    assert Site.visits == []


def test_each_step_of_a_redirect_is_checked(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of the open internet that leads inside: the first is asked, the second is not."""
    monkeypatch.setattr(fetching, "is_public", lambda address: address == "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", Names(["127.0.0.1"]))
    assert "leads to 127.0.0.2" in refusal(site.replace("127.0.0.1", "open.example") + "/inside", Limits())
    assert Site.visits == ["/inside"]


def test_the_next_address_is_tried_where_one_does_not_answer(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(["127.0.0.3", "127.0.0.1"]))  # nobody listens on the first
    assert load_url(site.replace("127.0.0.1", "open.example") + "/page", limits=here())


def test_a_proxy_is_asked_for_what_is_outside_and_never_for_what_is_inside(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("http_proxy", site)
    with suppress(LoadError):
        load_url("http://192.168.1.1/page", limits=Limits())
    assert Site.visits == []
    load_url("http://93.184.215.14/page", limits=Limits())
    assert Site.visits == ["http://93.184.215.14/page"]


def test_nothing_that_a_page_names_is_fetched(site: str) -> None:
    (source,) = load_url(f"{site}/laden", limits=here())
    assert any("café on the road" in block.text for block in source.blocks)
    assert Site.visits == ["/laden"]


def test_a_page_from_this_machine_through_the_command_line(site: str, in_folder: Path) -> None:
    refused = CliRunner().invoke(app, ["ingest", f"{site}/page"])
    assert refused.exit_code == 1
    assert "--allow-private" in refused.output
    assert Site.visits == []
    allowed = CliRunner().invoke(app, ["ingest", f"{site}/page", "--allow-private", "--json"])
    assert json.loads(allowed.stdout)["added"] == 1
