"""Rows that are taken out of the catalogue are kept in a file beside it: nothing is lost without a word."""

from __future__ import annotations

import base64
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.catalogue import Catalogue


def set_aside(catalogue: Catalogue, table: str, query: str) -> Path | None:
    """Write the rows of `query` as JSON into a new file in the store's folder; None where there are none.

    Bytes that are no UTF-8 stand there as `{"base64": …}`. On disk when it returns; only the user may read it.
    """
    cursor = catalogue.connection.execute(_as_bytes(catalogue, query))
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, map(_readable, row), strict=True)) for row in cursor]
    if not rows:
        return None
    now = datetime.now(UTC)
    path = catalogue.path.parent / f"set-aside-{table}-{now:%Y%m%dT%H%M%S%f}Z.json"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"table": table, "rows": rows}, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return path


def _as_bytes(catalogue: Catalogue, query: str) -> str:
    """The same rows with texts as bytes: SQLite refuses to hand out a text that is no UTF-8."""
    columns = [column[0] for column in catalogue.connection.execute(f"{query} LIMIT 0").description]
    wanted = ", ".join(f"iif(typeof({name}) = 'text', CAST({name} AS BLOB), {name}) AS {name}" for name in columns)
    return f"SELECT {wanted} FROM ({query})"


def _readable(value: Any) -> Any:
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}
