"""What `rag status` prints for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rag.sanitising import safe


def plain_status(facts: Mapping[str, Any]) -> str:
    """One fact a line."""
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    in_step = "in step with the catalogue"
    if not facts["consistent"]:
        in_step = f"{facts['waiting']} to add, {facts['stale']} to forget; the next ingest does it, or: rag rebuild"
    size = facts["vectors"]["bytes"]
    own = "" if size is None else f" ({_megabytes(size)})"  # None: they are elsewhere
    lines = [
        ("store", facts["store"]),
        ("articles", facts["articles"]),
        ("paragraphs", facts["paragraphs"]),
        ("chunks", facts["chunks"]),
        ("duplicates", facts["duplicates"]),
        ("model", f"{facts['model']} ({facts['dimension']} dimensions)"),
        ("catalogue", f"{facts['catalogue']['path']} ({_megabytes(facts['catalogue']['bytes'])})"),
        ("vectors", f"{facts['vectors']['path']}{own}, {in_step}"),
        ("versions", versions),
    ]
    return "\n".join(f"{name:<11} {safe(str(value))}" for name, value in lines)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
