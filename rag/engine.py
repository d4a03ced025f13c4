"""What the program can do, one method a command; `Parts` builds what they work with."""

from __future__ import annotations

import difflib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import __version__
from rag.catalogue import Catalogue
from rag.conversing import ChatOptions, Conversing, EngineChain
from rag.errors import InputError, NotFoundError, StoreEmptyError
from rag.parts import CATALOGUE, CHROMA, command
from rag.schema import Answer, ArticleSummary, Filters, IngestReport, SearchResult, View

if TYPE_CHECKING:
    from rag.answering import Wishes
    from rag.briefing import BriefingWishes
    from rag.briefing_schema import Briefing
    from rag.chat import Conversation
    from rag.eval_schema import JudgedQuestion
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


class Engine(Conversing):
    """Everything that can be done with a store."""

    # --- reading -----------------------------------------------------------------------------------------------

    @command
    def ask(
        self,
        question: str,
        filters: Filters | None = None,
        max_per_article: int = 0,
        wishes: Wishes | None = None,
        *,
        model: bool = True,
        cache: bool = False,
    ) -> Answer:
        """Answer a question, or decline it: by the configured language model if there is one and `model` allows it.

        With `cache`, replies of the model are kept on disk and used again.
        """
        answerer = self._answerer(self._generator(cache) if self.wants_model(model) else None)
        return answerer.ask(question, filters, max_per_article, wishes)

    @command
    def brief(
        self,
        topic: str,
        filters: Filters | None = None,
        max_per_article: int = 0,
        wishes: BriefingWishes | None = None,
        *,
        model: bool = True,
        cache: bool = False,
    ) -> Briefing:
        """What the articles say on a topic; key points by the configured language model if `model` allows it."""
        from rag.briefing import Briefer
        from rag.verification import Verifier

        wanted = self.wants_model(model)
        if wishes and wishes.language and not wanted:
            raise InputError(
                "--language needs a language model; set RAG_LLM_BASE_URL or RAG_LLM_MODEL, or leave it out"
            )
        composer = self._composer(cache) if wanted else None
        verifier = composer.generator.verifier if composer else Verifier(self.embedder)
        read = self.searcher.read(topic, filters)
        briefing = Briefer(self.retriever, verifier, composer).brief(read.text, read.filters, max_per_article, wishes)
        if not read.note:
            return briefing
        title = briefing.title if wishes and wishes.title.strip() else topic
        return replace(briefing, topic=topic, title=title, notes=(read.note, *briefing.notes))

    @command
    def chat(
        self, name: str | None = None, options: ChatOptions | None = None, *, resume: bool = False
    ) -> Conversation:
        """A conversation: a new one, or the kept one of that name; with `resume` it must be there, the newest if no
        name is given. Raises NotFoundError, InputError for what is no name.
        """
        from rag.chat import Conversation
        from rag.session_names import checked

        if name is not None:  # told now, not after the first answer
            name = checked(name)
        chosen = options or ChatOptions()
        chain, sessions = EngineChain(self, chosen), self.keeper() if chosen.save else None
        if resume or (name and name in {session.name for session in self.sessions()}):
            return Conversation.resumed(chain, sessions, self.session(name), self.warn)
        return Conversation(chain, sessions, wanted=name, warn=self.warn)

    @command
    def make_questions(self, count: int, *, model: bool = True, cache: bool = False) -> list[JudgedQuestion]:
        """Judged questions made of the articles, by rule; worded by the configured language model if `model` allows it.

        Raises StoreEmptyError, ModelError.
        """
        from rag.questioning import make_questions

        writer = self._question_writer(cache) if self.wants_model(model) else None
        return make_questions(self.catalogue, count, writer=writer)

    @command
    def search(
        self, question: str, k: int = 10, filters: Filters | None = None, max_per_article: int = 0
    ) -> SearchResult:
        """The passages nearest to a question."""
        found = self.searcher.find(question, k, filters, max_per_article)
        return SearchResult(question, found.passages, found.notes)

    @command
    def show(self, name: str, context: int = 2) -> View:
        """A paragraph (`article#n`) in its surroundings, or a whole article. Raises NotFoundError."""
        article_id, _, number = name.partition("#")
        try:
            article = self.catalogue.article(article_id)
        except NotFoundError as error:
            raise self._not_found(article_id, self.catalogue.article_ids()) from error
        if not number:
            return View(article, None, article.paragraphs)
        at = next((i for i, p in enumerate(article.paragraphs) if str(p.n) == number), None)
        if at is None:
            last = max(p.n for p in article.paragraphs)
            raise NotFoundError(f"{article_id} has no paragraph {number!r}; its paragraphs are numbered 1 to {last}")
        around = article.paragraphs[max(0, at - context) : at + context + 1]
        return View(article, article.paragraphs[at], around)

    def _not_found(self, article_id: str, known: set[str]) -> NotFoundError:
        close = difflib.get_close_matches(article_id, sorted(known), n=1)
        hint = f"did you mean {close[0]}?" if close else "rag articles lists what there is"
        return NotFoundError(f"no article {article_id!r} in the store; {hint}")

    @command
    def articles(self) -> list[ArticleSummary]:
        """Every article of the store, by id."""
        return [
            ArticleSummary(name, metadata, path, paragraphs, duplicates)
            for name, metadata, path, paragraphs, duplicates in self.catalogue.summaries()
        ]

    @command
    def status(self) -> dict[str, Any]:
        """Counts, model, paths and sizes, versions, and whether the vector store is in step."""
        from importlib.metadata import version

        catalogue, counts = self.catalogue, self.catalogue.counts()
        in_step = not counts["waiting"] and not counts["stale"]
        return {
            "store": str(self.store),
            "articles": counts["articles"],
            "paragraphs": counts["paragraphs"],
            "chunks": counts["chunks"],
            "duplicates": counts["duplicates"],
            "model": catalogue.setting("embedder"),
            "dimension": int(catalogue.setting("dimension") or 0),
            "catalogue": {"path": str(catalogue.path), "bytes": _size(self.store, f"{CATALOGUE}*")},
            "vectors": {"path": str(self.store / CHROMA), "bytes": _size(self.store / CHROMA, "**/*")},
            "versions": {"rag": __version__} | {p: version(p) for p in ("chromadb", "onnxruntime", "sentencex")},
            "consistent": in_step,
            "waiting": counts["waiting"],
            "stale": counts["stale"],
        }

    # --- writing -----------------------------------------------------------------------------------------------

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
                raise self._not_found(name, known)

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


def _size(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in folder.glob(pattern) if path.is_file())
