"""What is set from outside for each file: by `sources.toml` beside it, then by --set, now or in an earlier ingest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rag.catalogue import Catalogue
from rag.overrides import FILE, FolderOverrides, read_overrides
from rag.places import folders_of


class Facts:
    """Facts set from outside, by file.

    --set is remembered for the file or folder it was given for, and every folder is remembered that was ingested: the
    `sources.toml` at its top counts for a file in it also when that file is ingested on its own.
    """

    def __init__(self, catalogue: Catalogue, targets: Sequence[str], given: Mapping[str, object]) -> None:
        """Raises ConfigError for a mistake in a `sources.toml` at the top of a target, before any work is done."""
        self._given = catalogue.overrides()
        self._folders: dict[str, FolderOverrides] = {}
        self._roots = {target for target in targets if "://" not in target and Path(target).is_dir()}
        for target in targets:
            if "://" not in target:
                self._overrides(self._root(f"{target}/{FILE}" if target in self._roots else target))
        for target in targets:
            facts = {**self._given.get(target, {}), **given}
            if facts != self._given.get(target) and (given or target in self._roots):
                self._given[target] = facts
                catalogue.put_overrides(target, facts)

    def of(self, location: str) -> dict[str, object]:
        """Facts for one file or URL; the --set nearest to it wins."""
        given: dict[str, object] = {}
        for place in [*reversed(folders_of(location)), location]:
            given.update(self._given.get(place, {}))
        if "://" in location:
            return given
        return self._overrides(self._root(location)).overrides_for(Path(location), given)

    def _root(self, location: str) -> str:
        """The widest folder that was ever ingested and holds the file, else its own: the same whichever is named."""
        folders = folders_of(location)
        found = (folder for folder in reversed(folders) if folder in self._roots or folder in self._given)
        return next(found, folders[0])

    def _overrides(self, root: str) -> FolderOverrides:
        if root not in self._folders:
            self._folders[root] = read_overrides(Path(root))
        return self._folders[root]
