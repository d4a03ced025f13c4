"""An address → the article there. The only room that opens network connections to pages; its library is httpx.

One page is fetched and nothing that it names: no pictures, scripts, frames or style sheets.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from rag.addresses import is_public
from rag.errors import InputError, LoadError
from rag.fields import make_metadata, merge, web_address
from rag.loading import read_source
from rag.overrides import NO_OVERRIDES, digest_of
from rag.reading import DEFAULT_LIMITS, Limits
from rag.schema import Source

if TYPE_CHECKING:
    import httpx

_SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "application/pdf": ".pdf",
}
"""Types that are accepted, and the kind of file each is read as."""
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; rag-articles)",
    "Accept": "text/html,application/xhtml+xml,application/pdf;q=0.9,text/plain;q=0.8",
    # what httpx unpacks piece by piece without further packages
    "Accept-Encoding": "gzip, deflate",
}
_INSTEAD = "save the page in a browser and ingest the file"
_UNKNOWN_HOST = "cannot be reached (no such host); check the address and the connection"
CONNECT_SECONDS = 5.0
"""For each address of a host but the last: many have an IPv6 address that this machine cannot reach."""


class Fetched(NamedTuple):
    """What a server answered."""

    data: bytes
    url: str
    """After redirects."""
    content_type: str
    """In lower case and without parameters; told from the first bytes where the server is silent."""
    charset: str | None


def load_url(
    url: str, *, limits: Limits = DEFAULT_LIMITS, overrides: Mapping[str, object] = NO_OVERRIDES
) -> list[Source]:
    """The article at an address, as a list of one. Its location is `url` as given, its metadata has the final one.

    Raises InputError for what is no http or https address, LoadError where nothing can be read there.
    """
    fetched = fetch(url, limits)
    suffix = _SUFFIXES[fetched.content_type]
    source = read_source(
        fetched.data, suffix, url, limits=limits, overrides=overrides, charset=fetched.charset, url=fetched.url
    )
    metadata = merge(source.metadata, make_metadata({"url": web_address(fetched.url)}, "url"))
    # a page is another each time it is sent (advertisements, tokens); what counts is what was read in it
    facts = (metadata.title, metadata.authors, metadata.publisher, metadata.published, metadata.language)
    read = json.dumps([facts, [(block.kind, block.text) for block in source.blocks]]).encode()
    digest = digest_of(read, overrides) if suffix == ".html" else source.digest
    return [replace(source, metadata=metadata, digest=digest)]


def fetch(url: str, limits: Limits = DEFAULT_LIMITS) -> Fetched:
    """The bytes at an address, within the limits on redirects, size and total time.

    Raises InputError for what is no http or https address, LoadError for every failure of server and network.
    """
    if not is_address(url):
        raise InputError(f"{url} is no address of a web page; write http://… or https://…")
    task = partial(asyncio.run, _fetch_in_time(url, limits))
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return task()
    with ThreadPoolExecutor(1) as executor:  # in a notebook, say
        return executor.submit(task).result()


def is_address(text: str) -> bool:
    """Whether it is an http or https address with a host."""
    if not re.match(r"https?://", text, re.IGNORECASE) or re.search(r"[\s\x00-\x1f\x7f]", text):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


async def _fetch_in_time(url: str, limits: Limits) -> Fetched:
    import httpx

    try:
        # one clock for all: httpx's own limits start anew with every byte that drips in
        async with asyncio.timeout(limits.url_seconds):
            return await _fetch(url, limits)
    except (TimeoutError, httpx.TimeoutException):
        raise LoadError(f"took longer than {limits.url_seconds:g} s; try again, or {_INSTEAD}") from None
    except httpx.TooManyRedirects:
        raise LoadError(f"redirects more than {limits.url_max_redirects} times; open it in a browser") from None
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError, ValueError):
        raise LoadError("leads to an address that is not http or https; open it in a browser") from None
    except httpx.DecodingError:
        raise LoadError(f"was sent damaged; try again, or {_INSTEAD}") from None
    except (httpx.HTTPError, OSError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise LoadError(f"cannot be reached ({reason[:200]}); check the address and the connection") from None


async def _fetch(url: str, limits: Limits) -> Fetched:
    import httpx

    async with (
        httpx.AsyncClient(
            headers=_HEADERS,
            follow_redirects=True,
            max_redirects=limits.url_max_redirects,
            transport=_transport(limits),
        ) as client,
        client.stream("GET", url) as response,
    ):
        _check_status(response)
        content_type, charset = _declared(response)
        data = await _body(response, limits.url_max_bytes)
    if not content_type:
        content_type = "application/pdf" if data.startswith(b"%PDF-") else "text/html" if _is_html(data) else "unknown"
    if content_type not in _SUFFIXES:
        raise LoadError(f"is {content_type}, not a page of text; give the address of an article")
    return Fetched(data, str(response.url), content_type, charset)


def _transport(limits: Limits) -> httpx.AsyncBaseTransport:
    """Sends each request, those after a redirect included, to an address that was checked: never to what the name may
    mean a moment later (DNS rebinding)."""
    import httpx

    class Checked(httpx.AsyncBaseTransport):
        def __init__(self) -> None:
            self.inner: list[httpx.AsyncHTTPTransport] = []

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.scheme not in ("http", "https"):
                raise httpx.UnsupportedProtocol(request.url.scheme)
            proxy = _proxy(request.url)
            addresses = await _addresses(request.url, limits, resolved_elsewhere=proxy is not None)
            transport = httpx.AsyncHTTPTransport(proxy=proxy)
            self.inner.append(transport)
            request.extensions |= {"timeout": httpx.Timeout(limits.url_seconds).as_dict()}
            if proxy is not None:
                return await transport.handle_async_request(request)
            return await _first_that_answers(transport, request, addresses)

        async def aclose(self) -> None:
            for transport in self.inner:
                await transport.aclose()

    return Checked()


async def _first_that_answers(
    transport: httpx.AsyncBaseTransport, request: httpx.Request, addresses: Sequence[str]
) -> httpx.Response:
    """The response from the first of the addresses that lets itself be connected to; the certificate is the name's."""
    import httpx

    waits = dict(request.extensions["timeout"])
    for address in addresses:
        last = address == addresses[-1]
        direct = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,  # with the name as Host
            stream=request.stream,
            extensions={
                "sni_hostname": request.url.raw_host.decode("ascii"),
                "timeout": waits if last else waits | {"connect": CONNECT_SECONDS},
            },
        )
        try:
            return await transport.handle_async_request(direct)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if last:
                raise
    raise LoadError(_UNKNOWN_HOST)


def _proxy(url: httpx.URL) -> str | None:
    """The proxy that the environment sets for an address."""
    if proxy_bypass(url.host):
        return None
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


async def _addresses(url: httpx.URL, limits: Limits, *, resolved_elsewhere: bool) -> list[str]:
    """What the host's name means, all of it checked. Raises LoadError where one is not of the open internet.

    `resolved_elsewhere`: a proxy will look the name up, and may know names that this machine does not.
    """
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            url.raw_host.decode("ascii").strip("[]"), port, type=socket.SOCK_STREAM
        )
    except socket.gaierror:
        if resolved_elsewhere:
            return []
        raise LoadError(_UNKNOWN_HOST) from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    inside = [address for address in addresses if not is_public(address)]
    if inside and not limits.allow_private:
        raise LoadError(
            f"leads to {inside[0]}, an address of this machine or of a private network; "
            "if that is meant, use --allow-private"
        )
    return addresses


def _check_status(response: httpx.Response) -> None:
    code, reason = response.status_code, response.reason_phrase
    if response.is_success and code != 204:
        return
    advice = "try again later"
    if code in (404, 410):
        advice = "check the address"
    elif code in (401, 402, 403, 451):
        advice = f"it may want a login or refuse programs: {_INSTEAD}"
    elif code < 400:
        advice = f"there is no page in it; {_INSTEAD}"
    raise LoadError(f"answered {code} {reason}".rstrip() + f"; {advice}")


def _declared(response: httpx.Response) -> tuple[str, str | None]:
    header: str = response.headers.get("content-type", "")
    content_type = header.partition(";")[0].strip().lower()
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", header, re.IGNORECASE)
    if content_type and content_type not in _SUFFIXES:
        raise LoadError(f"is {content_type}, not a page of text; give the address of an article")
    return content_type, charset[1] if charset else None


async def _body(response: httpx.Response, most: int) -> bytes:
    """The body, unpacked; stops at the first piece that makes it too large."""
    too_large = LoadError(f"has more than {most / 2**20:.0f} MB; {_INSTEAD}")
    if "," in response.headers.get("content-encoding", ""):
        raise LoadError("is packed more than once; give another address")  # each layer can multiply by a thousand
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise too_large
    data = bytearray()
    async for piece in response.aiter_bytes():
        data += piece
        if len(data) > most:
            raise too_large
    return bytes(data)


def _is_html(data: bytes) -> bool:
    return bool(re.match(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|\?xml)", data[:200], re.IGNORECASE))
