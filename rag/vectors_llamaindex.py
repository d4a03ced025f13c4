"""Any vector store of LlamaIndex, by its dotted name and arguments, as a vector store of ours.

What goes in are ids, vectors and filter metadata: the text of a node is its id. LlamaIndex has no common way to count
or list what a store holds, so `count` and `ids` say that they cannot tell, and `storing` looks for a sample instead.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rag.errors import ConfigError, StoreError
from rag.llm_llamaindex import SECRET
from rag.quiet import quiet
from rag.sanitising import safe
from rag.vectors import BATCH

if TYPE_CHECKING:
    import numpy as np
    from llama_index.core.schema import TextNode
    from llama_index.core.vector_stores.types import BasePydanticVectorStore

    Vector = np.ndarray[Any, np.dtype[np.float32]]
    Matrix = np.ndarray[Any, np.dtype[np.float32]]

CALL = "call"
"""Key of a table in the arguments that stands for an object: the dotted name of what makes it."""
_PACKAGE = re.compile(r"llama_index\.vector_stores\.(\w+)")
_REQUIREMENT = re.compile(r"[\w.-]+")
_SAID = 200
"""Characters of an error that are repeated."""


class LlamaIndexVectors:
    """`VectorStore` over a LlamaIndex vector store. One process writes to it at a time: hold the store's lock."""

    def __init__(self, dotted: str, arguments: Mapping[str, object], *, anew: bool = False) -> None:
        """`anew` empties it. Raises ConfigError for a class or arguments that cannot be used, StoreError."""
        self.place = dotted
        self._secrets = sorted(_secrets(arguments), key=len, reverse=True)
        self._dotted, self._written = dotted, False
        kind = _store_class(dotted)
        made: list[Any] = []
        try:
            with quiet():
                given = {name: _built(value, kind, made) for name, value in arguments.items()}
                self._store: BasePydanticVectorStore = kind(**given)
        except ConfigError:
            _close(made)
            raise
        except Exception as error:  # pydantic's, or whatever the classes do with their arguments
            _close(made)
            said = self._clean(error)
            raise ConfigError(f"{dotted} does not take its arguments: {said}; check [vectors.arguments]") from None
        self._made = made
        if anew:
            try:
                self._empty()
            except BaseException:
                self.close()
                raise

    def _empty(self) -> None:
        with self._readable_errors("cannot be emptied"):
            try:
                self._store.clear()
            except NotImplementedError:
                raise StoreError(
                    f"{self._dotted} cannot be emptied from here; name a new table or collection in [vectors.arguments]"
                ) from None

    def add(self, ids: Sequence[int], vectors: Matrix, facts: Sequence[Mapping[str, str | int]]) -> None:
        try:
            self.delete(ids)  # many stores would keep both the old row and the new one
        except StoreError:
            if self._written:  # most make their table with the first rows they get
                raise
        with self._readable_errors("cannot be written"):
            for at in range(0, len(ids), BATCH):
                rows = zip(ids[at : at + BATCH], vectors[at : at + BATCH], facts[at : at + BATCH], strict=True)
                self._store.add([_node(*row) for row in rows])
                self._written = True

    def delete(self, ids: Sequence[int]) -> None:
        """A class that cannot forget nodes forgets them one by one, as documents."""
        with self._readable_errors("cannot be written"):
            for at in range(0, len(ids), BATCH):
                names = [_name(i) for i in ids[at : at + BATCH]]
                try:
                    self._store.delete_nodes(names)
                except NotImplementedError:
                    for name in names:
                        self._store.delete(name)

    def query(self, vector: Matrix, k: int) -> list[tuple[int, float]]:
        """Similarities are as the store gives them."""
        from llama_index.core.vector_stores.types import VectorStoreQuery

        with self._readable_errors("cannot be read"):
            query = VectorStoreQuery(query_embedding=vector.tolist(), similarity_top_k=k)
            result = self._store.query(query)
            names = result.ids if result.ids is not None else [node.node_id for node in result.nodes or ()]
            scores = result.similarities or [0.0] * len(names)
            return [(UUID(name).int, float(score)) for name, score in zip(names, scores, strict=True)]

    def vectors_of(self, ids: Sequence[int]) -> dict[int, Vector] | None:
        import numpy as np

        found: dict[int, Vector] = {}
        with self._readable_errors("cannot be read"):
            try:
                for at in range(0, len(ids), BATCH):
                    for node in self._store.get_nodes([_name(i) for i in ids[at : at + BATCH]]):
                        if node.embedding is None:
                            return None
                        found[UUID(node.node_id).int] = np.asarray(node.embedding, dtype=np.float32)
            except NotImplementedError:
                return None
        return found

    def ids(self) -> None:
        return None

    def count(self) -> None:
        return None

    def close(self) -> None:
        client = getattr(self._store, "client", None)
        _close([client, *(one for one in self._made if one is not client)])

    @contextmanager
    def _readable_errors(self, what: str) -> Iterator[None]:
        try:
            with quiet():
                yield
        except StoreError:
            raise
        except Exception as error:  # whatever the class or the library under it raises
            raise StoreError(
                f"the vector store {self._dotted} {what} ({self._clean(error)}); "
                "check [vectors.arguments], or run: rag rebuild"
            ) from None  # the cause may quote a key

    def _clean(self, error: Exception) -> str:
        said = " ".join(safe(str(error)).split()) or type(error).__name__
        for secret in self._secrets:
            said = said.replace(secret, "[key]")
        return said[:_SAID]


def _node(key: int, vector: Vector, facts: Mapping[str, str | int]) -> TextNode:
    """Its document is itself, so that a class that forgets whole documents can forget it."""
    from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode

    name = _name(key)
    source = {NodeRelationship.SOURCE: RelatedNodeInfo(node_id=name)}
    return TextNode(id_=name, text=name, embedding=vector.tolist(), metadata=dict(facts), relationships=source)


def _name(key: int) -> str:
    """A UUID holds the number: some stores take nothing else."""
    return str(UUID(int=key))


def _store_class(dotted: str) -> Any:
    """The class of that name, or a class method that makes one."""
    try:
        with quiet():
            from llama_index.core.vector_stores.types import BasePydanticVectorStore

            found = _find(dotted)
    except (ImportError, AttributeError, ValueError, TypeError):  # the last two for what is no dotted name
        part = _PACKAGE.match(dotted)
        step = f"run: pip install llama-index-vector-stores-{part[1].replace('_', '-')}" if part else "check its name"
        raise ConfigError(f"[vectors] llamaindex: there is no {dotted}; {step}") from None
    kind = found if isinstance(found, type) else getattr(found, "__self__", None)
    if not (isinstance(kind, type) and issubclass(kind, BasePydanticVectorStore)):
        raise ConfigError(f"[vectors] llamaindex: {dotted} is no vector store of LlamaIndex; name the class of one")
    return found


def _find(dotted: str) -> Any:
    """The object of that name: the longest part that is a module, and what it holds."""
    room, *names = dotted.split(".")
    found: Any = importlib.import_module(room)
    for name in names:
        room = f"{room}.{name}"
        try:
            found = getattr(found, name)
        except AttributeError:
            found = importlib.import_module(room)
    return found


def _built(value: object, kind: Any, made: list[Any]) -> Any:
    """The argument itself; a table with a `call` becomes what that makes of the rest of the table, and is kept."""
    if isinstance(value, list):
        return [_built(one, kind, made) for one in value]
    if not isinstance(value, Mapping):
        return value
    inner = {name: _built(one, kind, made) for name, one in value.items() if name != CALL}
    if CALL not in value:
        return inner
    made.append(_callable(str(value[CALL]), kind)(**inner))
    return made[-1]


def _callable(dotted: str, kind: Any) -> Callable[..., Any]:
    """What makes an argument, out of a package that the store's own package asks for: a file that came with a folder
    of articles must not be able to call just anything."""
    try:
        if not _allowed(dotted.split(".")[0], kind.__module__):
            raise ConfigError(
                f"[vectors.arguments] call: {dotted} is of no package that {kind.__module__} needs; name one that is"
            )
        found = _find(dotted)
    except (ImportError, AttributeError, ValueError, TypeError):
        raise ConfigError(f"[vectors.arguments] call: there is no {dotted}; check its name") from None
    if not callable(found):
        raise ConfigError(f"[vectors.arguments] call: {dotted} cannot be called; name a class or a function")
    made: Callable[..., Any] = found
    return made


def _allowed(package: str, room: str) -> bool:
    """Whether `package` is of the distribution that the module `room` came with, or of one it requires."""
    try:
        found = _PACKAGE.match(room)
        own = distribution(f"llama-index-vector-stores-{found[1]}" if found else room.split(".")[0])
    except PackageNotFoundError:
        return package == room.split(".")[0]
    required = (_REQUIREMENT.match(one) for one in own.requires or ())
    return package in _packages(own) or any(package in _packages_of(one[0]) for one in required if one)


def _packages_of(name: str) -> set[str]:
    try:
        return _packages(distribution(name))
    except PackageNotFoundError:  # asked for on other systems only
        return set()


def _packages(found: Distribution) -> set[str]:
    """Names that can be imported from it."""
    return {path.parts[0].removesuffix(".py") for path in found.files or ()}


def _close(things: Sequence[Any]) -> None:
    for thing in things:
        close = getattr(thing, "close", None)
        if callable(close):
            with quiet():
                close()


def _secrets(arguments: Mapping[str, object]) -> set[str]:
    """Values that may be keys, wherever they stand."""
    found: set[str] = set()
    for name, value in arguments.items():
        if SECRET.search(name):
            inner = value.values() if isinstance(value, Mapping) else [value]
            found |= {str(one) for one in inner}
        elif isinstance(value, Mapping):
            found |= _secrets(value)
    return found - {""}
