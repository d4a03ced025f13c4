"""What a model is shown of a conversation: the newest turns that fit, cut short, and a summary of the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from string import digits

from rag.chat_schema import Exchange
from rag.fencing import Fence, neutral
from rag.injections import instructions
from rag.llm import BYTES_PER_TOKEN, estimate_tokens
from rag.prompts import conversation
from rag.sanitising import safe
from rag.sentences import split_sentences

HISTORY_TOKENS = 1200
"""Most of a conversation that is sent with a question, as `estimate_tokens` counts: about seven turns. What a
follow-up leans on stands in the last two or three, and a model on two cores reads 1,200 in seven seconds."""
SUMMARY_TOKENS, SUMMARY_SENTENCES = 160, 4
"""Longest summary that is kept and sent."""
QUESTION_TOKENS, ANSWER_TOKENS, TITLES_TOKENS = 80, 160, 60
"""Of one turn; so that at least one fits in half of HISTORY_TOKENS whatever the script."""
LONGEST_WORD = 40
"""Characters; a language without spaces is cut anywhere, but not in a figure."""
BLANK = Fence("0" * 8)
"""As long as any, for counting."""


def bounded(
    history: Sequence[Exchange], summary: str = "", budget: int = HISTORY_TOKENS
) -> tuple[tuple[Exchange, ...], tuple[Exchange, ...]]:
    """Turns of `history` (oldest first) to be shown as they are, and those before them, to be summed up.

    All are shown while they take at most `budget` tokens with the summary. When they do not, half of it is kept and
    the rest summed up at once, so that a request for a summary comes once in several turns. The last turn is always
    shown.
    """
    if len(fitting(history, budget, summary)) == len(history):
        return tuple(history), ()
    kept = max(1, len(fitting(history, budget // 2, summary)))
    return tuple(history[-kept:]), tuple(history[:-kept])


def fitting(history: Sequence[Exchange], budget: int, summary: str = "") -> tuple[Exchange, ...]:
    """The newest turns, cut to what is shown of them, that take at most `budget` tokens with `summary`; oldest first.

    Of a last turn that is too long alone its question is left, if that fits.
    """
    spent = estimate_tokens(conversation((), kept_summary(summary), BLANK)) if summary else 0
    turns: list[Exchange] = []
    for exchange in reversed(history):
        turn = _shown(exchange)
        cost = _cost(turn)
        if not turns and spent + cost > budget:
            turn = replace(turn, said=(), titles=())
            cost = _cost(turn)
        if spent + cost > budget:
            break
        spent += cost
        turns.append(turn)
    return tuple(reversed(turns))


def _cost(turn: Exchange) -> int:
    return estimate_tokens(conversation((turn,), "", BLANK) + "\n\n100")


def _shown(exchange: Exchange) -> Exchange:
    """What a model is shown of a turn: no statement or title that speaks to it, and of the others the first."""
    return Exchange(
        _cut(exchange.question, QUESTION_TOKENS),
        _first(exchange.said, ANSWER_TOKENS),
        titles=_first(exchange.titles, TITLES_TOKENS),
    )


def _first(texts: Iterable[str], budget: int) -> tuple[str, ...]:
    """As many of the texts as fit, whole but for the first; none that speaks to a model."""
    kept: list[str] = []
    longest = BYTES_PER_TOKEN * budget
    for text in texts:
        part = neutral(text) if kept else _cut(text, budget)
        cost = estimate_tokens(f"{part} ")
        if kept and cost > budget:
            break
        if not instructions(text if kept else text[:longest]):  # as it was written: what is neutral tells less
            kept.append(part)
            budget -= cost
    return tuple(kept)


def _cut(text: str, budget: int) -> str:
    """The beginning of a text, up to the end of a word where one is near, that takes at most `budget` tokens."""
    longest = BYTES_PER_TOKEN * budget
    cut = whole = neutral(text[:longest])
    while (size := estimate_tokens(cut)) > budget:
        cut = cut[: len(cut) * budget // size]
    if cut == whole and len(text) <= longest:
        return cut
    words = cut.rpartition(" ")[0]
    return words if len(cut) - len(words) <= LONGEST_WORD else cut.rstrip(digits)


def kept_summary(summary: str) -> str:
    """The sentences of a summary that speak to no model, as many as fit."""
    sentences = sentences_of(safe(summary[: BYTES_PER_TOKEN * SUMMARY_TOKENS]))
    return " ".join(_first(sentences, SUMMARY_TOKENS)[:SUMMARY_SENTENCES])


def sentences_of(text: str) -> list[str]:
    """Sentences of a text, in order."""
    return [text[span.start : span.end] for span in split_sentences(text)]
