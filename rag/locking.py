"""One writer at a time. The lock is held from before the vector store opens until after it has closed.

Several writers in one Chroma folder corrupt it without a word; a lock around each operation does not help.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import StoreBusyError, StoreError

LOCK = ".lock"


@contextmanager
def writing(store: Path, *, wait: bool, warn: Callable[[str], None]) -> Iterator[None]:
    """Hold the store for writing. Raises StoreBusyError at once without `wait`; StoreError.

    Also in the end, where the folder is not there any more: what was written into it is not kept.
    """
    try:
        store.mkdir(parents=True, exist_ok=True)
        lock = FileLock(store / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if not wait:
                raise StoreBusyError(f"another rag command is writing to {store}; try again when it is done") from None
            warn(f"waiting for another rag command to finish writing to {store} (Ctrl-C gives up)")
            lock.acquire()
    except (OSError, NotImplementedError) as error:  # the latter where a file system knows no locks
        reason = getattr(error, "strerror", None) or error
        raise StoreError(
            f"{store} cannot be written ({reason}); check its permissions or choose another with --store"
        ) from error
    try:
        held = identity(store / LOCK)
        yield
        if held is None or identity(store / LOCK) != held:
            raise StoreError(f"{store} was moved or deleted while it was written; nothing of this was kept in it")
    finally:
        lock.release()


def identity(path: Path) -> tuple[int, int] | None:
    """Of the file that stands there now, not of its name; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
