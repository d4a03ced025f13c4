"""The engine's part in conversations: how a question of one is asked, and the sessions that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from rag.errors import NotFoundError
from rag.parts import CATALOGUE, Parts, command

if TYPE_CHECKING:
    from rag.answering import Wishes
    from rag.briefing import BriefingWishes
    from rag.briefing_schema import Briefing
    from rag.chat import Reworded
    from rag.chat_schema import Exchange, Session, SessionSummary
    from rag.schema import Answer, Filters
    from rag.sessions import Sessions


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """How the questions of a conversation are asked, and whether it is kept."""

    model: bool = True
    cache: bool = False
    max_per_article: int = 0
    save: bool = True


class Asking(Protocol):
    """The commands of the engine that a conversation uses."""

    def ask(
        self, question: str, filters: Filters | None, max_per_article: int, wishes: Wishes | None, *, model: bool,
        cache: bool,
    ) -> Answer: ...  # fmt: skip

    def brief(
        self, topic: str, filters: Filters | None, max_per_article: int, wishes: BriefingWishes | None, *, model: bool,
        cache: bool,
    ) -> Briefing: ...  # fmt: skip

    def reword(
        self, question: str, history: Sequence[Exchange], summary: str, summarised: int, *, model: bool, cache: bool
    ) -> Reworded: ...


@dataclass(slots=True)
class EngineChain:
    """The engine as a conversation asks it. Whether a model is used may change from one question to the next."""

    engine: Asking
    options: ChatOptions

    def reword(self, question: str, history: Sequence[Exchange], summary: str, summarised: int) -> Reworded:
        options = self.options
        return self.engine.reword(question, history, summary, summarised, model=options.model, cache=options.cache)

    def ask(self, question: str, filters: Filters, wishes: Wishes) -> Answer:
        options = self.options
        return self.engine.ask(
            question, filters, options.max_per_article, wishes, model=options.model, cache=options.cache
        )

    def brief(self, topic: str, filters: Filters, wishes: BriefingWishes) -> Briefing:
        options = self.options
        return self.engine.brief(
            topic, filters, options.max_per_article, wishes, model=options.model, cache=options.cache
        )


class Conversing(Parts):
    """The sessions of a store, and questions in the light of a history."""

    @command
    def reword(
        self, question: str, history: Sequence[Exchange], summary: str = "", summarised: int = 0, *,
        model: bool = True, cache: bool = False,
    ) -> Reworded:  # fmt: skip
        """A question that stands alone: by the language model if there is one, else, or where that fails, by rule.

        `summary` is what the model made of the first `summarised` exchanges. Raises ModelError.
        """
        from rag.chat import Reworded
        from rag.followups import complete
        from rag.lexical import idf

        by_model = Reworded(None)
        if history and self.wants_model(model):
            by_model = self._condensed(question, history, summary, summarised, cache)
        if by_model.followup:
            return by_model
        by_rule = complete(question, history, lambda terms: idf(self.catalogue, terms))
        # That the model was no help matters only where the rules had to step in.
        return replace(by_model, followup=by_rule, notes=by_model.notes if by_rule.continues else ())

    def _condensed(
        self, question: str, history: Sequence[Exchange], summary: str, summarised: int, cache: bool
    ) -> Reworded:
        """What the language model makes of it; no `followup` where that cannot be used."""
        from rag.chat import Reworded
        from rag.condensing import Condenser
        from rag.generation import Meter

        condenser, meter = Condenser(self._generator(cache)), Meter()
        summary, summarised = condenser.compact(history, summary, summarised, meter)
        condensed = condenser.condense(question, history[summarised:], summary)
        tokens = {name: meter.tokens.get(name, 0) + count for name, count in condensed.tokens.items()}
        notes = (condensed.reason,) if condensed.reason else ()
        seconds = meter.seconds + condensed.seconds
        return Reworded(condensed.followup, summary, summarised, notes, {**meter.tokens, **tokens}, seconds)

    @command
    def sessions(self) -> list[SessionSummary]:
        """Every session that is kept, the newest first."""
        with self._opened(create=False) as sessions:
            return sessions.list()

    @command
    def asked(self, limit: int = 1000) -> list[str]:
        """The questions of the sessions that are kept, as they were typed, the newest first."""
        with self._opened(create=False) as sessions:
            return sessions.asked(limit)

    @command
    def passing(self, filters: Filters) -> int:
        """How many articles pass the filters. Raises InputError where none does."""
        from rag.retrieval import matching_articles

        return len(matching_articles(self.catalogue, filters))

    @command
    def upkept(self, session: Session) -> Session:
        """A session with what became of its sources up to now."""
        from rag.upkeep import marked

        return marked(session, self.catalogue)

    @command
    def session(self, name: str | None = None) -> Session:
        """A kept session, the newest if no name is given, with what became of its sources. Raises NotFoundError."""
        with self._opened(create=False) as sessions:
            wanted = name or sessions.latest()
            if wanted is None:
                raise NotFoundError("no session is kept in this store yet; rag chat begins one")
            session = sessions.load(wanted)
        return self.upkept(session)

    @command
    def delete_sessions(self, names: Sequence[str]) -> None:
        """Forget sessions for good. Raises NotFoundError, and deletes nothing, when one is not there."""
        with self._opened(create=False) as sessions:
            sessions.delete(names)

    def _opened(self, *, create: bool) -> AbstractContextManager[Sessions]:
        from rag.sessions import Sessions

        return closing(Sessions.open(self.store / CATALOGUE, create=create, warn=self.warn))
