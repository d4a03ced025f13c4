"""What an evaluation says in words: measures by name, figures as they are written, a line each for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rag.comparing import AUROC, RIGHTLY, SECONDS, WRONGLY, Comparison, Difference, Flip
from rag.eval_reading import FIRST, LEVELS, Level, found
from rag.eval_schema import Outcome, Run
from rag.sanitising import safe
from rag.wording import counted, people_moment

ROWS = ("paragraph", "article", "sentence", "dense", "lexical")
"""What a ranking is measured at: levels, and each part of the search alone (by article where a set knows no more)."""
COLUMNS = ("nDCG@10", "R@1", "R@2", "R@5", "R@10", "RR", "AP")
RANKED = tuple(f"{row} {column}" for row in ROWS for column in COLUMNS)
PARTS: Mapping[str, str] = {
    "dense": "dense search alone", "lexical": "lexical search alone",
}  # fmt: skip
MEANINGS: Mapping[str, str] = {
    "paragraph characters@5": "share of the evidence's characters in the first 5 paragraphs",
    "sentence precision": "share of the quoted sentences that are evidence",
    "sentence recall": "share of the evidence's sentences that are quoted",
    "sentence F1": "both in one figure (harmonic mean)",
    "quote IoU": "characters that quotes and evidence share, of all that either has",
    "citation precision": "share of the citations that bear their statement out",
    "citation recall": "share of the statements that their citations bear out",
    "coverage": "share of the evidence's sentences that are quoted, none where an answer was declined",
    "answer recall": "share of the words of the expected answer that the statements have",
    AUROC: "share of pairs, answerable and not, in which the answerable question is surer",
    RIGHTLY: "share declined of the questions that the articles do not answer",
    WRONGLY: "share declined of the questions that they answer",
}
"""What the measures beside the rankings mean."""
BASICS = (
    ("nDCG@10", "how near the top the evidence stands among 10 hits"),
    ("R@k", "share of the evidence among the first k hits"),
    ("RR", "1 divided by the rank of the first evidence"),
    ("AP", "mean precision at every piece of evidence"),
)
"""What the columns of the table mean."""
_FOUND: Mapping[Level, str] = {
    "paragraph": "the right paragraph", "article": "the right article", "sentence": "the right sentence",
}  # fmt: skip


def figure(value: float | None) -> str:
    """`.931`, `1.000`; a dash where nothing is known."""
    if value is None or value != value:
        return "–"
    shown = f"{abs(value):.3f}".removeprefix("0")
    return f"−{shown}" if value < 0 and shown != ".000" else shown


def signed(value: float) -> str:
    """`+.021`, `−.004`, `.000`."""
    shown = figure(value)
    return shown if shown[0] == "−" or shown in (".000", "–") else f"+{shown}"


def duration(seconds: float) -> str:
    """`83 ms`, `1.24 s`."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def share(part: int, whole: int) -> str:
    """`279 (93%)`."""
    return f"{part:,} ({100 * part / whole:.0f}%)" if whole else "none"


def title(run: Run) -> str:
    """What was measured."""
    return f"Evaluation on {safe(run.name).strip() or 'a set without a name'}"


def about(run: Run) -> list[str]:
    """How many questions, when, and by which version."""
    answerable = sum(outcome.answerable for outcome in run.outcomes)
    kinds = f"{answerable:,} answerable, {len(run.outcomes) - answerable:,} not"
    return [counted(len(run.outcomes), "question"), kinds, people_moment(run.created), f"version {safe(run.version)}"]


def when(run: Run) -> str:
    """`4 March 2026, 05:06 UTC, version 1.2.0`."""
    return f"{people_moment(run.created)}, version {safe(run.version)}"


def settings(run: Run) -> list[str]:
    """`embedder: all-MiniLM-L6-v2`, one for each setting."""
    return [f"{safe(name)}: {safe(value)}" for name, value in run.settings.items()]


def table(metrics: Mapping[str, float]) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Columns, and rows of figures with their names; only those of which something is known."""
    columns = [column for column in COLUMNS if any(f"{row} {column}" in metrics for row in ROWS)]
    rows = [row for row in ROWS if any(f"{row} {column}" in metrics for column in columns)]
    return columns, [(row, [figure(metrics.get(f"{row} {column}")) for column in columns]) for row in rows]


def is_telling(metric: str) -> bool:
    """Whether the measure is worth a place beside one question: of the rankings, which say much the same, one does."""
    return metric not in RANKED or metric.endswith("nDCG@10")


def others(metrics: Mapping[str, float]) -> list[tuple[str, float, str]]:
    """The measures beside the rankings, in the order of `MEANINGS`, then those that it does not know: what they say."""
    known = [name for name in MEANINGS if name in metrics]
    unknown = [name for name in metrics if name not in MEANINGS and name not in RANKED and name not in SECONDS]
    return [(safe(name), metrics[name], MEANINGS.get(name, "")) for name in (*known, *unknown)]


def seconds(metrics: Mapping[str, float]) -> list[str]:
    """`search 83 ms (half of the questions), 210 ms (95 of 100)`."""
    said = []
    for step in ("search", "ask"):
        half, most = metrics.get(f"{step} p50"), metrics.get(f"{step} p95")
        if half is not None:
            tail = f", {duration(most)} for 95 of 100" if most is not None else ""
            said.append(f"{step}: at most {duration(half)} for half of the questions{tail}")
    return said


def said(run: Run) -> Iterator[str]:
    """What the figures mean to somebody who asks questions of these articles, a sentence each."""
    for level in LEVELS:
        if (at := found(run.outcomes, level)).questions:
            among = f"and among the first {FIRST} for {share(at.among, at.questions)}"
            first = f"is the first hit for {share(at.first, at.questions)}"
            yield f"Of {counted(at.questions, 'question')} {_FOUND[level]} {first} {among}."
    yield from _quotes(run.metrics)
    yield from _decisions([outcome for outcome in run.outcomes if outcome.answered is not None])
    if (surer := run.metrics.get(AUROC)) is not None:
        yield (
            "Of two questions, one that the articles answer and one that they do not, the first is rated surer in "
            f"{100 * surer:.0f} of 100 cases (by chance: 50)."
        )


def _quotes(metrics: Mapping[str, float]) -> Iterator[str]:
    recall, precision = metrics.get("sentence recall"), metrics.get("sentence precision")
    if recall is not None and precision is not None:
        yield (
            f"Answers quote {100 * recall:.0f}% of the sentences they should; "
            f"{100 * precision:.0f}% of what they quote are such sentences."
        )


def _decisions(asked: list[Outcome]) -> Iterator[str]:
    for answerable, which, done in (
        (True, "that the articles answer", "answered"), (False, "that they do not answer", "declined"),
    ):  # fmt: skip
        of = [outcome for outcome in asked if outcome.answerable == answerable]
        right = sum(outcome.answered == answerable for outcome in of)
        if of:
            yield f"Of {counted(len(of), 'question')} {which} {share(right, len(of))} were {done}."


def compared(comparison: Comparison) -> list[str]:
    """How many questions the comparison rests on, and which do not match."""
    said = [f"{counted(comparison.matched, 'question')} in both runs"]
    for number, which in ((comparison.only_before, "earlier"), (comparison.only_after, "later")):
        if number:
            said.append(f"{number:,} only in the {which} run (left out)")
    return said


def outcome_of(difference: Difference) -> str:
    """`better`, `worse` or `no clear difference`, with the questions that say so."""
    counts = f"{difference.better:,} better, {difference.worse:,} worse, {difference.equal:,} equal"
    told = difference.better + difference.worse + difference.equal
    return f"{difference.verdict} ({counts})" if told else difference.verdict


def interval(difference: Difference) -> str:
    """`+.012 to +.034`."""
    return f"{signed(difference.low)} to {signed(difference.high)}"


def changed_settings(comparison: Comparison) -> list[str]:
    """`embedder: one before, another now`: without what was set otherwise no difference can be read."""
    before, after = comparison.before, comparison.after
    pairs = [("version", before.version, after.version)]
    for name in dict.fromkeys((*before.settings, *after.settings)):
        pairs.append((name, before.settings.get(name, "–"), after.settings.get(name, "–")))
    return [f"{safe(name)}: {safe(was)} before, {safe(now)} now" for name, was, now in pairs if was != now]


def changed(flip: Flip) -> str:
    """`answered before, declined now`; `rank of the evidence: 2 before, 14 now`."""
    what = "rank of the evidence: " if flip.kind == "evidence" else ""
    return f"{what}{flip.before} before, {flip.after} now"
