"""What the program can do, one method a command; `Parts` builds what they work with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import __version__
from rag.conversing import ChatOptions, Conversing, EngineChain
from rag.errors import InputError, NotFoundError
from rag.examining import Examining
from rag.maintaining import no_article
from rag.parts import CATALOGUE, CHROMA, command
from rag.schema import Answer, ArticleSummary, Filters, SearchResult, View

if TYPE_CHECKING:
    from rag.answering import Wishes
    from rag.briefing import BriefingWishes
    from rag.briefing_schema import Briefing
    from rag.chat import Conversation
    from rag.eval_schema import JudgedQuestion


class Engine(Conversing, Examining):
    """Everything that can be done with a store."""

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
        verifier = composer.generator.verifier if composer else Verifier(self.reader)
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
            raise no_article(article_id, self.catalogue.article_ids()) from error
        if not number:
            return View(article, None, article.paragraphs)
        at = next((i for i, p in enumerate(article.paragraphs) if str(p.n) == number), None)
        if at is None:
            last = max(p.n for p in article.paragraphs)
            raise NotFoundError(f"{article_id} has no paragraph {number!r}; its paragraphs are numbered 1 to {last}")
        around = article.paragraphs[max(0, at - context) : at + context + 1]
        return View(article, article.paragraphs[at], around)

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

        from rag.vectors_opening import moved, place_of

        catalogue, counts = self.catalogue, self.catalogue.counts()
        if moved(catalogue, self.vectors_wanted):
            counts["waiting"] = counts["chunks"]
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
            "vectors": {
                "path": place_of(catalogue, self.vectors_wanted),
                "bytes": _size(self.store / CHROMA, "**/*") if self.vectors_wanted.local else None,
            },
            "versions": {"rag": __version__} | {p: version(p) for p in ("chromadb", "onnxruntime", "sentencex")},
            "consistent": in_step,
            "waiting": counts["waiting"],
            "stale": counts["stale"],
        }


def _size(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in folder.glob(pattern) if path.is_file())
