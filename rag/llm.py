"""Messages to a reply: the one place that chooses which language model, and what its users need of it.

Knows nothing of articles, prompts or stores. The models live beside it, one outside library a file: `llm_endpoint`
(any server that speaks OpenAI's protocol), `llm_local` (llama.cpp in this process), `llm_llamaindex` (any LLM of
LlamaIndex). Standard library only: importing it must cost nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from rag.errors import ConfigError
from rag.llm_records import READ_TIMEOUT, Finish, LanguageModel, Message, Reply

__all__ = ["READ_TIMEOUT", "Finish", "LanguageModel", "Message", "Reply", "estimate_tokens", "load_llm"]

LOCAL = "local:"
"""How the name of a model begins that is a file to be run in this process."""

BYTES_PER_TOKEN = 3
"""UTF-8 bytes taken for one token. English prose has 4 to 5 a token in today's vocabularies: too cautious costs a
paragraph less in the prompt, too bold a refused request."""

_UNITS = re.compile(r"[^\W\d_]{1,4}|[\d_]|[^\w\s]|\n")
"""What is a token at least where text is no prose: four letters of a rare name, one digit (many vocabularies have no
larger numbers), one sign, the end of a line."""


def _ignore(_: str) -> None:
    pass


def load_llm(
    model: str = "",
    *,
    base_url: str = "",
    api_key: str = "",
    llamaindex: str = "",
    arguments: Mapping[str, object] | None = None,
    context: int | None = None,
    timeout: float = READ_TIMEOUT,
    cache: Path | None = None,
    warn: Callable[[str], None] = _ignore,
) -> LanguageModel:
    """The language model that the settings mean. Close it after use.

    `model` is `local:PATH.gguf` or the name of a model at `base_url` (OpenAI's own address when that is empty).
    `llamaindex`, the dotted name of a LlamaIndex LLM, goes before both and is built with `arguments`. `context`
    (tokens) overrules what the model says of itself; `timeout` is in seconds, between two pieces of a reply.
    `cache` is a folder where replies are kept and found again. `warn` gets one-line hints. Raises ModelError,
    ConfigError.
    """
    chosen = _choose(model.strip(), base_url.strip(), api_key, llamaindex.strip(), arguments, context, timeout, warn)
    if cache is None:
        return chosen
    from rag.reply_cache import CachedModel

    return CachedModel(chosen, cache)


def _choose(
    model: str,
    base_url: str,
    api_key: str,
    llamaindex: str,
    arguments: Mapping[str, object] | None,
    context: int | None,
    timeout: float,
    warn: Callable[[str], None],
) -> LanguageModel:
    if llamaindex:
        from rag.llm_llamaindex import LlamaIndexModel

        return LlamaIndexModel(llamaindex, arguments or {}, context=context)
    if model.startswith(LOCAL):
        from rag.llm_local import LocalModel

        return LocalModel(Path(model.removeprefix(LOCAL)).expanduser(), context=context, timeout=timeout)
    if not model and not base_url:
        raise ConfigError("no language model is set; set RAG_LLM_BASE_URL or RAG_LLM_MODEL, or use --no-model")
    from rag.llm_endpoint import OpenAIModel

    return OpenAIModel(model, base_url=base_url, api_key=api_key, context=context, timeout=timeout, warn=warn)


def estimate_tokens(text: str) -> int:
    """Tokens of `text`, rather too many than too few: a third of its UTF-8 bytes, or its digits, signs and fours of
    letters where these are more. Holds for English in every common vocabulary; a chat template adds its own tokens.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    return max(-(-size // BYTES_PER_TOKEN), sum(1 for _ in _UNITS.finditer(text)))
