"""A briefing as a PDF: its web page set on paper by WeasyPrint (extra `pdf`), with links, bookmarks, page numbers."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, NoReturn

from rag.briefing_schema import Briefing
from rag.errors import ConfigError
from rag.quiet import quiet
from rag.render_briefing_html import paper_html

_PAPER = """
@page { size: A4; margin: 20mm 20mm 22mm; font: 8pt "Liberation Sans", Arial, sans-serif; color: #444;
  @bottom-left { content: string(running); width: 85%; white-space: nowrap; overflow: hidden; }
  @bottom-right { content: counter(page) " / " counter(pages); width: 15%; } }
body { overflow-wrap: break-word; }
h1 { string-set: running content(text); bookmark-level: 1; } h2 { bookmark-level: 2; }
h3 { bookmark-level: none; } .source h3 { bookmark-level: 3; }
.back { display: block; } .facts span { display: inline; }
.drawn .timeline-narrow { display: none; } .drawn .timeline-wide { display: block; }
.charts, .sides, .timeline li { display: table; table-layout: fixed; width: 100%; break-inside: avoid; }
.charts > div, .side, .when, .timeline .statement { display: table-cell; vertical-align: top; }
.charts > div { padding-right: 1rem; }
.sides { background: none; border: 0; } .side { border: 1px solid #bbb; }
mark { background: #fff0a8; text-decoration: none; }
.timeline li { padding: 0.5rem 0; } .when { width: 9.5rem; } .expression { display: block; margin: 0; }
"""
"""What paper needs beyond the page's own rules for print: boxes side by side, as it has room for them.

Of fixed widths only: how wide a very long word would like to be takes WeasyPrint time that grows with its square (a
briefing with words of 250 characters: 80 s with flexible boxes, 3 s without).
"""


def briefing_pdf(briefing: Briefing) -> bytes:
    """A PDF document, the same bytes for the same briefing. Raises ConfigError where WeasyPrint is missing."""
    page = paper_html(briefing, _PAPER)
    with quiet("weasyprint", "weasyprint.progress", "fontTools", "fontTools.subset"):
        document = _weasyprint().HTML(string=page, url_fetcher=_refuse, media_type="print")
        written: bytes = document.write_pdf(pdf_identifier=sha256(page.encode()).digest()[:16], pdf_tags=True)
    return written


def _weasyprint() -> Any:
    try:
        import weasyprint
    except (ImportError, OSError):  # the package, or the libraries of the system that it draws with
        raise ConfigError('a PDF needs WeasyPrint; run: pip install "rag-articles[pdf]", or write HTML') from None
    return weasyprint


def _refuse(url: str, *_: object, **__: object) -> NoReturn:
    """Nothing is fetched: the page holds all that belongs to it."""
    raise ValueError(f"not fetched: {url}")
