"""An evaluation line by line, and a comparison of two, as `layout` has it for answers: 80 columns, readable at 60."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag import eval_wording as words
from rag.comparing import Comparison, Difference, Flip
from rag.eval_reading import faults, worst_first
from rag.eval_schema import Outcome, Run
from rag.layout import BLANK, Line, Role, Segment, dim_line, facts_line, note_lines
from rag.sanitising import safe
from rag.wording import counted

WORST = 10
"""Questions that are listed, of those that went wrong and of those that changed."""
_NAME, _COLUMN = 10, 8
"""Columns of the table: of a row's name, and of a figure. 10 + 6 × 8 fit into 60, 10 + 7 × 8 into 80."""


def run_lines(run: Run) -> Iterator[Line]:
    """The table, what it says in plain words, the worst questions, seconds and notes."""
    yield Line((Segment(words.title(run), "title"),))
    yield facts_line(words.about(run))
    yield from _table(run)
    yield from _others(run)
    yield from _said(run)
    yield from _worst(run.outcomes)
    if seconds := words.seconds(run.metrics):
        yield from (BLANK, Line((Segment("Time", "heading"),)))
        yield from (Line((Segment(said),)) for said in seconds)
    if run.settings:
        yield from (BLANK, Line((Segment("Measured with", "heading"),)), facts_line(words.settings(run)))
    yield from note_lines(run.notes)


def comparison_lines(comparison: Comparison) -> Iterator[Line]:
    """Every measure in both runs with its interval, then the questions that changed, worst first."""
    after = comparison.after
    yield Line((Segment(f"{words.title(after)}, compared with an earlier run", "title"),))
    yield facts_line(words.compared(comparison))
    yield from (dim_line(said) for said in words.changed_settings(comparison))
    clear = [one for one in comparison.differences if one.verdict != "no clear difference"]
    width = max((len(one.metric) for one in comparison.differences), default=0)
    yield from (BLANK, Line((Segment("Clear differences", "heading"),)))
    for one in clear:
        yield _difference(one, width)
        role: Role = "text" if one.verdict == "better" else "warning"
        yield Line((Segment(words.outcome_of(one), role),), 4)
    if not clear:
        yield Line((Segment("None: what differs may be chance."),))
    if len(clear) < len(comparison.differences):
        yield from (BLANK, Line((Segment("No clear difference", "heading"),)))
    yield from (_difference(one, width) for one in comparison.differences if one not in clear)
    yield dim_line("In 95 of 100 resamples of the questions a difference lies within its interval.")
    yield from _flips(comparison.flips)
    if comparison.seconds:
        yield from (BLANK, Line((Segment("Time", "heading"),)))
        for name, before, now in comparison.seconds:
            yield Line((Segment(f"{name}: {words.duration(before)} before, {words.duration(now)} now"),))


def _table(run: Run) -> Iterator[Line]:
    columns, rows = words.table(run.metrics)
    if not rows:
        return
    if len(columns) > 6:  # R@2 is in the page and in JSON; here the table is to fit into 60 columns
        kept = [i for i, column in enumerate(columns) if column != "R@2"]
        columns, rows = [columns[i] for i in kept], [(name, [row[i] for i in kept]) for name, row in rows]
    yield BLANK
    yield Line((Segment(" " * _NAME + "".join(f"{column:>{_COLUMN}}" for column in columns), "dim"),))
    for name, figures in rows:
        shown = "".join(f"{figure:>{_COLUMN}}" for figure in figures)
        yield Line((Segment(f"{name:<{_NAME}}", "mark"), Segment(shown)))


def _others(run: Run) -> Iterator[Line]:
    rows = words.others(run.metrics)
    width = max((len(name) for name, _, _ in rows), default=0)
    yield from [BLANK] if rows else []
    for name, value, meaning in rows:
        label = Segment(f"{name:<{width}}  {words.figure(value):>5}  ", "mark")
        yield Line((Segment(meaning, "dim"),), label=label)


def _said(run: Run) -> Iterator[Line]:
    said = list(words.said(run))
    if said:
        yield from (BLANK, Line((Segment("In plain words", "heading"),)))
    yield from (Line((Segment(sentence),)) for sentence in said)


def _worst(outcomes: Sequence[Outcome]) -> Iterator[Line]:
    wrong = [(outcome, said) for outcome in worst_first(outcomes) if (said := faults(outcome))]
    if not wrong:
        return
    more = f"the worst {WORST} of {len(wrong):,}" if len(wrong) > WORST else counted(len(wrong), "question")
    yield from (BLANK, Line((Segment(f"What went wrong ({more})", "heading"),)))
    for outcome, said in wrong[:WORST]:
        yield Line((Segment(f"{safe(outcome.id)}  ", "mark"), Segment(safe(outcome.question))), hang=2)
        yield Line((Segment("; ".join(said), "warning"),), 4)


def _difference(one: Difference, width: int) -> Line:
    values = f"{words.figure(one.before):>5} → {words.figure(one.after):>5}  "
    gain = f"{words.signed(one.difference):>6} ({words.interval(one)})"
    return Line((Segment(f"{safe(one.metric):<{width}}  ", "mark"), Segment(values), Segment(gain)), whole=True, hang=4)


def _flips(flips: Sequence[Flip]) -> Iterator[Line]:
    """The worst of those that got worse, and the best of those that got better."""
    worse = [one for one in flips if one.change < 0]
    better = sorted((one for one in flips if one.change >= 0), key=lambda one: -one.change)
    for heading, group in (("Got worse", worse), ("Got better", better)):
        if group:
            more = f"{WORST} of {len(group):,}" if len(group) > WORST else counted(len(group), "change")
            yield from (BLANK, Line((Segment(f"{heading} ({more})", "heading"),)))
        for flip in group[:WORST]:
            yield Line((Segment(f"{safe(flip.id)}  ", "mark"), Segment(safe(flip.question))), hang=2)
            yield Line((Segment(words.changed(flip), "warning" if flip.change < 0 else "dim"),), 4)
