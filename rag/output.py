"""Writes a result to a file whole or not at all: what was there before stays until the new text is safely on disk."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.errors import InputError

UNFINISHED = ".rag-"
"""How the name of a file begins that is still being written. It lies in the same folder, so that it can be moved."""


def write_output(path: Path, content: str | bytes) -> None:
    """Put `content` (text as UTF-8, line ends as they are) into the file; links are followed, the file's mode is kept.

    Raises InputError where it cannot be written, in one line that says what to do; an existing file is then unharmed.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with _readable_errors(path):
        mode = _mode(path)
        if mode is None or stat.S_ISREG(mode):
            _replace(Path(os.path.realpath(path)), data, mode)
        else:  # /dev/stdout, or a pipe from the shell: there is nothing to keep and nothing to move
            path.write_bytes(data)


def check_place(path: Path) -> None:
    """Raises InputError where `write_output` would surely fail: better said before the work than after it."""
    with _readable_errors(path):
        if _mode(path) is None:
            os.stat(path.parent)
            if not path.parent.is_dir():
                raise NotADirectoryError
            if not os.access(path.parent, os.W_OK | os.X_OK):
                raise PermissionError


@contextmanager
def _readable_errors(path: Path) -> Iterator[None]:
    """What the system says of a place, as one line that names the next step."""
    try:
        yield
    except FileNotFoundError:
        if path.parent.is_dir():  # a link into nowhere, or a place that takes no files, as /proc
            raise InputError(f"cannot write {path}: no file can be made there; choose another place") from None
        raise InputError(f"cannot write {path}: there is no folder {path.parent}; make it first") from None
    except NotADirectoryError:
        raise InputError(f"cannot write {path}: {path.parent} is not a folder; choose another place") from None
    except PermissionError:
        raise InputError(f"cannot write {path}: you may not write there; choose another place") from None
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot write {path}: {why.lower()}; choose another place") from error


def _mode(path: Path) -> int | None:
    """File type and permissions of what is there; None if nothing is. Refuses what must not be written over."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise InputError(f"cannot write {path}: it is a folder; name a file in it")
    if not os.access(path, os.W_OK):
        raise InputError(f"cannot write {path}: the file may not be changed; choose another name")
    return mode


def _replace(place: Path, data: bytes, mode: int | None) -> None:
    """Write beside the place, see it onto the disk, move it there in one step; Ctrl-C too leaves nothing behind."""
    unfinished = place.with_name(f"{UNFINISHED}{secrets.token_hex(8)}")
    try:
        with open(unfinished, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(unfinished, stat.S_IMODE(mode))
        os.replace(unfinished, place)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
