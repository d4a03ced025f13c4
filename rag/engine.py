"""The one place that reads the configuration and builds the parts, each on first use. One method a command."""

from __future__ import annotations

import difflib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from rag import __version__
from rag.catalogue import Catalogue, readable_errors
from rag.config import Config
from rag.errors import InputError, NotFoundError, StoreEmptyError
from rag.schema import Answer, ArticleSummary, Filters, IngestReport, SearchResult, View

if TYPE_CHECKING:
    from rag.answering import Answerer, Wishes
    from rag.briefing import BriefingWishes
    from rag.briefing_schema import Briefing
    from rag.composing import Composer
    from rag.embedding import Embedder
    from rag.generation import Generator
    from rag.ingesting import Options, Progress, Synchroniser
    from rag.llm import LanguageModel
    from rag.retrieval import Retriever
    from rag.vectors import VectorStore
    from rag.verification import Judge

CATALOGUE = "catalogue.sqlite3"
CHROMA = "chroma"
P = ParamSpec("P")
T = TypeVar("T")


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


def _command(method: Callable[Concatenate[Engine, P], T]) -> Callable[Concatenate[Engine, P], T]:
    """What a damaged or full disk does to the catalogue in the middle of a command is a StoreError too."""

    @wraps(method)
    def guarded(engine: Engine, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with readable_errors(engine.store / CATALOGUE):
            return method(engine, *args, **kwargs)

    return guarded


class Engine:
    """A store and everything that can be done with it. Close it, or use it in a `with`."""

    def __init__(self, config: Config, warn: Callable[[str], None] = lambda _: None, *, wait: bool = True) -> None:
        self.config = config
        self.warn = warn
        self.wait = wait
        self.store = config.store.expanduser().absolute()
        self._vectors: VectorStore | None = None
        self._models: dict[Path | None, LanguageModel] = {}
        self.language_model: LanguageModel | None = None
        """A model that a program brings along; it goes before the configured one and stays the program's to close."""

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for model in self._models.values():
            model.close()
        self._models.clear()
        self.__dict__.pop("retriever", None)
        if self._vectors is not None:
            self._vectors.close()
            self._vectors = None
        if "catalogue" in self.__dict__:
            self.catalogue.close()
            del self.__dict__["catalogue"]

    # --- parts -------------------------------------------------------------------------------------------------

    @cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue, opened for reading."""
        return Catalogue.open(self.store / CATALOGUE)

    @cached_property
    def embedder(self) -> Embedder:
        from rag.embedding import load_embedder

        config = self.config
        return load_embedder(
            config.embedding_model, cache=self._cache(), base_url=config.embedding_base_url or None,
            api_key=config.embedding_api_key or None, warn=self.warn,
        )  # fmt: skip

    @cached_property
    def retriever(self) -> Retriever:
        """Raises StoreEmptyError, StoreMismatchError."""
        from rag.retrieval import Retriever
        from rag.storing import check_model

        catalogue = self.catalogue
        if not catalogue.counts()["articles"]:
            raise StoreEmptyError(f"no articles in {self.store} yet; add some with: rag ingest FOLDER")
        check_model(catalogue, self.embedder)
        return Retriever(catalogue, self.embedder, self._open_vectors, self.config.exact_limit, self.config.candidates)

    def _open_vectors(self) -> VectorStore:
        """For reading: kept open until the engine closes."""
        if self._vectors is None:
            from rag.vectors import ChromaVectors

            self._vectors = ChromaVectors(self.store / CHROMA, create=False)
        return self._vectors

    def _chroma(self, anew: bool) -> VectorStore:
        """For writing: the caller holds the lock and closes it."""
        from rag.vectors import ChromaVectors

        return ChromaVectors(self.store / CHROMA, anew=anew)

    @contextmanager
    def _writing(self) -> Iterator[Catalogue]:
        """The catalogue for writing, alone: what was open for reading is closed first."""
        from rag.locking import writing

        self.close()
        with writing(self.store, wait=self.wait, warn=self.warn):
            catalogue = Catalogue.create(self.store / CATALOGUE)
            try:
                yield catalogue
            finally:
                catalogue.close()

    def _generator(self, cache: bool) -> Generator:
        """The language model with what checks it. Raises ModelError, ConfigError."""
        from datetime import date

        from rag.generation import Generator
        from rag.reply_cache import secret_of
        from rag.verification import Verifier

        replies = self._cache() / "replies" if cache else None
        model = self.language_model or self._language_model(replies)
        secret = secret_of(replies) if replies else b""
        return Generator(model, Verifier(self.embedder, self._judge(model)), date.today().isoformat(), secret)

    def _language_model(self, replies: Path | None) -> LanguageModel:
        """Kept open until the engine closes."""
        if replies not in self._models:
            from rag.llm import load_llm

            config = self.config
            self._models[replies] = load_llm(
                config.llm_model, base_url=config.llm_base_url, api_key=config.llm_api_key,
                llamaindex=config.llm_llamaindex, arguments=config.llm_arguments, context=config.llm_context,
                timeout=config.llm_timeout, cache=replies, warn=self.warn,
            )  # fmt: skip
        return self._models[replies]

    def _judge(self, model: LanguageModel) -> Judge | None:
        """The second opinion that is configured, if any."""
        if not self.config.judge:
            return None
        from rag.judging import LANGUAGE_MODEL, CrossEncoderJudge, ModelJudge

        return ModelJudge(model) if self.config.judge == LANGUAGE_MODEL else CrossEncoderJudge(self.config.judge)

    def _cache(self) -> Path:
        if self.config.cache is not None:
            return self.config.cache
        import platformdirs

        return Path(platformdirs.user_cache_dir("rag"))

    # --- reading -----------------------------------------------------------------------------------------------

    @_command
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
        wanted = model and (self.language_model is not None or self.config.model_configured)
        answerer = self._answerer(self._generator(cache) if wanted else None)
        return answerer.ask(question, filters, max_per_article, wishes)

    @_command
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

        wanted = model and (self.language_model is not None or self.config.model_configured)
        if wishes and wishes.language and not wanted:
            raise InputError(
                "--language needs a language model; set RAG_LLM_BASE_URL or RAG_LLM_MODEL, or leave it out"
            )
        composer = self._composer(cache) if wanted else None
        verifier = composer.generator.verifier if composer else Verifier(self.embedder)
        return Briefer(self.retriever, verifier, composer).brief(topic, filters, max_per_article, wishes)

    def _composer(self, cache: bool) -> Composer:
        from rag.composing import Composer

        return Composer(self._answerer(self._generator(cache)))

    def _answerer(self, generator: Generator | None) -> Answerer:
        from rag.answering import Answerer
        from rag.confidence import THRESHOLD

        threshold = THRESHOLD if self.config.threshold is None else self.config.threshold
        return Answerer(self.retriever, threshold, generator=generator)

    @_command
    def search(
        self, question: str, k: int = 10, filters: Filters | None = None, max_per_article: int = 0
    ) -> SearchResult:
        """The passages nearest to a question."""
        retriever = self.retriever
        passages = retriever.search(question, retriever.encode(question), k, filters, max_per_article)
        return SearchResult(question, tuple(passages))

    @_command
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

    @_command
    def articles(self) -> list[ArticleSummary]:
        """Every article of the store, by id."""
        return [
            ArticleSummary(name, metadata, path, paragraphs, duplicates)
            for name, metadata, path, paragraphs, duplicates in self.catalogue.summaries()
        ]

    @_command
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

    @_command
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
            root = Path(os.path.abspath(Path(name).expanduser()))
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

    @_command
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

    @_command
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
