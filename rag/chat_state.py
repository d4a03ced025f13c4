"""What the commands of a conversation on a terminal work with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from rag.conversing import ChatOptions, EngineChain
from rag.errors import RagError
from rag.sanitising import safe
from rag.slash import filter_words
from rag.wording import counted, title

if TYPE_CHECKING:
    from rag.chat import Conversation
    from rag.engine import Engine
    from rag.progress import AnswerView
    from rag.schema import ArticleSummary, Filters
    from rag.screen import Screen
    from rag.warming import Queued, Warmup


class Asking(Protocol):
    """What commands want of the prompt."""

    def confirm(self, question: str) -> bool: ...

    def forget(self, texts: Sequence[str]) -> None: ...


@dataclass(slots=True)
class Chat:
    """A conversation, the engine that answers it, and the terminal it is held on."""

    engine: Engine
    conversation: Conversation
    options: ChatOptions
    screen: Screen
    warmup: Warmup
    warn: Queued
    prompt: Asking | None = None
    models_seen: list[str] = field(default_factory=list)
    _articles: list[ArticleSummary] | None = None

    # --- working -------------------------------------------------------------------------------------------------

    @contextmanager
    def working(self, what: str = "thinking") -> Iterator[AnswerView]:
        """Once all that answering needs is loaded."""
        with self.screen.working(what) as view:
            if not self.warmup.done:
                view.wait_for("getting ready")
                self.warmup.wait()
                view.wait_for(what)
            yield view
        self.warn.flush()

    def ready(self) -> None:
        if not self.warmup.done:
            with self.working("getting ready"):
                pass

    def confirmed(self, question: str) -> bool:
        """Whether the reader says yes."""
        return self.prompt is not None and self.prompt.confirm(self.screen.fitting(safe(question)))

    def begin(self, name: str | None = None, *, resume: bool = False) -> None:
        """Another conversation, asked of the same articles."""
        filters = self.conversation.filters
        self.conversation = self.engine.chat(name, self.options, resume=resume)
        self.conversation.filters = filters

    def use(self, *, model: bool) -> None:
        """Whether a language model answers from now on."""
        self.options = replace(self.options, model=model)
        self.conversation.chain = EngineChain(self.engine, self.options)

    # --- what is so ----------------------------------------------------------------------------------------------

    @property
    def filters(self) -> Filters:
        return self.conversation.filters

    @property
    def model(self) -> str | None:
        """Who writes the answers; None for the articles themselves."""
        if not self.engine.wants_model(self.options.model):
            return None
        return self.model_name

    @property
    def model_name(self) -> str:
        """The model that is configured, whether or not it is used."""
        config = self.engine.config
        return config.llm_model or config.llm_llamaindex or "the server's model"

    def toolbar(self, width: int) -> str:
        """Filters first: what is not searched must not be forgotten. As much as fits."""
        conversation = self.conversation
        kept = "not kept" if conversation.sessions is None else "new conversation"
        name = conversation.name or conversation.wanted or kept
        parts = [filter_words(self.filters), f"model {self.model}" if self.model else "no model", name]
        text = safe(" · ".join(part for part in parts if part))
        if len(text) > width - 1:
            text = f"{text[: width - 2]}…"
        return self.screen.fitting(text)

    def size(self) -> str:
        counts = self.engine.catalogue.counts()
        return f"{counted(counts['articles'], 'article')}, {counted(counts['paragraphs'], 'paragraph')}"

    # --- what can be completed -----------------------------------------------------------------------------------

    def sources(self) -> Sequence[tuple[int, str]]:
        return [(citation.number, title(citation.passage.metadata)) for citation in self.conversation.citations]

    def articles(self) -> Sequence[ArticleSummary]:
        """Read once: a list of thousands must not be read at every key. What an ingest adds meanwhile is found by its
        words, only not completed."""
        if self._articles is None:
            with suppress(RagError):  # while a key is pressed nothing can be told
                self._articles = self.engine.articles()
        return self._articles or ()

    def sessions(self) -> Sequence[str]:
        with suppress(RagError):
            return [session.name for session in self.engine.sessions()]
        return ()

    def asked(self) -> Sequence[str]:
        """Questions of the conversations that are kept, the newest first."""
        with suppress(RagError):
            return self.engine.asked()
        return ()

    def models(self) -> Sequence[str]:
        named = self.engine.config.llm_model
        return list(dict.fromkeys([*([named] if named else []), *self.models_seen]))
