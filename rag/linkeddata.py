"""JSON-LD of a page: what schema.org's article types say of title, authors, publisher, date, address, language."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Mapping
from html import unescape

from rag.fields import metadata_from
from rag.schema import Metadata

_ARTICLE = re.compile(r"(?:Article|Posting|Report|Review|Story|CreativeWork|Chapter)$")
MOST_NODES = 5000
"""Objects looked at on a page: the article is among the first, what follows is navigation and comments."""


def article_data(scripts: Iterable[str]) -> Metadata:
    """Metadata of the first article that the page's `application/ld+json` scripts describe; empty where none does."""
    nodes = _nodes(scripts)
    by_id = {name: node for node in nodes if isinstance(name := node.get("@id"), str) and len(node) > 1}
    articles = [node for node in nodes if _is_article(node)]
    # a list of teasers has articles too: the page's own one names its authors or its publisher
    article = max(articles, key=lambda node: sum(bool(node.get(key)) for key in _WANTED), default=None)
    if article is None:
        return Metadata()
    resolved = {key: _resolve(article.get(key), by_id) for key in _WANTED}
    values = {
        "title": resolved["headline"] or resolved["name"],
        "authors": resolved["author"] or resolved["creator"],
        "publisher": resolved["publisher"],
        "published": resolved["datePublished"],
        "url": _address(resolved["url"]) or _address(resolved["mainEntityOfPage"]),
        "language": resolved["inLanguage"],
    }
    return metadata_from(values, "json-ld")


_WANTED = (
    *("headline", "name", "author", "creator", "publisher", "datePublished", "url", "mainEntityOfPage", "inLanguage"),
)


def _nodes(scripts: Iterable[str]) -> list[Mapping[str, object]]:
    """Every object of every script, outer ones first."""
    found: list[Mapping[str, object]] = []
    waiting: deque[object] = deque()
    for script in scripts:
        text = re.sub(r"^\s*(?:<!--|//<!\[CDATA\[|/\*<!\[CDATA\[\*/)|(?:-->|//\]\]>|/\*\]\]>\*/);?\s*$", "", script)
        try:
            waiting.append(json.loads(text.strip().rstrip(";"), strict=False))
        except (ValueError, RecursionError):
            continue
    while waiting and len(found) < MOST_NODES:
        value = waiting.popleft()
        if isinstance(value, dict):
            found.append(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found


def _is_article(node: Mapping[str, object]) -> bool:
    kinds = node.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and _ARTICLE.search(kind) for kind in kinds)


def _resolve(value: object, by_id: Mapping[str, Mapping[str, object]]) -> object:
    """References followed, entities decoded, down to strings, objects with a name, and lists of these."""
    if isinstance(value, list):
        return [_resolve(item, by_id) for item in value[:50] if not isinstance(item, list)]
    if isinstance(value, str):
        return _decoded(_decoded(value))
    if not isinstance(value, dict):
        return value
    name = value.get("@id")
    node = by_id.get(name, value) if "name" not in value and isinstance(name, str) else value
    held = {key: node[key] for key in ("name", "@id", "url", "alternateName") if isinstance(node.get(key), str)}
    return {key: _decoded(str(text)) for key, text in held.items()}


def _decoded(text: str) -> str:
    """Without entities; as it is where one is a number of thousands of figures, which Python will not read."""
    try:
        return unescape(text)
    except ValueError:
        return text


def _address(value: object) -> object:
    if isinstance(value, dict):
        return value.get("@id") or value.get("url")
    return value
