"""What a statement has and its sources have not: figures, dates, names, words; and words that mean another thing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from itertools import groupby, pairwise

from rag.evidence import Evidence
from rag.findings import Finding
from rag.support import WINDOW, missing_figures, missing_names, otherwise_measured
from rag.timexes import agrees, falls_on, timexes, weekdays
from rag.tokens import Token, telling, tokenize

HELD = 0.6
"""Share of a statement's telling words that its sources must hold for it to be called supported. On
attributionbench_dev macro-F1 rises from .690 to .708, and of those called supported .77 are, not .71."""
LEAST = 0.5
"""Share at or below which its sources say something else."""
SHORT, HELD_SHORT = 5, 0.75
"""A statement of up to five telling words must have more of them there: one word is its predicate ("is closed").
It is about something else with no more than 60 % of them."""
FRAGMENT = 5
"""What is no sentence and has fewer telling words leaves part of the question unsaid ("1,500 soldiers"): with it,
the question counts."""
STRANGERS = 0.5
"""Share of a statement's names that may be unknown to its sources before it is about something else."""
TOGETHER = 2
"""Words that must stand near a name, beside other names, for something to be said of it."""
STUTTERS = 2
"""Words said twice running from which a statement is garbled."""
MOST_NAMED = 4
"""Missing words that a reason names."""
_DEICTIC = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|(?:last|this|next) (?:week|month|year|night|weekend|summer|winter|spring"
    r"|autumn|fall))\b",
    re.IGNORECASE,
)


class Dates:
    """The dates of a statement, against those that the paragraphs mention or mean."""

    def __init__(self, text: str, evidence: Sequence[Evidence]) -> None:
        given = [date for one in evidence for date in one.dates]
        published = next((one.passage.metadata.published for one in evidence if one.passage.metadata.published), None)
        stated = [(date.text, agrees(date, given, published)) for date in timexes(text)]
        written = {word.lower() for one in evidence for word in weekdays(one.text)}
        stated += [(w, w.lower() in written or falls_on(w, given, published)) for w in dict.fromkeys(weekdays(text))]
        self.wrong = [said for said, right in stated if not right]
        self.words = {token.key for said, _ in stated for token in tokenize(said)}
        """Keys of all the words that dates are made of: no figures or names in their own right."""
        self.meant = {token.key for said, right in stated if right for token in tokenize(said)}
        """Keys of the dates that are right, if in other words ("on Tuesday")."""
        self.years = {str(date.year) for date in given if date.year}


def omissions(
    text: str, tokens: Sequence[Token], evidence: Sequence[Evidence], held: Sequence[Token], dates: Dates,
    question: Sequence[Token] = (),
) -> Iterator[Finding]:  # fmt: skip
    """Findings about `text` and its `tokens`; `held` are those of the evidence, `question` those of what was asked.

    A sentence of a source, word for word, has none.
    """
    if any(text == line.text for one in evidence for line in one.lines):
        return
    yield from otherwise_measured(tokens, held)
    yield from (Finding("date", said) for said in dates.wrong)
    for token in missing_figures(tokens, held):
        if token.key not in dates.words | dates.years:
            yield Finding("figure", token.text)
    yield from _names(tokens, evidence, held, dates)
    fragment = not text.rstrip("”\"'’)").endswith((".", "!", "?", "…"))
    yield from _words(tokens, held, dates, question if fragment else ())
    found = _DEICTIC.search(text)
    if found:
        yield Finding("deictic", found.group())
    if sum(one.key == other.key for one, other in pairwise(tokens)) >= STUTTERS:
        yield Finding("garbled")


def _names(
    tokens: Sequence[Token], evidence: Sequence[Evidence], held: Sequence[Token], dates: Dates
) -> Iterator[Finding]:
    names = {t.key: t for t in tokens if t.kind == "name" and t.key not in dates.words}
    absent = {t.key: t.text for t in missing_names(tokens, held) if t.key in names}
    if absent:
        mostly = len(names) > 1 and len(absent) >= STRANGERS * len(names)
        stranger = mostly or any(_unknown(run, absent.keys()) for run in _runs(tokens))
        yield Finding("stranger" if stranger else "name", " ".join(absent.values()))
        return
    said = {token.key for token in telling(tokens)} - names.keys()
    if len(evidence) > 1 and len(said) >= TOGETHER:
        apart = [name.text for key, name in names.items() if not _together(key, said, evidence)]
        if apart:
            yield Finding("apart", " ".join(apart))


def _runs(tokens: Sequence[Token]) -> list[list[Token]]:
    """Names of several words that stand side by side ("Viktor Zolotov")."""
    groups = (list(group) for named, group in groupby(tokens, lambda token: token.kind == "name") if named)
    return [group for group in groups if len(group) > 1]


def _unknown(run: Sequence[Token], absent: Set[str]) -> bool:
    """Whether the sources do not know whom or what it names: a first name or an office more is no stranger."""
    missing = [token for token in run if token.key in absent]
    return run[-1].key in absent and 2 * len(missing) >= len(run)


def _together(name: str, said: set[str], evidence: Sequence[Evidence]) -> bool:
    """Whether a few neighbouring sentences, or a title and its text, hold the name and enough of what is said."""
    known = False
    for one in evidence:
        titled = name in {token.key for token in one.context_tokens}
        for i in range(len(one.lines)):
            keys = {token.key for line in one.lines[i : i + WINDOW] for token in line.tokens}
            known = known or name in keys
            if (titled or name in keys) and len(said & keys) >= TOGETHER:
                return True
    return not known  # it goes by another form there


def _words(
    tokens: Sequence[Token], held: Sequence[Token], dates: Dates, question: Sequence[Token]
) -> Iterator[Finding]:
    own = [token for token in telling(tokens) if token.key not in dates.words]
    keys = {token.key for token in held}
    share = _share(own, keys)
    if question and len(own) < FRAGMENT:
        own = telling([*own, *question])
        share = min(share, _share(own, keys))
        required, least = HELD_SHORT, HELD
    else:
        required, least = (HELD_SHORT, HELD) if len(own) <= SHORT else (HELD, LEAST)
    if share <= least:
        yield Finding("meaning")
    elif share < required:
        yield unheard([token.text for token in own if token.key not in keys])


def unheard(words: Sequence[str]) -> Finding:
    """That the sources do not hold these words; the first of them are named."""
    return Finding("words", ", ".join(f"“{word}”" for word in words[:MOST_NAMED]))


def _share(tokens: Sequence[Token], keys: set[str]) -> float:
    return sum(token.key in keys for token in tokens) / len(tokens) if tokens else 1.0
