"""Metadata set from outside: `sources.toml` beside the articles, and `--set` on the command line.

Overrides are plain data that survives JSON: field → value, and under `"origins"` field → where it was set
(`--set` where nothing is said).
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import cast
from unicodedata import normalize

from rag.dates import iso_date
from rag.errors import ConfigError, InputError, LoadError
from rag.fields import collapse, language_code, web_address
from rag.reading import Limits, read_bytes
from rag.schema import Metadata

FILE = "sources.toml"
NO_OVERRIDES: Mapping[str, object] = MappingProxyType({})
_LIMITS = Limits(max_bytes=2**20)
_ALLOWED = ("title", "author", "authors", "publisher", "published", "url", "language")

Table = tuple[str, dict[str, object]]
"""A file name or glob, and what is set for the files it matches."""


def parse_set(options: Iterable[str]) -> dict[str, object]:
    """`["publisher=The Times", "authors=A; B"]` → overrides; the last of two for one key counts.

    Raises InputError for an unknown key, a missing `=` or value, and what is no date, address or language.
    """
    overrides: dict[str, object] = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals:
            raise InputError(f"--set {option}: write it as KEY=VALUE, with KEY one of {', '.join(_ALLOWED)}")
        try:
            name, checked = _checked(key.strip().lower(), value)
        except ValueError as error:
            raise InputError(f"--set {option}: {error}") from None
        overrides[name] = checked
    return overrides


class FolderOverrides:
    """The `sources.toml` files of a folder and of those below it, each read once."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))
        self._tables: dict[Path, list[Table]] = {}
        self._around: dict[str, list[tuple[Path, Table]]] = {}

    def overrides_for(self, path: Path, given: Mapping[str, object] = NO_OVERRIDES) -> dict[str, object]:
        """What the `sources.toml` files from the root down to the article set for it, then what was `given` by --set.

        A nearer file wins over a farther one. In a file an exact name wins over a glob, a glob over `*`, and else
        the later table. Raises ConfigError.
        """
        path = Path(os.path.abspath(path))
        values: dict[str, object] = {}
        for folder, (pattern, facts) in self._tables_around(path):
            if _matches(pattern, path, folder):
                values.update(facts)
        origins = {name: FILE for name in values if name not in given}
        origins |= cast("Mapping[str, str]", given.get("origins", {}))
        return {**values, **given, "origins": origins} if origins else dict(given)

    def _tables_around(self, path: Path) -> list[tuple[Path, Table]]:
        """Those that may speak of it, the farther first; looked for once for all files of a folder."""
        parent = os.path.dirname(path)
        if parent not in self._around:
            self._around[parent] = [(folder, table) for folder in self._folders(path) for table in self._read(folder)]
        return self._around[parent]

    def _folders(self, path: Path) -> list[Path]:
        """From the root to the folder of `path`; only the latter for a file from elsewhere (through a link)."""
        if not path.is_relative_to(self.root):
            return [path.parent]
        between = path.relative_to(self.root).parts[:-1]
        return [self.root.joinpath(*between[:depth]) for depth in range(len(between) + 1)]

    def _read(self, folder: Path) -> list[Table]:
        if folder not in self._tables:
            self._tables[folder] = _read_file(folder / FILE)
        return self._tables[folder]


def read_overrides(folder: Path) -> FolderOverrides:
    """Reads `sources.toml` of `folder` (of a file: its folder), so that a mistake in it shows before any work.

    Raises ConfigError.
    """
    folder = Path(os.path.abspath(folder))
    overrides = FolderOverrides(folder if folder.is_dir() else folder.parent)
    overrides._read(overrides.root)
    return overrides


def _read_file(file: Path) -> list[Table]:
    """Its tables, the general before the special."""
    if not file.exists():
        return []
    try:
        text = read_bytes(file, _LIMITS).decode("utf-8-sig")
    except LoadError as error:
        reason = str(error).partition(";")[0].removeprefix("cannot be read ")
        raise ConfigError(f"{file} cannot be read: {reason}; repair or remove it") from None
    except UnicodeError:
        raise ConfigError(f"{file} cannot be read (it is not UTF-8); repair or remove it") from None
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{file} is not valid TOML: {error}") from None
    tables = [(normalize("NFC", pattern), _table(file, pattern, value)) for pattern, value in document.items()]
    return sorted(tables, key=lambda table: _rank(table[0]))


def _table(file: Path, pattern: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ConfigError(f'{file}: {pattern} stands outside a table; put it under ["*"] to set it for all files')
    facts: dict[str, object] = {}
    for key, given in value.items():
        if isinstance(given, dict):
            raise ConfigError(f'{file}: {pattern}.{key} is a table; a file name needs quotes: ["{pattern}.{key}"]')
        try:
            name, checked = _checked(key, given)
        except ValueError as error:
            raise ConfigError(f'{file}: ["{pattern}"].{key}: {error}') from None
        facts[name] = checked
    return facts


def _checked(key: str, value: object) -> tuple[str, object]:
    """The field a key stands for and its value; ValueError says what is wrong with them."""
    if key not in _ALLOWED:
        raise ValueError(f"unknown key {key!r}; allowed are {', '.join(_ALLOWED)}")
    if key in ("author", "authors"):
        items = value.split(";") if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise ValueError("authors are a string (several divided by ;) or a list of strings")
        names = [name for item in items if (name := collapse(item))]
        if not names:
            raise ValueError("no name is given")
        return "authors", names
    if key == "published":
        published = iso_date(value)
        if published is None:
            raise ValueError(f"{str(value)!r} is no date; write it as 2024-11-06, 2024-11 or 2024")
        return key, published
    return key, _checked_text(key, value)


def _checked_text(key: str, value: object) -> str:
    text = collapse(value) if isinstance(value, str) else ""
    if not text:
        raise ValueError("needs a text that is not empty")
    if key == "url" and web_address(text) is None:
        raise ValueError(f"{text!r} is no http or https address")
    if key == "language":
        code = language_code(text)
        if code is None:
            raise ValueError(f"{text!r} is no language code; write two letters, as in en or de")
        return code
    return text


def _rank(pattern: str) -> int:
    """`*` below other globs below names; a stable sort keeps the order of the file within each."""
    return 0 if pattern == "*" else 1 if any(mark in pattern for mark in "*?[") else 2


def _matches(pattern: str, path: Path, folder: Path) -> bool:
    name = normalize("NFC", path.name)
    if "/" in pattern:
        name = normalize("NFC", path.relative_to(folder).as_posix())
    return pattern == name or fnmatchcase(name, pattern)


def apply_overrides(metadata: Metadata, overrides: Mapping[str, object]) -> Metadata:
    """`metadata` with what is set from outside in place of what was found."""
    values = {name: value for name, value in overrides.items() if name != "origins" and value}
    if not values:
        return metadata
    if "authors" in values:
        values["authors"] = tuple(cast("Iterable[str]", values["authors"]))
    given = cast("Mapping[str, str]", overrides.get("origins", {}))
    origins = {**metadata.origins, **{name: given.get(name, "--set") for name in values}}
    return replace(metadata, **values, origins=origins)  # type: ignore[arg-type]


def digest_of(data: bytes, overrides: Mapping[str, object]) -> str:
    """sha256 of what was read; where something is set from outside, of that digest and these values."""
    digest = hashlib.sha256(data).hexdigest()
    if not any(value for name, value in overrides.items() if name != "origins"):
        return digest
    canonical = json.dumps(dict(overrides), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(f"{digest}\n{canonical}".encode()).hexdigest()
