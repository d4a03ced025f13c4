"""Looks into a vector store; into a folder of Chroma from a process of its own, which a damaged one may crash.

Bytes of an HNSW index that are not what they were end the process that queries it (SIGSEGV), without an exception.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import StoreError, UnsoundError
from rag.vectors import ChromaVectors, VectorStore

if TYPE_CHECKING:
    import numpy as np

    Vector = np.ndarray[Any, np.dtype[np.float32]]

PATIENCE = 300
"""Seconds. 100,000 vectors are looked through in 2.4 of the processor's time; what takes this long hangs."""
ITSELF = 0.999
"""Cosine above which a vector that is found is the one that was asked for."""
_CODE = "import sys; sys.path.append(sys.argv[1]); from rag.probing import main; main(sys.argv[2])"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a vector store holds, as far as it can tell."""

    ids: frozenset[int] | None
    vectors: dict[int, Vector] | None
    """Those that were asked for and are there."""
    found: frozenset[int]
    """Those of them that a search for their own vector finds."""


def look_at(vectors: VectorStore, sample: Sequence[int]) -> Seen:
    """All ids, the vectors of `sample`, and a search for each; one search for anything where nothing is asked for.

    Raises StoreError.
    """
    ids = vectors.ids()
    known = vectors.vectors_of(sorted(sample) or sorted(ids or ())[:1])
    found = frozenset(key for key, vector in (known or {}).items() if _finds(vectors, vector))
    return Seen(None if ids is None else frozenset(ids), known, found)


def _finds(vectors: VectorStore, vector: Vector) -> bool:
    return any(cosine > ITSELF for _, cosine in vectors.query(vector, 1))


def look_in_child(folder: Path, sample: Sequence[int] = ()) -> Seen:
    """`look_at` the Chroma of a folder from another process; takes 1.5 s and more.

    Raises UnsoundError when that process crashes, hangs or cannot read the folder.
    """
    command = [sys.executable, "-P", "-c", _CODE, str(Path(__file__).parents[1]), str(folder)]
    try:
        child = subprocess.run(  # noqa: S603 - our own interpreter and a folder
            command, input=json.dumps(list(sample)), capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise _unsound(folder, f"no answer in {PATIENCE} s") from None
    if child.returncode < 0:
        raise _unsound(folder, f"opening it crashes: {_signal(-child.returncode)}")
    try:
        reply = json.loads(child.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        said = child.stderr.splitlines()[-1:] or [f"exit code {child.returncode}"]
        raise _unsound(folder, said[0]) from None
    if "fault" in reply:
        raise UnsoundError(reply["fault"])
    return _seen(reply)


def _unsound(folder: Path, reason: str) -> UnsoundError:
    return UnsoundError(f"the vector store in {folder} is damaged ({reason}); run: rag rebuild")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def main(folder: str) -> None:
    """In the child: a list of ids on stdin, what is seen on stdout, as JSON."""
    _without_core()
    sample = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as spare:
        try:
            vectors = ChromaVectors(_writable(Path(folder), Path(spare)), create=False)
            try:
                reply = _json(look_at(vectors, sample))
            finally:
                vectors.close()
        except StoreError as error:
            reply = {"fault": str(error)}
    sys.stdout.write(f"\n{json.dumps(reply)}\n")


def _without_core() -> None:
    """A crash that is expected leaves no picture of the memory on the disk."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _writable(folder: Path, spare: Path) -> Path:
    """Chroma writes to what it opens: of a folder that cannot be written, a copy is looked at."""
    import shutil

    if os.access(folder, os.W_OK):
        return folder
    copy = Path(shutil.copytree(folder, spare / "chroma"))
    for path in (copy, *copy.rglob("*")):  # copied with their permissions
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    return copy


def _json(seen: Seen) -> dict[str, Any]:
    vectors = {
        str(key): base64.b64encode(v.astype("<f4").tobytes()).decode() for key, v in (seen.vectors or {}).items()
    }
    return {"ids": sorted(seen.ids or ()), "vectors": vectors, "found": sorted(seen.found)}


def _seen(reply: dict[str, Any]) -> Seen:
    import numpy as np

    vectors = {int(key): np.frombuffer(base64.b64decode(v), dtype="<f4") for key, v in reply["vectors"].items()}
    return Seen(frozenset(reply["ids"]), vectors, frozenset(reply["found"]))
