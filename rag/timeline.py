"""What happened when: sentences that date an event, each with every article that dates it the same and says it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.briefing_schema import Precision
from rag.citations import Claim
from rag.clauses import attached, happens
from rag.evidence import gather
from rag.expressions import Day, Expression, expressions, meaning
from rag.extraction import Weighed, sentence_text
from rag.joining import NEAR, Joiner
from rag.lexical import words
from rag.openings import antecedent, needs_more
from rag.schema import Passage, Sentence
from rag.terms import stems

MOST_EVENTS = 400
"""Dated sentences that are laid beside each other, the most relevant of the pool."""
SAME = 0.8
"""Cosine from which two sentences of compatible dates tell one event, though neither says all of the other."""
_LANGUAGES = (None, "en")
_BOILERPLATE = re.compile(
    r"^\W*(?:(?:last |first |originally )?(?:updated|published|posted|modified|revised|reviewed)|photo|image|picture"
    r"|file|copyright|©|subscribe|sign up|correction|editor|listen|watch|read more|this (?:story|article|post))\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:if|unless|would have|could have|should have|might have|had (?:it|he|she|they) not)\b", re.I
)
_I_SAY = re.compile(r"\bI(?:['’]\w+)? [a-z]|\b(?:my|me|our|we|us)\b")
"""Outside quotations: a writer who tells of himself."""
_BARE = re.compile(
    r"\b(?!(?:the|an?|its?|his|her|their|this|that|of|since|until|till|by|before|after|from|to|through|every|each|most"
    r"|between|and|or|than|as|is|was|next|last|early|late|mid|around|about|past|following|for|online|published|posted|updated|dated|accessed|retrieved|archived)\b)[a-z]{2,}\s$"
)
"""What may stand before a date without a preposition: a word, but none that makes it part of something else."""
_SHORTEST = 5
"""Words: what is shorter is a caption or a heading that was taken for a sentence."""


@dataclass(frozen=True, slots=True)
class Dated:
    """An event: ISO date at its precision, the date as the article puts it, and the sentences that tell it."""

    date: str
    precision: Precision
    expression: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class _Event:
    """A sentence that dates what it tells. `places` are the sentence, after the one before where it needs that."""

    rank: int
    one: Weighed
    day: Day
    expression: Expression
    places: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        return sentence_text(self.one.passage, self.places)


def timeline(pool: Sequence[Weighed], joiner: Joiner, limit: int) -> list[Dated]:
    """At most `limit` events in the order of their dates, those that more articles tell first on the same date.

    `pool` are sentences on the topic, the most relevant first, and `joiner` one that checks with the same verifier.
    Where there are more events, the most relevant are kept; several sources count as much as standing higher.
    """
    lines = _joined(_events(pool), joiner)
    lines.sort(key=lambda pair: ((pair[0].rank + 1) / len(_articles(pair[1].claim)), pair[0].rank))
    kept = [dated for _, dated in lines[: max(0, limit)]]
    return sorted(kept, key=lambda dated: (dated.date, -len(_articles(dated.claim))))


def _articles(claim: Claim) -> set[str]:
    return {passage.article_id for passage, _ in claim.places}


def _events(pool: Sequence[Weighed]) -> list[_Event]:
    """Dated sentences that can be shown, in the order of the pool; each sentence once."""
    told: dict[str, Mapping[Sentence, tuple[Day, Expression]]] = {}
    found: dict[tuple[str, int], _Event] = {}
    for rank, one in enumerate(pool):
        name = one.passage.paragraph_id
        if name not in told:
            told[name] = _dates_of(one.passage)
        dated = told[name].get(one.sentence)
        key = (name, one.sentence.start)
        if dated is None or key in found or len(found) >= MOST_EVENTS:
            continue
        alone = not needs_more(one.text) and not dated[1].anchored
        before = None if alone else antecedent(one)
        if alone or before:
            places = (before, one.sentence) if before else (one.sentence,)
            found[key] = _Event(rank, one, *dated, places)
    return list(found.values())


def _dates_of(passage: Passage) -> Mapping[Sentence, tuple[Day, Expression]]:
    """Which sentences of a paragraph date an event; each may count from the one before."""
    found: dict[Sentence, tuple[Day, Expression]] = {}
    if passage.metadata.language not in _LANGUAGES:
        return found
    before, year, anchor = "", None, None
    for sentence in passage.paragraph.sentences:
        text = sentence_text(passage, (sentence,))
        written = expressions(text)
        dated = _dated(text, written, passage.metadata.published, before, anchor, year)
        if dated:
            found[sentence] = dated
        anchor = dated[0] if dated and len(written) == 1 else None
        year = next((one.year for one in reversed(written) if one.year), year)
        before = text
    return found


def _dated(
    text: str, written: Sequence[Expression], published: str | None, before: str, anchor: Day | None, year: int | None
) -> tuple[Day, Expression] | None:
    """The one date that goes with what the sentence says, and how it is put.

    `before` is the sentence before with its date, if it has just one, and `year` the last that the paragraph named.
    """
    if not _tells(text):
        return None
    clear = [(one, told) for one in written if _adverbial(text, one) if (told := attached(text, one.start, one.end))]
    if len(clear) != 1:
        return None
    one, told = clear[0]
    tense = told.tense
    if one.event and not {*stems([one.event])} & {*stems(words(before))}:
        return None
    day = meaning(one, published, tense == "future", anchor.date if anchor else None)
    if day is None or (
        one.yearless and _elsewhen(day, [year, *(other.year for other in written if other.start < one.start)])
    ):
        return None
    if (tense == "past") != (day.date <= _last(published, day)) and published:
        return None
    if day.precision != "day" and not happens(told):
        return None
    return day, one


def _adverbial(text: str, one: Expression) -> bool:
    """Whether a preposition leads it, or it stands alone as newspapers write days ("said Friday", "opens June 5")."""
    return one.led or ((one.day is not None or bool(one.weekday)) and _BARE.search(text[: one.start]) is not None)


def _tells(text: str) -> bool:
    """Whether it is a sentence that says something is so."""
    ends = text.rstrip("”\"'’) ")
    whole = ends.endswith((".", "!", "…")) and len(text.split()) >= _SHORTEST
    if _I_SAY.search(re.sub(r"“[^”]*”|\"[^\"]*\"", " ", text)):
        return False
    return whole and not _BOILERPLATE.match(text) and not _CONDITION.search(text) and "?" not in text


def _elsewhen(day: Day, years: Sequence[int | None]) -> bool:
    """Whether the paragraph speaks of another year, so that a date without one may be of that."""
    return any(year is not None and year != int(day.date[:4]) for year in years)


def _last(published: str | None, day: Day) -> str:
    """The day of the article, as precise as `day` at most; the same day, month or year may be past or to come."""
    return (published or "")[: len(day.date)]


def _joined(events: Sequence[_Event], joiner: Joiner) -> list[tuple[_Event, Dated]]:
    """Events with all their sources: first those that most articles bear out, then the more precise, then by rank."""
    tellers = {event.rank: _tellers(event, others, joiner) for event, others in _near(events)}
    order = sorted(events, key=lambda event: (-len(tellers[event.rank][0]), -len(event.day.date), event.rank))
    taken: set[int] = set()
    lines = []
    for event in order:
        if event.rank in taken:
            continue
        others = [other for other in tellers[event.rank][0] if other.rank not in taken]
        taken |= {other.rank for other in (event, *tellers[event.rank][1])}
        lines.append((event, _line(event, others)))
    return lines


def _near(events: Sequence[_Event]) -> list[tuple[_Event, list[_Event]]]:
    """Each event with those of compatible dates that are near it in meaning, nearest first."""
    import numpy as np

    if not events:
        return []
    vectors = np.stack([event.one.vector for event in events])
    scores = vectors @ vectors.T
    found = []
    for i, event in enumerate(events):
        near = sorted((int(j) for j in np.flatnonzero(scores[i] >= NEAR) if j != i), key=lambda j: (-scores[i, j], j))
        found.append((event, [events[j] for j in near if _compatible(event.day, events[j].day)]))
    return found


def _compatible(one: Day, other: Day) -> bool:
    return one.date.startswith(other.date) or other.date.startswith(one.date)


def _tellers(event: _Event, near: Sequence[_Event], joiner: Joiner) -> tuple[list[_Event], list[_Event]]:
    """The nearest of each other article that says all of it, by the same date; and all that tell the same event."""
    told: dict[str, _Event] = {}
    same = []
    day = event.day
    for other in near:
        article = other.one.passage.article_id
        own = article == event.one.passage.article_id
        says = not own and article not in told and _compatible(day, other.day) and _says(event, other, joiner)
        if says:
            told[article] = other
            day = max(day, other.day, key=lambda one: len(one.date))
        if says or float(event.one.vector @ other.one.vector) >= SAME:
            same.append(other)
    return list(told.values()), same


def _says(event: _Event, other: _Event, joiner: Joiner) -> bool:
    """Whether the other sentence says what this one says, but for the date, which was compared."""
    text, at = event.one.text, event.expression
    undated = re.sub(r"\s+([,.])", r"\1", text[: at.start] + text[at.end :]).strip(" ,")
    verdict = joiner.verifier.verdict(undated, event.one.vector, gather([other.one]))
    return verdict.support == "supported"


def _line(event: _Event, others: Sequence[_Event]) -> Dated:
    precise = max((event, *others), key=lambda one: len(one.day.date))
    places = tuple((one.one.passage, sentence) for one in (event, *others) for sentence in one.places)
    return Dated(precise.day.date, precise.day.precision, precise.expression.text, Claim(event.text, places))
