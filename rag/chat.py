"""A conversation: each question is made to stand alone, asked of the articles like any other, and kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from rag.chat_schema import Exchange, Followup, Session, Turn
from rag.errors import InputError, StoreError
from rag.schema import Answer, Citation, Filters
from rag.session_sources import united

if TYPE_CHECKING:
    from rag.answering import Wishes
    from rag.briefing import BriefingWishes
    from rag.briefing_schema import Briefing
    from rag.extraction import Place
    from rag.sessions import Sessions

CARRIED_TURNS, CARRIED = 3, 12
"""A question that leans on what went before has the paragraphs of the last three answers as candidates, twelve at most:
about as many again as the search finds. Their sentences have been embedded already."""
_MARK = re.compile(r"\s?\[\d+(?:\]\[\d+)*\]")
"""Marks of a draft: they count what the model was shown, not what the conversation cites."""


@dataclass(frozen=True, slots=True)
class Reworded:
    """A question made to stand alone, the summary of older turns that a model has made for that, and what it cost."""

    followup: Followup | None
    """None while it is not found yet."""
    summary: str = ""
    summarised: int = 0
    notes: tuple[str, ...] = ()
    tokens: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0


class Chain(Protocol):
    """What a conversation asks; the engine is one."""

    def reword(self, question: str, history: Sequence[Exchange], summary: str, summarised: int) -> Reworded: ...

    def ask(self, question: str, filters: Filters, wishes: Wishes) -> Answer: ...

    def brief(self, topic: str, filters: Filters, wishes: BriefingWishes) -> Briefing: ...


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _ignore(_: str) -> None:
    pass


@dataclass(slots=True)
class Conversation:
    """Turns, the numbers their sources have, and where they are kept (`sessions`, None: nowhere).

    A number is given to a paragraph once and means it for as long as the conversation lasts.
    """

    chain: Chain
    sessions: Sessions | None = None
    name: str | None = None
    """None until the first turn is kept."""
    wanted: str | None = None
    """Name for a conversation that is not kept yet; made from its first question if None."""
    turns: list[Turn] = field(default_factory=list)
    filters: Filters = field(default_factory=Filters)
    summary: str = ""
    summarised: int = 0
    numbers: dict[str, int] = field(default_factory=dict)
    warn: Callable[[str], None] = _ignore
    now: Callable[[], str] = _now

    @classmethod
    def resumed(
        cls, chain: Chain, sessions: Sessions | None, session: Session, warn: Callable[[str], None] = _ignore
    ) -> Conversation:
        """A kept conversation, to go on with."""
        known = cls(chain, sessions, session.name, None, list(session.turns), warn=warn)
        known.summary, known.summarised = session.summary, session.summarised
        for turn in session.turns:
            known._note_numbers(turn)
        return known

    # --- asking --------------------------------------------------------------------------------------------------

    def ask(
        self,
        asked: str,
        *,
        on_question: Callable[[str], None] = _ignore,
        on_draft: Callable[[str], None] | None = None,
    ) -> Turn:
        """Answer, or decline, a question in the light of the turns before it; kept when it returns.

        `on_question` gets the question that stands alone where it is another than the one `asked`. Raises InputError,
        ModelError, StoreError; then, and when interrupted, the conversation is as it was.
        """
        turn = self._answered(asked, self.turns, on_question, on_draft)
        self._append(turn)
        return turn

    def again(
        self, *, on_question: Callable[[str], None] = _ignore, on_draft: Callable[[str], None] | None = None
    ) -> Turn:
        """The last question once more; what comes of it stands in the place of the last answer."""
        last = self._last()
        turn = self._answered(last.asked, self.turns[:-1], on_question, on_draft)
        if self.sessions and self.name:
            self._kept(lambda sessions, name: sessions.replace_last(name, turn, len(self.turns)))
        self.turns[-1] = turn
        self._note_numbers(turn)
        return turn

    def brief(self, topic: str, wishes: BriefingWishes | None = None) -> Turn:
        """A briefing as a turn: its sources are numbered with those of the answers."""
        from rag.briefing import BriefingWishes

        briefing = self.chain.brief(topic, self.filters, replace(wishes or BriefingWishes(), numbers=self.numbers))
        turn = Turn(topic, topic, self.now(), briefing=briefing, filters=self.filters)
        self._append(turn)
        return turn

    def _answered(
        self, asked: str, before: Sequence[Turn], on_question: Callable[[str], None],
        on_draft: Callable[[str], None] | None,
    ) -> Turn:  # fmt: skip
        from rag.answering import Wishes  # loaded behind the prompt

        asked = asked.strip()
        covered = min(self.summarised, len(before))
        reworded = self.chain.reword(asked, [exchange(turn) for turn in before], self.summary, covered)
        followup = reworded.followup or Followup(asked, False)
        if followup.question != asked:
            on_question(followup.question)
        also = _carried(before) if followup.continues else ()
        without = _quoted(before) if followup.further else frozenset()
        draft = None if on_draft is None else lambda text: on_draft(_MARK.sub("", text))
        wishes = Wishes(on_draft=draft, also=also, numbers=self.numbers, without=without)
        answer = self.chain.ask(followup.question, self.filters, wishes)
        self._remember(reworded)
        return Turn(asked, followup.question, self.now(), _with_cost(answer, reworded), filters=self.filters)

    def _last(self) -> Turn:
        if not self.turns or self.turns[-1].answer is None:
            raise InputError("there is no question to ask again; type one")
        return self.turns[-1]

    # --- keeping -------------------------------------------------------------------------------------------------

    def _append(self, turn: Turn) -> None:
        self.turns.append(turn)
        self._note_numbers(turn)
        if self.sessions:
            self._kept(self._keep_turn(turn))

    def _keep_turn(self, turn: Turn) -> Callable[[Sessions, str], None]:
        def keep(sessions: Sessions, name: str) -> None:
            if name:
                sessions.append(name, turn)
            else:
                self.name = sessions.begin(self.wanted, turn.asked, turn)

        return keep

    def _kept(self, change: Callable[[Sessions, str], None]) -> None:
        """Write to the store; an answer is not lost because it cannot be kept."""
        if self.sessions is None:
            return
        try:
            change(self.sessions, self.name or "")
        except StoreError as error:
            self.sessions = None
            self.warn(f"this conversation is no longer kept: {error}")

    def _remember(self, reworded: Reworded) -> None:
        """Keep the summary of older turns, so that a resumed conversation need not have it made again."""
        if reworded.summarised <= self.summarised:
            return
        self.summary, self.summarised = reworded.summary, reworded.summarised
        if self.sessions and self.name:
            self._kept(lambda sessions, name: sessions.keep_summary(name, self.summary, self.summarised))

    def undo(self) -> Turn:
        """Take the last turn back, as if it had not been. Raises InputError where there is none."""
        if not self.turns:
            raise InputError("there is nothing to undo yet")
        if self.sessions and self.name:
            self._kept(self._drop)
        turn = self.turns.pop()
        if self.summarised > len(self.turns):
            self.summary, self.summarised = "", 0
        return turn

    def _drop(self, sessions: Sessions, name: str) -> None:
        if len(self.turns) > 1:
            sessions.drop_last(name, len(self.turns))
        else:  # a name that was made of the only question goes with it
            sessions.delete([name])
            self.name = None

    def rename(self, name: str) -> None:
        """Raises InputError for a name that is taken or no name."""
        if self.sessions and self.name:
            self.name = self.sessions.rename(self.name, name)
            return
        from rag.session_names import checked

        wanted = checked(name)
        if self.sessions and wanted in {session.name for session in self.sessions.list()}:
            raise InputError(f"there is a session {wanted!r} already; choose another name, or resume that one")
        self.wanted = wanted

    # --- looking back --------------------------------------------------------------------------------------------

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every source of the conversation by number, with all that was quoted of it."""
        return sources(self.turns)

    def citation(self, number: int) -> Citation:
        """Raises InputError for a number that nothing has."""
        citations = self.citations
        found = next((citation for citation in citations if citation.number == number), None)
        if found is None:
            first, last = (citations[0].number, citations[-1].number) if citations else (0, 0)
            held = f"sources are numbered {first} to {last}" if citations else "no source is cited yet"
            raise InputError(f"there is no [{number}]; {held}")
        return found

    def session(self) -> Session:
        """The conversation as it stands, kept or not."""
        times = [turn.at for turn in self.turns if turn.at] or [self.now()]
        name = self.name or self.wanted or "conversation"
        return Session(name, times[0], times[-1], tuple(self.turns), self.summary, self.summarised)

    def _note_numbers(self, turn: Turn) -> None:
        self.numbers |= {citation.passage.paragraph_id: citation.number for citation in turn.citations}


def _with_cost(answer: Answer, reworded: Reworded) -> Answer:
    """The answer with what its question has cost, and the notes on that."""
    tokens = {name: reworded.tokens.get(name, 0) + answer.tokens.get(name, 0)
              for name in {**reworded.tokens, **answer.tokens}}  # fmt: skip
    seconds = dict(answer.seconds)
    if reworded.seconds:
        seconds["model"] = seconds.get("model", 0.0) + reworded.seconds
    return replace(answer, notes=(*reworded.notes, *answer.notes), tokens=tokens, seconds=seconds)


def sources(turns: Iterable[Turn]) -> tuple[Citation, ...]:
    """One citation a number, in their order: the paragraph as it was cited last, all that was quoted of that text."""
    held: dict[int, list[Citation]] = {}
    for citation in (citation for turn in turns for citation in turn.citations):
        held.setdefault(citation.number, []).append(citation)
    return tuple(united([one for one in held[number] if _same(one, held[number][-1])]) for number in sorted(held))


def _same(one: Citation, other: Citation) -> bool:
    return one.passage.paragraph.text == other.passage.paragraph.text


def exchange(turn: Turn) -> Exchange:
    """What the next question may lean on."""
    said: tuple[str, ...] = ()
    if turn.answer and turn.answer.answered:
        said = tuple(statement.text for statement in turn.answer.statements)
    elif turn.briefing:
        said = tuple(statement.text for facet in turn.briefing.points for statement in facet.statements)
    passages = [citation.passage for citation in turn.citations]
    titles = dict.fromkeys(passage.metadata.title for passage in passages)
    return Exchange(turn.question, said, tuple(p.paragraph.text for p in passages), tuple(titles))


def _quoted(turns: Sequence[Turn]) -> frozenset[Place]:
    """Sentences that the last answers quote."""
    cited = (citation for turn in _answered(turns) for citation in turn.citations)
    return frozenset((one.passage.paragraph_id, quote.start) for one in cited for quote in one.quotes)


def _carried(turns: Sequence[Turn]) -> tuple[str, ...]:
    """Ids of the paragraphs that the last answers cite, the newest first."""
    names = (citation.passage.paragraph_id for turn in _answered(turns) for citation in turn.citations)
    return tuple(dict.fromkeys(names))[:CARRIED]


def _answered(turns: Sequence[Turn]) -> list[Turn]:
    """The last turns that cite anything, the newest first."""
    return [turn for turn in reversed(turns) if turn.citations][:CARRIED_TURNS]
