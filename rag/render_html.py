"""An answer as one web page to keep or send: no script, nothing loaded, every word of an article escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rag import wording
from rag.excerpts import excerpt
from rag.layout import CLOSEST, GLANCE
from rag.links import passage_link
from rag.pages import blockquote, cited_details, details, text, title
from rag.quoting import LEFT_OUT, attribution, cited, in_quotation_marks, provenance, quoted_from, support, why_left_out
from rag.sanitising import safe
from rag.schema import ABSTENTION, Answer, Citation, Statement

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Were the escaping ever wrong, the browser would still run and load nothing."""

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1a; --soft: #5c5b57; --page: #fdfcf9; --line: #d9d6cc;
  --link: #0b5394; --mark: #fff0a8; --warn: #8a3b00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e1; --soft: #a5a29b; --page: #191918; --line: #3d3c39;
  --link: #8ec1f5; --mark: #5b4a00; --warn: #f2a86b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 44rem; padding: 1.5rem 1rem 4rem; background: var(--page); color: var(--ink);
  font: 1.0625rem/1.6 Georgia, "Times New Roman", serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1.5rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 1rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.0625rem; line-height: 1.35; margin: 0; }
p { margin: 0 0 1rem; }
a { color: var(--link); }
a.number { text-decoration: none; font: 600 0.85em/1 system-ui, sans-serif; padding: 0.35em 0.15em; }
.about, .facts, .where, .by, .why { color: var(--soft); font: 0.875rem/1.5 system-ui, sans-serif; }
.facts, .where { margin: 0.15rem 0 0; }
.warning { color: var(--warn); font: 0.875rem/1.5 system-ui, sans-serif; margin: -0.5rem 0 1rem; }
.abstention { font-size: 1.2rem; font-weight: 600; }
.facts span { display: inline-block; max-width: 100%; }
.source { margin: 0 0 1.75rem; }
.source .back { font-weight: normal; text-decoration: none; padding: 0 0.3em; }
.source:target h3 { text-decoration: underline; text-decoration-thickness: 3px; }
.left-out { margin: 0; }
.left-out strong { color: var(--warn); font: 600 0.875rem/1.5 system-ui, sans-serif; }
del { text-decoration: line-through; text-decoration-thickness: 1px; }
blockquote { margin: 0.6rem 0 0; padding: 0 0 0 0.9rem; border-left: 3px solid var(--line); }
mark { background: var(--mark); color: inherit; padding: 0.1em 0; }
@media print { :root { font-size: 10pt; }
  body { max-width: none; padding: 0; background: none; color: #000; }
  .source { break-inside: avoid; } .back { display: none; }
  mark { background: none; color: inherit; font-weight: 700; text-decoration: underline; } }
""".strip()


def answer_html(answer: Answer) -> str:
    """A complete document. Its links lead to its own sources and back, and to the articles at the words quoted."""
    question = text(answer.question) or "Answer"
    shown = _answered(answer) if answer.answered else _abstention(answer)
    return page(question, [f'<h1 dir="auto">{question}</h1>', *shown, *_left_out(answer)])


def page(name: str, body: Iterable[str], style: str = "") -> str:
    """A document around `body`, both HTML; `style` is added to the rules that answers have."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{name}</title>",
            f"<style>\n{_STYLE}{style}\n</style>",
            "</head>",
            "<body>",
            "<main>",
            *body,
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _answered(answer: Answer) -> Iterator[str]:
    first_use: dict[int, int] = {}
    for index, statement in enumerate(answer.statements, start=1):
        citations = cited(answer, statement)
        yield _statement(answer, statement, index, citations)
        for citation in citations:
            first_use.setdefault(citation.number, index)
    about = f"Confidence: {wording.confidence(answer.confidence)} · {provenance(answer)}"
    yield f'<p class="about">{text(about)}</p>'
    yield from _notes(answer)
    yield '<section aria-labelledby="sources">\n<h2 id="sources">Sources</h2>'
    for citation in answer.citations:
        yield _source(citation, first_use.get(citation.number))
    yield "</section>"


def _abstention(answer: Answer) -> Iterator[str]:
    yield f'<p class="abstention">{ABSTENTION}</p>'
    yield from _notes(answer)
    if answer.nearest:
        yield '<section aria-labelledby="closest">\n<h2 id="closest">Closest passages</h2>'
        for passage in answer.nearest[:CLOSEST]:
            place = [*wording.place(passage.paragraph), f"score {passage.score:.2f}"]
            yield f'<article class="source">\n{title(passage)}\n{details(passage, place, passage_link(passage))}'
            yield f"{blockquote(passage, excerpt(passage.paragraph, (), GLANCE))}\n</article>"
        yield "</section>"


def _statement(answer: Answer, statement: Statement, index: int, citations: Sequence[Citation]) -> str:
    words = safe(statement.text)
    shown = text(words)
    if sources := quoted_from(answer, statement):
        shown = f'{text(in_quotation_marks(words))} <span class="by">—&nbsp;{text(attribution(sources))}</span>'
    numbers = "".join(_mark(citation.number) for citation in citations)
    paragraph = f'<p id="statement-{index}" dir="auto">{shown}{" " + numbers if numbers else ""}</p>'
    warning = support(statement)
    return f'{paragraph}\n<p class="warning">{text(warning)}</p>' if warning else paragraph


def _mark(number: int) -> str:
    return f'<a class="number" href="#source-{number}" aria-label="Source [{number}]">[{number}]</a>'


def _source(citation: Citation, used_by: int | None) -> str:
    passage = citation.passage
    label = f'aria-label="Back from source [{citation.number}]"'
    back = f' <a class="back" href="#statement-{used_by}" {label}>↩</a>' if used_by else ""
    return "\n".join(
        [
            f'<article class="source" id="source-{citation.number}">',
            title(passage, f"[{citation.number}] ", back),
            cited_details(citation),
            blockquote(passage, excerpt(passage.paragraph, citation.quotes)),
            "</article>",
        ]
    )


def _notes(answer: Answer) -> Iterator[str]:
    """What the reader should know."""
    yield from (f'<p class="about">Note: {text(note)}</p>' for note in answer.notes)


def _left_out(answer: Answer) -> Iterator[str]:
    """What a model wrote that nothing bears out: apart from the answer, struck through, and said to be so in words."""
    if answer.left_out:
        yield f'<section aria-labelledby="left-out">\n<h2 id="left-out">{LEFT_OUT}</h2>'
        for statement in answer.left_out:
            yield f'<p class="left-out" dir="auto"><strong>Left out:</strong> <del>{text(statement.text)}</del></p>'
            yield f'<p class="why">{text(why_left_out(statement))}</p>'
        yield "</section>"
