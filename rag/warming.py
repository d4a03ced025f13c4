"""Loads what the first question needs while it is being typed: the imports, the embedding model, one encoding."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib import import_module
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.engine import Engine

_ROOMS = (
    "numpy", "rag.embedding_onnx", "rag.retrieval", "rag.answering", "rag.storing", "rag.confidence", "rag.followups",
    "rag.rendering", "rag.chat",
)  # fmt: skip
"""In this order: numpy must not be begun by two threads at a time, and comes first in this one alone."""
_MODEL_ROOMS = ("rag.generation", "openai", "rag.llm_endpoint", "rag.condensing")


class Warmup:
    """A thread beside the prompt. It touches no catalogue: that belongs to the thread that opened it."""

    def __init__(self, engine: Engine, *, model: bool) -> None:
        self._engine = engine
        self._rooms = (*_ROOMS, *(_MODEL_ROOMS if model else ()))
        self.fault: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="warming", daemon=True)
        self._begun = False
        self._ended = False

    def begin(self) -> None:
        """Only the first call counts."""
        if not self._begun:
            self._begun = True
            self._thread.start()

    @property
    def done(self) -> bool:
        return self._begun and not self._thread.is_alive()

    def wait(self) -> None:
        """Until all is loaded; Ctrl-C ends the waiting, not the loading."""
        self.begin()
        while self._thread.is_alive():
            self._thread.join(0.1)  # a join without end does not let Ctrl-C through everywhere

    def _run(self) -> None:
        # What fails here fails again, and is told, when the first question needs it.
        try:
            for room in self._rooms:
                if self._ended:
                    return
                import_module(room)
            self._engine.embedder.encode(["ready"], kind="query")
            if self._engine.reader is not self._engine.embedder:
                self._engine.reader.encode(["ready"], kind="query")
        except Exception as error:
            self.fault = error

    def end(self) -> None:
        """No more is begun, and what has been is seen to its end: a program that ends in the middle of loading an
        embedding model crashes. An endpoint is not waited for; it may never answer, and can be left alone."""
        self._ended = True
        if self._begun and not self._engine.config.embedding_base_url:
            self.wait()


class Queued:
    """Messages for people: shown at once by the thread that draws the screen, kept for it by all others."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._waiting: SimpleQueue[str] = SimpleQueue()

    def __call__(self, message: str) -> None:
        if threading.current_thread() is threading.main_thread():
            self.flush()
            self._show(message)
        else:
            self._waiting.put(message)

    def flush(self) -> None:
        """Show what was kept; by the thread that draws."""
        while True:
            try:
                self._show(self._waiting.get_nowait())
            except Empty:
                return
