"""What is set from outside for each file: by `sources.toml` beside it, then by --set, now or in an earlier ingest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rag.catalogue import Catalogue
from rag.overrides import FolderOverrides, read_overrides


class Facts:
    """Facts set from outside, by file.

    --set is remembered for the file or folder it was given for, and every folder is remembered that was ingested: the
    `sources.toml` at its top counts for a file in it also when that file is ingested on its own.
    """

    def __init__(self, catalogue: Catalogue, targets: Sequence[str], given: Mapping[str, object]) -> None:
        """Raises ConfigError for a mistake in a `sources.toml` at the top of a target, before any work is done."""
        self._given = catalogue.overrides()
        self._folders: dict[str, FolderOverrides] = {}
        local = [target for target in targets if "://" not in target]
        self._roots = {target if Path(target).is_dir() else str(Path(target).parent) for target in local}
        for root in sorted(self._roots):
            self._overrides(self._outermost(root) or root)
        for target in targets:
            facts = {**self._given.get(target, {}), **given}
            if facts != self._given.get(target) and (given or target in self._roots):
                self._given[target] = facts
                catalogue.put_overrides(target, facts)

    def of(self, location: str) -> dict[str, object]:
        """Facts for one file or URL; the --set nearest to it wins."""
        given: dict[str, object] = {}
        for place in [*reversed(_folders_of(location)), location]:
            given.update(self._given.get(place, {}))
        root = self._outermost(location)
        return self._overrides(root).overrides_for(Path(location), given) if root else given

    def _outermost(self, location: str) -> str | None:
        """The widest folder that was ever ingested and holds `location`: the same whichever is named today."""
        found = (folder for folder in reversed(_folders_of(location)) if folder in self._roots or folder in self._given)
        return next(found, None)

    def _overrides(self, root: str) -> FolderOverrides:
        if root not in self._folders:
            self._folders[root] = read_overrides(Path(root))
        return self._folders[root]


def _folders_of(location: str) -> list[str]:
    """Folders around a file, from the innermost; none around a URL."""
    return [] if "://" in location else [str(parent) for parent in Path(location).parents]
