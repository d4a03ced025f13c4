"""The engine's part that writes: articles in and out of the store, and the store made whole."""

from __future__ import annotations

import difflib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.catalogue import Catalogue
from rag.errors import InputError, NotFoundError, StoreEmptyError
from rag.parts import CATALOGUE, Parts, command
from rag.schema import IngestReport

if TYPE_CHECKING:
    from rag.ingesting import Options, Progress, Synchroniser


@dataclass(frozen=True, slots=True)
class Removal:
    """What `rag remove` did."""

    removed: tuple[str, ...]
    articles: int
    paragraphs: int
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Silent:
    """Progress that nobody watches."""

    def begin(self, files: int) -> None: ...

    def looked(self) -> None: ...

    def stored(self, articles: int, paragraphs: int) -> None: ...


class Maintaining(Parts):
    """The commands that change a store. Each holds its lock from beginning to end."""

    @command
    def ingest(
        self,
        targets: Sequence[str],
        options: Options | None = None,
        overrides: Mapping[str, object] | None = None,
        progress: Progress | None = None,
    ) -> IngestReport:
        """Synchronise the store with files and folders, and fetch URLs."""
        from rag.ingesting import Options
        from rag.storing import Writer, check_model, hand_on

        began = time.perf_counter()
        roots, urls = self._roots([t for t in targets if "://" not in t]), [t for t in targets if "://" in t]
        progress = progress or _Silent()
        with self._writing() as catalogue:
            check_model(catalogue, self.embedder, claim=True)
            writer = Writer(catalogue, self.embedder, progress.stored)
            report = self._synchroniser(
                catalogue, writer, options or Options(), [str(r) for r, _ in roots] + urls, overrides, progress
            ).run(roots, urls)
            hand_on(catalogue, self._chroma)
            counts = catalogue.counts()
        return replace(
            report, articles=counts["articles"], paragraphs=counts["paragraphs"], seconds=time.perf_counter() - began
        )

    def _synchroniser(
        self,
        catalogue: Catalogue,
        writer: Any,
        options: Options,
        targets: Sequence[str],
        overrides: Mapping[str, object] | None,
        progress: Progress,
    ) -> Synchroniser:
        from rag.facts import Facts
        from rag.ingesting import Synchroniser

        facts = Facts(catalogue, targets, overrides or {})
        return Synchroniser(catalogue, writer, self._load, facts.of, options, progress)

    def _load(self, location: str, facts: Mapping[str, object]) -> Any:
        from rag.fetching import load_url
        from rag.loading import load
        from rag.reading import Limits

        limits = Limits(
            max_bytes=self.config.max_megabytes * 2**20, max_pages=self.config.max_pages,
            url_seconds=self.config.url_seconds,
        )  # fmt: skip
        if "://" in location:
            return load_url(location, limits=limits, overrides=facts), []
        return load(Path(location), limits=limits, overrides=facts)

    def _roots(self, paths: Sequence[str]) -> list[tuple[Path, list[Path]]]:
        """Each path with the files under it. Raises InputError for one that is missing or holds nothing."""
        from rag.finding import find_files

        roots = []
        for name in paths:
            root = Path(os.path.abspath(os.path.expanduser(name)))
            if not _is_utf8(str(root)):
                raise InputError(f"{name!a} has a name that is not UTF-8; rename it")
            if not os.path.lexists(root):
                held = self._held(root)
                kept = f"; the {held} articles stored from it were kept (rag remove ID drops them)" if held else ""
                raise InputError(f"{name} does not exist{kept}; check the path")
            files = find_files(root)
            if not files and not self._held(root):
                raise InputError(
                    f"no articles in {name}; it may hold .txt .md .html .pdf .docx .epub .json .jsonl files"
                )
            roots.append((root, files))
        return roots

    def _held(self, root: Path) -> int:
        """How many stored articles, and copies of them, were read from under `root`."""
        if not (self.store / CATALOGUE).is_file():
            return 0
        try:
            paths = [known.path for known in self.catalogue.known()] + [
                path for _, path, _ in self.catalogue.duplicates()
            ]
        except StoreEmptyError:
            return 0
        return sum("://" not in path and Path(path).is_relative_to(root) for path in paths)

    @command
    def remove(self, ids: Sequence[str]) -> Removal:
        """Forget articles. Raises NotFoundError, and removes nothing, when one is not there."""
        from rag.storing import hand_on

        names = tuple(dict.fromkeys(ids))
        self._check_ids(self.catalogue, names)
        with self._writing() as catalogue:
            self._check_ids(catalogue, names)  # another command may have removed one meanwhile
            notes = _remove(catalogue, names)
            hand_on(catalogue, self._chroma)
            counts = catalogue.counts()
        return Removal(names, counts["articles"], counts["paragraphs"], tuple(notes))

    def _check_ids(self, catalogue: Catalogue, names: Sequence[str]) -> None:
        known = catalogue.article_ids()
        for name in names:
            if name not in known:
                raise no_article(name, known)

    @command
    def rebuild(self, *, embed: bool = False, progress: Progress | None = None) -> int:
        """Make the vector store anew from the catalogue; with `embed`, its vectors too. Returns how many vectors."""
        from rag.storing import embed_anew, hand_on, start_anew

        self.catalogue.counts()  # says so where there is no store
        with self._writing() as catalogue:
            if embed:
                embed_anew(catalogue, self.embedder, (progress or _Silent()).stored)
            else:
                with catalogue.transaction():
                    start_anew(catalogue)
            return hand_on(catalogue, self._chroma)


def no_article(article_id: str, known: set[str]) -> NotFoundError:
    """There is no such article; names the nearest one there is."""
    close = difflib.get_close_matches(article_id, sorted(known), n=1)
    hint = f"did you mean {close[0]}?" if close else "rag articles lists what there is"
    return NotFoundError(f"no article {article_id!r} in the store; {hint}")


def _remove(catalogue: Catalogue, ids: Sequence[str]) -> list[str]:
    """Delete articles and let their files, and those of their copies, be read again; notes on files still there."""
    notes = []
    known = {k.id: k for k in catalogue.known()}
    copies: dict[str, list[str]] = {}
    for _, path, of in catalogue.duplicates():
        copies.setdefault(of, []).append(path)
    with catalogue.transaction():
        for name in ids:
            catalogue.delete_article(name)
            paths = (known[name].path, *copies.get(name, ()))
            for path in paths:
                catalogue.forget_file(path)
            if any(map(os.path.lexists, paths)):
                notes.append(f"the file of {name} is still there: the next rag ingest of its folder brings it back")
    return notes


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
