"""Synchronises the catalogue with files: adds, updates, leaves alone, follows moves, removes; reports every one."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from rag.catalogue import Catalogue, Known
from rag.deduplication import NearDuplicates, signature_of
from rag.errors import InputError, LoadError
from rag.numbering import article_id, renumber
from rag.paragraphs import VERSION, read_article
from rag.schema import Article, Duplicate, Failure, IngestReport, Source
from rag.storing import Writer

Facts = Mapping[str, object]


class Progress(Protocol):
    """Told how far an ingest has come."""

    def begin(self, files: int) -> None:
        """So many files are to be looked at."""

    def looked(self) -> None:
        """One more file was looked at."""

    def stored(self, articles: int, paragraphs: int) -> None:
        """So many more are safely in the store."""


Loaded = tuple[list[Source], list[Failure]]


@dataclass(frozen=True, slots=True)
class Options:
    """What `rag ingest` was told besides the paths."""

    keep_missing: bool = False
    prune: bool = False


@dataclass(slots=True)
class _Counts:
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: list[Failure] = field(default_factory=list)
    duplicates: dict[str, Duplicate] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


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
        self.counts = _Counts()
        self._known: dict[str, Known] = {known.key: known for known in catalogue.known()}
        self._by_path: dict[str, list[Known]] = {}
        for known in self._known.values():
            self._by_path.setdefault(known.path, []).append(known)
        self._ids = {known.id for known in self._known.values()}
        self._duplicates = {key: (path, of) for key, path, of in catalogue.duplicates()}
        self._files = catalogue.files()
        self._gone: dict[str, Known] = {}
        self._near: NearDuplicates | None = None
        self._again: deque[str] = deque()

    def run(self, roots: Sequence[tuple[Path, Sequence[Path]]], urls: Iterable[str] = ()) -> IngestReport:
        """Synchronise the files found under each root, then fetch the URLs. Counts of the store are left to the caller."""
        listed = {str(path) for _, files in roots for path in files}
        self._gone = self._missing([root for root, _ in roots], listed)
        queue = deque([*sorted(listed), *urls])
        self.progress.begin(len(queue))
        while queue or self._gone:
            if queue:
                self._file(queue.popleft())
                self.progress.looked()
            if not queue:
                self.writer.flush()
                self._remove_gone([root for root, _ in roots])
                queue, self._again = self._again, deque()
        counts = self.counts
        return IngestReport(
            counts.added, counts.updated, counts.unchanged, counts.removed, tuple(counts.failed),
            tuple(counts.duplicates[key] for key in sorted(counts.duplicates)), notes=tuple(counts.notes),
        )  # fmt: skip

    # --- one file ----------------------------------------------------------------------------------------------

    def _file(self, path: str) -> None:
        facts = self.facts_for(path)
        digest = _file_digest(path, facts)
        if digest is not None and self._files.get(path) == digest:
            self._leave(path)
            return
        try:
            sources, failures = self.load(path, facts)
        except LoadError as error:
            self.counts.failed.append(Failure(path, str(error)))
            return
        seen = {source.key for source in sources if self._source(source, failures)}
        self.counts.failed.extend(failures)
        if not failures:
            for known in self._by_path.get(path, []):
                if known.key not in seen:
                    self._gone[known.key] = known
            if digest is not None:
                self.writer.then(lambda: self.catalogue.put_file(path, digest))

    def _leave(self, path: str) -> None:
        self.counts.unchanged += len(self._by_path.get(path, []))
        for key, (duplicate, of) in self._duplicates.items():
            if duplicate == path:
                self.counts.duplicates[key] = Duplicate(path, of)

    def _source(self, source: Source, failures: list[Failure]) -> bool:
        """Read one article and write it; False when it cannot be read."""
        source = replace(source, digest=f"{source.digest}:{VERSION}")
        known = self._known.get(source.key)
        if known is not None and known.digest == source.digest:
            self._gone.pop(source.key, None)
            self.counts.unchanged += 1
            return True
        try:
            article = read_article(source)
        except LoadError as error:
            failures.append(Failure(source.key, str(error)))
            return False
        self._article(article, known)
        return True

    def _article(self, article: Article, known: Known | None) -> None:
        near = self._near_duplicates()
        signature = signature_of(article)
        twin = near.find(signature, but=known.id if known else "")
        moved = next((k for k in self._gone.values() if k.id == twin), None)
        if known is None and moved is not None:
            known = moved
            del self._gone[moved.key]
        elif twin is not None:
            self._duplicate(article, twin, known)
            return
        self._write(article, signature, known)

    def _write(self, article: Article, signature: bytes, known: Known | None) -> None:
        name = known.id if known else article_id(article, self._ids)
        article = replace(article, id=name)
        next_n = len(article.paragraphs) + 1
        if known is not None:
            article, next_n = renumber(article, self.catalogue.paragraphs_of(name), self.catalogue.next_n(name))
            self._recheck(name)
            self._gone.pop(known.key, None)
            if known.path != article.path:
                self.catalogue.forget_file(known.path)
        self.counts.updated += known is not None
        self.counts.added += known is None
        self._ids.add(name)
        self._near_duplicates().add(name, signature)
        self.writer.add(article, next_n, signature)
        if article.key in self._duplicates:
            self.writer.then(lambda: self.catalogue.delete_duplicate(article.key))

    def _duplicate(self, article: Article, of: str, known: Known | None) -> None:
        """Stored once for evidence: only the name of the second copy is kept."""
        self.counts.duplicates[article.key] = Duplicate(article.path, of)
        if known is not None:
            self._gone[known.key] = known
        self.writer.then(lambda: self.catalogue.put_duplicate(article.key, article.path, of))

    def _recheck(self, name: str) -> None:
        """Copies of an article that changed or went may be copies no more: read them again in this run."""
        for key, (path, of) in self._duplicates.items():
            if of == name:
                self.catalogue.forget_file(path)
                self._files.pop(path, None)
                self.counts.duplicates.pop(key, None)
                if Path(path).exists():
                    self._again.append(path)

    def _near_duplicates(self) -> NearDuplicates:
        if self._near is None:
            self._near = NearDuplicates(self.catalogue.signatures())
        return self._near

    # --- what is gone ------------------------------------------------------------------------------------------

    def _missing(self, roots: Sequence[Path], listed: set[str]) -> dict[str, Known]:
        folders = [root for root in roots if root.is_dir()]
        return {
            known.key: known
            for known in self._known.values()
            if known.path not in listed and any(_is_under(known.path, root) for root in folders)
        }

    def _remove_gone(self, roots: Sequence[Path]) -> None:
        """Remove articles that are gone, unless that is more than half of a folder: then it is more likely a mistake."""
        refused: set[str] = set()
        for root in roots:
            under = [k for k in self._known.values() if _is_under(k.path, root)]
            gone = [k for k in under if k.key in self._gone and not Path(k.path).exists()]
            if gone and not self.options.keep_missing and not self.options.prune and len(gone) * 2 > len(under):
                refused.update(k.key for k in gone)
                self.counts.notes.append(
                    f"{len(gone)} of {len(under)} articles of {root} are gone from it; nothing was removed. "
                    f"If that is meant: rag ingest {root} --prune"
                )
        with self.catalogue.transaction():
            for known in self._gone.values():
                if known.key in refused or (self.options.keep_missing and not Path(known.path).exists()):
                    continue
                self._recheck(known.id)
                self.catalogue.delete_article(known.id)
                if not Path(known.path).exists():
                    self.catalogue.forget_file(known.path)
                self._near_duplicates().discard(known.id)
                self._known.pop(known.key, None)
                self.counts.removed += 1
            self._forget_missing_duplicates(roots)
        self._gone = {}

    def _forget_missing_duplicates(self, roots: Sequence[Path]) -> None:
        for key, (path, _) in list(self._duplicates.items()):
            if any(_is_under(path, root) for root in roots) and not Path(path).exists():
                self.catalogue.delete_duplicate(key)
                self.catalogue.forget_file(path)
                del self._duplicates[key]


def _is_under(path: str, root: Path) -> bool:
    return "://" not in path and Path(path).is_relative_to(root)


def _file_digest(path: str, facts: Facts) -> str | None:
    """Of the bytes, of what was set from outside, and of the version that would read them; None for what is no file."""
    if "://" in path:
        return None
    digest = hashlib.sha256(f"{VERSION}:{json.dumps(facts, sort_keys=True, default=str)}:".encode())
    try:
        with open(path, "rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    except OSError:
        return None
    return digest.hexdigest()


def check_roots(paths: Sequence[Path], known: Callable[[Path], int]) -> None:
    """Raises InputError for a path that is not there; `known` counts the stored articles under it."""
    for path in paths:
        if path.exists():
            continue
        held = known(path)
        kept = f"; the {held} articles stored from it were kept (rag articles lists them, rag remove ID drops them)"
        raise InputError(f"{path} does not exist{kept if held else '; check the path'}")
