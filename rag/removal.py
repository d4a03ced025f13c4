"""Articles are removed for good: their rows, what was noted of their files, and what conversations quote of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from rag.catalogue import Catalogue
from rag.session_erasing import erase_quotes
from rag.wiping import note_words


@dataclass(frozen=True, slots=True)
class Removal:
    """What `rag remove` did."""

    removed: tuple[str, ...]
    articles: int
    paragraphs: int
    notes: tuple[str, ...] = ()
    turns: int = 0
    """Kept answers and briefings that quoted one of them, and no longer do."""


def remove_articles(catalogue: Catalogue, ids: Sequence[str]) -> Removal:
    """Delete articles in one transaction. Their files, and those of their copies, are read again by the next ingest."""
    known = {one.id: one for one in catalogue.known()}
    copies: dict[str, list[str]] = {}
    for _, path, of in catalogue.duplicates():
        copies.setdefault(of, []).append(path)
    paths = {name: (known[name].path, *copies.get(name, ())) for name in ids}
    with catalogue.transaction():
        note_words(catalogue)
        for name in ids:
            catalogue.delete_article(name)
            for path in paths[name]:
                catalogue.forget_file(path)
        _forget_overrides(catalogue, [path for name in ids for path in paths[name]])
        erased = erase_quotes(catalogue.connection, ids)
    notes = [
        f"the file of {name} is still there: the next rag ingest of its folder brings it back"
        for name in ids
        if any(map(os.path.lexists, paths[name]))
    ]
    notes += [
        f"a turn of the conversation {name!r} names what was removed and cannot be read; take it out with: "
        "rag doctor --repair"
        for name in erased.unread
    ]
    counts = catalogue.counts()
    return Removal(tuple(ids), counts["articles"], counts["paragraphs"], tuple(notes), erased.turns)


def texts_of(catalogue: Catalogue, ids: Sequence[str]) -> list[str]:
    """Texts of the paragraphs of articles, also of those that cannot be read otherwise."""
    query = "SELECT p.text FROM paragraphs p JOIN articles a ON a.pk = p.article WHERE a.id = ?"
    return [text for name in ids for (text,) in catalogue.connection.execute(query, (name,)) if isinstance(text, str)]


def _forget_overrides(catalogue: Catalogue, paths: Sequence[str]) -> None:
    """What --set said of a file goes too, unless other articles of that file are stored."""
    used = {one.path for one in catalogue.known()} | {path for _, path, _ in catalogue.duplicates()}
    for path in paths:
        if path not in used:
            catalogue.connection.execute("DELETE FROM overrides WHERE path = ?", (path,))
