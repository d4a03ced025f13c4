"""Several sets side by side, a line each: is the search better than its parts, and what are its answers worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rag.eval_schema import Run
from rag.layout import BLANK, Line, Segment, dim_line, note_lines

TABLES: Mapping[str, Mapping[str, Sequence[str]]] = {
    "Search (nDCG@10 of the paragraph, else of the article)": {
        "fused": ("paragraph nDCG@10", "article nDCG@10"),
        "dense": ("dense nDCG@10",),
        "lexical": ("lexical nDCG@10",),
        "R@1": ("paragraph R@1", "article R@1"),
        "R@2": ("paragraph R@2", "article R@2"),
        "R@5": ("paragraph R@5", "article R@5"),
        "chars@5": ("paragraph characters@5",),
    },
    "Answers": {
        "sent R@1": ("sentence R@1",),
        "sent F1": ("sentence F1",),
        "IoU": ("quote IoU",),
        "coverage": ("coverage",),
        "AUROC": ("abstention AUROC",),
        "declined": ("rightly declined",),
        "wrongly": ("wrongly declined",),
    },
}
"""Headings, and under each the columns: the first of these measures that the run has."""
_NAME, _COLUMN = 14, 9


def sets_lines(runs: Sequence[Run]) -> Iterator[Line]:
    """Tables with a line for each run."""
    for heading, columns in TABLES.items():
        rows = [(run.name, [_figure(run.metrics, names) for names in columns.values()]) for run in runs]
        rows = [(name, figures) for name, figures in rows if any(figure != _NONE for figure in figures)]
        if not rows:
            continue
        yield Line((Segment(heading, "heading"),))
        yield Line((Segment(" " * _NAME + "".join(f"{name:>{_COLUMN}}" for name in columns), "dim"),))
        for name, figures in rows:
            shown = "".join(f"{figure:>{_COLUMN}}" for figure in figures)
            yield Line((Segment(f"{name[: _NAME - 1]:<{_NAME}}", "mark"), Segment(shown)))
        yield BLANK
    yield dim_line("dense and lexical: each part of the search alone; rag eval SET says more of one set")
    for run in runs:
        yield from note_lines(tuple(f"{run.name}: {note}" for note in run.notes))


_NONE = "–"


def _figure(metrics: Mapping[str, float], names: Sequence[str]) -> str:
    found = next((metrics[name] for name in names if name in metrics), None)
    return _NONE if found is None else f"{found:.3f}"
