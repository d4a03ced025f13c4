"""A full disk, told as such whoever ran into it: SQLite, Chroma and the system say it in words of their own."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.errors import StoreError

LITTLE = 128 * 2**10
"""Bytes free below which an I/O error is put down to the want of them. SQLite needs 32 KiB to read at all."""
_WORDS = ("disk is full", "no space left", "file too large", "quota exceeded")
_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def told_when_full(store: Path) -> Iterator[None]:
    """What fails for want of room on the disk of `store` is a StoreError that says so."""
    try:
        yield
    except (StoreError, OSError) as error:
        if not _is_want_of_room(error, store):
            raise
        raise StoreError(f"the disk that holds {store} is full; free some space and run the command again") from error


def _is_want_of_room(error: Exception, store: Path) -> bool:
    if isinstance(error, OSError):
        return error.errno in _NUMBERS
    text = str(error).lower()
    return any(words in text for words in _WORDS) or ("i/o error" in text and _free(store) < LITTLE)


def _free(folder: Path) -> float:
    """Bytes; a folder that cannot be asked is not full."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return float("inf")
