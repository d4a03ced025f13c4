"""Can every turn of every kept conversation be read?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rag.catalogue import Catalogue
from rag.errors import StoreError, StoreMismatchError
from rag.health import Fault
from rag.session_rows import has_tables, turn_from


def session_faults(catalogue: Catalogue) -> Iterator[Fault]:
    """Turns that cannot be read (key: the row's), and conversations whose turns are not numbered from 1 (theirs)."""
    if not has_tables(catalogue.connection):
        return
    ask = catalogue.connection.execute
    for row in ask("SELECT pk, CAST(name AS BLOB) FROM sessions ORDER BY pk"):
        session, name = row[0], row[1].decode("utf-8", "replace")
        query = "SELECT rowid, position, format, CAST(record AS BLOB) FROM turns WHERE session = ? ORDER BY position"
        place = 0
        for place, (key, position, written, record) in enumerate(ask(query, (session,)), 1):
            kind = _fault_of(name, position, written, record)
            if kind:
                yield Fault(kind, f"{name}, turn {position}", key)
            if position != place:
                yield Fault("order", name, session)


def _fault_of(name: str, position: int, written: Any, record: Any) -> str | None:
    try:
        turn_from(name, position, written, record)
    except StoreMismatchError:
        return "newer"
    except (StoreError, TypeError):  # TypeError: a format that is no number
        return "turns"
    return None
