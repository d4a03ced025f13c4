"""A folder of Chroma that crashed its last user is looked into from another process before it is opened here.

A note stands beside the folder while it is open for writing, or for reading until the first search has come back. Who
finds one probes the folder first; on all other days that costs nothing.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import StoreError
from rag.locking import writing
from rag.vectors import ChromaVectors

if TYPE_CHECKING:
    from rag.vectors import Matrix

WRITING = ".chroma-writing"
READING = ".chroma-reading"


class GuardedVectors(ChromaVectors):
    """`ChromaVectors` that leave a note while a crash would be theirs."""

    def __init__(self, folder: Path, *, create: bool = True, anew: bool = False) -> None:
        """`create` opens for writing. Raises StoreError; UnsoundError for a folder that is not to be opened."""
        if anew:
            with suppress(OSError):
                (folder.parent / READING).unlink(missing_ok=True)
        else:
            check(folder)
        self._note: Path | None = folder.parent / (WRITING if create else READING)
        with suppress(OSError):  # a store that cannot be written: it has no room for notes
            folder.parent.mkdir(parents=True, exist_ok=True)
            self._note.touch()
        try:
            super().__init__(folder, create=create, anew=anew)
        except BaseException:
            self._done()
            raise

    def query(self, vector: Matrix, k: int) -> list[tuple[int, float]]:
        hits = super().query(vector, k)
        if self._note is not None and self._note.name == READING:
            self._done()
        return hits

    def close(self) -> None:
        super().close()
        self._done()

    def _done(self) -> None:
        if self._note is not None:
            with suppress(OSError):
                self._note.unlink(missing_ok=True)
            self._note = None


def check(folder: Path) -> None:
    """Probe a folder whose last user left a note. Raises UnsoundError when the probe dies."""
    notes = [folder.parent / name for name in (WRITING, READING)]
    if not folder.is_dir() or not any(note.exists() for note in notes):
        return
    from rag.probing import look_in_child

    look_in_child(folder)
    with suppress(OSError):
        notes[1].unlink(missing_ok=True)
    with suppress(StoreError, OSError), writing(folder.parent, wait=False, warn=lambda _: None):
        notes[0].unlink(missing_ok=True)  # that of a writer which is at work beside us stays
