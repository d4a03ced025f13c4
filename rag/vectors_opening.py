"""Which vector store is meant: Chroma in the store's folder, Chroma on a server, or one of LlamaIndex."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from rag.catalogue import Catalogue
from rag.errors import ConfigError, StoreError
from rag.storing import start_anew
from rag.vectors import VectorStore

if TYPE_CHECKING:
    from rag.vectors_server import Server

STORE_ID = "store id"
"""Setting of the catalogue: a name for the store that is made once, for servers that hold several. A copy that only
reads shares it; a copy that is written to needs its own (drop the setting, and the next command makes one)."""
LOCAL = "folder"
"""What a catalogue that says nothing of it means."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where the settings want the vectors: `folder`, unless a server or a class of LlamaIndex is named."""

    folder: Path
    server: Server | None = None
    collection: str = ""
    llamaindex: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.server and self.llamaindex:
            raise ConfigError("[vectors] chroma_url and llamaindex are both set; vectors go to one place: unset one")

    @property
    def local(self) -> bool:
        """Whether the vectors are in the store's own folder."""
        return not self.server and not self.llamaindex


def claim(catalogue: Catalogue, wanted: Wanted) -> None:
    """Before writing: note where the vectors are from now on; where they were elsewhere, all are handed on again."""
    if wanted.server and catalogue.setting(STORE_ID) is None:
        catalogue.set_setting(STORE_ID, uuid4().hex)
    if not moved(catalogue, wanted):
        return
    with catalogue.transaction():
        start_anew(catalogue)
        if wanted.llamaindex:  # it cannot say whose it is: emptied only when the user asks for it
            catalogue.set_setting("vectors", "kept")
        catalogue.set_setting("vectors at", _identity(catalogue, wanted))


def moved(catalogue: Catalogue, wanted: Wanted) -> bool:
    """Whether the vectors are still elsewhere than the settings want them: the next writer hands all of them on."""
    return (catalogue.setting("vectors at") or LOCAL) != _identity(catalogue, wanted)


def _identity(catalogue: Catalogue, wanted: Wanted) -> str:
    """Without the address: a server that has moved still holds what it held."""
    if wanted.server:
        return f"server {_collection(catalogue, wanted)}"
    return f"llamaindex {wanted.llamaindex}" if wanted.llamaindex else LOCAL


def _collection(catalogue: Catalogue, wanted: Wanted) -> str:
    """Its name: the configured one, or the store's own."""
    return wanted.collection or f"rag-{catalogue.setting(STORE_ID)}"


def open_vectors(
    catalogue: Callable[[], Catalogue], wanted: Wanted, *, create: bool = True, anew: bool = False
) -> VectorStore:
    """The vector store; `anew` empties it. A writer holds the store's lock. Raises StoreError, ConfigError.

    `catalogue` is opened only where it must tell the store's own name.
    """
    if wanted.server:
        from rag.vectors_server import ServerVectors

        owner = catalogue().setting(STORE_ID)
        if not owner:
            raise StoreError("the vectors are not on the server yet; run: rag rebuild")
        return ServerVectors(wanted.server, _collection(catalogue(), wanted), owner, create=create, anew=anew)
    if wanted.llamaindex:
        from rag.vectors_llamaindex import LlamaIndexVectors

        return LlamaIndexVectors(wanted.llamaindex, wanted.arguments, anew=anew)
    from rag.guarding import GuardedVectors

    return GuardedVectors(wanted.folder, create=create, anew=anew)


def place_of(catalogue: Catalogue, wanted: Wanted) -> str:
    """Where the vectors are, for people, without opening anything; no key stands in it."""
    if wanted.server:
        from rag.vectors_server import address

        address(wanted.server.url)  # refuses one with a password in it
        made = wanted.collection or catalogue.setting(STORE_ID)
        return f"{wanted.server.url}, collection {_collection(catalogue, wanted) if made else 'not made yet'}"
    return wanted.llamaindex or str(wanted.folder)
