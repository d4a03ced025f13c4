"""What a model server tells of itself: which models it has, and how many tokens the chosen one holds.

Every server tells it elsewhere. `get` fetches a path of the server as JSON, None where that fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

Get = Callable[[str], Any]

DEFAULT = 8192
"""Tokens, where nobody tells: every current model holds as many."""

OLLAMA_DEFAULT = 4096
"""Tokens that Ollama gives a model it has not loaded yet, unless set otherwise. It cuts longer prompts silently."""

LEAST = 256
"""Tokens; a smaller number is no context window."""

_WINDOW = ("max_model_len", "context_length", "context_window", "max_context_length", "n_ctx")


def model_names(listing: Any) -> list[str]:
    """The names in an answer of `/v1/models`. Raises ValueError when it is none."""
    rows = listing.get("data") if isinstance(listing, dict) else None
    if not isinstance(rows, list):
        raise ValueError("no list of models")
    return [row["id"] for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]


def find_context(model: str, base: str, root: str, get: Get) -> tuple[int, str]:
    """Tokens that `model` holds, and who says so. `base` ends in /v1, `root` does not."""
    entry = _entry(get(f"{base}/models"), model)
    meta = entry.get("meta")
    for name in _WINDOW:
        if window := _tokens(entry.get(name)) or _tokens(_dig(meta, name)):
            return window, f"{name} of the server's list of models"
    settings = _dig(get(f"{root}/props"), "default_generation_settings")
    if window := _tokens(_dig(settings, "n_ctx")):  # llama.cpp
        return window, "n_ctx of the server's properties"
    studio = get(f"{root}/api/v0/models/{quote(model, safe='')}")
    for name in ("loaded_context_length", "max_context_length"):
        if window := _tokens(_dig(studio, name)):
            return window, f"{name} of LM Studio"
    if told := _ollama(get(f"{root}/api/ps"), model):
        return told
    if window := _tokens(_dig(meta, "n_ctx_train")):
        return window, "n_ctx_train of the server's list of models"
    return DEFAULT, f"{DEFAULT} assumed, since the server does not tell; set RAG_LLM_CONTEXT to change it"


def _entry(listing: Any, model: str) -> dict[str, Any]:
    rows = _dig(listing, "data")
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    named = [row for row in found if row.get("id") == model]
    if named:
        return named[0]
    return found[0] if len(found) == 1 else {}  # a server of one model answers to any name


def _ollama(running: Any, model: str) -> tuple[int, str] | None:
    models = _dig(running, "models")
    if not isinstance(models, list):
        return None
    for row in models:
        names = (_dig(row, "name"), _dig(row, "model"))
        if (model in names or f"{model}:latest" in names) and (window := _tokens(_dig(row, "context_length"))):
            return window, "context_length of the model that Ollama runs"
    return OLLAMA_DEFAULT, f"{OLLAMA_DEFAULT} is Ollama's default; set OLLAMA_CONTEXT_LENGTH there to change it"


def _dig(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _tokens(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= LEAST else None
