"""The engine's part that looks after a store: `rag doctor`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from rag.errors import RagError
from rag.maintaining import Maintaining
from rag.parts import CHROMA, command

if TYPE_CHECKING:
    from rag.catalogue import Catalogue
    from rag.doctor import Patient
    from rag.health import Diagnosis
    from rag.probing import Seen


class Examining(Maintaining):
    """The command that finds out what is wrong with a store, and mends it."""

    @command
    def doctor(self, *, repair: bool = False, begin: Callable[[str], None] = lambda _: None) -> Diagnosis:
        """Examine the store; with `repair`, mend what can be mended under its lock, and examine it again.

        `begin` is told what is checked next.
        Raises StoreEmptyError, and StoreError for a catalogue that cannot be opened at all.
        """
        from rag.doctor import examine
        from rag.repairing import MENDED, Repair
        from rag.storing import hand_on

        diagnosis = examine(self._patient(self.catalogue), begin)
        kinds = diagnosis.kinds & MENDED
        if not repair or not kinds:
            return diagnosis
        with self._writing() as catalogue:
            work = Repair(self._patient(catalogue))
            work.run(kinds)
            hand_on(catalogue, self._chroma)
        done = [*work.done, *self._read_again(work.again)]
        return replace(examine(self._patient(self.catalogue), begin), repaired=tuple(done))

    def _patient(self, catalogue: Catalogue) -> Patient:
        from rag.doctor import Patient

        return Patient(catalogue, self._look(catalogue), lambda: self.embedder, self.limits)

    def _look(self, catalogue: Catalogue) -> Callable[[Sequence[int]], Seen]:
        """A folder of Chroma is looked into from another process: a damaged one would end this one."""
        from rag.probing import look_at, look_in_child
        from rag.vectors_opening import open_vectors

        wanted = self.vectors_wanted
        if wanted.local:
            return partial(look_in_child, self.store / CHROMA)

        def look(sample: Sequence[int]) -> Seen:
            vectors = open_vectors(lambda: catalogue, wanted, create=False)
            try:
                return look_at(vectors, sample)
            finally:
                vectors.close()

        return look

    def _read_again(self, paths: Sequence[str]) -> list[str]:
        """What came of reading these files again, in a line each."""
        from rag.places import is_there

        # A page is not fetched unasked.
        there = [path for path in dict.fromkeys(paths) if "://" not in path and is_there(path)]
        if not there:
            return []
        try:
            report = self.ingest(there)
        except RagError as error:
            return [f"files could not be read again: {error}"]
        failed = [f"{failure.path} could not be read again: {failure.error}" for failure in report.failed]
        return [f"{report.updated + report.added} articles were read again from their files", *failed]
