"""Scratch stores of public sets, kept by what is in them: a second evaluation embeds nothing again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from rag import __version__, chunking, paragraphs

DONE = "complete"
"""A file that is there once all of a set has been ingested."""


def scratch_store(cache: Path, files: Mapping[str, str], identity: str) -> Path:
    """Folder of the store for these files and this embedder, there or not; each version of the program has its own."""
    made_by = (identity, __version__, chunking.VERSION, paragraphs.VERSION)
    # As JSON, in which names and contents stay apart whatever is in them.
    digest = hashlib.sha256(json.dumps([made_by, sorted(files.items())]).encode("ascii"))
    return cache / "eval" / digest.hexdigest()[:24] / "store"


def fill(store: Path, files: Mapping[str, str], ingest: Callable[[Path], object]) -> None:
    """Ingest the files into the store, unless that was done before. What was broken off is taken up where it ended."""
    folder = store.parent
    if (folder / DONE).is_file():
        return
    articles = folder / "articles"
    articles.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        # Half a character becomes "?", one for one, so that offsets hold.
        (articles / name).write_bytes(content.encode("utf-8", "replace"))
    ingest(articles)
    (folder / DONE).touch()
