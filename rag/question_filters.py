"""What a question says of publishers, authors and days of publication, as filters. Pure rules, English.

A filter is taken only where the wording is about who wrote or when it was published: "what did the Post write in May",
"articles by Jane Doe". Who is spoken of ("Who owns the Post?") and when it happened ("in October 1917") are no filter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from rag.lexical import STOP_WORDS, words
from rag.offices import BODIES
from rag.question_dates import Period, periods
from rag.question_names import Mention, author_names, mentions, publisher_names
from rag.question_rules import (
    AUTHOR,
    BARE,
    BODY,
    DATED,
    EVENT,
    FROM,
    LED,
    NAMING,
    PRESS,
    SAID,
    SINCE,
    SLOTS,
    SOURCES,
    TRAILING,
)
from rag.schema import Filters

LONGEST = 1000
"""Characters: a longer question is a pasted text, whose wordings are not the user's."""
FEWEST = 1
"""Articles that must pass: a paper of which the store has one article is still the one that was asked for."""
_SAYS_NOTHING = STOP_WORDS | frozenset(
    "article articles coverage report reports reported reporting say says said write writes wrote written publish"
    " published tell tells us story stories news mention mentions describe explain else exactly know show give find"
    " summarise summarize summary please many much".split()
)
"""Words that leave nothing to search for."""
_CUE = re.compile(
    r"according to|articles?\b|column|coverage|dispatch|editorial|headlines|news|op-ed|piece|post|publi|print"
    r"|stor(?:y|ies)|wr[io]t|report|sa[iy]|cover|descri|portray|character|note|mention|claim|quote|argue|state|reveal|tell|put|^(?:in|on)\b",
    re.IGNORECASE,
)
"""No rule applies to a question without one of these: most questions are read no further."""
_SLOT = re.compile(f"[{chr(PRESS)}-{chr(BARE + SLOTS - 1)}]")


@dataclass(frozen=True, slots=True)
class ReadQuestion:
    """A question, the text that is searched for, and the filters to search with."""

    question: str
    text: str
    """Words of the question, in order: all of them where the rest would tell nothing."""
    filters: Filters
    """Those given, and beside them what the question says."""
    given: Filters
    """As the user set them by options; they always win."""
    note: str = ""
    """What was understood, in one line; empty where the question says nothing of the kind."""


def read_filters(
    question: str, publishers: Collection[str], authors: Collection[str], today: date, given: Filters | None = None
) -> ReadQuestion:
    """What the question says of who wrote and when. `publishers`, `authors`: those of the store, as spelled there.

    Of what `given` has a filter for, the question's words are left alone; with articles given, all of them.
    """
    given = given or Filters()
    plain = ReadQuestion(question, question, given, given)
    if given.articles or len(question) > LONGEST or _SLOT.search(question) or not _CUE.search(question):
        return plain
    slots = _slots(question, publishers, authors, today, given)
    if not slots:
        return plain
    rest, taken = _taken(_shape(question, slots))
    if not taken:
        return plain
    read = _filters([(ord(char) & ~(SLOTS - 1), slots[char]) for char in taken])
    text = _tidy(_SLOT.sub(lambda found: _written(question, slots[found.group()]), rest))
    told = any(word.lower().removesuffix("'s") not in _SAYS_NOTHING for word in words(text))
    filters = replace(
        given,
        since=given.since or read.since,
        until=given.until or read.until,
        publishers=given.publishers or read.publishers,
        authors=given.authors or read.authors,
    )
    return ReadQuestion(question, text if told else question, filters, given, _note(read))


def settle(read: ReadQuestion, passing: Callable[[Filters], int], fewest: int = FEWEST) -> ReadQuestion:
    """The same, or with fewer filters where less than `fewest` articles pass: without the days, then without any.

    `passing` counts the articles that pass filters. What was given is never dropped; where a filter of the question
    is, all its words are searched for, and the note says so.
    """
    if not read.note or passing(read.filters) >= fewest:
        return read
    given = read.given
    undated = replace(read.filters, since=given.since, until=given.until)
    for filters in (undated, given):
        dropped = _difference(read.filters, filters)
        if filters != read.filters and (filters == given or passing(filters) >= fewest):
            kept = _difference(filters, given)
            note = f"the question asks for articles {_told(dropped)}, but too few are there; "
            note += f"only those {_told(kept)} were searched" if kept else "all were searched"
            return ReadQuestion(read.question, read.question, filters, given, note)
    return read


_Slots = dict[str, Mention | Period]


def _slots(question: str, publishers: Collection[str], authors: Collection[str], today: date, given: Filters) -> _Slots:
    """What stands in the question, by the character that stands for it; none within another."""
    found: list[tuple[int, Mention | Period]] = []

    def add(kind_of: Callable[[Mention | Period], int], items: Iterable[Mention | Period]) -> None:
        for item in items:
            if not any(item.start < other.end and other.start < item.end for _, other in found):
                found.append((kind_of(item), item))

    if not given.publishers:
        add(_publisher_kind, mentions(question, publisher_names(frozenset(publishers))))
    if not given.authors:
        add(lambda _: AUTHOR, mentions(question, author_names(frozenset(authors)), people=True))
    if not (given.since or given.until):
        add(_date_kind, periods(question, today))
    counts = dict.fromkeys((PRESS, BODY, AUTHOR, LED, FROM, SINCE, NAMING, BARE), 0)
    slots: _Slots = {}
    for kind, item in found:
        if counts[kind] < SLOTS:
            slots[chr(kind + counts[kind])] = item
            counts[kind] += 1
    return slots


def _publisher_kind(item: Mention | Period) -> int:
    """A ministry that publishes is also one that speaks."""
    name = item.names[0] if isinstance(item, Mention) else ""
    return BODY if BODIES.intersection(word.lower() for word in (*words(name)[:1], *words(name)[-1:])) else PRESS


def _date_kind(item: Mention | Period) -> int:
    lead = item.lead if isinstance(item, Period) else ""
    kinds = {"": BARE, "from": FROM, "between": FROM, "since": SINCE, "on": NAMING, "of": NAMING}
    return kinds.get(lead, LED)


def _written(question: str, item: Mention | Period) -> str:
    return question[item.start : item.end]


def _shape(question: str, slots: _Slots) -> str:
    """The question with a character for each name and date."""
    shape = question
    for char, item in sorted(slots.items(), key=lambda one: -one[1].start):
        shape = shape[: item.start] + char + shape[item.end :]
    return shape


def _taken(shape: str) -> tuple[str, list[str]]:
    """The shape without the wordings that the rules take, and the characters of what these name."""
    rest, found = _applied(shape, (*SAID, *SOURCES))
    if not found:
        return _applied(shape, DATED)
    rest, trailing = _applied(rest, (TRAILING,))
    return rest, found + trailing


_rule = cache(re.compile)


def _applied(shape: str, rules: Iterable[str]) -> tuple[str, list[str]]:
    taken: list[str] = []
    for rule in rules:
        # The first word of a question has a capital like a name; small, it reads as it would elsewhere.
        found = _rule(rule).search(shape[:1].lower() + shape[1:])
        if found is None or _rule(EVENT).search(found.groupdict().get("name") or ""):
            continue
        kept = sorted(found.span(name) for name, text in found.groupdict().items() if name.startswith("keep") and text)
        gone, at = "", found.start()
        for start, end in [*kept, (found.end(), found.end())]:
            gone += shape[at:start]
            at = end
        taken += _SLOT.findall(gone)
        shape = " ".join([shape[: found.start()], *(shape[start:end] for start, end in kept), shape[found.end() :]])
    return shape, taken


def _filters(taken: Iterable[tuple[int, Mention | Period]]) -> Filters:
    """What the rules took, each with its kind; of several dates the first."""
    publishers: list[str] = []
    authors: list[str] = []
    period: Period | None = None
    for kind, item in taken:
        if isinstance(item, Period):
            period = period or item
        else:
            (authors if kind == AUTHOR else publishers).extend(item.names)
    since, until = (period.since, period.until) if period else (None, None)
    return Filters(since, until, tuple(dict.fromkeys(publishers)), tuple(dict.fromkeys(authors)))


def _tidy(text: str) -> str:
    text = re.sub(r"\s+([,;:?.!)])", r"\1", " ".join(text.split()))
    text = re.sub(r"\(\s*\)|,(?=[,?.!;:])", "", text)
    return text.strip(" ,;:")


def _difference(more: Filters, less: Filters) -> Filters:
    """What `more` asks for that `less` does not."""
    return Filters(
        more.since if more.since != less.since else None,
        more.until if more.until != less.until else None,
        more.publishers if more.publishers != less.publishers else (),
        more.authors if more.authors != less.authors else (),
    )


def _note(read: Filters) -> str:
    options = [
        *(["--publisher"] if read.publishers else []),
        *(["--author"] if read.authors else []),
        *(["--since", "--until"] if read.since or read.until else []),
    ]
    return f"only articles {_told(read)}, as the question says; {'/'.join(options)} override{'s' * (len(options) == 1)}"


def _told(read: Filters) -> str:
    """ "of The Moscow Times from 2025-10-01 to 2025-10-31"."""
    parts = []
    if read.publishers:
        parts.append("of " + " or ".join(read.publishers))
    if read.authors:
        parts.append("by " + " or ".join(read.authors))
    if read.since and read.since == read.until:
        parts.append(f"of {read.since}")
    elif read.since or read.until:
        parts.append(" ".join([*([f"from {read.since} on"] if read.since and not read.until else []),
                               *([f"from {read.since} to {read.until}"] if read.since and read.until else []),
                               *([f"up to {read.until}"] if read.until and not read.since else [])]))  # fmt: skip
    return " ".join(parts)
