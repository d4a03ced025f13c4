"""A statement laid beside the sentence it seems to be taken from, word by word: what was put in place of what."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from rag.findings import Finding
from rag.polarity import hedges, negations, opposite
from rag.timexes import MONTHS, WEEKDAYS
from rag.tokens import Token, figures, same_name

NEAR_COPY = 0.6
"""Share of a statement's telling words that stand in the sentence in the same order, from which a difference between
the two is an edit; below it the statement is a paraphrase, and words in other places prove nothing."""
_ROLES = frozenset("in at on from near during of to with by for against between under over into".split())


@dataclass(frozen=True, slots=True)
class Edit:
    """Tokens of the statement, and those of the source that stand in their place."""

    ours: tuple[Token, ...]
    theirs: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Alignment:
    """`share` of the statement's telling tokens found in order; `window`: the source from first to last of them."""

    share: float
    edits: tuple[Edit, ...]
    window: tuple[Token, ...]


def align(ours: Sequence[Token], theirs: Sequence[Token]) -> Alignment:
    """Lay two token lists side by side (Ratcliff and Obershelp 1988, by difflib)."""
    matcher = difflib.SequenceMatcher(None, [t.key for t in ours], [t.key for t in theirs], autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    if not blocks:
        return Alignment(0.0, (), ())
    found = sum(token.telling for block in blocks for token in ours[block.a : block.a + block.size])
    edits = [Edit(tuple(ours[a:b]), tuple(theirs[c:d])) for op, a, b, c, d in matcher.get_opcodes() if op != "equal"]
    window = tuple(theirs[blocks[0].b : blocks[-1].b + blocks[-1].size])
    return Alignment(found / max(1, sum(token.telling for token in ours)), tuple(edits), window)


def differences(ours: Sequence[Token], theirs: Sequence[Token], alignment: Alignment) -> list[Finding]:
    """What a near copy says otherwise than its source."""
    found = list(_replaced(alignment.edits, theirs))
    found += _turned(ours, alignment)
    swapped = _swapped(ours, theirs)
    return found + ([swapped] if swapped else [])


def _replaced(edits: Sequence[Edit], theirs: Sequence[Token]) -> Iterator[Finding]:
    for edit in edits:
        if not edit.ours or not edit.theirs:
            continue
        their_figures = figures(edit.theirs)
        for token in edit.ours:
            if token.kind == "figure" and their_figures and token.key not in {t.key for t in theirs}:
                yield Finding("figure instead", token.text, their_figures[0].text)
            other = _other_name(token, edit, theirs) if token.kind == "name" else None
            if other:
                yield Finding("name instead", token.text, other.text)
        turned = opposite(edit.ours, edit.theirs)
        if turned:
            yield Finding("opposite", turned[0].text, turned[1].text)


def _other_name(token: Token, edit: Edit, theirs: Sequence[Token]) -> Token | None:
    """The name that the source has in the place of this one, if it has this one nowhere else in the sentence."""
    names = [t for t in edit.theirs if t.kind == "name" and _calendar(t) == (_calendar(token) or _calendar(t))]
    if not names or _stands_for(token, theirs):
        return None
    elsewhere = [t for t in theirs if t.text[:1].isupper() and same_name(token, t)]
    return None if elsewhere else names[0]


def _calendar(token: Token) -> str:
    """A weekday stands against a weekday and a month against a month: "on 5 November" may well be "on Tuesday"."""
    lower = token.text.lower()
    return "weekday" if lower in WEEKDAYS else "month" if lower in MONTHS else ""


def _stands_for(token: Token, tokens: Sequence[Token]) -> bool:
    """Whether the token is the initials of names that stand side by side (EU, European Union)."""
    initials = "".join(other.text[0] if other.kind == "name" else " " for other in tokens)
    return token.text.isupper() and len(token.text) > 1 and token.text in initials


def _turned(ours: Sequence[Token], alignment: Alignment) -> Iterator[Finding]:
    """Negation and certainty, compared with the part of the source that the statement covers."""
    own = negations(token for edit in alignment.edits for token in edit.ours)
    within = set(map(id, alignment.window))
    other = negations(token for edit in alignment.edits for token in edit.theirs if id(token) in within)
    if len(own) % 2 != len(other) % 2:
        yield Finding("negation", (own or other)[0].text)
    doubts = hedges(token for edit in alignment.edits for token in edit.theirs if id(token) in within)
    if doubts and not hedges(ours):
        yield Finding("hedge", theirs=doubts[0].text)


def _swapped(ours: Sequence[Token], theirs: Sequence[Token]) -> Finding | None:
    """Two names that changed places, each keeping its verb or preposition: who did it to whom is turned round."""
    first, second = _placed(ours), _placed(theirs)
    for (one, (i, role_one)), (two, (j, role_two)) in combinations(first.items(), 2):
        if one not in second or two not in second:
            continue
        (k, other_one), (m, other_two) = second[one], second[two]
        if (i < j) == (k < m) or "by" in {role_one, role_two, other_one, other_two}:
            continue
        moved_along = role_one == other_one != "" or role_two == other_two != ""
        listed = abs(i - j) <= 2 and abs(k - m) <= 2
        if not moved_along and not listed:
            return Finding("names swapped", ours[i].text, ours[j].text)
    return None


def _placed(tokens: Sequence[Token]) -> dict[str, tuple[int, str]]:
    """Names that occur once, with their place and the preposition before them."""
    places: dict[str, tuple[int, str]] = {}
    repeated = set()
    for i, token in enumerate(tokens):
        if token.kind != "name" or _calendar(token):
            continue
        if token.key in places:
            repeated.add(token.key)
        start = i
        while start and tokens[start - 1].kind == "name":
            start -= 1
        before = [t.key for t in tokens[max(0, start - 2) : start] if t.key in _ROLES]
        places[token.key] = (i, before[-1] if before else "")
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
