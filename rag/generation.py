"""Answers by a language model: ask it, read its reply, check every statement, let it put right once what fails."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.citations import NOWHERE, Claim
from rag.errors import ContextError, ModelError
from rag.fencing import Fence, fit, lasting_fence, new_fence
from rag.findings import phrase
from rag.llm import LanguageModel, Message, Reply, estimate_tokens
from rag.parsing import Draft, Parsed, parse_reply, visible
from rag.prompts import answer_messages, repair_messages
from rag.schema import Passage
from rag.structured import answer_schema
from rag.tokens import telling, tokenize
from rag.verification import Verdict, Verifier

if TYPE_CHECKING:
    from rag.evidence import Evidence

REPLY_TOKENS = 768
"""Longest reply asked for: eight statements in JSON take about 400."""
LEAST_REPLY = 128
"""Tokens of a reply below which there is no room for two statements."""
CIRCLE, CIRCLES = 40, 4
"""A reply whose last 40 characters stand four times in its last 480 says nothing new any more."""
OVERHEAD = 64
"""Tokens of a chat template and of what an estimate may miss."""
_HALF_MARK = re.compile(r"(?<=[.!?…。！？\])】])\s*[\[【(][\[\d\s,;^-]{0,40}$")
_WORTH = {"supported": 1.0, "partial": 0.5, "unsupported": 0.0}


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft with its verdict."""

    draft: Draft
    verdict: Verdict

    @property
    def holds(self) -> bool:
        return self.verdict.support != "unsupported"

    @property
    def claim(self) -> Claim:
        verdict = self.verdict
        places = tuple((line.passage, line.sentence) for line in verdict.quotes)
        return Claim(verdict.text, places, verdict.support, verdict.findings)


@dataclass(frozen=True, slots=True)
class Written:
    """What came of asking a model: claims that hold, claims that do not, or that it declined; and what it cost."""

    claims: tuple[Claim, ...] = ()
    left_out: tuple[Claim, ...] = ()
    declined: bool = False
    notes: tuple[str, ...] = ()
    tokens: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(slots=True)
class Generator:
    """Writes answers with `model` and checks them with `verifier`. `today` is an ISO date."""

    model: LanguageModel
    verifier: Verifier
    today: str
    secret: bytes = b""
    """Of the cache of replies: delimiters are drawn from it, since a request with random ones is never met again."""

    @property
    def name(self) -> str:
        """The model's name; without folders where a server names it by its file."""
        name = self.model.name
        return re.split(r"[\\/]", name)[-1] if name.lower().endswith(".gguf") else name

    @property
    def _room(self) -> int:
        """Tokens of the context that are kept for a reply."""
        return min(REPLY_TOKENS, max(LEAST_REPLY, self.model.context // 4))

    def write(
        self,
        question: str,
        evidence: Sequence[Evidence],
        samples: int = 1,
        on_draft: Callable[[str], None] | None = None,
    ) -> Written:
        """The best supported of `samples` replies to the question, from the paragraphs of `evidence`, best first.

        `on_draft` gets the reply so far, with valid marks only, each time more of it has come. Raises ModelError.
        """
        meter = Meter()
        shown, replies = self._ask(question, evidence, max(1, samples), meter, on_draft)
        tried = [self._read(reply, shown, question) for reply in replies]
        parsed, checked, reply = max(tried, key=_score)
        notes = [] if reply.finish in ("stop", "refused") else [_CUT[reply.finish]]
        if reply.finish == "refused":
            notes.append(f"{self.name} refused to answer")
        if parsed.declined or reply.finish == "refused":
            return Written((), (), True, tuple(notes), meter.tokens, meter.seconds)
        kept, failed = self._repair(question, shown, checked, meter, notes)
        if not checked:
            notes.append(f"the reply of {self.name} held no statement")
        return Written(
            tuple(one.claim for one in kept), tuple(one.claim for one in failed), False, tuple(notes), meter.tokens,
            meter.seconds,
        )  # fmt: skip

    def _ask(
        self, question: str, evidence: Sequence[Evidence], samples: int, meter: Meter,
        on_draft: Callable[[str], None] | None,
    ) -> tuple[list[Evidence], list[Reply]]:  # fmt: skip
        """Replies, and the evidence that was shown: as much as the model holds."""
        shown = self._fitting(question, evidence)
        while True:
            passages = [one.passage for one in shown]
            fence = self.fence(question, passages)
            messages, plain = (
                answer_messages(question, passages, self.today, structured, fence) for structured in (True, False)
            )
            draft = on_draft if samples == 1 else None
            try:
                return shown, [self.complete(messages, plain, len(shown), meter, n, draft) for n in range(samples)]
            except ContextError:
                if len(shown) == 1:
                    raise
                shown = shown[: len(shown) // 2]

    def _fitting(self, question: str, evidence: Sequence[Evidence]) -> list[Evidence]:
        rules = sum(estimate_tokens(m.content) for m in answer_messages(question, [], self.today, True))
        budget = self.model.context - self._room - OVERHEAD - rules
        fitted = fit([one.passage for one in evidence], budget, estimate_tokens)
        return list(evidence[: len(fitted.passages)])

    def fence(self, question: str, passages: Sequence[Passage]) -> Fence:
        """Delimiters drawn anew; the same for the same request only where replies are kept, and secret there too."""
        return lasting_fence(self.secret, passages, question) if self.secret else new_fence(passages)

    def complete(
        self, messages: Sequence[Message], plain: Sequence[Message], shown: int, meter: Meter, sample: int = 0,
        on_draft: Callable[[str], None] | None = None, schema: Mapping[str, Any] | None = None,
    ) -> Reply:  # fmt: skip
        """One reply about `shown` sources, as statements unless another schema is given; it stops where it circles.

        Raises ModelError.
        """
        stream, began = _Stream(on_draft, shown), time.monotonic()
        try:
            reply = self.model.complete(
                messages, schema=schema or answer_schema(shown), plain=plain, max_tokens=self._room, sample=sample,
                on_text=stream.take,
            )  # fmt: skip
        except _CirclingError:
            reply = Reply(stream.text, "cut", seconds=time.monotonic() - began)
        meter.add(reply)
        return reply

    def _read(self, reply: Reply, shown: Sequence[Evidence], question: str) -> tuple[Parsed, list[Checked], Reply]:
        parsed, drafts = finished(reply, len(shown))
        return parsed, [self._check(draft, shown, question) for draft in drafts], reply

    def _check(self, draft: Draft, shown: Sequence[Evidence], question: str) -> Checked:
        cited = [shown[number - 1] for number in draft.numbers]
        return Checked(draft, self.verifier.verify(draft.text, cited, shown, question))

    def _repair(
        self, question: str, shown: Sequence[Evidence], checked: Sequence[Checked], meter: Meter, notes: list[str]
    ) -> tuple[list[Checked], list[Checked]]:  # fmt: skip
        """Statements that hold, and those that do not even after the model was told why."""
        failed = [one for one in checked if not one.holds]
        if not failed:
            return list(checked), []
        passages = [one.passage for one in shown]
        reasons = [(one.draft.text, [phrase(f, NOWHERE) for f in one.verdict.findings]) for one in failed]
        fence = self.fence(question, passages)
        messages, plain = (
            repair_messages(question, reasons, passages, self.today, structured, fence) for structured in (True, False)
        )
        try:
            reply = self.complete(messages, plain, len(shown), meter)
        except ModelError as error:
            notes.append(f"{self.name} could not be asked to put its statements right: {error}")
            return [one for one in checked if one.holds], failed
        _, again, _ = self._read(reply, shown, question)
        held = {one.verdict.text.casefold() for one in checked if one.holds}
        new = [one for one in again if one.holds and one.verdict.text.casefold() not in held]
        mended = _matched(new, [(i, one) for i, one in enumerate(checked) if not one.holds])
        kept = [mended.get(i, one) for i, one in enumerate(checked) if one.holds or i in mended]
        return _distinct(kept), [one for i, one in enumerate(checked) if not one.holds and i not in mended]


_CUT = {
    "cut": "the reply broke off or went round in circles; only its finished statements were read",
    "length": "the reply reached its longest; only its finished statements were read",
}


@dataclass(slots=True)
class Meter:
    """What the replies cost together."""

    tokens: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, reply: Reply) -> None:
        self.seconds += reply.seconds
        for name, number in (("prompt", reply.prompt_tokens), ("completion", reply.completion_tokens)):
            if number is not None:
                self.tokens[name] = self.tokens.get(name, 0) + number


class _CirclingError(Exception):
    """A small model has lost its way and says the same again and again."""


@dataclass(slots=True)
class _Stream:
    """Hands on what may be shown of a reply as it grows, and stops one that goes round in circles."""

    on_draft: Callable[[str], None] | None
    shown: int
    text: str = ""

    def take(self, piece: str) -> None:
        self.text += piece
        end = self.text[-CIRCLE:]
        # A table's rule repeats itself and means no harm.
        if any(map(str.isalnum, end)) and self.text[-12 * CIRCLE :].count(end) >= CIRCLES:
            raise _CirclingError
        if self.on_draft is None:
            return
        # Reading all of it anew costs 2 ms a thousand characters: now and then is often enough.
        if len(self.text) < 8000:
            self.on_draft(visible(self.text, self.shown))


def _score(tried: tuple[Parsed, list[Checked], Reply]) -> tuple[float, float, bool]:
    """Replies with the greater share of support first, then those that say more, then those that decline."""
    parsed, checked, _ = tried
    worth = sum(_WORTH[one.verdict.support] for one in checked)
    return worth / max(1, len(checked)), worth, parsed.declined


def _matched(mended: Sequence[Checked], failed: Sequence[tuple[int, Checked]]) -> dict[int, Checked]:
    """Which failed statement each mended one stands for: the one it shares most words with."""
    places: dict[int, Checked] = {}
    for one in mended:
        keys = {token.key for token in telling(tokenize(one.verdict.text))}
        free = [
            (len(keys & {t.key for t in telling(tokenize(f.draft.text))}), -i) for i, f in failed if i not in places
        ]
        if free:
            places[-max(free)[1]] = one
    return places


def _distinct(checked: Sequence[Checked]) -> list[Checked]:
    """Each text once."""
    return list({one.verdict.text.casefold(): one for one in checked}.values())


def finished(reply: Reply, shown: int) -> tuple[Parsed, list[Draft]]:
    """What a reply about `shown` sources holds, and its drafts without one that was cut off."""
    parsed = parse_reply(reply.text, shown)
    drafts = list(parsed.drafts)
    if drafts and reply.finish in ("cut", "length") and not parsed.structured and not _ended(reply.text):
        drafts.pop()  # a sentence that stops in the middle says something else
    return parsed, drafts


def _ended(text: str) -> bool:
    """Whether the text stops at the end of a sentence or of a mark, or in the middle of the mark after a sentence."""
    return _HALF_MARK.sub("", text).rstrip()[-1:] in tuple(".!?…。！？])】”\"'»’")
