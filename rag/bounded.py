"""Reads files and pages in a process of its own, bounded in time and memory: what explodes there is one line here.

The process is started on first use, kept for all files after, and ended when it is no longer sure to be sound. It
answers with records only: nothing else is let through from a process that reads what strangers wrote.
"""

from __future__ import annotations

import atexit
import io
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from rag.errors import InputError, LoadError
from rag.finding import PLAIN
from rag.reading import Limits
from rag.schema import Failure, Source

Loaded = tuple[list[Source], list[Failure]]

START_SECONDS = 60.0
"""Of wall time, beside what a file may take: on a busy machine Python itself takes a while to start."""
PATIENCE = 5
"""Times the processor time a file may take: so long is waited by the clock, for a machine that has more to do."""
_BOOT = "import sys; sys.path[:] = sys.argv[1:]; from rag.bounded import serve; serve()"
_HEAD = struct.Struct("<Q")
_RECORDS = {("rag.schema", name) for name in ("Source", "Block", "Metadata", "Failure")}


def load_bounded(location: str, limits: Limits, overrides: Mapping[str, object]) -> Loaded:
    """What `loading.load` or, for an address, `fetching.load_url` make of it.

    Plain text is read here, everything else in the other process. Raises InputError, and LoadError where reading took
    more than `limits.max_seconds` of processor time or `limits.max_memory`.
    """
    if Path(location).suffix.lower() in PLAIN and "://" not in location:
        return _load(location, limits, overrides)
    return _READER.load(location, limits, overrides)


def _load(location: str, limits: Limits, overrides: Mapping[str, object]) -> Loaded:
    if "://" in location:
        from rag.fetching import load_url

        return load_url(location, limits=limits, overrides=overrides), []
    from rag.loading import load

    return load(Path(location), limits=limits, overrides=overrides)


# --- this side -----------------------------------------------------------------------------------------------------


class _Reader:
    """The other process, seen from here."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._owner = 0
        """A copy of this process that was forked off must not use its reader."""

    def load(self, location: str, limits: Limits, overrides: Mapping[str, object]) -> Loaded:
        with self._lock:
            process = self._started()
            if process is None:
                return _load(location, limits, overrides)
            late = threading.Event()

            def end() -> None:
                late.set()
                process.kill()

            timer = threading.Timer(_clock(limits), end)
            timer.daemon = True
            timer.start()
            try:
                _send(process.stdin, (location, limits, dict(overrides)))
                kind, answer, sound = _receive(process.stdout)
            except (EOFError, OSError, pickle.UnpicklingError):
                process.kill()
                raise LoadError(_why(process.wait(), late.is_set(), limits)) from None
            except BaseException:
                process.kill()  # interrupted in the middle of an answer
                raise
            finally:
                timer.cancel()
                if process.poll() is not None:
                    self.close()
            if not sound:
                self.close()
        if kind == "loaded":
            return answer  # type: ignore[no-any-return]
        raise (LoadError if kind == "LoadError" else InputError)(str(answer))

    def _started(self) -> subprocess.Popen[bytes] | None:
        """The process; None where none can be started, as in a program that was made without an interpreter."""
        if self._process is not None and self._owner == os.getpid() and self._process.poll() is None:
            return self._process
        if self._owner == os.getpid():
            self.close()
        self._process, self._owner = None, os.getpid()
        if not sys.executable:
            return None
        command = [sys.executable, "-c", _BOOT, *map(os.path.abspath, sys.path)]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this program
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError:
            return None
        return self._process

    def close(self) -> None:
        """It ends by itself when nobody asks it any more; what still reads then is ended."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _clock(limits: Limits) -> float:
    return START_SECONDS + PATIENCE * limits.max_seconds + limits.url_seconds


def _why(status: int, late: bool, limits: Limits) -> str:
    if late or status == -getattr(signal, "SIGXCPU", 0):
        return f"takes more than {limits.max_seconds:g} s to read; save its text as .txt, or raise max_seconds"
    return f"ended the process that read it ({_name(-status)}); save its text as .txt"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"status {-number}"


def _send(pipe: IO[bytes] | None, message: object) -> None:
    assert pipe is not None  # noqa: S101  pipes were asked for
    data = pickle.dumps(message)
    pipe.write(_HEAD.pack(len(data)) + data)
    pipe.flush()


def _receive(pipe: IO[bytes] | None) -> Any:
    assert pipe is not None  # noqa: S101  pipes were asked for
    data = _exactly(pipe, _HEAD.unpack(_exactly(pipe, _HEAD.size))[0])
    return _Records(io.BytesIO(data)).load()


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


class _Records(pickle.Unpickler):
    """Lets through records of `schema` and plain values."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _RECORDS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no record")


# --- the other side ------------------------------------------------------------------------------------------------


def serve() -> None:
    """Loads what is asked for on standard input until that ends. What libraries print goes nowhere."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who asks is told, and ends this
    asked, told = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    sound = True
    while sound:
        try:
            location, limits, overrides = pickle.loads(_exactly(asked, _HEAD.unpack(_exactly(asked, _HEAD.size))[0]))  # noqa: S301
        except EOFError:
            return
        _bound(limits)
        kind, answer, sound = _answer(location, limits, overrides)
        _send(told, (kind, answer, sound and _is_small(limits)))


def _answer(location: str, limits: Limits, overrides: Mapping[str, object]) -> tuple[str, object, bool]:
    """What came of it, and whether this process may go on after it."""
    try:
        return "loaded", _load(location, limits, overrides), True
    except MemoryError:
        most = f"needs more than {limits.max_memory / 2**20:.0f} MB of memory"
        return "LoadError", f"{most}; save its text as .txt, or raise max_memory_megabytes", False
    except LoadError as error:
        return "LoadError", str(error), True
    except InputError as error:
        return "InputError", str(error), True
    except Exception as error:  # of a library, in a place where none was expected
        return "LoadError", f"cannot be read ({type(error).__name__}); save its text as .txt", False


def _bound(limits: Limits) -> None:
    """Memory once and for all, processor time from now on; where the system can bound neither, the clock does."""
    try:
        import resource
    except ImportError:  # Windows
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _lower(resource.RLIMIT_AS, limits.max_memory)
    _lower(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + limits.max_seconds) + 1)
    _lower(resource.RLIMIT_CORE, 0)


def _lower(kind: int, most: int) -> None:
    """Sets the soft limit, the hard one staying what it is."""
    import resource

    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    try:
        resource.setrlimit(kind, (most, hard))
    except (OSError, ValueError):  # some systems have the limit and refuse to set it
        return


def _is_small(limits: Limits) -> bool:
    """Whether enough memory is left for the next file: an allocator seldom gives back what a large one took."""
    try:
        import resource
    except ImportError:
        return True
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit < limits.max_memory / 3


_READER = _Reader()
atexit.register(_READER.close)
