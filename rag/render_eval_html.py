"""An evaluation as one web page to keep or send: no script, nothing loaded, every drawing with a table behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from rag import eval_wording as words
from rag.comparing import Comparison, Difference, Flip, changes, matched
from rag.eval_charts import Plot, changes_plot, confidence_plot, recall_plot, reliability_plot, seconds_plot
from rag.eval_reading import LEVELS, curve, faults, level_of, place_in_ranking, wanted, worst_first
from rag.eval_schema import Outcome, Ranked, Run
from rag.pages import text
from rag.render_html import page
from rag.wording import counted

LISTED = 200
"""Questions that are listed, the worst first: 2,000 would make a page of 10 MB that opens slowly."""
HITS = 5
"""First hits that are shown of each."""
FLIPS = 100
"""Questions that changed and are named."""
CHANGED = ("paragraph nDCG@10", "article nDCG@10", "sentence F1")
"""The measures of which every question's change is drawn: the first of them that both runs have."""


def eval_html(run: Run, against: Comparison | None = None) -> str:
    """A complete document; with a comparison, what changed since the earlier run stands first."""
    name = text(words.title(run))
    body = ['<p class="kicker">Evaluation</p>', f'<h1 dir="auto">{name}</h1>', *_head(run)]
    body += _comparison(against) if against else []
    body += _measures(run)
    body += _drawings(run)
    body += _questions(run)
    return page(name, body, "\n" + _style())


@cache
def _style() -> str:
    return Path(__file__).with_name("eval_page.css").read_text(encoding="utf-8").strip()


def _head(run: Run) -> Iterator[str]:
    yield _facts(words.about(run))
    if run.settings:
        yield _facts(words.settings(run))
    yield from (f'<p class="about" dir="auto">Note: {text(note)}</p>' for note in run.notes)
    said = list(words.said(run))
    if said:
        yield f'<ul class="plain">{"".join(f"<li>{text(sentence)}</li>" for sentence in said)}</ul>'


def _facts(facts: Sequence[str]) -> str:
    return f'<p class="about" dir="auto">{" · ".join(f"<span>{text(fact)}</span>" for fact in facts)}</p>'


def _measures(run: Run) -> Iterator[str]:
    columns, rows = words.table(run.metrics)
    others = words.others(run.metrics)
    yield '<section aria-labelledby="measures">\n<h2 id="measures">Measures</h2>'
    if rows:
        yield _table("Rankings", ("", *columns), [(name, *figures) for name, figures in rows])
        basics = "; ".join(f"{name}: {meaning}" for name, meaning in words.BASICS)
        parts = "; ".join(f"{name}: {meaning}" for name, meaning in words.PARTS.items() if name in dict(rows))
        yield f'<p class="about">{text("; ".join(part for part in (basics, parts) if part))}.</p>'
    if others:
        meant = [(name, words.figure(value), meaning) for name, value, meaning in others]
        yield _table("Answers", ("", "", ""), meant, words_in=(2,))
    yield from (_facts([said]) for said in words.seconds(run.metrics))
    yield from [] if rows or others else ['<p class="about">No question was measured.</p>']
    yield "</section>"


def _comparison(comparison: Comparison) -> Iterator[str]:
    before = comparison.before
    yield '<section aria-labelledby="changes">\n<h2 id="changes">Since the earlier run</h2>'
    yield _facts([f"earlier run: {words.when(before)}", *words.compared(comparison)])
    if changed := words.changed_settings(comparison):
        yield _facts(changed)
    rows = [_row(one) for one in comparison.differences]
    if rows:
        headings = ("", "Before", "Now", "Change", "95 % interval", "Better", "Worse", "")
        yield _table("Measures in both runs", headings, rows, words_in=(7,))
        yield '<p class="about">In 95 of 100 resamples of the questions a difference lies within its interval.</p>'
    if comparison.seconds:
        timed = [(name, words.duration(was), words.duration(now)) for name, was, now in comparison.seconds]
        yield _table("Time", ("", "Before", "Now"), timed)
    pairs = matched(before, comparison.after)
    for metric in CHANGED:
        if plot := changes_plot(metric, [gain for _, gain in changes(pairs, metric)]):
            yield f'<div class="charts">{_figure(plot)}</div>'
            break
    yield from _flips("Got worse", [flip for flip in comparison.flips if flip.change < 0])
    yield from _flips(
        "Got better", sorted((flip for flip in comparison.flips if flip.change >= 0), key=lambda flip: -flip.change)
    )
    yield "</section>"


def _row(one: Difference) -> tuple[str, ...]:
    counts = (f"{one.better:,}", f"{one.worse:,}") if one.better + one.worse + one.equal else ("", "")
    values = (words.figure(one.before), words.figure(one.after), words.signed(one.difference), words.interval(one))
    return (one.metric, *values, *counts, one.verdict)


def _flips(heading: str, flips: Sequence[Flip]) -> Iterator[str]:
    if not flips:
        return
    more = f", {FLIPS} of them shown" if len(flips) > FLIPS else ""
    yield f"<details><summary>{heading}: {counted(len(flips), 'change')}{more}</summary>"
    rows = [(flip.id, flip.question, words.changed(flip)) for flip in flips[:FLIPS]]
    yield _table("", ("", "Question", "Change"), rows, words_in=(1, 2))
    yield "</details>"


def _drawings(run: Run) -> Iterator[str]:
    judged = [outcome for outcome in run.outcomes if outcome.confidence is not None]
    sure = [[o.confidence or 0.0 for o in judged if o.answerable == kind] for kind in (True, False)]
    plots = [
        recall_plot([(level, curve(run.outcomes, level)) for level in LEVELS]),
        confidence_plot(sure[0], sure[1], _threshold(run)),
        reliability_plot(sure[0], sure[1]),
        *(
            seconds_plot(step, [o.seconds[step] for o in run.outcomes if step in o.seconds])
            for step in ("search", "ask")
        ),
    ]
    if drawn := [plot for plot in plots if plot]:
        yield '<section aria-labelledby="drawings">\n<h2 id="drawings">Drawings</h2>\n<div class="charts">'
        yield from (_figure(plot) for plot in drawn)
        yield "</div>\n</section>"


def _threshold(run: Run) -> float | None:
    """Confidence from which questions were answered, where the run tells it."""
    try:
        return float(run.settings["threshold"])
    except (KeyError, ValueError):
        return None


def _figure(plot: Plot) -> str:
    note = f'<p class="note">{text(plot.note)}</p>' if plot.note else ""
    table = _table("", plot.headings, plot.rows)
    return (
        f"<figure>\n<figcaption>{text(plot.title)}</figcaption>\n{plot.svg}\n{note}"
        f"<details><summary>As a table</summary>{table}</details>\n</figure>"
    )


def _table(caption: str, headings: Sequence[str], rows: Sequence[Sequence[str]], words_in: Sequence[int] = ()) -> str:
    """A table that scrolls by itself where it is too wide; the columns `words_in` hold words, the others figures."""
    head = "".join(f'<th scope="col">{text(heading)}</th>' if heading else "<td></td>" for heading in headings)
    shown = f"<caption>{text(caption)}</caption>" if caption else ""
    top = f"<thead><tr>{head}</tr></thead>" if any(headings) else ""
    body = "".join(_table_row(row, words_in) for row in rows)
    label = f' role="group" aria-label="{text(caption or "Table")}"'
    return f'<div class="scroll" tabindex="0"{label}><table>{shown}{top}<tbody>{body}</tbody></table></div>'


def _table_row(row: Sequence[str], words_in: Sequence[int]) -> str:
    first, *cells = row
    shown = []
    for i, cell in enumerate(cells, 1):
        kind = ' class="words"' if i in words_in else ""
        kind = f' class="words {cell}"' if cell in ("better", "worse") else kind
        shown.append(f'<td{kind} dir="auto">{text(cell)}</td>')
    return f'<tr><th scope="row" dir="auto">{text(first)}</th>{"".join(shown)}</tr>'


def _questions(run: Run) -> Iterator[str]:
    ordered = worst_first(run.outcomes)
    if not ordered:
        return
    which = "Worst first."
    if len(ordered) > LISTED:
        which = f"The worst {LISTED} of {len(ordered):,}, worst first; the JSON output has them all."
    yield f'<section aria-labelledby="questions">\n<h2 id="questions">Questions</h2>\n<p class="about">{which}</p>'
    yield from (_question(outcome) for outcome in ordered[:LISTED])
    yield "</section>"


def _question(outcome: Outcome) -> str:
    wrong = "".join(f'<span class="fault">{text(fault)}</span>' for fault in faults(outcome))
    state = wrong or f'<span class="fine">{text(_state(outcome))}</span>'
    id_ = f'<span class="id">{text(outcome.id)}</span>'
    return "\n".join(
        [
            '<details class="question">',
            f'<summary>{id_} <span dir="auto">{text(outcome.question)}</span>{state}</summary>',
            *_judged(outcome),
            *_hits(outcome),
            *_said(outcome),
            "</details>",
        ]
    )


def _state(outcome: Outcome) -> str:
    """`evidence at rank 2, answered, confidence .84`."""
    said = [f"evidence at rank {place_in_ranking(outcome)}"] if level_of(outcome) else []
    if outcome.answered is not None:
        said.append("answered" if outcome.answered else "declined")
    return ", ".join(said) or ("answerable" if outcome.answerable else "not answerable")


def _judged(outcome: Outcome) -> Iterator[str]:
    gold = outcome.gold
    named = gold.paragraphs or gold.articles
    facts = [f"confidence {words.figure(outcome.confidence)}"] if outcome.confidence is not None else []
    facts += [f"{name} {words.figure(value)}" for name, value in outcome.metrics.items() if words.is_telling(name)]
    facts += [f"{step} {words.duration(value)}" for step, value in outcome.seconds.items()]
    facts += [f"{counted(gold.missing, 'reference')} not found in the store"] if gold.missing else []
    yield f"<h3>{'Evidence' if outcome.answerable else 'To be declined: no article answers it'}</h3>"
    if named:
        yield f"<ul>{''.join(f'<li>{text(name)}</li>' for name in named)}</ul>"
    if facts:
        yield _facts(facts)


def _hits(outcome: Outcome) -> Iterator[str]:
    if not outcome.paragraphs:
        return
    level = level_of(outcome) or "paragraph"
    right = wanted(outcome, level)
    yield "<h3>First hits</h3>\n<ol>"
    for hit in outcome.paragraphs[:HITS]:
        known = (hit.name.rpartition("#")[0] if level == "article" else hit.name) in right
        shown = f'<span class="gold">{text(hit.name)} (evidence)</span>' if known else text(hit.name)
        yield f'<li>{shown} <span class="soft">{text(_ranks(hit))}</span></li>'
    yield "</ol>"


def _ranks(hit: Ranked) -> str:
    parts = (("dense", hit.dense_rank), ("lexical", hit.lexical_rank))
    return ", ".join([f"score {hit.score:.3f}", *(f"{name} {rank}" for name, rank in parts if rank is not None)])


def _said(outcome: Outcome) -> Iterator[str]:
    if outcome.statements:
        label = "Answer" if outcome.answered is not False else "What would have been answered"
        items = "".join(f'<li dir="auto">{text(said)}</li>' for said in outcome.statements)
        yield f"<h3>{label}</h3>\n<ul>{items}</ul>"
