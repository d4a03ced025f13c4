"""The bytes of a file, read whole and within limits."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from rag.errors import LoadError

EMPTY = "is empty; there is nothing to ingest"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one file or page is taken before it is refused."""

    max_bytes: int = 20 * 2**20
    """Of a file: 3,000 articles in JSON Lines, or a scanned issue; what is larger is more likely there by mistake."""
    max_pages: int = 2000
    """Of a PDF: pypdf takes 50 to 100 ms a page, so this is three minutes."""
    max_uncompressed: int = 100 * 2**20
    """Of all that a .docx or .epub unpacks to, by its own directory: more is a picture book or a bomb."""
    max_entries: int = 10_000
    """Of a .docx or .epub: a book has a few hundred, and the directory of a bomb is what takes the memory."""
    max_seconds: float = 180.0
    """Of processor time for a file that has to be parsed: what the longest PDF takes."""
    max_memory: int = 2 * 2**30
    """Of the process that parses files: an HTML file of 20 MB takes 600 MB."""
    url_seconds: float = 30.0
    """From the first look-up to the last byte, redirects included."""
    url_max_bytes: int = 10 * 2**20
    url_max_redirects: int = 5
    allow_private: bool = False
    """Whether pages may be fetched from this machine and from private networks."""


DEFAULT_LIMITS = Limits()


def read_bytes(path: Path, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """All bytes of a regular file, all of them from one state of it.

    Raises LoadError where it is missing, unreadable, no regular file, too large, or keeps changing.
    """
    for _ in range(2):
        data = _read_once(path, limits.max_bytes)
        if data is not None:
            return data
    raise LoadError("changed while it was read; wait until it is complete and try again")


def _read_once(path: Path, most: int) -> bytes | None:
    """None where the file changed in between."""
    try:
        before = os.stat(path)
        if stat.S_ISDIR(before.st_mode):
            # a folder comes here only where its listing failed, or where its name looks like a file's
            os.listdir(path)
            raise LoadError("is a folder, not a file; name the files in it")
        if not stat.S_ISREG(before.st_mode):
            raise LoadError("is not a regular file; copy its contents to one")  # opening a pipe would wait for ever
        if before.st_size > most:
            raise LoadError(
                f"has {_mb(before.st_size)}, more than the limit of {_mb(most)}; split it or raise max_megabytes"
            )
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None  # it was a file a moment ago
            data = file.read(most + 1)
        after = os.stat(path)
    except FileNotFoundError:
        raise LoadError("does not exist; check the name, or where the link points") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LoadError(f"cannot be read ({reason}); check its permissions") from None
    same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns) and len(data) == after.st_size
    return data if same else None


def _without_waiting(path: str, flags: int) -> int:
    """Opens at once even what has become a pipe meanwhile; where systems have pipes in folders."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _mb(size: int) -> str:
    return f"{size / 2**20:.1f} MB"
