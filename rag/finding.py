"""Which files of a folder are articles."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable
from pathlib import Path

from rag.errors import InputError

SUFFIXES = (".txt", ".md", ".html", ".htm", ".pdf", ".docx", ".epub", ".json", ".jsonl")
PLAIN = (".txt", ".md")
"""What holds its text as it is: nothing has to be unpacked or parsed to read it."""
_NOT_ARTICLES = frozenset(("questions.jsonl", "sources.toml"))


def find_files(path: Path, outside: Callable[[Path], None] = lambda _: None) -> list[Path]:
    """Absolute paths of the articles in a folder and below, sorted; of a file, itself whatever its name.

    Left out in folders: other suffixes, hidden files and folders, README.*, questions.jsonl, sources.toml, and what is
    no file (pipes, sockets). Links are followed where they stay within the folder: a folder from somebody else must
    not bring in what it does not hold, so `outside` is told of those that lead out of it. Each folder and each file
    counts once, under its own name where it has one here. A link to nothing and a folder that cannot be listed are
    returned, for `load` to say what is wrong.

    Raises InputError where `path` does not exist.
    """
    start = Path(os.path.abspath(path))
    if not start.is_dir():
        if not os.path.lexists(start):
            raise InputError(f"{path} does not exist; check the path")
        return [start]
    place = os.path.realpath(start)
    found: dict[object, Path] = {}
    seen: set[tuple[int, int]] = set()
    # links come last, so that what they point to is met under its own name first
    real, linked = deque([start]), deque[Path]()
    while real or linked:
        folder = (real or linked).popleft()
        try:
            here = os.stat(folder)
            if (here.st_dev, here.st_ino) in seen:
                continue
            seen.add((here.st_dev, here.st_ino))
            entries = sorted(os.scandir(folder), key=lambda entry: (entry.is_symlink(), entry.name))
        except OSError:
            found[folder] = folder
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_symlink() and _leads_out(entry, place):
                outside(Path(entry.path))
            else:
                _visit(entry, found, real, linked)
    return sorted(found.values())


def _leads_out(entry: os.DirEntry[str], folder: str) -> bool:
    """Whether a link that would be followed ends outside of the folder."""
    try:
        followed = entry.is_dir() or (entry.is_file() and _is_article(entry.name))
    except OSError:
        return False
    return followed and not Path(os.path.realpath(entry.path)).is_relative_to(folder)


def _visit(entry: os.DirEntry[str], found: dict[object, Path], real: deque[Path], linked: deque[Path]) -> None:
    path = Path(entry.path)
    try:
        status = entry.stat()
    except OSError:
        if _is_article(entry.name):
            found[path] = path
        return
    if stat.S_ISDIR(status.st_mode):
        (linked if entry.is_symlink() else real).append(path)
    elif stat.S_ISREG(status.st_mode) and _is_article(entry.name):
        place = (status.st_dev, status.st_ino)
        if place not in found or (found[place].is_symlink() and not entry.is_symlink()):
            found[place] = path


def _is_article(name: str) -> bool:
    """`~$` begins the lock files of Word."""
    lower = name.lower()
    return lower.endswith(SUFFIXES) and lower not in _NOT_ARTICLES and not lower.startswith(("readme.", "~$"))
