"""Vectors in a collection of a Chroma server, which several stores and many readers may share.

The catalogue stays where it is: what goes over the wire are ids, vectors and filter metadata, never text.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rag.errors import ConfigError, StoreError
from rag.sanitising import safe
from rag.vectors import BATCH, COSINE, ChromaCollection

if TYPE_CHECKING:
    from rag.vectors import Matrix

TIMEOUT = 60
"""Seconds without an answer: a write of 300 vectors takes well under one, and a server that hangs must not hang us."""
OWNER = "rag_store"
"""Key in the metadata of a collection: whose it is, so that no store empties what is not its own."""
_SAID = 200
"""Characters of an error that are repeated."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a Chroma server is. `headers` go with every request, for a proxy that asks for a key."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tenant: str = "default_tenant"
    database: str = "default_database"


class ServerVectors(ChromaCollection):
    """`VectorStore` over one collection of a server. One process writes to it at a time: hold the store's lock."""

    _page = BATCH

    def __init__(self, server: Server, collection: str, owner: str, *, create: bool = True, anew: bool = False) -> None:
        """`owner` is the store whose vectors these are: a collection of another one is neither read nor written.

        `anew` drops the collection first. Raises StoreError, ConfigError.
        """
        host, port, tls = address(server.url)
        self._url = f"{'https' if tls else 'http'}://{host}:{port}"
        self._secrets = sorted(filter(None, server.headers.values()), key=len, reverse=True)
        self._name, self._owner = collection, owner
        self.place = f"{self._url}, collection {collection}"
        self._check(server)
        with self._readable_errors("cannot be opened"):
            self._client = _connect(host, port, tls, server)
            try:
                self._collection = self._open(create, anew)
            except BaseException:
                self.close()
                raise

    def _check(self, server: Server) -> None:
        """That a Chroma answers there: its own client says little of why one does not, and waits without end."""
        request = urllib.request.Request(f"{self._url}/api/v2/heartbeat", headers=dict(server.headers))  # noqa: S310
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT) as response:
                if b"heartbeat" not in response.read(1000):
                    raise StoreError(f"what answers at {self._url} is no Chroma server; check [vectors] chroma_url")
        except urllib.error.HTTPError as error:
            error.close()
            step = "check [vectors] chroma_headers" if error.code in (401, 403) else "check [vectors] chroma_url"
            raise StoreError(f"the Chroma server at {self._url} refused the request ({error.code}); {step}") from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            said = self._clean(getattr(error, "reason", None) or error)
            raise StoreError(
                f"the Chroma server at {self._url} cannot be reached ({said}); start it, or check [vectors] chroma_url"
            ) from None

    def _open(self, create: bool, anew: bool) -> Any:
        from chromadb.errors import NotFoundError

        try:
            found = self._client.get_collection(self._name, embedding_function=None)
        except NotFoundError:
            if not (create or anew):
                raise
            return self._new()
        if (found.metadata or {}).get(OWNER) != self._owner:
            raise StoreError(
                f"{self.place} is not of this store; set [vectors] chroma_collection to a name that is free"
            )
        if anew:
            self._client.delete_collection(self._name)
            return self._new()
        return found

    def _new(self) -> Any:
        return self._client.create_collection(
            self._name, embedding_function=None, configuration=COSINE, metadata={OWNER: self._owner}
        )

    def query(self, vector: Matrix, k: int) -> list[tuple[int, float]]:
        """Asks twice: a collection that was made anew meanwhile is another one, under the same name."""
        try:
            return super().query(vector, k)
        except StoreError:
            with self._readable_errors("cannot be read"):
                self._collection = self._open(create=False, anew=False)
            return super().query(vector, k)

    def close(self) -> None:
        sessions = _sessions(self._client)
        super().close()
        for session in sessions:
            session.close()

    @contextmanager
    def _readable_errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except StoreError:
            raise
        except Exception as error:  # Chroma's own, httpx's, or plain ones that hold a page of the server
            raise StoreError(f"the vectors at {self.place} {what} ({self._clean(error)}); {_step(error)}") from None

    def _clean(self, error: object) -> str:
        """What an error says, in a line; a proxy may repeat the headers it was sent."""
        said = " ".join(safe(str(error)).split()) or type(error).__name__
        for secret in self._secrets:
            said = said.replace(secret, "[key]")
        return said[:_SAID]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Headers with a key go to the server they are meant for, and to no other."""

    def redirect_request(self, *_: Any) -> None:
        return None


def address(url: str) -> tuple[str, int, bool]:
    """Host, port and whether TLS is spoken. Raises ConfigError for what is no http address of a server."""
    problem = "[vectors] chroma_url must be an address like http://localhost:8000"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ConfigError(problem) from None
    if parts.username or parts.password:
        raise ConfigError(f"{problem}, without a name or password; they go into chroma_headers, as Authorization")
    if parts.scheme not in ("http", "https") or not host or parts.path not in ("", "/") or parts.query:
        raise ConfigError(problem)
    tls = parts.scheme == "https"
    return f"[{host}]" if ":" in host else host, port or (443 if tls else 80), tls


def _connect(host: str, port: int, tls: bool, server: Server) -> Any:
    import chromadb
    from chromadb.config import Settings

    client = chromadb.HttpClient(
        host=host, port=port, ssl=tls, headers=dict(server.headers), tenant=server.tenant, database=server.database,
        settings=Settings(anonymized_telemetry=False),
    )  # fmt: skip
    for session in _sessions(client):
        session.timeout = TIMEOUT
    return client


def _sessions(client: Any) -> list[Any]:
    """Connections of a client, which has no public way to limit how long they wait, and leaves them open."""
    apis = [getattr(one, "_server", None) for one in (client, getattr(client, "_admin_client", None))]
    return [session for api in apis if (session := getattr(api, "_session", None)) is not None]


def _step(error: Exception) -> str:
    """What helps: the server's state, or vectors made anew from the catalogue."""
    kind = f"{type(error).__module__}.{type(error).__name__}"
    if kind.startswith(("httpx", "httpcore")):
        return "check that the server runs"
    return "check [vectors] in rag.toml, or run: rag rebuild"
