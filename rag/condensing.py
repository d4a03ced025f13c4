"""Follow-ups by a language model: a question that stands alone, from a history that is bounded and summed up."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.chat_schema import Exchange, Followup
from rag.errors import ContextError
from rag.fencing import Fence
from rag.generation import LEAST_REPLY, OVERHEAD, Generator, Meter
from rag.history import BLANK, HISTORY_TOKENS, SUMMARY_SENTENCES, bounded, fitting, kept_summary, sentences_of
from rag.llm import Message, Reply, estimate_tokens
from rag.prompts import condense_messages, conversation, summarise_messages
from rag.rewording import (
    Known,
    new_subject,
    question_schema,
    read_summary,
    reworded,
    same_words,
    stands_alone,
    summary_schema,
)
from rag.schema import Metadata, Paragraph, Passage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Prompt = Callable[[Sequence[Exchange], str, bool, Fence], list[Message]]
    """Turns, the summary of those before, whether JSON is asked for, and the delimiters → what is sent."""

ASKED_TOKENS, LONGEST_ASKED = 200, 600
"""What a question leaves the conversation room for; one with more characters is a text of its own, and stands alone."""
REPLY_TOKENS = 512
"""Room for a model that thinks first; the question itself takes 40."""
LONGEST_REPLY = 800
"""Characters, thoughts aside, after which a reply is broken off: no question or summary is as long. Small models go on
to the end of what they are given, which is half a minute."""


@dataclass(frozen=True, slots=True)
class Condensed:
    """What came of asking the model. `followup` is None where its reply cannot be used: `reason` says why."""

    followup: Followup | None
    reason: str = ""
    tokens: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(slots=True)
class Condenser:
    """Completes questions with the language model of `generator`."""

    generator: Generator

    def condense(self, question: str, history: Sequence[Exchange], summary: str = "") -> Condensed:
        """The question as it stands alone, from the newest turns of `history` (oldest first) that fit, and `summary`.

        The model's words are used only if all that they add stands in what it was shown. Without a history nobody is
        asked, nor where the question stands alone and names somebody or something new. Raises ModelError.
        """
        if not history:
            return Condensed(Followup(question, False))
        if len(question) > LONGEST_ASKED:
            return Condensed(None, "the question is too long to be completed")
        summary = kept_summary(summary)
        meter = Meter()

        def messages(turns: Sequence[Exchange], told: str, structured: bool, fence: Fence) -> list[Message]:
            return condense_messages(question, turns, told, structured, fence)

        shown = fitting(history, min(HISTORY_TOKENS, self._room(messages)), summary)
        if not shown:
            return Condensed(None, f"{self.generator.name} holds too few tokens for the conversation")
        if new_subject(question, _known(shown, summary)):
            return Condensed(Followup(question, False))
        reply, turns = self._ask(shown, messages, question, summary, question_schema(), meter)
        followup, reason = _followup(reply, question, turns, summary)
        said = f"{self.generator.name} gave no question that could be used: {reason}" if reason else ""
        return Condensed(followup, said, meter.tokens, meter.seconds)

    def bounded(
        self, history: Sequence[Exchange], summary: str = ""
    ) -> tuple[tuple[Exchange, ...], tuple[Exchange, ...]]:
        """Turns to be shown as they are, and older ones to be summed up; see history.bounded. Raises ModelError."""

        def messages(turns: Sequence[Exchange], told: str, structured: bool, fence: Fence) -> list[Message]:
            return condense_messages("", turns, told, structured, fence)

        return bounded(history, summary, min(HISTORY_TOKENS, self._room(messages) - ASKED_TOKENS))

    def summarise(self, history: Sequence[Exchange], summary: str = "", meter: Meter | None = None) -> str:
        """A short text on the turns of `history` and what `summary` says of those before them, for the model's own use.

        One request, about the newest turns that fit: the others are dropped. Sentences with a name or a figure that
        does not stand there are left out; where nothing is left the old summary stays. Raises ModelError.
        """
        old = kept_summary(summary)

        def messages(turns: Sequence[Exchange], told: str, structured: bool, fence: Fence) -> list[Message]:
            return summarise_messages(turns, told, SUMMARY_SENTENCES, structured, fence)

        shown = fitting(history, min(HISTORY_TOKENS, self._room(messages)), old)
        if not shown:
            return old
        reply, turns = self._ask(shown, messages, "", old, summary_schema(), meter or Meter())
        told = _known(turns, old)
        sentences = sentences_of(read_summary(reply))
        return kept_summary(" ".join(one for one in sentences if not told.strangers(one, names_only=True))) or old

    def compact(
        self, history: Sequence[Exchange], summary: str, summarised: int, meter: Meter | None = None
    ) -> tuple[str, int]:
        """Summary, and how many of the first turns it covers: as given, where the turns after those still fit.

        Else the older of them are summed up in one request, so that as many again as stay may come before the next.
        Raises ModelError.
        """
        _, old = self.bounded(history[summarised:], summary)
        return (self.summarise(old, summary, meter), summarised + len(old)) if old else (summary, summarised)

    @property
    def _reply(self) -> int:
        """Tokens of the context that are kept for a reply."""
        return min(REPLY_TOKENS, max(LEAST_REPLY, self.generator.model.context // 4))

    def _room(self, messages: Prompt) -> int:
        """Tokens left for the conversation, beside the rules and what else `messages` holds."""
        rules = max(_tokens(messages((), "", structured, BLANK)) for structured in (True, False))
        return self.generator.model.context - self._reply - OVERHEAD - rules

    def _ask(
        self, turns: Sequence[Exchange], messages: Prompt, question: str, summary: str, schema: Mapping[str, Any],
        meter: Meter,
    ) -> tuple[Reply, Sequence[Exchange]]:  # fmt: skip
        """The reply, and the turns that were shown: fewer where they were too long in the model's own counting."""
        while True:
            shown = f"{question}\n{conversation(turns, summary, BLANK)}"
            fence = self.generator.fence(question, [_as_passage(shown)])
            stop, began = _Stop(), time.monotonic()
            structured, plain = (messages(turns, summary, form, fence) for form in (True, False))
            try:
                reply = self.generator.model.complete(
                    structured, schema=schema, plain=plain, max_tokens=self._reply, on_text=stop.take
                )
            except ContextError:
                if len(turns) <= 1:
                    raise
                turns = turns[-(len(turns) // 2) :]
                continue
            except _EndlessError:
                reply = Reply(stop.text, "cut", seconds=time.monotonic() - began)
            meter.add(reply)
            return reply, turns


def _known(turns: Sequence[Exchange], summary: str, question: str = "") -> Known:
    texts = [question, *(part for turn in turns for part in (turn.question, *turn.said, *turn.titles))]
    return Known([text for text in texts if text], sentences_of(summary))


def _followup(reply: Reply, question: str, turns: Sequence[Exchange], summary: str) -> tuple[Followup | None, str]:
    """What the model made of the question, if it may be used; else why not."""
    known = _known(turns, summary, question)
    proposal = reworded(reply, question, known)
    if proposal.text is None:
        return None, proposal.reason
    if not same_words(proposal.text, question) and known.adds(proposal.text, question):
        return Followup(proposal.text, True), ""
    if stands_alone(question):
        return Followup(question, False), ""
    return None, "it left the question as it was"


def _as_passage(text: str) -> Passage:
    """All that is shown, for a fence whose key does not stand in it."""
    return Passage("", "", Paragraph(1, "body", text, 0, len(text), ()), "", Metadata(title=""), 0.0)


def _tokens(messages: Sequence[Message]) -> int:
    return sum(estimate_tokens(message.content) for message in messages)


class _EndlessError(Exception):
    """A reply is too long for what was asked."""


@dataclass(slots=True)
class _Stop:
    """Breaks off a reply that goes on and on."""

    text: str = ""

    def take(self, piece: str) -> None:
        self.text += piece
        if len(self.text) > LONGEST_REPLY:
            raise _EndlessError
