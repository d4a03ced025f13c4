"""A statement laid beside the sentence it seems to be taken from, word by word: what was put in place of what."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from rag.findings import Finding
from rag.polarity import RAISING, hedges, negations, opposite
from rag.timexes import MONTHS, WEEKDAYS
from rag.tokens import Token, abbreviates, acronyms, figures, initials, same_name, spelled_out

NEAR_COPY = 0.6
"""Share of a statement's telling words that stand in the sentence in the same order, from which a difference between
the two is an edit; below it the statement is a paraphrase, and words in other places prove nothing."""
LONGEST_EDIT = 6
"""Words that stand in each other's place; where there are more, the passage was rewritten and proves nothing."""
ONE = "on"
"""The key of the word `one`, which may mean a figure and may not."""
_MUTUAL = frozenset("meet marri border talk agre discuss join equal resembl".split())
"""Stems of what two do to each other: it is one who stands first."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Tokens of the statement, and those of the source that stand in their place."""

    ours: tuple[Token, ...]
    theirs: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Alignment:
    """`share` of the statement's telling tokens found in order, `alike` of all its tokens (stop words count half).

    `window` is the source from the first to the last of them.
    """

    share: float
    alike: float
    edits: tuple[Edit, ...]
    window: tuple[Token, ...]


def align(ours: Sequence[Token], theirs: Sequence[Token]) -> Alignment:
    """Lay two token lists side by side (Ratcliff and Obershelp 1988, by difflib)."""
    matcher = difflib.SequenceMatcher(None, [t.key for t in ours], [t.key for t in theirs], autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    if not blocks:
        return Alignment(0.0, 0.0, (), ())
    matched = [token for block in blocks for token in ours[block.a : block.a + block.size]]
    told = sum(token.telling for token in matched) / max(1, sum(token.telling for token in ours))
    edits = [Edit(tuple(ours[a:b]), tuple(theirs[c:d])) for op, a, b, c, d in matcher.get_opcodes() if op != "equal"]
    # As many words more on either side as the statement has there: "They cannot focus", "Insects can't focus".
    last = blocks[-1]
    first = max(0, blocks[0].b - blocks[0].a)
    window = tuple(theirs[first : last.b + last.size + len(ours) - last.a - last.size])
    return Alignment(told, _weight(matched) / _weight(ours), tuple(edits), window)


def _weight(tokens: Sequence[Token]) -> float:
    return sum(1.0 if token.telling else 0.5 for token in tokens)


def differences(ours: Sequence[Token], theirs: Sequence[Token], alignment: Alignment) -> list[Finding]:
    """What a near copy says otherwise than its source."""
    found = list(_replaced(ours, alignment.edits, theirs))
    found += _turned(ours, theirs, alignment)
    moved = _moved_negation(ours, theirs, alignment)
    return found + ([moved] if moved else [])


def exchanged(ours: Sequence[Token], theirs: Sequence[Token]) -> Finding | None:
    """Names or figures that changed places, in a near copy or not."""
    return _swapped_names(ours, theirs) or _swapped_figures(ours, theirs)


def _replaced(ours: Sequence[Token], edits: Sequence[Edit], theirs: Sequence[Token]) -> Iterator[Finding]:
    for edit in edits:
        if not edit.ours or not edit.theirs:
            continue
        their_figures = figures(edit.theirs)
        alone = len(edit.ours) == len(edit.theirs) == 1
        for token in edit.ours:
            counted = token.kind == "figure" or (alone and token.key == ONE)
            if counted and their_figures and token.key not in {t.key for t in theirs}:
                yield Finding("figure instead", token.text, their_figures[0].text)
            other = _other_name(token, edit, ours, theirs) if token.kind in ("name", "noun") else None
            if other and token.kind == "name":
                yield Finding("name instead", token.text, other.text)
            elif other:
                yield Finding("name", token.text)
        turned = opposite(edit.ours, edit.theirs)
        if turned:
            yield Finding("opposite", turned[0].text, turned[1].text)


def _other_name(token: Token, edit: Edit, ours: Sequence[Token], theirs: Sequence[Token]) -> Token | None:
    """The name that the source has in the place of this one, if it has this one nowhere else in the sentence."""
    kinds = ("name", token.kind)
    names = [t for t in edit.theirs if t.kind in kinds and _calendar(t) == (_calendar(token) or _calendar(t))]
    rewritten = len(edit.ours) > LONGEST_EDIT or len(edit.theirs) > LONGEST_EDIT
    if not names or rewritten or _same_in_short(token, ours, theirs):
        return None
    elsewhere = [t for t in theirs if t.text[:1].isupper() and same_name(token, t)]
    return None if elsewhere else names[0]


def _same_in_short(token: Token, ours: Sequence[Token], theirs: Sequence[Token]) -> bool:
    """Whether one side has the initials of what the other spells out."""
    return abbreviates(token, initials(theirs)) or spelled_out(token, ours, acronyms(theirs))


def _calendar(token: Token) -> str:
    """A weekday stands against a weekday and a month against a month: "on 5 November" may well be "on Tuesday"."""
    lower = token.text.lower()
    return "weekday" if lower in WEEKDAYS else "month" if lower in MONTHS else ""


def _turned(ours: Sequence[Token], theirs: Sequence[Token], alignment: Alignment) -> Iterator[Finding]:
    """Negation and certainty, compared with the part of the source that the statement covers."""
    own, other = _edited_negations(ours, theirs, alignment)
    if len(own) % 2 != len(other) % 2:
        yield Finding("negation", (own or other)[0].text)
    within = set(map(id, alignment.window))
    doubts = hedges(token for edit in alignment.edits for token in edit.theirs if id(token) in within)
    if doubts and not hedges(ours):
        yield Finding("hedge", theirs=doubts[0].text)


def _edited_negations(
    ours: Sequence[Token], theirs: Sequence[Token], alignment: Alignment
) -> tuple[list[Token], list[Token]]:
    """What one side denies and the other does not: in the statement, and in the part of the source that it covers.

    What is denied must stand on the other side too, else it is something that the other does not speak of.
    """
    within = set(map(id, alignment.window))
    first, second = {token.key for token in ours}, {token.key for token in theirs}
    own = [t for edit in alignment.edits for t in negations(edit.ours) if _following(t, ours) in second]
    other = [t for edit in alignment.edits for t in negations(edit.theirs) if _following(t, theirs) in first]
    return own, [token for token in other if id(token) in within]


def _moved_negation(ours: Sequence[Token], theirs: Sequence[Token], alignment: Alignment) -> Finding | None:
    """`did not say that it was` against `said that it was not`: each side denies what the other asserts."""
    own, other = _edited_negations(ours, theirs, alignment)
    if len(own) != 1 or len(other) != 1:
        return None
    ours_denied, theirs_denied = _following(own[0], ours), _following(other[0], theirs)
    if not ours_denied or not theirs_denied or {ours_denied, theirs_denied} & RAISING:
        return None
    crossed = ours_denied in {t.key for t in theirs} and theirs_denied in {t.key for t in ours}
    return Finding("negation", own[0].text) if crossed and ours_denied != theirs_denied else None


def _following(token: Token, tokens: Sequence[Token]) -> str | None:
    """The next word that says something."""
    at = next(i for i, other in enumerate(tokens) if other is token)
    return next((other.key for other in tokens[at + 1 :] if other.telling), None)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a name or figure stands: the telling words around it, and whether "by" goes before."""

    index: int
    before: str
    after: str
    agent: bool


def _swapped_names(ours: Sequence[Token], theirs: Sequence[Token]) -> Finding | None:
    """Two names that changed places, each taking what the other did: who did it to whom is turned round."""
    names = {t.key for t in (*ours, *theirs) if t.kind == "name" and not _calendar(t)}
    # The first word of a sentence is no name for sure, but one if it is written so elsewhere.
    first, second = (_places([t.key in names and t.text[:1].isupper() for t in side], side) for side in (ours, theirs))
    for one, two in combinations([key for key in first if key in second], 2):
        a, b, c, d = first[one], first[two], second[one], second[two]
        turned_round = (a.index < b.index) != (c.index < d.index)
        passive = (a.agent or b.agent) != (c.agent or d.agent)
        if turned_round and not passive and _exchanged(a, b, c, d):
            return Finding("names swapped", ours[a.index].text, ours[b.index].text)
    return None


def _swapped_figures(ours: Sequence[Token], theirs: Sequence[Token]) -> Finding | None:
    """Two figures of which each is given to what the other counts ("20 dead, 5 wounded" for 5 dead, 20 wounded)."""
    first, second = (_places([t.kind == "figure" for t in side], side, single=True) for side in (ours, theirs))
    for one, two in combinations([key for key in first if key in second], 2):
        a, b = first[one], first[two]
        if _exchanged(a, b, second[one], second[two]):
            return Finding("names swapped", ours[a.index].text, ours[b.index].text)
    return None


def _exchanged(a: _Place, b: _Place, c: _Place, d: _Place) -> bool:
    """Whether what stood at `a` and `b` stands at `c` and `d`, each in the other's place."""
    if {a.before, a.after, b.before, b.after} & _MUTUAL:
        return False
    sides = ((a.before, d.before), (a.after, d.after)), ((b.before, c.before), (b.after, c.after))
    taken = [any(one and one == other for one, other in side) for side in sides]
    kept = (a.before and a.before == c.before and a.after == c.after) or (
        b.before and b.before == d.before and b.after == d.after
    )
    return all(taken) and not kept


def _places(wanted: Sequence[bool], tokens: Sequence[Token], single: bool = False) -> dict[str, _Place]:
    """Of the wanted tokens that occur once; neighbours that are not `single` are one name."""
    places: dict[str, _Place] = {}
    repeated = set()
    for i in (i for i, one in enumerate(wanted) if one):
        token = tokens[i]
        if token.key in places:
            repeated.add(token.key)
        start, end = i, i + 1
        while not single and start and wanted[start - 1]:
            start -= 1
        while not single and end < len(tokens) and wanted[end]:
            end += 1
        before = next((t.key for t in reversed(tokens[:start]) if t.telling), "")
        after = next((t.key for t in tokens[end:] if t.telling), "")
        places[token.key] = _Place(i, before, after, "by" in {t.key for t in tokens[max(0, start - 2) : start]})
    return {key: place for key, place in places.items() if key not in repeated}


def miscounted(ours: Sequence[Token], theirs: Sequence[Token]) -> Finding | None:
    """A figure that the source gives, but of something else ("20 dead" where the source has 5 dead, 20 wounded)."""
    counted = _counted(theirs)
    for figure, thing in _counted(ours):
        given = [f for f, what in counted if what.key == thing.key]
        elsewhere = [what for f, what in counted if f.key == figure.key]
        if given and elsewhere and figure.key not in {f.key for f in given}:
            return Finding("figure instead", f"{figure.text} {thing.text}", f"{given[0].text} {thing.text}")
    return None


def _counted(tokens: Sequence[Token]) -> list[tuple[Token, Token]]:
    """Figures with what they count: the next word, if it follows closely."""
    pairs = []
    for i, token in enumerate(tokens):
        if token.kind == "figure":
            following = [t for t in tokens[i + 1 : i + 3] if t.telling and t.kind != "figure"]
            pairs += [(token, following[0])] if following else []
    return pairs
