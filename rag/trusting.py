"""What a rag.toml that merely lies in the current folder may not do: run code, or send words to another machine.

An archive of articles from the web may hold a rag.toml; who unpacks it and asks a question there has agreed to nothing.
Nothing on disk tells such a file from the user's own, so the user says so, as with direnv, or Git and its hooks:
RAG_CONFIG names the file. Settings that only change how articles are read, searched and answered hold as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rag.errors import ConfigError

_CODE = {"model.llamaindex": "llm_llamaindex", "vectors.llamaindex": "vectors_llamaindex"}
"""Settings that name code of any installed package, with arguments of the file's choice."""
_ADDRESSES = {
    "model.base_url": "llm_base_url",
    "embedding.base_url": "embedding_base_url",
    "vectors.chroma_url": "chroma_url",
}
"""Settings that say where paragraphs, questions and keys of the environment are sent."""


def check_found(path: Path, settings: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    """Raises ConfigError if `settings`, read from `path`, reach beyond this machine or name code."""
    for place, name in _CODE.items():
        if settings.get(name):
            _refuse(path, place, "runs code of another package")
    for place, name in _ADDRESSES.items():
        if not on_this_machine(str(settings.get(name) or "localhost")):
            _refuse(path, place, "sends what you ask and what your articles say to another machine")
    if not str(settings.get("embedding_ray") or "local").startswith("local"):
        _refuse(path, "embedding.ray", "hands your articles to other machines")
    if _is_openai(str(settings.get("llm_model") or ""), settings, environment):
        _refuse(path, "model.name", "sends what you ask and what your articles say to OpenAI")


def on_this_machine(address: str) -> bool:
    """Whether an address, with or without `http://`, leads to this machine."""
    try:
        host = urlsplit(address if "://" in address else f"//{address}").hostname or ""
    except ValueError:
        return False
    parts = host.split(".")
    loopback = len(parts) == 4 and parts[0] == "127" and all(part.isascii() and part.isdigit() for part in parts)
    return host in ("localhost", "::1") or loopback


def _is_openai(model: str, settings: Mapping[str, Any], environment: Mapping[str, str]) -> bool:
    """Whether a model's name alone makes OpenAI its server."""
    named = settings.get("llm_base_url") or environment.get("RAG_LLM_BASE_URL") or environment.get("OPENAI_BASE_URL")
    return bool(model) and not model.startswith("local:") and not named


def _refuse(path: Path, place: str, what: str) -> None:
    raise ConfigError(
        f"{path} in this folder sets {place}, which {what}; if the file is yours, say so with "
        f"RAG_CONFIG={path}, else remove the setting"
    )
