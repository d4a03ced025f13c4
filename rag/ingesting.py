"""Synchronises the catalogue with files: adds, updates, leaves alone, follows moves, removes; reports every one."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from rag.catalogue import Catalogue, Known
from rag.deduplication import signature_of
from rag.errors import InputError, LoadError
from rag.holdings import Holdings
from rag.numbering import article_id, renumber
from rag.paragraphs import VERSION, read_article
from rag.places import Places, file_digest, is_there
from rag.schema import Article, Duplicate, Failure, IngestReport, Source
from rag.storing import Writer

Facts = Mapping[str, object]
Loaded = tuple[list[Source], list[Failure]]


class Progress(Protocol):
    """Told how far an ingest has come."""

    def begin(self, files: int) -> None:
        """So many files are to be looked at; called again where files have to be looked at once more."""

    def looked(self) -> None:
        """One more file was looked at."""

    def stored(self, articles: int, paragraphs: int) -> None:
        """So many more are safely in the store."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `rag ingest` was told besides the paths."""

    keep_missing: bool = False
    prune: bool = False


class Synchroniser:
    """One run of `rag ingest`. `load` turns a file (or URL) and the facts set from outside into sources."""

    def __init__(
        self,
        catalogue: Catalogue,
        writer: Writer,
        load: Callable[[str, Facts], Loaded],
        facts_for: Callable[[str], Facts],
        options: Options,
        progress: Progress,
    ) -> None:
        self.catalogue = catalogue
        self.writer = writer
        self.load = load
        self.facts_for = facts_for
        self.options = options
        self.progress = progress
        self.held = Holdings(catalogue)
        self._outcomes: dict[str, Literal["added", "updated", "unchanged", "removed"]] = {}
        self._failed: dict[str, list[Failure]] = {}
        self._duplicates: dict[str, Duplicate] = {}
        self._notes: list[str] = []
        self._again: dict[str, None] = {}
        """Files to be looked at once more, since the article they were a copy of has changed or gone."""
        self._late: dict[str, str] = {}
        """Digests of files that are done only when what they no longer hold has been removed."""

    def run(self, roots: Sequence[tuple[Path, Sequence[Path]]], urls: Iterable[str] = ()) -> IngestReport:
        """Synchronise the files found under each root, then fetch the URLs. Counts of the store are left to the caller.

        Raises ConfigError for a mistake in a `sources.toml`, before any work is done.
        """
        listed = sorted({str(path) for _, files in roots for path in files})
        for path in {os.path.dirname(path): path for path in listed}.values():
            self.facts_for(path)
        places = Places([root for root, _ in roots])
        before = [known for known in self.held if places.hold(known.path)]
        self._find_missing(before, set(listed))
        self._look_at([*listed, *dict.fromkeys(urls)])
        while self._again:
            paths, self._again = list(self._again), {}
            self._look_at(paths)
        self.writer.flush()
        self._remove_gone(places, before)
        outcomes = Counter(self._outcomes.values())
        return IngestReport(
            outcomes["added"], outcomes["updated"], outcomes["unchanged"], outcomes["removed"],
            tuple(failure for failures in self._failed.values() for failure in failures),
            tuple(self._duplicates[key] for key in sorted(self._duplicates)), notes=tuple(self._notes),
        )  # fmt: skip

    def _look_at(self, paths: Sequence[str]) -> None:
        self.progress.begin(len(paths))
        for path in paths:
            self._file(path)
            self.progress.looked()

    # --- one file ----------------------------------------------------------------------------------------------

    def _file(self, path: str) -> None:
        facts = self.facts_for(path)
        digest = file_digest(path, facts)
        if digest is not None and self.held.files.get(path) == digest:
            self._same_file(path)
            return
        self._failed.pop(path, None)
        try:
            sources, failures = self.load(path, facts)
        except InputError as error:
            self._failed[path] = [Failure(path, str(error))]
            return
        changed = self._read(sources, failures)
        if failures:
            # What could not be read is not gone; and the file must be read again even if it turns back.
            self._failed[path] = failures
            self._forget_file(path)
        else:
            self._find_replaced(path, {source.key for source in sources})
        for article in changed:
            self._article(article)
        if not failures and digest is not None:
            self._done(path, digest)

    def _same_file(self, path: str) -> None:
        for known in self.held.in_file(path):
            self._outcomes.setdefault(known.key, "unchanged")
        self._duplicates.update(self.held.copies_in(path))

    def _read(self, sources: Sequence[Source], failures: list[Failure]) -> list[Article]:
        """The articles that are not stored as they are; what cannot be read is added to the failures."""
        changed = []
        for source in sources:
            source = replace(source, digest=f"{source.digest}:{VERSION}")
            known = self.held.by_key(source.key)
            if known is not None and known.digest == source.digest:
                self._outcomes.setdefault(known.key, "unchanged")
                continue
            try:
                changed.append(read_article(source))
            except LoadError as error:
                failures.append(Failure(source.key, str(error)))
        return changed

    def _find_replaced(self, path: str, keys: set[str]) -> None:
        for known in self.held.in_file(path):
            if known.key not in keys:
                self._leave(known, replaced=True)
        for key, _ in self.held.copies_in(path):
            if key not in keys:
                self._drop_copy(key)

    def _done(self, path: str, digest: str) -> None:
        """Remember that the file was read to its end, in the transaction that writes what came of it."""
        self.held.files[path] = digest
        if any(known.id in self.held.gone for known in self.held.in_file(path)):
            self._late[path] = digest
        else:
            self.writer.then(lambda: self.catalogue.put_file(path, digest))

    def _forget_file(self, path: str) -> None:
        self.held.files.pop(path, None)
        self.writer.then(lambda: self.catalogue.forget_file(path))

    # --- one article -------------------------------------------------------------------------------------------

    def _article(self, article: Article) -> None:
        known, signature = self.held.by_key(article.key), signature_of(article)
        twin = self.held.twin(signature, but=known.id if known else "")
        if twin is not None and (known is not None or is_there(self.held.article(twin).path)):
            self._duplicate(article, twin, known)
            return
        if known is None:
            # Moved: within the folders of this run, or from one that it does not look at.
            moved = twin or self.held.orphan(signature)
            known = self.held.article(moved) if moved else None
        self._write(article, signature, known)

    def _write(self, article: Article, signature: bytes, known: Known | None) -> None:
        name = known.id if known else article_id(article, self.held.ids)
        article = replace(article, id=name)
        next_n = len(article.paragraphs) + 1
        if known is not None:
            article, next_n = renumber(article, self.catalogue.paragraphs_of(name), self.catalogue.next_n(name))
            self._look_again_at_copies_of(name)
            if not is_there(known.path):
                self._forget_file(known.path)
        self.held.put(Known(name, article.key, article.path, article.digest), signature)
        self._outcomes[article.key] = "added" if known is None else "updated"
        self._drop_copy(article.key)
        self.writer.add(article, next_n, signature)

    def _duplicate(self, article: Article, of: str, known: Known | None) -> None:
        """Stored once for evidence: only the name of the second copy is kept."""
        if known is not None:
            self._leave(known, replaced=True)
        copy = Duplicate(article.path, of)
        self._duplicates[article.key] = copy
        self.held.add_copy(article.key, copy)
        self.writer.then(lambda: self.catalogue.put_duplicate(article.key, copy.path, of))

    def _leave(self, known: Known, *, replaced: bool) -> None:
        self.held.leave(known.id, replaced=replaced)
        self._look_again_at_copies_of(known.id)

    def _look_again_at_copies_of(self, name: str) -> None:
        """Copies of an article that changed or went may be copies no more, or take its place."""
        for key, copy in self.held.copies_of(name):
            if "://" in copy.path:  # not fetched unasked
                self.writer.then(lambda key=key, copy=copy: self.catalogue.put_duplicate(key, copy.path, copy.of))  # type: ignore[misc]
                continue
            self._drop_copy(key)
            self._forget_file(copy.path)
            if is_there(copy.path):
                self._again[copy.path] = None

    def _drop_copy(self, key: str) -> None:
        self.held.drop_copy(key)
        self._duplicates.pop(key, None)
        self.writer.then(lambda: self.catalogue.delete_duplicate(key))

    # --- what is gone ------------------------------------------------------------------------------------------

    def _find_missing(self, before: Sequence[Known], listed: set[str]) -> None:
        for known in before:
            if known.path not in listed:
                self._leave(known, replaced=False)

    def _remove_gone(self, places: Places, before: Sequence[Known]) -> None:
        """Remove what is gone, unless it is more than half of a folder: then it is more likely a mistake."""
        vanished = {
            name for name, replaced in self.held.gone.items()
            if not replaced and not is_there(self.held.article(name).path)
        }  # fmt: skip
        kept = vanished if self.options.keep_missing else self._too_many(places, before, vanished)
        with self.catalogue.transaction():
            for name, replaced in self.held.gone.items():
                if name in kept or not (replaced or name in vanished):
                    continue
                known = self.held.article(name)
                self.catalogue.delete_article(name)
                if name in vanished:
                    self.catalogue.forget_file(known.path)
                self._outcomes[known.key] = "removed"
            for key, copy in self.held.copies():
                if places.hold(copy.path) and not is_there(copy.path):
                    self.catalogue.delete_duplicate(key)
                    self.catalogue.forget_file(copy.path)
            for path, digest in self._late.items():
                self.catalogue.put_file(path, digest)

    def _too_many(self, places: Places, before: Sequence[Known], vanished: set[str]) -> set[str]:
        """Ids of vanished articles that are kept, since they are most of what was stored from their folder."""
        stored: dict[str, set[str]] = {}
        for known in before:
            for root in places.around(known.path):
                stored.setdefault(root, set()).add(known.id)
        kept: set[str] = set()
        for root, names in sorted(stored.items()):
            gone = names & vanished
            if not self.options.prune and len(gone) * 2 > len(names):
                kept |= gone
                self._notes.append(
                    f"{len(gone)} of {len(names)} articles of {root} are gone from it; they were kept. "
                    f"If that is meant: rag ingest {shlex.quote(root)} --prune"
                )
        return kept
