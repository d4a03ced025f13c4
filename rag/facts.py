"""What is set from outside for each file: `sources.toml` beside it, then what --set said, now or before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rag.catalogue import Catalogue
from rag.overrides import FolderOverrides, read_overrides


class Facts:
    """Facts set from outside, by file. --set is remembered for the file or folder it was given for."""

    def __init__(self, catalogue: Catalogue, targets: Sequence[str], given: Mapping[str, object]) -> None:
        """Raises ConfigError for a mistake in a `sources.toml`, before any work is done."""
        self._remembered = catalogue.overrides()
        if given:
            for target in targets:
                facts = {**self._remembered.get(target, {}), **given}
                self._remembered[target] = facts
                catalogue.put_overrides(target, facts)
        self._folders = [read_overrides(Path(target)) for target in targets if "://" not in target]

    def of(self, location: str) -> dict[str, object]:
        """Facts for one file or URL; the --set nearest to it wins."""
        given: dict[str, object] = {}
        for target in sorted(self._remembered, key=len):
            if location == target or ("://" not in location and Path(location).is_relative_to(target)):
                given.update(self._remembered[target])
        folder = self._folder(location)
        return folder.overrides_for(Path(location), given) if folder else given

    def _folder(self, location: str) -> FolderOverrides | None:
        if "://" in location:
            return None
        return next((f for f in self._folders if Path(location).is_relative_to(f.root)), None)
