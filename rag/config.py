"""Settings: defaults < rag.toml < RAG_* environment < options of the command line. Unknown keys are refused.

rag.toml stands in the current folder, or where RAG_CONFIG points; `trusting` says what the former may not set.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rag.errors import ConfigError
from rag.trusting import check_found, on_this_machine

FILE = "rag.toml"


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting there is. The comment names its place in rag.toml; RAG_ and the field's name is its variable."""

    store: Path = Path("vectorstore")  # store
    cache: Path | None = None  # cache: where exported models are kept; the user's cache folder by default
    embedding_model: str = ""  # [embedding] model: name or folder of a sentence-transformers model
    embedding_base_url: str = ""  # [embedding] base_url: an OpenAI-compatible endpoint instead
    embedding_api_key: str = ""  # [embedding] api_key
    embedding_ray: str = ""  # [embedding] ray: spread embedding over processes or machines; see encoding_ray
    chroma_url: str = ""  # [vectors] chroma_url: address of a Chroma server that keeps the vectors instead
    chroma_headers: Mapping[str, str] = field(default_factory=dict)  # [vectors] chroma_headers: for its proxy
    chroma_collection: str = ""  # [vectors] chroma_collection: its name there; else the store's own
    chroma_tenant: str = "default_tenant"  # [vectors] chroma_tenant
    chroma_database: str = "default_database"  # [vectors] chroma_database
    vectors_llamaindex: str = ""  # [vectors] llamaindex: dotted name of a LlamaIndex vector store instead
    vectors_arguments: Mapping[str, Any] = field(default_factory=dict)  # [vectors] arguments: a table, for that store
    max_megabytes: int = 20  # [loading] max_megabytes: a larger file is refused
    max_pages: int = 2000  # [loading] max_pages: of a PDF
    max_uncompressed_megabytes: int = 100  # [loading] max_uncompressed_megabytes: of a .docx or .epub, unpacked
    max_seconds: int = 180  # [loading] max_seconds: of processor time for a file that has to be parsed
    max_memory_megabytes: int = 2048  # [loading] max_memory_megabytes: of the process that parses files
    url_seconds: int = 20  # [loading] url_seconds: for one page, redirects included
    allow_private: bool = False  # [loading] allow_private: fetch pages from this machine and from private networks
    exact_limit: int = 50_000  # [retrieval] exact_limit: up to so many chunks are scored one by one, without Chroma
    candidates: int = 100  # [retrieval] candidates: hits taken from each part of the search
    reranker: str = ""  # [retrieval] reranker: name or folder of a CrossEncoder that reads the best passages again
    llm_base_url: str = ""  # [model] base_url: an OpenAI-compatible endpoint; else OPENAI_BASE_URL
    llm_model: str = ""  # [model] name: of a model there, or local:PATH.gguf
    llm_api_key: str = ""  # [model] api_key: else OPENAI_API_KEY
    llm_llamaindex: str = ""  # [model] llamaindex: dotted name of a LlamaIndex LLM instead
    llm_arguments: Mapping[str, Any] = field(default_factory=dict)  # [model] arguments: a table, for that LLM
    llm_context: int | None = None  # [model] context: tokens the model holds; asked of the server when unset
    llm_timeout: int = 120  # [model] timeout: seconds without a new piece of a reply
    judge: str = ""  # [model] judge: "model", or a CrossEncoder's name: a second opinion on every statement
    strictness: str = "standard"  # [answering] strictness: how sure an answer must be; see STRICTNESS
    threshold: float | None = None  # [answering] threshold: confidence below which a question is declined, instead

    def __repr__(self) -> str:
        shown = {f.name: "…" if f.name in _HIDDEN and getattr(self, f.name) else getattr(self, f.name)
                 for f in fields(self)}  # fmt: skip
        said = ", ".join(f"{name}={value!r}" for name, value in shown.items())
        return f"Config({re.sub(r'//[^/@ ]+@', '//…@', said)})"  # a password in an address

    @property
    def model_configured(self) -> bool:
        """Whether a language model was asked for. A key alone does not ask for one: replies may cost money."""
        return bool(self.llm_base_url or self.llm_model or self.llm_llamaindex)


_HIDDEN = (*("embedding_api_key", "llm_api_key", "llm_arguments", "chroma_url", "chroma_headers", "vectors_arguments"),)
"""Fields that hold a key, or may hold one."""


_PLACES: dict[str, str] = {
    "store": "store",
    "cache": "cache",
    "embedding.model": "embedding_model",
    "embedding.base_url": "embedding_base_url",
    "embedding.api_key": "embedding_api_key",
    "embedding.ray": "embedding_ray",
    "vectors.chroma_url": "chroma_url",
    "vectors.chroma_headers": "chroma_headers",
    "vectors.chroma_collection": "chroma_collection",
    "vectors.chroma_tenant": "chroma_tenant",
    "vectors.chroma_database": "chroma_database",
    "vectors.llamaindex": "vectors_llamaindex",
    "vectors.arguments": "vectors_arguments",
    "loading.max_megabytes": "max_megabytes",
    "loading.max_pages": "max_pages",
    "loading.max_uncompressed_megabytes": "max_uncompressed_megabytes",
    "loading.max_seconds": "max_seconds",
    "loading.max_memory_megabytes": "max_memory_megabytes",
    "loading.url_seconds": "url_seconds",
    "loading.allow_private": "allow_private",
    "retrieval.exact_limit": "exact_limit",
    "retrieval.candidates": "candidates",
    "model.base_url": "llm_base_url",
    "model.name": "llm_model",
    "model.api_key": "llm_api_key",
    "model.llamaindex": "llm_llamaindex",
    "model.arguments": "llm_arguments",
    "model.context": "llm_context",
    "model.timeout": "llm_timeout",
    "model.judge": "judge",
    "retrieval.reranker": "reranker",
    "answering.strictness": "strictness",
    "answering.threshold": "threshold",
}
STRICTNESS = ("lenient", "standard", "strict")
"""Levels of how sure an answer must be; `confidence` says what each means."""
_LATER = ("RAG_CONFIG", "RAG_DEBUG")
"""Variables of this program that are no field of Config."""

_SHARED = {"OPENAI_BASE_URL": "llm_base_url", "OPENAI_API_KEY": "llm_api_key"}
"""Variables that other programs read too; they hold where nothing of ours says otherwise."""

_HEADER = re.compile(r"[\w!#$%&'*+.^`|~-]+:[\x20-\x7e]+", re.ASCII)
"""Name and value of a header of HTTP (RFC 9110, 5.1 and 5.5), less bytes that no key has."""

_FILE_ONLY = ("llm_arguments", "vectors_arguments")
"""Fields that are tables, which a variable cannot be."""


def read_config(
    environment: Mapping[str, str] | None = None, warn: Callable[[str], None] = lambda _: None, **options: Any
) -> Config:
    """Put the settings together; options that are None were not given. Raises ConfigError.

    A RAG_ variable that is not known is only warned of: it may be another program's.
    """
    environment = os.environ if environment is None else environment
    settings = {name: environment[shared] for shared, name in _SHARED.items() if environment.get(shared)}
    settings |= _from_file(environment) | _from_environment(environment, warn)
    settings |= {name: value for name, value in options.items() if value is not None}
    if settings.get("llm_api_key") == environment.get("OPENAI_API_KEY") and _is_foreign(settings, environment):
        settings.pop("llm_api_key", None)
    converted = {name: _convert(name, value, str(name)) for name, value in settings.items()}
    return replace(Config(), **converted)


def _is_foreign(settings: Mapping[str, Any], environment: Mapping[str, str]) -> bool:
    """Whether the language model's server is neither OpenAI's, nor OPENAI_BASE_URL, nor on this machine."""
    address = str(settings.get("llm_base_url") or "")
    if not address or address == environment.get("OPENAI_BASE_URL"):
        return False
    host = urlsplit(address if "://" in address else f"//{address}").hostname
    return host != "api.openai.com" and not on_this_machine(address)


def _from_file(environment: Mapping[str, str]) -> dict[str, Any]:
    named = environment.get("RAG_CONFIG")
    path = Path(named or FILE).expanduser()
    if not path.is_file():
        if named:
            raise ConfigError(f"RAG_CONFIG names {path}, which is not there")
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    settings = {}
    for place, value in _flat(content):
        if place not in _PLACES:
            raise ConfigError(f"{path}: unknown setting {place!r}{_hint(place)}")
        settings[_PLACES[place]] = _convert(_PLACES[place], value, f"{path}: {place}")
    if not named:
        check_found(path, settings, environment)
    return settings


def _flat(content: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in content.items():
        if isinstance(value, dict) and (value or any(place.startswith(f"{name}.") for place in _PLACES)):
            found += [(f"{name}.{inner}", setting) for inner, setting in value.items()]
        else:
            found.append((name, value))
    return found


def _hint(place: str) -> str:
    close = difflib.get_close_matches(place, _PLACES, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(_PLACES)}"


def _from_environment(environment: Mapping[str, str], warn: Callable[[str], None]) -> dict[str, Any]:
    known = {f"RAG_{f.name.upper()}": f.name for f in fields(Config) if f.name not in _FILE_ONLY}
    settings = {}
    for variable, value in environment.items():
        if variable in known and value:
            settings[known[variable]] = _convert(known[variable], value, variable)
        elif variable.startswith("RAG_") and variable not in known and variable not in _LATER:
            close = difflib.get_close_matches(variable, known, n=1)
            warn(f"{variable} is no setting of rag and is ignored" + (f"; did you mean {close[0]}?" if close else ""))
    return settings


def _convert(name: str, value: Any, place: str) -> Any:
    convert: Callable[[Any], Any] = _TYPES.get(name, _text)
    try:
        return convert(value)
    except ValueError as error:
        given = "" if name in _HIDDEN else f", not {value!r}"
        raise ConfigError(f"{place} must be {error}{given}") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("text")
    return value


def _one_of(names: tuple[str, ...]) -> Callable[[Any], str]:
    def convert(value: Any) -> str:
        if value not in names:
            raise ValueError(f"one of {', '.join(names)}")
        return str(value)

    return convert


def _path(value: Any) -> Path:
    try:
        if isinstance(value, str | Path) and str(value):
            return Path(value).expanduser()
    except RuntimeError:  # ~somebody who is not here
        pass
    raise ValueError("the path of a folder")


def _whole(least: int) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        try:
            number = int(value) if isinstance(value, str) else value
        except ValueError:
            number = None
        if not isinstance(number, int) or isinstance(number, bool) or number < least:
            raise ValueError(f"a whole number of at least {least}")
        return number

    return convert


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("a table, as [model.arguments] in rag.toml")
    return dict(value)


def _headers(value: Any) -> dict[str, str]:
    """A table, or lines of "Name: value"."""
    if isinstance(value, str):
        pairs = [(name, said) for name, _, said in (line.partition(":") for line in value.splitlines() if line.strip())]
    else:
        pairs = list(value.items()) if isinstance(value, Mapping) else [("", "")]
    found = {name.strip(): said.strip() for name, said in pairs if isinstance(said, str)}
    if len(found) < len(pairs) or not all(_HEADER.fullmatch(f"{name}:{said}") for name, said in found.items()):
        raise ValueError('a table of names and values, or lines like "Authorization: Bearer KEY"')
    return found


def _truth(value: Any) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    truth = words.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(truth, bool):
        raise ValueError("true or false")
    return truth


def _share(value: Any) -> float:
    try:
        number = -1.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= 1:
        raise ValueError("a number between 0 and 1")
    return number


_TYPES: dict[str, Callable[[Any], Any]] = {
    "store": _path,
    "cache": _path,
    "threshold": _share,
    "strictness": _one_of(STRICTNESS),
    "max_megabytes": _whole(1),
    "max_pages": _whole(1),
    "max_uncompressed_megabytes": _whole(1),
    "max_seconds": _whole(1),
    "max_memory_megabytes": _whole(256),
    "allow_private": _truth,
    "url_seconds": _whole(1),
    "exact_limit": _whole(0),
    "candidates": _whole(1),
    "llm_arguments": _table,
    "vectors_arguments": _table,
    "chroma_headers": _headers,
    "llm_context": _whole(512),
    "llm_timeout": _whole(1),
}
"""How a setting is read where it is not text; ValueError says what it must be."""
