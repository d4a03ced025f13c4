"""Whether two sentences about one thing cannot both be right: another figure, another date, the opposite. English."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import itemgetter

from rag.alignment import Edit, align, exchanged
from rag.briefing_schema import DifferenceKind
from rag.denials import REPORTING, Denial, denial
from rag.extraction import Weighed
from rag.polarity import OPPOSITES, hedges, negations, opposite
from rag.quantities import Quantity, compatible, is_year, qualifies, quantities, years
from rag.speakers import Speaker
from rag.timexes import Timex, timexes
from rag.tokens import Token, same_name, tokenize

SHARED = 0.7
"""Share of each sentence's telling words that the other must have, beside what they differ in."""
FEWEST = 3
"""Words that two sentences must share."""
BESIDE = 3
"""Telling words on either side of what differs that the other sentence must have."""
MOST_RUNS, MOST_ABOUT = 2, 6
"""Runs of shared words that say what a dispute is about, and words of each."""
MOST_WORDS = 45
"""Telling words of a sentence; a longer one says too much for one figure to be what it differs in."""
_SMALL = frozenset("first last day night early late current former next previous past future old new".split())
"""Opposites that more often tell two things apart than one thing's sides."""
_LATER = re.compile(
    r"\b(?:again|another|second|third|fourth|next|previous(?:ly)?|earlier|later|former(?:ly)?|initial(?:ly)?|once|then"
    r"|now|latest|last|this|each|every|per|average|annual(?:ly)?|month(?:ly)?|week(?:ly)?|quarter(?:ly)?|up from"
    r"|down from|compared)\b",
    re.IGNORECASE,
)
"""Words that say which time or part is meant; where only one sentence has one, they may mean different things."""


def _decides(token: Token) -> bool:
    """Whether the word tells of an outcome that has an opposite: approved, rejected, won."""
    word = token.text.lower()
    return word in OPPOSITES and (word.endswith("ed") or word in ("won", "lost", "rose", "fell", "grew", "sank"))


@dataclass(frozen=True)
class Reading:
    """A sentence made ready: `who` says it, if that is known."""

    line: Weighed
    who: Speaker | None = None

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        return tokenize(self.line.text, self.line.passage.metadata.language or "en")

    @cached_property
    def dates(self) -> tuple[Timex, ...]:
        return tuple(timexes(self.line.text))

    @cached_property
    def date_keys(self) -> frozenset[str]:
        """Keys of words that its dates are made of."""
        spoken = {token.key for date in self.dates for token in tokenize(date.text)}
        return frozenset(spoken | {token.key for token in self.tokens if is_year(token)})

    @cached_property
    def counted(self) -> list[Quantity]:
        return [one for one in quantities(self.tokens) if one.token.key not in self.date_keys]

    @cached_property
    def speaking(self) -> frozenset[str]:
        """Keys of who says it."""
        return (
            frozenset(token.key for token in tokenize(f"{self.who.role} {self.who.name}")) if self.who else frozenset()
        )

    @cached_property
    def said(self) -> frozenset[str]:
        """Keys of what it says: without who says it, figures, dates and words like "nearly"."""
        own = self.speaking | REPORTING | self.date_keys
        telling = [token for token in self.tokens if token.telling and token.kind != "figure"]
        return frozenset(token.key for token in telling if token.key not in own and not qualifies(token))

    @cached_property
    def names(self) -> tuple[Token, ...]:
        return tuple(token for token in self.tokens if token.kind == "name" and token.key in self.said)

    @cached_property
    def times(self) -> frozenset[str]:
        return frozenset(found.group().lower() for found in _LATER.finditer(self.line.text))

    @cached_property
    def denial(self) -> Denial | None:
        return denial(self.line.text, self.who)

    @property
    def checkable(self) -> bool:
        """Whether there is anything in it that another sentence may contradict."""
        told = self.counted or self.date_keys or negations(self.tokens) or any(_decides(t) for t in self.tokens)
        return bool(told) and FEWEST <= len(self.said) <= MOST_WORDS


@dataclass(frozen=True, slots=True)
class Contrast:
    """What two sentences differ in: the words of each, and those that both have around them."""

    kind: DifferenceKind
    ours: str
    theirs: str
    about: str


def contrast(one: Reading, other: Reading) -> Contrast | None:
    """How the two contradict each other; None where they may well be about different things, or both right."""
    if not _about_the_same(one, other) or exchanged(one.tokens, other.tokens):
        return None
    return _figures(one, other) or _dates(one, other) or _turned(one, other)


def _about_the_same(one: Reading, other: Reading) -> bool:
    speaking = one.speaking | other.speaking
    ours, theirs = one.said - speaking, other.said - speaking
    shared = len(ours & theirs)
    if shared < max(FEWEST, SHARED * len(ours), SHARED * len(theirs)) or one.times != other.times:
        return False
    return all(_named(name, there) for us, there in ((one, other), (other, one)) for name in us.names)


def _named(name: Token, reading: Reading) -> bool:
    return any(same_name(name, other) for other in reading.tokens if other.text[:1].isupper())


def _figures(one: Reading, other: Reading) -> Contrast | None:
    """One figure of the same thing, and nothing else, that is not the same."""
    if _moments(one) != _moments(other) or len(one.counted) != len(other.counted):
        return None
    apart = [
        (ours, theirs)
        for ours, theirs in zip(one.counted, other.counted, strict=True)
        if ours.token.key != theirs.token.key
    ]
    if len(apart) != 1:
        return None
    ours, theirs = apart[0]
    if ours.token.unit != theirs.token.unit or not _same_thing(ours, theirs) or compatible(ours, theirs):
        return None
    if _replaced(one, other, {ours.token.key}) or _replaced(other, one, {theirs.token.key}):
        return None
    if _elsewhere(theirs, one) or _elsewhere(ours, other):
        return None
    about = _about(one, other, {ours.token.key})
    return Contrast("figure", ours.written, theirs.written, about) if about else None


def _replaced(one: Reading, other: Reading, apart: Set[str]) -> bool:
    """Whether a word near what differs is not in the other: "killed 20 people" is not "injured 25 people"."""
    telling = [token for token in one.tokens if token.telling]
    places = [i for i, token in enumerate(telling) if token.key in apart]
    near = {token.key for i in places for token in telling[max(0, i - BESIDE) : i + BESIDE + 1]}
    return bool((near & one.said) - {token.key for token in other.tokens})


def _same_thing(ours: Quantity, theirs: Quantity) -> bool:
    both = list(zip(ours.counted, theirs.counted, strict=False))
    return bool(both) and all(a == b for a, b in both)


def _elsewhere(quantity: Quantity, reading: Reading) -> bool:
    """Whether the paragraph has that figure too: then it knows both, and they are no matter of dispute."""
    text = reading.line.passage.paragraph.text
    return any(token.key == quantity.token.key for token in tokenize(text))


def _moments(reading: Reading) -> Set[tuple[int | None, int | None, int | None]]:
    dates = {(date.year, date.month, date.day) for date in reading.dates}
    return dates or {(int(token.text), None, None) for token in reading.tokens if is_year(token)}


def _dates(one: Reading, other: Reading) -> Contrast | None:
    """One date of each, of the same event, that is not the same as far as both give it."""
    if {q.token.key for q in one.counted} != {q.token.key for q in other.counted}:
        return None
    ours, theirs = _only_date(one), _only_date(other)
    if ours is None or theirs is None:
        return None
    parts = list(zip(ours[1], theirs[1], strict=True))
    if not any(a != b for a, b in parts if a and b) or (ours[1][1] is None) != (theirs[1][1] is None):
        return None
    if _replaced(one, other, one.date_keys) or _replaced(other, one, other.date_keys):
        return None
    about = _about(one, other, one.date_keys)
    return Contrast("date", ours[0], theirs[0], about) if about else None


def _only_date(reading: Reading) -> tuple[str, tuple[int | None, int | None, int | None]] | None:
    given = [token for token in reading.tokens if is_year(token)]
    if len(reading.dates) == 1:
        date = reading.dates[0]
        alone = all(int(token.text) == date.year for token in given)
        return (date.text, (date.year, date.month, date.day)) if alone else None
    if reading.dates or len(given) != 1 or not years(reading.tokens):
        return None
    return given[0].text, (int(given[0].text), None, None)


def _turned(one: Reading, other: Reading) -> Contrast | None:
    """The same words, once with "not" or with one word turned round."""
    if _moments(one) != _moments(other) or {q.token.key for q in one.counted} != {q.token.key for q in other.counted}:
        return None
    if hedges(one.tokens) or hedges(other.tokens):
        return None
    about = _about(one, other, frozenset())
    edits = [edit for edit in align(one.tokens, other.tokens).edits if _tells(edit)]
    turned = [edit for edit in edits if len(edit.ours) == len(edit.theirs) == 1 and opposite(edit.ours, edit.theirs)]
    if len(edits) == len(turned) == 1 and not {edit.ours[0].text.lower() for edit in turned} & _SMALL:
        return Contrast("claim", turned[0].ours[0].text, turned[0].theirs[0].text, about)
    ours, theirs = negations(one.tokens), negations(other.tokens)
    if len(ours) + len(theirs) == 1 and len(edits) <= 2:
        first = _with_next(one.tokens, ours[0]) if ours else _counterpart(other.tokens, theirs[0])
        second = _with_next(other.tokens, theirs[0]) if theirs else _counterpart(one.tokens, ours[0])
        return Contrast("claim", first, second, about)
    return None


def _tells(edit: Edit) -> bool:
    return any(token.telling or negations([token]) for token in (*edit.ours, *edit.theirs))


def _with_next(tokens: Sequence[Token], negation: Token) -> str:
    return f"{negation.text} {_counterpart(tokens, negation)}".strip()


def _counterpart(tokens: Sequence[Token], negation: Token) -> str:
    at = next(i for i, token in enumerate(tokens) if token is negation)
    return next((token.text for token in tokens[at + 1 :] if token.telling), "")


def _about(one: Reading, other: Reading, apart: Set[str]) -> str:
    """The words that both have, in the order of the first: those nearest to what they differ in, a few that tell."""
    theirs = {token.key for token in other.tokens}
    at = next((i for i, token in enumerate(one.tokens) if token.key in apart), 0)
    shared = [token.key in theirs and token.key not in apart for token in one.tokens]
    spoken = set(range(len(one.tokens))) - {i for i, t in enumerate(one.tokens) if t.telling and t.key not in one.said}
    runs = [[i for i, _ in run] for both, run in groupby(enumerate(shared), itemgetter(1)) if both]
    runs = [run for whole in runs for run in _trimmed([i for i in whole if i in spoken], one.tokens)]
    kept: list[list[int]] = []
    for run in sorted(runs, key=lambda run: min(abs(i - at) for i in run)):
        if len(kept) < MOST_RUNS:
            kept += _trimmed(run[:MOST_ABOUT], one.tokens)
    return " … ".join(" ".join(one.tokens[i].text for i in run) for run in sorted(kept))


def _trimmed(run: Sequence[int], tokens: Sequence[Token]) -> list[list[int]]:
    """The run from its first word that tells something to its last; none if there is none."""
    telling = [i for i in run if tokens[i].telling and not tokens[i].text.endswith("ly")]
    return [[i for i in run if telling[0] <= i <= telling[-1]]] if telling else []
