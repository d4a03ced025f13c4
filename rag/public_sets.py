"""The public sets `rag eval` can read, by name; each has a room that knows its files."""

from __future__ import annotations

import csv
import zlib
from importlib import import_module
from pathlib import Path

from rag.errors import InputError
from rag.eval_schema import JudgedSet

SETS = {
    "clapnq": "paragraphs, sentences and abstention",
    "lareqa": "the one sentence that answers",
    "xquad": "the paragraph, and the words that answer",
    "chunking": "exact characters of long documents",
    "limit": "words that a vector cannot hold",
    "wice": "sentences of web pages that bear a claim out",
    "attribution": "texts that bear a claim out",
    "summhay": "articles that hold what a query asks for",
}
"""Names, and what each measures."""
_UNLIKE = (
    OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, RecursionError, csv.Error, zlib.error,
)  # fmt: skip
"""What reading raises where a file is missing, broken off or in another shape."""


def read_set(name: str, data: Path) -> JudgedSet:
    """The set, from its folder in `data` or from `data` itself. Raises InputError."""
    if name not in SETS:
        raise InputError(f"no public set {name!r}; there are {', '.join(SETS)}")
    room = import_module(f"rag.set_{name}")
    folder = place(name, data)
    if folder is None:
        raise InputError(f"no {room.FOLDER} in {data}; --data names the folder that the public sets lie in")
    try:
        found: JudgedSet = room.read(folder)
        if not found.questions:
            raise ValueError("no questions in it")
    except _UNLIKE as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(f"{folder} does not hold {name} as it is published ({what}); download it again") from error
    return found


def place(name: str, data: Path) -> Path | None:
    """Where the set's files lie, if they are there."""
    named: str = import_module(f"rag.set_{name}").FOLDER
    if (data / named).is_dir():
        return data / named
    return data if data.absolute().name == named and data.is_dir() else None
