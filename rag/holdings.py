"""What the store holds as one ingest sees it: kept in step with what the ingest decides, ahead of what is committed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from rag.catalogue import Catalogue, Known
from rag.deduplication import NearDuplicates
from rag.schema import Duplicate


class Holdings:
    """Articles by id, key and path; copies of them; digests of files; and which articles no file holds any more."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._articles: dict[str, Known] = {}
        self._id_of: dict[str, str] = {}
        self._ids_in: dict[str, dict[str, None]] = {}
        for known in catalogue.known():
            self._index(known)
        self.ids = set(self._articles)
        """Every id that is or was taken in this run."""
        self.gone: dict[str, bool] = {}
        """Ids of articles that no file holds any more: True where the file now holds something else."""
        self._copies: dict[str, Duplicate] = {}
        self._copies_of: dict[str, dict[str, None]] = {}
        self._copies_in: dict[str, dict[str, None]] = {}
        for key, path, of in catalogue.duplicates():
            self.add_copy(key, Duplicate(path, of))
        self.files = catalogue.files()

    # --- articles ----------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Known]:
        return iter(list(self._articles.values()))

    def article(self, article_id: str) -> Known:
        return self._articles[article_id]

    def by_key(self, key: str) -> Known | None:
        return self._articles.get(self._id_of.get(key, ""))

    def in_file(self, path: str) -> list[Known]:
        return [self._articles[name] for name in self._ids_in.get(path, ())]

    def put(self, known: Known, signature: bytes) -> None:
        """An article was added, or the one of that id replaced."""
        self._forget(known.id)
        self._index(known)
        self.ids.add(known.id)
        self.gone.pop(known.id, None)
        self._standing.add(known.id, signature)
        if "_orphans" in self.__dict__:
            self._orphans.discard(known.id)

    def leave(self, article_id: str, *, replaced: bool) -> None:
        """No file holds the article any more; a file that turns up with its text may still take it over."""
        self.gone[article_id] = replaced
        if "_standing" in self.__dict__:
            self._standing.discard(article_id)
        if "_orphans" in self.__dict__:
            for found in self._signature(article_id):
                self._orphans.add(*found)

    def _index(self, known: Known) -> None:
        self._articles[known.id] = known
        self._id_of[known.key] = known.id
        self._ids_in.setdefault(known.path, {})[known.id] = None

    def _forget(self, article_id: str) -> None:
        known = self._articles.pop(article_id, None)
        if known is not None:
            del self._id_of[known.key]
            del self._ids_in[known.path][article_id]

    # --- articles that say the same ----------------------------------------------------------------------------

    def twin(self, signature: bytes, but: str) -> str | None:
        """Id of an article that says the same and has its file; never `but`."""
        return self._standing.find(signature, but=but)

    def orphan(self, signature: bytes) -> str | None:
        """Id of an article that says the same and has lost its file."""
        return self._orphans.find(signature) if self.gone else None

    @cached_property
    def _standing(self) -> NearDuplicates:
        return NearDuplicates(item for item in self._catalogue.signatures() if item[0] not in self.gone)

    @cached_property
    def _orphans(self) -> NearDuplicates:
        return NearDuplicates(found for name in self.gone for found in self._signature(name))

    def _signature(self, article_id: str) -> list[tuple[str, bytes]]:
        signature = self._catalogue.signature(article_id)
        return [] if signature is None else [(article_id, signature)]

    # --- copies ------------------------------------------------------------------------------------------------

    def copies(self) -> Iterable[tuple[str, Duplicate]]:
        return list(self._copies.items())

    def copies_of(self, article_id: str) -> list[tuple[str, Duplicate]]:
        return [(key, self._copies[key]) for key in self._copies_of.get(article_id, ())]

    def copies_in(self, path: str) -> list[tuple[str, Duplicate]]:
        return [(key, self._copies[key]) for key in self._copies_in.get(path, ())]

    def add_copy(self, key: str, copy: Duplicate) -> None:
        self.drop_copy(key)
        self._copies[key] = copy
        self._copies_of.setdefault(copy.of, {})[key] = None
        self._copies_in.setdefault(copy.path, {})[key] = None

    def drop_copy(self, key: str) -> None:
        copy = self._copies.pop(key, None)
        if copy is not None:
            del self._copies_of[copy.of][key]
            del self._copies_in[copy.path][key]
