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
    from rag.backup import Progress as Pages
    from rag.backup import Saved
    from rag.ingesting import Options, Progress, Synchroniser
    from rag.reading import Limits
    from rag.removal import Removal


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
        with self._writing() as catalogue, self._encoding() as (embedder, batch):
            check_model(catalogue, embedder, claim=True)
            self._note_model(catalogue)
            writer = Writer(catalogue, embedder, progress.stored, batch)
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
        from rag.bounded import load_bounded

        return load_bounded(location, self.limits, facts)

    @property
    def limits(self) -> Limits:
        """How much of one file is taken, as configured."""
        from rag.reading import Limits

        return Limits(
            max_bytes=self.config.max_megabytes * 2**20, max_pages=self.config.max_pages,
            url_seconds=self.config.url_seconds, max_uncompressed=self.config.max_uncompressed_megabytes * 2**20,
            max_seconds=self.config.max_seconds, max_memory=self.config.max_memory_megabytes * 2**20,
            allow_private=self.config.allow_private,
        )  # fmt: skip

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
            files = find_files(root, self._tell_of_link)
            if not files and not self._held(root):
                raise InputError(
                    f"no articles in {name}; it may hold .txt .md .html .pdf .docx .epub .json .jsonl files"
                )
            roots.append((root, files))
        return roots

    def _tell_of_link(self, link: Path) -> None:
        self.warn(f"{link} leads out of the folder and was not followed; name the place it leads to")

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
        """Forget articles, and what kept conversations and replies of a model quote of them.

        Raises NotFoundError, and removes nothing, when one is not there.
        """
        from rag.removal import remove_articles, texts_of
        from rag.reply_cache import forget
        from rag.storing import hand_on

        names = tuple(dict.fromkeys(ids))
        self._check_ids(self.catalogue, names)
        with self._writing() as catalogue:
            self._check_ids(catalogue, names)  # another command may have removed one meanwhile
            texts = texts_of(catalogue, names)
            removal = remove_articles(catalogue, names)
            forget(self.cache / "replies", texts)
            hand_on(catalogue, self._chroma)
        return removal

    def _check_ids(self, catalogue: Catalogue, names: Sequence[str]) -> None:
        known = catalogue.article_ids()
        for name in names:
            if name not in known:
                raise no_article(name, known)

    @command
    def rebuild(self, *, embed: bool = False, progress: Progress | None = None) -> int:
        """Make the vector store anew from the catalogue; with `embed`, its vectors too. Returns how many vectors.

        Nothing of what was removed, by whatever command, is in the files afterwards.
        """
        from rag.storing import embed_anew, hand_on, start_anew
        from rag.wiping import note_words

        self.catalogue.counts()  # says so where there is no store
        with self._writing() as catalogue:
            if embed:
                with self._encoding() as (embedder, batch):
                    embed_anew(catalogue, embedder, (progress or _Silent()).stored, batch)
                self._note_model(catalogue)
            else:
                with catalogue.transaction():
                    start_anew(catalogue)
            note_words(catalogue)
            return hand_on(catalogue, self._chroma)

    @command
    def backup(self, target: Path, progress: Pages | None = None, *, force: bool = False) -> Saved:
        """Keep the catalogue, with its vectors and conversations, in one file. Others may read and write meanwhile.

        Raises InputError for a place that will not do, or where a file is already and not `force`; StoreEmptyError.
        """
        from rag.backup import Saved, write_backup

        began = time.perf_counter()
        held = write_backup(self.store / CATALOGUE, target, progress or _unseen, force=force)
        return Saved(target, held, time.perf_counter() - began)

    @command
    def restore(self, file: Path, progress: Pages | None = None, *, force: bool = False) -> Saved:
        """Make the store what a backup holds, and the vector store anew from it.

        Raises InputError for what is no backup, and where the store holds something and not `force`.
        """
        from rag.backup import Saved
        from rag.locking import writing
        from rag.restoring import check_free, read_backup, restore
        from rag.storing import hand_on

        began = time.perf_counter()
        held = read_backup(file)
        self.close()
        with writing(self.store, wait=self.wait, warn=self.warn):
            if not force:
                check_free(self.store / CATALOGUE)
            restore(file, self.store / CATALOGUE, progress or _unseen)
        with self._writing() as catalogue:  # whoever comes first hands the vectors on
            hand_on(catalogue, self._chroma)
        return Saved(file, held, time.perf_counter() - began)


def _unseen(done: int, total: int) -> None:
    """Progress that nobody watches."""


def no_article(article_id: str, known: set[str]) -> NotFoundError:
    """There is no such article; names the nearest one there is."""
    close = difflib.get_close_matches(article_id, sorted(known), n=1)
    hint = f"did you mean {close[0]}?" if close else "rag articles lists what there is"
    return NotFoundError(f"no article {article_id!r} in the store; {hint}")


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
