"""Parts of a drawing as inline SVG.

Colours are attributes, which a page may override by class and which hold where no style sheet reaches (in a PDF).
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rag.sanitising import safe

NARROW, WIDE = 340, 700
"""Widths drawn for, in pixels: a phone held upright (390 less the margins), and the column of text beside a panel."""

CHARACTER = 6.9
"""Pixels that a character of 12 pixels is wide at most: DejaVu Sans, the widest of the usual system fonts."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_SOFT, _LINE, ACCENT = "#5c5b57", "#d9d6cc", "#0b5394"
_COLOURS = {"ink": "#1b1b1a", "soft": _SOFT, "link": ACCENT, "bar": ACCENT, "stretch": ACCENT, "axis": _LINE}


def drawing(name: str, role: str, size: tuple[float, float], said: tuple[str, str], drawn: Sequence[str]) -> str:
    """A drawing with a title and a description. `name` is its class and begins its ids, which a page has only once."""
    width, height = size
    title, description = (escape(safe(text)) for text in said)
    return (
        f'<svg class="{name}" role="{role}" aria-labelledby="{name}-title {name}-desc" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'font-family="system-ui, sans-serif" font-size="12">\n'
        f'<title id="{name}-title">{title}</title>\n<desc id="{name}-desc">{description}</desc>\n'
        + "\n".join(drawn)
        + "\n</svg>"
    )


def text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    """Words; `kind` is their class and says their colour."""
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" '
        f'fill="{_COLOURS[kind]}">{escape(safe(words))}</text>'
    )


def box(x: float, y: float, width: float, height: float, kind: str) -> str:
    """A box, filled."""
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2" '
        f'fill="{_COLOURS[kind]}"/>'
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A stroke."""
    colour = _COLOURS.get(kind, _SOFT)
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'
