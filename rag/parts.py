"""The one place that reads the configuration and builds the parts of the program, each on first use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Self, TypeVar

from rag.catalogue import Catalogue, readable_errors
from rag.config import Config
from rag.errors import InputError, StoreEmptyError, StoreError
from rag.full_disk import told_when_full

if TYPE_CHECKING:
    from rag.answering import Answerer
    from rag.composing import Composer
    from rag.embedding import Embedder
    from rag.generation import Generator
    from rag.llm import LanguageModel
    from rag.question_writing import ModelWriter
    from rag.reranking import Reranker
    from rag.retrieval import Retriever
    from rag.searching import Searcher
    from rag.sessions import Sessions
    from rag.vectors import VectorStore
    from rag.vectors_opening import Wanted
    from rag.verification import Judge

CATALOGUE = "catalogue.sqlite3"
CHROMA = "chroma"

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound="Parts")


def command(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """What a damaged or full disk does to the catalogue in the middle of a command is a StoreError too."""

    @wraps(method)
    def guarded(parts: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with told_when_full(parts.store), readable_errors(parts.store / CATALOGUE):
            return method(parts, *args, **kwargs)

    return guarded


class Parts:
    """A store, and what works on it. Close it, or use it in a `with`."""

    def __init__(self, config: Config, warn: Callable[[str], None] = lambda _: None, *, wait: bool = True) -> None:
        self.config = config
        self.warn = warn
        self.wait = wait
        self.store = config.store.expanduser().absolute()
        self._vectors: VectorStore | None = None
        self._sessions: Sessions | None = None
        self._models: dict[Path | None, LanguageModel] = {}
        self.language_model: LanguageModel | None = None
        """A model that a program brings along; it goes before the configured one and stays the program's to close."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for model in self._models.values():
            model.close()
        self._models.clear()
        self.__dict__.pop("retriever", None)
        if self._sessions is not None:
            self._sessions.close()
            self._sessions = None
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
        """The configured one; where none is, a static one that the store was made with."""
        from rag.embedding import load_embedder

        if not self.config.embedding_model:
            self.config = replace(self.config, embedding_model=self._stored_model())
        config = self.config
        return load_embedder(
            config.embedding_model, cache=self.cache, base_url=config.embedding_base_url or None,
            api_key=config.embedding_api_key or None, warn=self.warn,
        )  # fmt: skip

    @contextmanager
    def _encoding(self) -> Iterator[tuple[Embedder, int]]:
        """The embedder for many texts, spread where the settings want it, and how many it is best given at a time."""
        from rag.storing import BATCH_CHUNKS

        embedder, config = self.embedder, self.config
        if not config.embedding_ray:
            yield embedder, BATCH_CHUNKS
            return
        from rag.encoding_ray import AT_ONCE, Recipe, spread

        recipe = Recipe(config.embedding_model, self.cache, config.embedding_base_url, config.embedding_api_key)
        with spread(embedder, recipe, config.embedding_ray) as many:
            yield many, AT_ONCE

    @cached_property
    def reader(self) -> Embedder:
        """What compares sentences, for confidence, quotes and verdicts: of a static embedding, the model behind it."""
        from rag.embedding import base_of, load_embedder

        embedder = self.embedder
        base = base_of(self.config.embedding_model)
        return embedder if base is None else load_embedder(base, cache=self.cache, warn=self.warn)

    def _stored_model(self) -> str:
        """By a connection of its own: a warming thread asks, too. "" where the store says nothing, or there is none."""
        from rag.embedding import model_of

        try:
            catalogue = Catalogue.open(self.store / CATALOGUE)
        except StoreEmptyError:
            return ""
        try:
            return model_of(catalogue.setting("embedder"), catalogue.setting("model"))
        finally:
            catalogue.close()

    def _note_model(self, catalogue: Catalogue) -> None:
        """For `_stored_model`, once the store's vectors are the embedder's."""
        from rag.embedding import lasting

        catalogue.set_setting("model", lasting(self.config.embedding_model))

    @cached_property
    def retriever(self) -> Retriever:
        """Raises StoreEmptyError, StoreMismatchError."""
        from rag.embedding_memory import RememberingEmbedder
        from rag.retrieval import Retriever
        from rag.storing import check_model

        catalogue = self.catalogue
        if not catalogue.counts()["articles"]:
            raise StoreEmptyError(f"no articles in {self.store} yet; add some with: rag ingest FOLDER")
        check_model(catalogue, self.embedder)
        found = Retriever(
            catalogue, RememberingEmbedder(self.embedder), self._open_vectors, self.config.exact_limit,
            self.config.candidates, warn=self.warn,
        )  # fmt: skip
        if self.reader is not self.embedder:
            found.reader = RememberingEmbedder(self.reader)
        return found

    def _open_vectors(self) -> VectorStore:
        """For reading: kept open until the engine closes."""
        if self._vectors is None:
            from rag.vectors_opening import open_vectors

            self._vectors = open_vectors(lambda: self.catalogue, self.vectors_wanted, create=False)
        return self._vectors

    @property
    def vectors_wanted(self) -> Wanted:
        """Where the vectors are to be. Raises ConfigError for two places at once."""
        from rag.vectors_opening import Wanted

        config, server = self.config, None
        if config.chroma_url:
            from rag.vectors_server import Server

            server = Server(config.chroma_url, config.chroma_headers, config.chroma_tenant, config.chroma_database)
        return Wanted(
            self.store / CHROMA, server, config.chroma_collection, config.vectors_llamaindex, config.vectors_arguments
        )

    def keeper(self) -> Sessions | None:
        """Where conversations are kept, open until the engine closes; None where the store cannot be written."""
        if self._sessions is None:
            from rag.sessions import Sessions

            try:
                self._sessions = Sessions.open(self.store / CATALOGUE, create=True, warn=self.warn)
            except StoreError as error:
                self.warn(f"this conversation is not kept: {error}")
        return self._sessions

    def _chroma(self, anew: bool) -> VectorStore:
        """For writing: the caller holds the lock and closes it."""
        from rag.vectors_opening import open_vectors

        return open_vectors(lambda: self.catalogue, self.vectors_wanted, anew=anew)

    @contextmanager
    def _writing(self) -> Iterator[Catalogue]:
        """The catalogue for writing, alone: what was open for reading is closed first."""
        from rag.locking import writing
        from rag.restoring import clear
        from rag.vectors_opening import claim
        from rag.wiping import wipe

        self.close()
        with writing(self.store, wait=self.wait, warn=self.warn):
            clear(self.store)
            catalogue = Catalogue.create(self.store / CATALOGUE)
            try:
                claim(catalogue, self.vectors_wanted)
                yield catalogue
                wipe(catalogue, self.warn)
            finally:
                catalogue.close()

    def wants_model(self, allowed: bool) -> bool:
        """Whether a language model is to be asked: one is there, and it is `allowed`."""
        return allowed and (self.language_model is not None or self.config.model_configured)

    def use_model(self, name: str) -> None:
        """Ask another language model of the configured endpoint from now on. Raises InputError where there is none."""
        if self.language_model is not None or self.config.llm_llamaindex or not self.config.model_configured:
            raise InputError("there is no endpoint to have another model of; set RAG_LLM_BASE_URL or RAG_LLM_MODEL")
        for model in self._models.values():
            model.close()
        self._models.clear()
        self.config = replace(self.config, llm_model=name)

    def _generator(self, cache: bool) -> Generator:
        """The language model with what checks it. Raises ModelError, ConfigError."""
        from datetime import date

        from rag.generation import Generator
        from rag.reply_cache import secret_of
        from rag.verification import Verifier

        replies = self.cache / "replies" if cache else None
        model = self.language_model or self._language_model(replies)
        secret = secret_of(replies) if replies else b""
        return Generator(model, Verifier(self.reader, self._judge(model)), date.today().isoformat(), secret)

    def _question_writer(self, cache: bool) -> ModelWriter:
        """The language model as one that words judged questions. Raises ModelError, ConfigError."""
        from functools import partial

        from rag.fencing import lasting_fence, new_fence
        from rag.lexical import idf
        from rag.question_writing import ModelWriter
        from rag.reply_cache import secret_of

        replies = self.cache / "replies" if cache else None
        model = self.language_model or self._language_model(replies)
        fence = partial(lasting_fence, secret_of(replies)) if replies else new_fence
        return ModelWriter(model, partial(idf, self.catalogue), fence)

    def _composer(self, cache: bool) -> Composer:
        from rag.composing import Composer

        return Composer(self._answerer(self._generator(cache)))

    def _answerer(self, generator: Generator | None) -> Answerer:
        from rag.answering import Answerer

        return Answerer(self.searcher, self.threshold, generator=generator)

    @property
    def searcher(self) -> Searcher:
        """Raises StoreEmptyError, StoreMismatchError, ModelError."""
        from rag.searching import Searcher

        return Searcher(self.retriever, self._reranker if self.config.reranker else None)

    @cached_property
    def _reranker(self) -> Reranker:
        from rag.reranking import CrossEncoderReranker

        return CrossEncoderReranker(self.config.reranker)

    @property
    def threshold(self) -> float:
        """Confidence below which a question is declined."""
        from rag.confidence import STRICTNESS

        return STRICTNESS[self.config.strictness] if self.config.threshold is None else self.config.threshold

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

    @property
    def cache(self) -> Path:
        """Where what can be made again is kept."""
        if self.config.cache is not None:
            return self.config.cache
        import platformdirs

        return Path(platformdirs.user_cache_dir("rag"))
