"""Where sources differ: figures, dates and claims about one thing that do not agree, side by side; neither is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from rag.briefing_schema import DifferenceKind
from rag.citations import Claim
from rag.contradictions import Contrast, Reading, contrast
from rag.denials import denied
from rag.extraction import Weighed
from rag.joining import Joiner
from rag.schema import Passage
from rag.speech import speech
from rag.tokens import tokenize
from rag.vocabulary import Vocabulary

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.float32]]

CLOSE = 0.6
"""Cosine from which two sentences may speak of one thing."""
LOOSE, ELSEWHERE = 0.4, 0.6
"""The same for a denial, which says less of what it denies than those who tell of it; and in another article."""
MOST_READ = 600
"""Sentences with a figure, a date or a denial that are compared, the most relevant, with all others."""
MOST_PAIRS = 200
"""Contradicting pairs that are looked at; finding all who are on a side costs about 15 ms an article."""
MOST_DENIALS = 60
"""Denials that are compared with all sentences."""
MOST_NEAR = 12
"""Sentences nearest to one that are looked at word by word."""


@dataclass(frozen=True, slots=True)
class Position:
    """What one side says: `value` is what differs, `published` the ISO date of the latest article that says so."""

    value: str
    claim: Claim
    published: str | None


@dataclass(frozen=True, slots=True)
class Dispute:
    """Two positions or more on one thing; `about` are words they share."""

    kind: DifferenceKind
    about: str
    positions: tuple[Position, ...]


@dataclass(slots=True)
class _Open:
    """A dispute that is being put together."""

    kind: DifferenceKind
    about: str
    sides: list[tuple[str, Claim]] = field(default_factory=list)

    def side_of(self, line: Weighed) -> int | None:
        """Which side rests on the sentence."""
        place = _place(line.passage, line.sentence.start)
        for i, (_, claim) in enumerate(self.sides):
            if place in _places(claim):
                return i
        return None


_Place = tuple[str, int]


def disagreements(pool: Sequence[Weighed], joiner: Joiner, limit: int) -> list[Dispute]:
    """At most `limit` disputes, in the order of the pool's sentences (the most relevant first).

    Sides are sentences of different articles, or of different speakers within one; each is cited with every article
    that bears it out.
    """
    found: list[_Open] = []
    for one, other, apart in islice(_contrasts(_read(pool)), MOST_PAIRS):
        if not _extended(found, one, other, apart, joiner):
            first, second = _claim(one, apart.ours, joiner), _claim(other, apart.theirs, joiner)
            if not _both_say(first, second, one.line.passage.article_id == other.line.passage.article_id):
                sides = [(apart.ours, first), (apart.theirs, second)]
                found.append(_Open(apart.kind, apart.about, sides))
        if len(found) > limit:
            break
    return [Dispute(one.kind, one.about, tuple(_position(*side) for side in one.sides)) for one in found[:limit]]


def _read(pool: Sequence[Weighed]) -> list[Reading]:
    texts = {one.passage.paragraph_id: one.passage.paragraph.text for one in pool}
    words = Vocabulary(texts.values())
    return [Reading(one, speech(one.text, words)) for one in pool]


def _contrasts(read: Sequence[Reading]) -> Iterator[tuple[Reading, Reading, Contrast]]:
    """Pairs that contradict each other, each once: denials first, for they are said to contradict."""
    deniers = [one for one in read if one.denial][:MOST_DENIALS]
    for one, other in _near(deniers, read, LOOSE, _told_before):
        told = denied(other.line.text, one.denial) if one.denial else None
        if one.denial and told:
            yield one, other, Contrast("claim", one.denial.value, *told)
    checkable = [one for one in read if one.checkable][:MOST_READ]
    order = {id(one): i for i, one in enumerate(read)}
    tried: set[tuple[int, int]] = set()
    for one, other in _near(checkable, read, CLOSE, _apart):
        pair = order[id(one)], order[id(other)]
        apart = contrast(one, other) if pair[::-1] not in tried else None
        tried.add(pair)
        if apart:
            yield one, other, apart


def _told_before(one: Reading, other: Reading) -> bool:
    """Whether a denial can mean what the other tells: an article first tells of what it then says is denied."""
    if other.denial or not _apart(one, other):
        return False
    if one.line.passage.article_id == other.line.passage.article_id:
        return other.line.passage.paragraph.n < one.line.passage.paragraph.n
    return float(one.line.vector @ other.line.vector) >= ELSEWHERE


def _near(
    ours: Sequence[Reading], theirs: Sequence[Reading], floor: float, fits: Callable[[Reading, Reading], bool]
) -> Iterator[tuple[Reading, Reading]]:  # fmt: skip
    """Of different sources, near in meaning, the nearest first; a pair may come both ways round."""
    import numpy as np

    if not ours or not theirs:
        return
    first, second = (np.stack([one.line.vector for one in side]) for side in (ours, theirs))
    scores: Matrix = first @ second.T
    for one, row in zip(ours, scores, strict=True):
        close = np.flatnonzero(row >= floor)
        order = (theirs[i] for i in close[np.argsort(-row[close], kind="stable")])
        yield from islice(((one, other) for other in order if fits(one, other)), MOST_NEAR)


def _apart(one: Reading, other: Reading) -> bool:
    """Whether they come from different sources."""
    if one.line.passage.article_id != other.line.passage.article_id:
        return True
    same = one.who is None or other.who is None or one.who.name == other.who.name
    return not same or (one.denial is not None and other.who is None)


def _extended(found: Sequence[_Open], one: Reading, other: Reading, apart: Contrast, joiner: Joiner) -> bool:
    """Whether the pair belongs to a dispute that is there: another side of it, or more of the same."""
    for dispute in found:
        sides = dispute.side_of(one.line), dispute.side_of(other.line)
        known = [side for side in sides if side is not None]
        if not known or dispute.kind != apart.kind:
            continue
        new = None if len(known) == 2 else (other, apart.theirs) if sides[0] is not None else (one, apart.ours)
        if new and new[1] not in {value for value, _ in dispute.sides}:
            claim = _claim(*new, joiner)
            if not any(_both_say(claim, side, False) for _, side in dispute.sides):
                dispute.sides.append((new[1], claim))
        return True
    values = {apart.ours.lower(), apart.theirs.lower()}
    return any(
        dispute.kind == apart.kind and dispute.about == apart.about and values <= {v.lower() for v, _ in dispute.sides}
        for dispute in found
    )


def _claim(one: Reading, value: str, joiner: Joiner) -> Claim:
    """The sentence, with all others that bear it out and have the very value."""
    needed = {token.key for token in tokenize(value) if token.telling}
    near = (o for o in joiner.near(one.line) if needed <= {token.key for token in Reading(o).tokens})
    others = [other for other in near if joiner.bears_out(one.line, other)]
    return Claim(one.line.text, tuple((line.passage, line.sentence) for line in (one.line, *others)))


def _both_say(one: Claim, other: Claim, within: bool) -> bool:
    """Whether an article bears out both: then the two are no contradiction to its author."""
    shared = {passage.article_id for passage, _ in one.places} & {passage.article_id for passage, _ in other.places}
    return bool(shared) and not within


def _place(passage: Passage, start: int) -> _Place:
    return passage.paragraph_id, start


def _places(claim: Claim) -> set[_Place]:
    return {_place(passage, sentence.start) for passage, sentence in claim.places}


def _position(value: str, claim: Claim) -> Position:
    dates = [passage.metadata.published for passage, _ in claim.places if passage.metadata.published]
    return Position(value, claim, max(dates, default=None))
