"""What became of the paragraphs that a kept conversation cites: what is shown stays as it was cited, and says so."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

from rag.catalogue import Catalogue
from rag.chat_schema import Session, Turn
from rag.schema import Passage

_PLACES = """SELECT a.id, p.n, p.text FROM json_each(?) place
    CROSS JOIN articles a ON a.id = json_extract(place.value, '$[0]')
    CROSS JOIN paragraphs p ON p.article = a.pk AND p.n = json_extract(place.value, '$[1]')"""
_ELSEWHERE = """SELECT a.id, p.text FROM json_each(?) name CROSS JOIN articles a ON a.id = name.value
    CROSS JOIN paragraphs p ON p.article = a.pk"""
"""Each place is looked up by the indexes: CROSS keeps SQLite from reading whole tables first."""
Place = tuple[str, int]


def marked(session: Session, catalogue: Catalogue | None) -> Session:
    """The session with every citation told as it is, changed or removed; without a catalogue, all are removed.

    A paragraph is changed when other words stand in it, in the quoted sentences or beside them: who is quoted may stand
    in the next one. Other spaces are no change, and one that has moved within its article is still there.
    """
    passages = [citation.passage for turn in session.turns for citation in turn.citations]
    if not passages:
        return session
    if catalogue is None:
        return replace(session, turns=tuple(_told(turn, {}, {}) for turn in session.turns))
    with catalogue.snapshot():
        texts = _texts(catalogue, passages)
        moved = _moved(catalogue, [p for p in passages if texts.get(_place(p)) != _words(p.paragraph.text)])
    return replace(session, turns=tuple(_told(turn, texts, moved) for turn in session.turns))


def _texts(catalogue: Catalogue, passages: Iterable[Passage]) -> dict[Place, str]:
    """What stands now where they were cited."""
    places = sorted({_place(passage) for passage in passages})
    return {(name, n): _words(text) for name, n, text in catalogue.connection.execute(_PLACES, (json.dumps(places),))}


def _moved(catalogue: Catalogue, missed: Iterable[Passage]) -> dict[str, set[str]]:
    """Of each article in which one was missed at its number, what stands under all of them."""
    names = sorted({passage.article_id for passage in missed})
    held: dict[str, set[str]] = {}
    if names:
        for name, text in catalogue.connection.execute(_ELSEWHERE, (json.dumps(names),)):
            held.setdefault(name, set()).add(_words(text))
    return held


def _told(turn: Turn, texts: Mapping[Place, str], moved: Mapping[str, set[str]]) -> Turn:
    citations = tuple(replace(one, since=_since(one.passage, texts, moved)) for one in turn.citations)
    if turn.answer is not None:
        return replace(turn, answer=replace(turn.answer, citations=citations))
    if turn.briefing is not None:
        return replace(turn, briefing=replace(turn.briefing, citations=citations))
    return turn


def _since(
    passage: Passage, texts: Mapping[Place, str], moved: Mapping[str, set[str]]
) -> Literal["", "changed", "removed"]:
    words = _words(passage.paragraph.text)
    found = texts.get(_place(passage))
    if words == found or words in moved.get(passage.article_id, ()):
        return ""
    return "removed" if found is None else "changed"


def _place(passage: Passage) -> Place:
    return passage.article_id, passage.paragraph.n


def _words(text: str) -> str:
    """A paragraph as its reader sees it: spaces and line ends alike."""
    return " ".join(text.split())
