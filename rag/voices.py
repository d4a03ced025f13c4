"""Who says what: statements of a pool grouped by who makes them, each with every article that reports it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.citations import Claim
from rag.extraction import Weighed, sentence_text
from rag.identities import Identities
from rag.joining import NEAR, Joiner
from rag.schema import Passage, Sentence
from rag.speakers import Speaker
from rag.speech import masked, speech
from rag.vocabulary import Vocabulary

MOST_EACH = 3
"""Statements of one speaker, so that one voice does not fill the page."""
SHARE = 8
"""Of a long list no speaker takes more than an eighth."""
REPEATS = 0.85
"""Cosine from which a speaker's second statement says no more than the first."""


_POINTS = re.compile(r"this\s", re.IGNORECASE)
"""A speaker so named was told of before."""
_ANOTHER = re.compile(r"another\s(?=\S)", re.IGNORECASE)
"""Above a statement that stands alone, "another Russian official" is "one Russian official"."""
_DANGLING = re.compile(
    r"\b(?:said|says|noted|notes|added|adds|explained|explains|claimed|claims|confirmed|confirms)\s+(?:that\s+)?"
    r"(?:this|these|those|that(?:[’']s| is| was| would| will))\b"
)
"""What is said is about something in a sentence before."""


@dataclass(frozen=True, slots=True)
class Speaking:
    """What one speaker says; `speaker` in the fullest form the articles give, `role` empty where they give none."""

    speaker: str
    role: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence that reports speech, with the one before it where it says no more than "he"."""

    lines: tuple[Weighed, ...]
    speaker: Speaker
    rank: int

    @property
    def last(self) -> Weighed:
        return self.lines[-1]

    @property
    def article(self) -> str:
        return self.last.passage.article_id

    @property
    def text(self) -> str:
        return sentence_text(self.last.passage, tuple(line.sentence for line in self.lines))


_Place = tuple[str, int]


def voices(pool: Sequence[Weighed], joiner: Joiner, limit: int) -> list[Speaking]:
    """Speakers with their statements, `limit` statements in all; who says what is most relevant comes first.

    `pool` are sentences, the most relevant first. Statements are the articles' own sentences, or two neighbours where
    the second says "he" of whom the first names.
    """
    passages = list({one.passage.paragraph_id: one.passage for one in pool}.values())
    publishers = frozenset(p.metadata.publisher.casefold() for p in passages if p.metadata.publisher)
    words = Vocabulary([passage.paragraph.text for passage in passages], publishers)
    units = list(_units(pool, words))
    identities = Identities(passages, words, [(unit.speaker, unit.last.passage) for unit in units])
    groups: dict[str, list[_Unit]] = {}
    for unit in units:
        key = identities.key(unit.speaker, unit.last.passage, unit.last.sentence)
        groups.setdefault(key, []).append(unit)
    by_place = {_place(line): (key, unit) for key, group in groups.items() for unit in group for line in unit.lines}
    found: list[Speaking] = []
    used: set[_Place] = set()
    for key, group in sorted(_introduced(groups).items(), key=lambda item: item[1][0].rank):
        room = min(max(MOST_EACH, limit // SHARE), limit - sum(len(one.claims) for one in found))
        if room <= 0:
            break
        claims = _claims(key, group, by_place, used, joiner, room)
        if claims:
            name, role = identities.shown(key, [unit.speaker for unit in group])
            found.append(Speaking(_ANOTHER.sub("one ", name, count=1), role, tuple(claims)))
    return found


def _introduced(groups: Mapping[str, Sequence[_Unit]]) -> dict[str, list[_Unit]]:
    """The groups without statements of "this banker", but after one that says who that is."""
    kept: dict[str, list[_Unit]] = {}
    for key, group in groups.items():
        named = [unit for unit in group if not _POINTS.match(unit.speaker.name)]
        if named:
            kept[key] = [*named, *(unit for unit in group if _POINTS.match(unit.speaker.name))]
    return kept


def _place(line: Weighed) -> _Place:
    return line.passage.paragraph_id, line.sentence.start


def _claims(
    key: str, group: Sequence[_Unit], by_place: dict[_Place, tuple[str, _Unit]], used: set[_Place], joiner: Joiner,
    room: int,
) -> list[Claim]:  # fmt: skip
    """The most relevant statements of one speaker, none said twice; their places are added to `used`."""
    claims: list[Claim] = []
    chosen: list[_Unit] = []
    for unit in group:
        repeated = any(float(unit.last.vector @ other.last.vector) >= REPEATS for other in chosen)
        if len(claims) == room or repeated or used & {_place(line) for line in unit.lines}:
            continue
        others = list(_same(unit, key, by_place, used, joiner))
        lines = [*unit.lines, *(line for line, _ in others)]
        claims.append(Claim(unit.text, tuple((line.passage, line.sentence) for line in lines)))
        used |= {_place(line) for one in (unit, *(other for _, other in others)) for line in one.lines}
        chosen.append(unit)
    return claims


def _same(
    unit: _Unit, key: str, by_place: dict[_Place, tuple[str, _Unit]], used: set[_Place], joiner: Joiner
) -> Iterator[tuple[Weighed, _Unit]]:
    """The same statement by the same speaker in other articles: the sentence there, and the unit it is part of."""
    for other in joiner.near(unit.last, NEAR):
        other_key, theirs = by_place.get(_place(other), ("", None))
        if theirs is None or used & {_place(line) for line in theirs.lines}:
            continue
        same = other_key == key or _same_words(unit.speaker, theirs.speaker)
        if same and all(joiner.bears_out(line, other) for line in unit.lines):
            yield other, theirs


def _same_words(one: Speaker, other: Speaker) -> bool:
    """Whether two are described alike; that they say the same makes them one."""
    return one.kind == other.kind == "described" and one.name.casefold() == other.name.casefold()


def _units(pool: Sequence[Weighed], words: Vocabulary) -> Iterator[_Unit]:
    """Every statement whose speaker is known, in the order of the pool; none within another."""
    at = {_place(one): (rank, one) for rank, one in enumerate(pool)}
    heard = {place: who for place, (_, one) in at.items() if (who := speech(one.text, words))}
    dangling = {place for place in heard if _DANGLING.search(masked(at[place][1].text))}
    units: list[_Unit] = []
    for place, who in heard.items():
        rank, one = at[place]
        if who.kind != "pronoun":
            units += [_Unit((one,), who, rank)] if place not in dangling else []
            continue
        before = _sentence_before(one.passage, one.sentence)
        known = at.get((place[0], before.start)) if before else None
        named = heard.get(_place(known[1])) if known else None
        if known and named and _means(who, named, known[1].text, words):
            units.append(_Unit((known[1], one), named, min(rank, known[0])))
    paired = {_place(unit.lines[0]) for unit in units if len(unit.lines) > 1}
    kept = [unit for unit in units if len(unit.lines) > 1 or _place(unit.last) not in paired]
    return iter(sorted(kept, key=lambda unit: unit.rank))


def _sentence_before(passage: Passage, sentence: Sentence) -> Sentence | None:
    """The one that stands right before it in its paragraph."""
    earlier = [one for one in passage.paragraph.sentences if one.end <= sentence.start]
    return earlier[-1] if earlier else None


def _means(pronoun: Speaker, named: Speaker, text: str, words: Vocabulary) -> bool:
    """Whether "he" can be nobody but who said the sentence before: nobody else is named in it."""
    if named.kind == "pronoun" or (pronoun.name == "they") != named.many:
        return False
    if (pronoun.name == "it") != named.institution:
        return False
    own = set(f"{named.name} {named.role}".split())
    others = [w for w in re.findall(r"(?<=[a-z,] )[A-Z][\w’-]+", masked(text)) if w not in own and words.is_name(w)]
    return not [word for word in others if not word.isupper()]
