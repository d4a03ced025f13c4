"""Turns and sessions as JSON to be kept, and back exactly; what does not read back as it was written is refused.

Another thing than `render_json`, which is a contract with other programs and leaves out what they do not need.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from rag.chat_schema import Session, Turn

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Kept = TypeVar("Kept", Turn, Session)

FORMAT = 1
"""Written beside every record. Raised when a record changes so that an older program would misread it; a new field with
a default needs no new number, as older programs pass over what they do not know."""

_HALF = re.compile("[\ud800-\udfff]")


def to_json(record: Turn | Session) -> str:
    """One line. Half characters, which cannot be written as UTF-8, become U+FFFD: as long, so that offsets hold."""
    values = _adapter(type(record).__name__).dump_python(record, warnings="error")
    # Not escaped: what is deleted can then be looked for in the file as it was said.
    return _HALF.sub("\ufffd", json.dumps(values, ensure_ascii=False, separators=(",", ":")))


def from_json(kind: type[Kept], text: str | bytes) -> Kept:
    """The record that `to_json` was given; bytes are UTF-8. Raises ValueError for anything else."""
    record: Kept = _adapter(kind.__name__).validate_json(text, strict=True)
    return record


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    """Made from the records' own annotations. Costs 0.4 s once: import 0.2, reading the annotations 0.2."""
    from pydantic import TypeAdapter

    return TypeAdapter({"Turn": Turn, "Session": Session}[name])
