"""Front matter of text and Markdown files: YAML between `---` lines, or TOML between `+++` lines."""

from __future__ import annotations

import re
import tomllib

from rag.fields import KNOWN_KEYS, metadata_from, normal_key
from rag.schema import Metadata

LONGEST = 16 * 1024
"""Characters. Front matter is some lines; more is an article that begins with a rule, or an attack on the parser."""

MOST_BRACKETS = 200
"""PyYAML is quadratic in open brackets: 9,000 of them took 7 s."""

_FENCED = {
    "---": re.compile(r"\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\r|\Z)|\r(?:---|\.\.\.)[ \t]*(?:\r|\Z)"),
    "+++": re.compile(r"\r?\n\+\+\+[ \t]*(?:\r?\n|\r|\Z)|\r\+\+\+[ \t]*(?:\r|\Z)"),
}
_OPENING = re.compile(r"(---|\+\+\+)[ \t]*(?=[\r\n])")

_OTHER_KEYS = frozenset(
    (
        *("tags", "tag", "categories", "category", "keywords", "topics", "slug", "id", "layout", "type", "draft"),
        *("status", "description", "summary", "subtitle", "excerpt", "created", "updated", "modified", "lastmod"),
        *("aliases", "image"),
    )
)
"""Keys of writing and clipping programs that say nothing we keep, but do say that this is front matter."""


def front_matter(raw: str) -> tuple[Metadata, int]:
    """What the front matter says, and where the article begins; nothing and 0 where there is none that can be read.

    `---`, a line `Note: …` and `---` is text: one of the usual keys must be there.
    """
    opening = _OPENING.match(raw)
    if opening is None:
        return Metadata(), 0
    closing = _FENCED[opening[1]].search(raw, opening.end(), opening.end() + LONGEST)
    if closing is None:
        return Metadata(), 0
    inside = raw[opening.end() : closing.start()]
    values = _yaml(inside) if opening[1] == "---" else _toml(inside)
    if not isinstance(values, dict) or not (KNOWN_KEYS | _OTHER_KEYS) & {normal_key(key) for key in values}:
        return Metadata(), 0
    return metadata_from(values, "front matter"), closing.end()


def _yaml(text: str) -> object:
    if len(re.findall(r"[\[{]", text)) > MOST_BRACKETS:
        return None
    import yaml

    try:
        # an alias can make a few lines stand for gigabytes, and front matter has no use for one
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.BaseLoader)):
            return None
        # BaseLoader knows strings, lists and mappings only: `title: No` stays a title, a date stays as written
        values = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    if not isinstance(values, dict):
        return None
    return {key: value for key, value in values.items() if value not in ("null", "Null", "NULL", "~")}


def _toml(text: str) -> object:
    try:
        return tomllib.loads(text.replace("\r\n", "\n").replace("\r", "\n"))
    except (ValueError, RecursionError):
        return None
