"""Write a loaded sentence-transformers model as an ONNX graph: token ids to unit vectors.

Knows nothing of tokenizers, prompts or the cache.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.embedding_cache import GRAPH

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

OPSET = 17

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
"""What a graph may ask for: all that OnnxEmbedder can supply."""


class UnexportableError(Exception):
    """Why this model has to run in sentence-transformers."""


def write_graph(model: SentenceTransformer, folder: Path) -> tuple[str, ...]:
    """Token ids to unit vectors, as ONNX. Returns the names of the inputs."""
    import torch

    if _is_static(model):
        features = dict.fromkeys(("input_ids", "attention_mask"), torch.ones(2, 3, dtype=torch.int64))
    else:
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

    static = _is_static(model)
    first: Any = model[0]

    class Pipeline(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            features: dict[str, Any] = dict(zip(names, tensors, strict=True))
            if static:  # their first module wants texts laid end to end, which no batch of ours is
                mask = features["attention_mask"].unsqueeze(-1)
                words = first.embedding.weight[features["input_ids"]] * mask
                features["sentence_embedding"] = words.sum(1) / mask.sum(1).clamp(min=1)
            for module in list(self.model)[static:]:
                features = module(features)
            return torch.nn.functional.normalize(features["sentence_embedding"][:, : model.truncate_dim], p=2.0, dim=1)

    return Pipeline()


def _is_static(model: SentenceTransformer) -> bool:
    """Whether a text's vector is the mean of vectors looked up for its tokens (StaticEmbedding, model2vec)."""
    import torch

    return isinstance(getattr(model[0], "embedding", None), torch.nn.EmbeddingBag)


def optimise(plain: Path, final: Path) -> None:
    """Apply ONNX Runtime's graph optimisations now, and put the weights in a file of their own, which is mapped into
    memory rather than read.

    MiniLM, seconds to make a session: 0.33 as torch wrote it, 0.26 optimised, 0.13 optimised with the weights apart;
    memory of a process that has answered one question: 188, 187 and 118 MB. ONNX Runtime's own .ort format: 0.32, 274.
    """
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    # "Extended" leaves out what holds for this processor only; the cache may be shared by several machines.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(final)
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", f"{final.name}.data")
    options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", "1024")
    onnxruntime.InferenceSession(str(plain), options, providers=["CPUExecutionProvider"])
