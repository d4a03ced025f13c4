"""Examines a store, check by check; changes nothing and takes no lock.

Of 100,000 paragraphs in 10,000 files it takes 17 s of the processor's time and 30 s more to count the tokens of a
real model, and 75 MB; looking into Chroma another 2.4 s and 235 MB in the other process.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.catalogue import Catalogue
from rag.catalogue_checks import file_faults, row_faults, word_faults
from rag.file_checks import source_faults
from rag.health import Check, Diagnosis, Fault, findings
from rag.paragraph_checks import paragraph_faults, twin_faults
from rag.reading import Limits
from rag.session_checks import session_faults
from rag.text_checks import text_faults
from rag.vector_checks import Look, model_faults, store_faults, vector_faults

if TYPE_CHECKING:
    from rag.embedding import Embedder


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined, and what that needs."""

    catalogue: Catalogue
    look: Look
    """Into the vector store."""
    embedder: Callable[[], Embedder]
    limits: Limits
    """Of files that are read."""


CHECKS: tuple[tuple[str, str, Callable[[Patient], Iterator[Fault]]], ...] = (
    ("catalogue", "the catalogue's file is whole", lambda p: file_faults(p.catalogue)),
    ("rows", "every row belongs to an article", lambda p: row_faults(p.catalogue)),
    ("words", "the word indexes say what the articles say", lambda p: word_faults(p.catalogue)),
    ("paragraphs", "every paragraph stands in its place", lambda p: paragraph_faults(p.catalogue)),
    ("twins", "every text is stored once", lambda p: twin_faults(p.catalogue)),
    ("files", "the files say what was read from them", lambda p: source_faults(p.catalogue, p.limits)),
    ("vectors", "every paragraph has a sound vector", lambda p: vector_faults(p.catalogue)),
    ("texts", "every article has the words that were embedded", lambda p: text_faults(p.catalogue, p.embedder)),
    ("model", "the model is the one the vectors were made with", lambda p: model_faults(p.catalogue, p.embedder)),
    ("store", "the vector store holds the catalogue's vectors", lambda p: store_faults(p.catalogue, p.look)),
    ("sessions", "every kept conversation can be read", lambda p: session_faults(p.catalogue)),
)
"""Name, what holds when nothing is found, and what finds the faults."""
_MOVING = ("store",)
"""Checks that must see what a writer commits meanwhile."""


def examine(patient: Patient, begin: Callable[[str], None] = lambda _: None) -> Diagnosis:
    """Every check, one after the other; what one cannot read is its finding and keeps no other from its work.

    `begin` is told the title of each before it begins.
    """
    checks = []
    for name, title, find in CHECKS:
        begin(title)
        checks.append(Check(name, title, findings(_faults(patient, name, find))))
    return Diagnosis(tuple(checks))


def _faults(patient: Patient, name: str, find: Callable[[Patient], Iterator[Fault]]) -> Iterator[Fault]:
    try:
        if name in _MOVING:
            yield from find(patient)
        else:
            with patient.catalogue.snapshot():
                yield from find(patient)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        yield Fault("unreadable", str(error))
