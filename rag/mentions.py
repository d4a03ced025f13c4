"""Whom and what a conversation has named, how much it is about them, whether "he" or "she" may mean them. English."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Literal

from rag.chat_schema import Exchange
from rag.entities import Entity
from rag.leaning import WORD, bare, is_content
from rag.offices import BODIES, titled
from rag.timexes import MONTHS, WEEKDAYS

Place = Literal["title", "question", "said", "cited"]
RECENT = 6
"""Exchanges that are read: what was named before them is seldom meant."""
FADING = 0.9
"""Share of its salience that a mention keeps with each further exchange: .7 finds the topic of 72 % of the canard_dev
dialogues, .9 of 76 %, 1 of 76 %; but people who talk of news change the subject more."""
_LEFT = 0.3
"""Share for what was named before the subject changed."""
LONGEST = 800
"""Characters of a text that are read."""
MOST_TEXTS = 3
"""Titles, statements and cited paragraphs of an exchange that are read, the first mentioned of each."""
_CITED = 1
"""Exchanges whose cited paragraphs are read: what they add to the statements matters for a short while."""
WEIGHTS: dict[Place, float] = {"question": 2.0, "title": 1.5, "said": 1.0, "cited": 0.3}
_AGENT_GAIN = 2.0
"""For a name that has a verb: whom a text is about acts in it. 1 finds 1 % fewer topics."""
_FIRST_GAIN = 1.5
_AGAIN = 0.3
"""For the first name of a text, and for one that it repeats."""
_DEMONYM_SHARE = 0.3
"""For "the Danish minister": the country is not what it is about."""
_PRONOUN_GAIN = 0.3
"""For whom "he" or "she" follows: 0 finds 2 % fewer topics."""
_COUNTRY = 5
"""Letters in which a country and its people agree ("Russia", "Russian")."""
_LONGEST_NAME = 6
"""Words; a longer run of capitals is a headline."""
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ][\w’'&-]*"
_INITIALS = r"(?:[A-Z]\. ?){0,4}"
_LINK = r"(?:of the |of |for |de la |de |da |del |della |der |den |di |du |la |le |van |von |bin |al |the |& )?"
_RUN = re.compile(rf"(?<![\w’'-]){_INITIALS}{_CAPITAL}(?: {_LINK}{_INITIALS}{_CAPITAL}| \d{{1,2}}(?![\w.,:%]))*+")
_OPENING = re.compile(r"(?:^|[.!?:;…•–—-]\s|[.!?][”\"’)]+\s|\n\s*)[“\"‘]?$|[“\"‘]$")
_BEFORE = 16
"""Characters before a name that are looked at."""
_LED = re.compile(r"\b(?:of|with|by|and|for|against)\s(?:the\s)?$")
"""Before a name that is not who acts, whatever verb follows."""
_WITHIN = re.compile(r"\b(?:in|across|outside|near)\s(?:the\s)?$")
_WHO_IS = re.compile(r"\bwho(?:['’]s| is| was)\s$")
_LED_BY_PLACE = re.compile(r"\b(?:in|at|from|to|near|across|outside|on|during)\s(?:the\s)?$")
_AGENT = re.compile(
    r"(?:[’']s?)? (?:(?:also|later|then|first|never|still|now|had|has) )?(?:was|is|were|are|has|have|had|did|who|said"
    r"|says|will|would|could|became|began|told|made|won|left|went|took|met|got|[a-z]{2,}ed"
    r"|[a-z]{3,}s (?:the|an?|his|her|its|their|that|to))\b"
)
_GENDERED = re.compile(r"\b(?:(?P<he>he|him|his|himself)|she|her|hers|herself)\b", re.IGNORECASE)
_HE = frozenset("mr sir lord king prince".split())
_SHE = frozenset("mrs ms miss lady dame queen princess chairwoman spokeswoman".split())
_DEMONYM = re.compile(r"[A-Z][a-z]+(?:ish|ian|ean|ese|ic|ch|can|man)")
_NO_NAMES = frozenset((*MONTHS, *WEEKDAYS, "i", "i'm", "i've", "i'd", "i'll"))
_SMALL = re.compile(r"(?<![\w’'-])[a-z][\w’'-]*")
_BRACKETS = re.compile(r"\s*\([^)]*\)$")


@dataclass(slots=True)
class _Found:
    """What has been named so far: by its words in small letters, and full names by their last word too."""

    entities: dict[str, Entity] = field(default_factory=dict)
    full: dict[str, str] = field(default_factory=dict)
    meant: dict[str, Entity] = field(default_factory=dict)
    """Whom "he" and "she" meant last."""


@dataclass(frozen=True, slots=True)
class _Name:
    text: str
    start: int
    opens: bool
    """Whether it begins a sentence, where any word has a capital."""

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Mentions:
    """The names of the last exchanges, by text; `start` is the first exchange (of these) of the present topic."""

    recent: tuple[Exchange, ...]
    names: Mapping[str, Sequence[_Name]]
    start: int

    @property
    def topic(self) -> tuple[Exchange, ...]:
        return self.recent[self.start :]


def read_names(history: Sequence[Exchange]) -> Mentions:
    """What is written like a name in the last exchanges. A topic begins where a question names nothing known."""
    recent = tuple(history[-RECENT:])
    texts = [text for age, exchange in enumerate(reversed(recent)) for _, text in _texts(exchange, age)]
    ordinary = frozenset(word for text in texts for word in _SMALL.findall(text))
    names = {text: [*_names(text, ordinary)] for text in texts}
    return Mentions(recent, names, _topic_start(recent, names))


def named(mentions: Mentions, *, before: bool = True) -> list[Entity]:
    """What was named, most salient first; equal ones in the order of their first mention.

    `before`: also what was named before the present topic, which counts for less.
    """
    recent, names = mentions.recent, mentions.names
    certain = _certain(names)
    found = _Found()
    asked: list[tuple[str, float]] = []
    for number, exchange in enumerate(recent):
        if number < mentions.start and not before:
            continue
        age = len(recent) - 1 - number
        fading = FADING**age * (_LEFT if number < mentions.start else 1.0)
        for place, text in _texts(exchange, age):
            kept = [name for name in names[text] if not name.opens or " " in name.text or name.text.lower() in certain]
            _read(text, place, kept, WEIGHTS[place] * fading, found)
        asked.append((exchange.question[:LONGEST], WEIGHTS["question"] * fading))
    for question, weight in asked:
        _small_names(question, weight, found)
    _note_countries(found)
    return sorted(found.entities.values(), key=lambda entity: -entity.salience)


def _note_countries(found: _Found) -> None:
    """ "Russian" stands beside "Russia": that is no person."""
    peoples = {part.lower() for name in found.entities for part in name.split() if _DEMONYM.fullmatch(part.title())}
    stems = {people[:_COUNTRY] for people in peoples}
    for key, entity in found.entities.items():
        if " " not in key and key[:_COUNTRY] in stems and key not in peoples:
            entity.placed = max(entity.placed, entity.mentions)


def _topic_start(recent: Sequence[Exchange], names: Mapping[str, Sequence[_Name]]) -> int:
    start, before = 0, set[str]()
    for number, exchange in enumerate(recent):
        asked = _parts(names[exchange.question[:LONGEST]])
        here = asked.union(*(_parts(names[text]) for _, text in _texts(exchange, len(recent) - 1 - number)))
        if number and asked and not here & before:
            start = number
        before |= here
    return start


def _parts(names: Iterable[_Name]) -> set[str]:
    return {part.lower() for name in names for part in name.text.split() if part[:1].isupper()}


def _texts(exchange: Exchange, age: int) -> Iterator[tuple[Place, str]]:
    """`age` counts the exchanges after it."""
    for title in exchange.titles[:MOST_TEXTS]:
        yield "title", _BRACKETS.sub("", title[:LONGEST])
    yield "question", exchange.question[:LONGEST]
    for said in exchange.said[:MOST_TEXTS]:
        yield "said", said[:LONGEST]
    for cited in exchange.cited[: MOST_TEXTS if age < _CITED else 0]:
        yield "cited", cited[:LONGEST]


def _names(text: str, ordinary: Set[str]) -> Iterator[_Name]:
    """What is written like a name, without titles before it; `ordinary` are words the conversation writes small."""
    for match in _RUN.finditer(text):
        start, parts = match.start(), re.sub(r"[’']s?$|-$", "", match.group()).split(" ")
        opens = _OPENING.search(text[max(0, start - _BEFORE) : start]) is not None or start == 0
        lead = 0
        first = bare(parts[0])
        if opens and (first in ordinary or not is_content(first) or (first.endswith("ly") and len(parts) > 1)):
            lead, opens = 1, False
        skip = titled([part.split("-")[0] for part in parts[lead:]])
        lead += skip if lead + skip < len(parts) else 0
        while lead < len(parts) and not parts[lead][:1].isupper():
            lead += 1
        start += sum(len(part) + 1 for part in parts[:lead])
        parts = parts[lead:]
        capitals = [bare(part).strip(".") for part in parts if part[:1].isupper()]
        if len("".join(capitals)) > 1 and len(parts) <= _LONGEST_NAME and not _NO_NAMES.issuperset(capitals):
            yield _Name(" ".join(parts), start, opens)


def _certain(names: Mapping[str, Sequence[_Name]]) -> set[str]:
    """Single words that stand somewhere with a capital that no beginning of a sentence gives them, or twice."""
    count: Counter[str] = Counter()
    for text, found in names.items():
        for name in found:
            owner = text[name.end : name.end + 2] in ("'s", "’s")
            sure = not name.opens or owner or name.text[1:] != name.text[1:].lower()
            for part in {name.text.lower(), *name.text.lower().split(" ")} - BODIES:
                count[part] += 2 if sure else 1
    return {word for word, times in count.items() if times > 1}


def _read(text: str, place: Place, names: Iterable[_Name], weight: float, found: _Found) -> None:
    """Adds the names of a text, and whom its pronouns seem to mean."""
    seen: list[tuple[int, Entity]] = []
    keys: set[str] = set()
    for name in names:
        key, entity = _entity(name.text, found)
        gain = weight * (_AGAIN if key in keys else 1.0) * (_FIRST_GAIN if not keys else 1.0)
        if _DEMONYM.fullmatch(name.text) and re.match(r" [a-z]", text[name.end : name.end + 2]):
            gain *= _DEMONYM_SHARE
        before = text[max(0, name.start - _BEFORE) : name.start].lower()
        led = _LED.search(before) or _LED_BY_PLACE.search(before)
        if place != "title" and not led and _AGENT.match(text, name.end):
            gain *= _AGENT_GAIN
            entity.acting += 1
        keys.add(key)
        _note(entity, before)
        entity.salience += gain
        entity.told |= place != "title"
        seen.append((name.start, entity))
    for match in _GENDERED.finditer(text):
        pronoun = "he" if match["he"] else "she"
        nearer = [one for start, one in seen if start < match.start() and one.personal and one.may_be(pronoun)]
        meant = nearer[-1] if nearer else found.meant.get(pronoun)
        if meant is not None:
            meant.he += pronoun == "he"
            meant.she += pronoun == "she"
            meant.salience += _PRONOUN_GAIN * weight
            found.meant[pronoun] = meant


def _note(entity: Entity, before: str) -> None:
    """What the words before a mention, in small letters, say of it."""
    entity.mentions += 1
    entity.article += before.endswith("the ")
    entity.placed += 3 if _WITHIN.search(before) else _LED_BY_PLACE.search(before) is not None
    entity.acting += 2 * (_WHO_IS.search(before) is not None)
    word = re.search(r"(\w+)\.? $", before)
    if word:
        entity.he += 2 * (word[1] in _HE)
        entity.she += 2 * (word[1] in _SHE)


def _entity(name: str, found: _Found) -> tuple[str, Entity]:
    """The entity that a name means: a last name alone means whom it was last part of; "President-elect Ola Brandt" is
    Ola Brandt.
    """
    lower = name.lower()
    last = lower.split(" ")[-1]
    full = found.full.get(last, lower)
    same = full if full.endswith(f" {lower}") or lower.endswith(f" {full}") else lower
    entity = found.entities.get(same)
    if entity is None:
        entity = found.entities[same] = Entity(name)
    elif " " in lower and len(name) < len(entity.name) and not entity.body:
        entity.name = name
    if " " in lower:
        short = found.entities.pop(last, None)
        if short is not None:
            for count in ("salience", "mentions", "placed", "acting", "he", "she", "article", "told"):
                setattr(entity, count, getattr(entity, count) + getattr(short, count))
        found.full[last] = same
    return same, entity


def _small_names(question: str, weight: float, found: _Found) -> None:
    """Names that were typed in small letters."""
    for match in WORD.finditer(question):
        word = match.group()
        entity = found.entities.get(found.full.get(word, word))
        if word.islower() and entity is not None:
            entity.salience += weight
            entity.told = True
