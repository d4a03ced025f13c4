"""A briefing as one web page to read and send on: a mark opens its source beside the text, and nothing is loaded.

The page's own script and style are the only ones a browser runs, as its policy names them by their hashes; without
the script, marks lead to the list of sources.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

from rag import wording
from rag.briefing_layout import searched
from rag.briefing_layout import title as briefing_title
from rag.briefing_schema import HEADINGS, NOTHING, Briefing
from rag.briefing_wording import scope
from rag.excerpts import excerpt
from rag.layout import CLOSEST, GLANCE
from rag.links import passage_link
from rag.page_sections import section_html
from rag.page_statements import Sources, source_html
from rag.pages import blockquote, details, language, text, title
from rag.quoting import LEFT_OUT_OF_BRIEFING, why_left_out


def briefing_html(briefing: Briefing) -> str:
    """A complete document, the same for the same briefing."""
    return _document(
        briefing, _packaged("briefing_page.css"), _packaged("briefing_page.js") if briefing.citations else ""
    )


def paper_html(briefing: Briefing, style: str) -> str:
    """The document without its script, and with rules for paper after its own."""
    return _document(briefing, _packaged("briefing_page.css") + style, "")


def _document(briefing: Briefing, style: str, script: str) -> str:
    name = text(briefing_title(briefing))
    return "\n".join(
        [
            "<!doctype html>",
            f"<html{language(briefing.language) or language('en')}>",
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy(style, script)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{name}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            '<div class="page">',
            *_header(briefing, name),
            *(_found(briefing) if briefing.found else _nothing(briefing)),
            "</div>",
            *([_PANEL, f"<script>{script}</script>"] if script else []),
            "</body>",
            "</html>",
            "",
        ]
    )


def policy(style: str, script: str) -> str:
    """Were the escaping ever wrong, the browser would still load nothing and run nothing but `script`."""
    scripts = f"script-src {_hash(script)}; " if script else ""
    return f"default-src 'none'; {scripts}style-src {_hash(style)}; base-uri 'none'; form-action 'none'"


def _hash(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


@cache
def _packaged(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


_PANEL = """
<div class="panel" id="panel" role="dialog" aria-labelledby="panel-title" tabindex="-1" lang="en" hidden>
<div class="panel-bar">
<p>Citation&nbsp;</p><p id="panel-place"></p>
<button type="button" id="panel-previous" aria-label="Previous citation">‹</button>
<button type="button" id="panel-next" aria-label="Next citation">›</button>
<button type="button" id="panel-close" aria-label="Close source">×</button>
</div>
<h2 id="panel-title" dir="auto">Source</h2>
<div id="panel-body"></div>
</div>
<p class="unseen" id="panel-status" role="status"></p>
""".strip()


_HINT = "A number in brackets leads to the paragraph a line rests on."


def _header(briefing: Briefing, name: str) -> Iterator[str]:
    yield "<header>"
    yield f'<p class="kicker">Briefing</p>\n<h1 dir="auto">{name}</h1>'
    if (topic := text(briefing.topic)) and topic.casefold() != name.casefold():
        yield f'<p class="about" dir="auto">Topic: {topic}</p>'
    facts = scope(briefing) if briefing.found else searched(briefing)
    if facts:
        yield f'<p class="about">{" · ".join(f"<span>{text(fact)}</span>" for fact in facts)}</p>'
    yield from (f'<p class="about">Note: {text(note)}</p>' for note in briefing.notes)
    yield "</header>"


def _found(briefing: Briefing) -> Iterator[str]:
    sources = Sources(briefing)
    sections = [section_html(briefing, name, sources) for name in briefing.sections]
    yield _contents(briefing)
    yield "<main>"
    yield from sections
    if briefing.citations:
        yield '<section aria-labelledby="sources">\n<h2 id="sources">Sources</h2>'
        yield from (source_html(citation, sources) for citation in briefing.citations)
        yield "</section>"
    yield from _left_out(briefing)
    yield "</main>"


def _contents(briefing: Briefing) -> str:
    counts = {
        "points": sum(len(facet.statements) for facet in briefing.points),
        "timeline": len(briefing.timeline),
        "voices": len(briefing.voices),
        "differences": len(briefing.differences),
        "open": len(briefing.open) + len(briefing.missing),
    }
    rows: list[tuple[str, str, int | None]] = [(name, HEADINGS[name], counts.get(name)) for name in briefing.sections]
    if briefing.citations:
        rows.append(("sources", "Sources", len(briefing.citations)))
    if briefing.left_out:
        rows.append(("left-out", LEFT_OUT_OF_BRIEFING, len(briefing.left_out)))
    items = (
        f'<li><a href="#{name}">{heading}</a>' + (f' <span class="count">{count}</span></li>' if count else "</li>")
        for name, heading, count in rows
    )
    hint = [f'<p class="hint">{_HINT}</p>'] if briefing.citations else []
    return "\n".join(['<nav class="contents" aria-label="Contents">', "<ul>", *items, "</ul>", *hint, "</nav>"])


def _nothing(briefing: Briefing) -> Iterator[str]:
    yield f'<main>\n<p class="abstention">{NOTHING}</p>'
    if briefing.nearest:
        yield '<section aria-labelledby="closest">\n<h2 id="closest">Closest passages</h2>'
        for passage in briefing.nearest[:CLOSEST]:
            place = [*wording.place(passage.paragraph), f"score {passage.score:.2f}"]
            yield f'<article class="source">\n{title(passage)}\n{details(passage, place, passage_link(passage))}'
            yield f"{blockquote(passage, excerpt(passage.paragraph, (), GLANCE))}\n</article>"
        yield "</section>"
    yield from _left_out(briefing)
    yield "</main>"


def _left_out(briefing: Briefing) -> Iterator[str]:
    """What a model wrote that nothing bears out: apart from the rest, struck through, and said to be so in words."""
    if briefing.left_out:
        yield f'<section aria-labelledby="left-out">\n<h2 id="left-out">{LEFT_OUT_OF_BRIEFING}</h2>'
        for statement in briefing.left_out:
            yield f'<p class="left-out" dir="auto"><strong>Left out:</strong> <del>{text(statement.text)}</del></p>'
            yield f'<p class="why">{text(why_left_out(statement))}</p>'
        yield "</section>"
