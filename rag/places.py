"""Where articles are read from: the folders of one ingest, whether a file is there, and whether it is the same."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from rag.paragraphs import VERSION


class Places:
    """The folders an ingest was told to bring up to date."""

    def __init__(self, roots: Iterable[Path]) -> None:
        self._folders = {str(root) for root in roots if root.is_dir()}

    def around(self, path: str) -> list[str]:
        """Those that hold `path`, from the innermost."""
        return [folder for folder in folders_of(path) if folder in self._folders]

    def hold(self, path: str) -> bool:
        return bool(self.around(path))


def folders_of(location: str) -> Sequence[str]:
    """Folders around a file, from the innermost; none around a URL."""
    return () if "://" in location else _with_those_around(os.path.dirname(location))


@lru_cache(4096)
def _with_those_around(folder: str) -> tuple[str, ...]:
    """Taken apart once for all files in it: of 10,000 files that takes longer than reading them."""
    path = Path(folder)
    return (str(path), *map(str, path.parents))


def is_there(path: str) -> bool:
    """Whether it is a file, or may be one: a folder that cannot be looked into keeps what was read from it."""
    if "://" in path:
        return True
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def file_digest(path: str, facts: Mapping[str, object]) -> str | None:
    """Of the bytes, of what was set from outside, and of the version that would read them; None for what is no file."""
    if "://" in path:
        return None
    digest = hashlib.sha256(f"{VERSION}:{json.dumps(facts, sort_keys=True, default=str)}:".encode())
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return None
        with open(path, "rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    except OSError:
        return None
    return digest.hexdigest()
