"""An evaluation, drawn: recall over the depth of a ranking, confidence, what changed, and how long questions took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.eval_wording import duration
from rag.svg import ACCENT, CHARACTER, NARROW, box, drawing, line, text

HEIGHT, LEFT, BOTTOM = 170.0, 34.0, 22.0
"""Pixels of a drawing, and of the margins for its labels."""
BINS = 20
"""Bars of a distribution."""
TENTHS = 10
"""Groups of confidence whose reliability is told."""
MOST_BARS = 75
"""Questions that have a bar of their own; of more, every so-and-so-many-th is drawn."""
_WIDTH = NARROW - LEFT
SECOND = "#a4521a"
"""Colour of what is worse, or not answerable; it hangs down, so that nothing rests on the colour alone."""
_DASHES = ("", "6 3", "2 3")
"""How lines are told apart without colours."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing, and the same as a table: a row of headings, then the rows."""

    title: str
    svg: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def recall_plot(curves: Sequence[tuple[str, Sequence[tuple[int, float]]]]) -> Plot | None:
    """Recall in per cent at each depth, a line for each level; None where nothing is known."""
    curves = [(name, points) for name, points in curves if points]
    depths = sorted({k for _, points in curves for k, _ in points})
    if len(depths) < 2:
        return None
    at = {k: LEFT + (_WIDTH - 70) * i / (len(depths) - 1) for i, k in enumerate(depths)}
    drawn, labels = _frame(("0", "50", "100%")), []
    for number, (name, points) in enumerate(curves):
        spots = [(at[k], _height(value)) for k, value in points]
        drawn.append(_path(spots, _DASHES[number % len(_DASHES)]))
        drawn += [box(x - 2.5, y - 2.5, 5, 5, "bar") for x, y in spots]
        labels.append((spots[-1][1] + 4, name, spots[-1][0] + 8))
    drawn += [text(x, y, name, "ink") for y, name, x in _apart(labels)]
    drawn += [text(at[k], HEIGHT + 16, str(k), "soft", "middle") for k in depths]
    values = {name: dict(points) for name, points in curves}
    rows = tuple((str(k), *(_percent(values[name].get(k)) for name, _ in curves)) for k in depths)
    said = "; ".join(f"{name} {', '.join(f'{k}: {_percent(v)}' for k, v in points)}" for name, points in curves)
    title = "Evidence found among the first hits"
    headings = ("Hits", *(name for name, _ in curves))
    return Plot(title, _drawing("recall", title, said, drawn), headings, rows, "Across: hits looked at.")


def confidence_plot(answerable: Sequence[float], unanswerable: Sequence[float], threshold: float | None) -> Plot | None:
    """How sure the program is of questions that are answered (up) and that are not (down); None without any."""
    if not (answerable or unanswerable):
        return None
    kinds = [_histogram(values, 0.0, 1.0) for values in (answerable, unanswerable)]
    shares = [[count / max(1, sum(counts)) for count in counts] for counts in kinds]
    most = max(max(share) for share in shares) or 1.0
    middle, reach, step = HEIGHT / 2 + 4, HEIGHT / 2 - 22, _WIDTH / BINS
    drawn = []
    for i in range(BINS):
        left, up, down = LEFT + step * i + 1, *(reach * share[i] / most for share in shares)
        drawn += [box(left, middle - up, step - 2, up, "bar")] if up else []
        drawn += [_second(left, middle + 1, step - 2, down)] if down else []
    drawn.append(line(LEFT, middle, NARROW, middle, "axis"))
    drawn += [text(LEFT, 10, "answerable", "ink"), text(LEFT, HEIGHT + 2, "unanswerable", "ink")]
    if threshold is not None:
        x = LEFT + _WIDTH * min(1.0, max(0.0, threshold))
        drawn.append(line(x, 16, x, HEIGHT - 8, "staff"))
        drawn.append(text(x + 4, 26, f"answered from {threshold:.2f} on", "soft"))
    drawn += _ticks(("0", "0.5", "1"))
    rows = tuple(
        (f"{i / BINS:.2f}–{(i + 1) / BINS:.2f}", f"{kinds[0][i]:,}", f"{kinds[1][i]:,}")
        for i in range(BINS)
        if kinds[0][i] or kinds[1][i]
    )
    said = "; ".join(f"{place}: {yes} answerable, {no} unanswerable" for place, yes, no in rows)
    title = "Confidence"
    note = "Bars show shares of each kind of question, so that the two can be compared."
    return Plot(
        title, _drawing("confidence", title, said, drawn), ("Confidence", "Answerable", "Unanswerable"), rows, note
    )


def reliability_plot(answerable: Sequence[float], unanswerable: Sequence[float]) -> Plot | None:
    """Share of answerable questions in each tenth of confidence, against the confidence; None without both kinds."""
    if not (answerable and unanswerable):
        return None
    yes, no = (_histogram(values, 0.0, 1.0, TENTHS) for values in (answerable, unanswerable))
    drawn = [*_frame(("0", "50", "100%")), line(LEFT, HEIGHT, NARROW, _height(1.0), "staff")]
    rows, step = [], _WIDTH / TENTHS
    for i in range(TENTHS):
        if whole := yes[i] + no[i]:
            share = yes[i] / whole
            height = max(1.0, HEIGHT - _height(share))
            drawn.append(box(LEFT + step * i + 2, HEIGHT - height, step - 4, height, "bar"))
            rows.append((f"{i / 10:.1f}–{(i + 1) / 10:.1f}", f"{yes[i]:,} of {whole:,}", _percent(share)))
    drawn += _ticks(("0", "0.5", "1"))
    said = "; ".join(f"confidence {place}: {share} answerable" for place, _, share in rows)
    title = "Answerable questions by confidence"
    note = "Were confidence a probability, the bars would reach the line; the mix of questions in the set moves them."
    return Plot(
        title, _drawing("reliability", title, said, drawn), ("Confidence", "Answerable", "Share"), tuple(rows), note
    )


def changes_plot(metric: str, gains: Sequence[float]) -> Plot | None:
    """What each question gained or lost, sorted; None where none did."""
    ordered = sorted(gains, reverse=True)
    if not any(ordered):
        return None
    shown = ordered
    if len(ordered) > MOST_BARS:
        shown = [ordered[i * (len(ordered) - 1) // (MOST_BARS - 1)] for i in range(MOST_BARS)]
    most = max(map(abs, ordered))
    middle, reach, step = HEIGHT / 2, HEIGHT / 2 - 4, _WIDTH / len(shown)
    drawn = []
    for i, gain in enumerate(shown):
        size = reach * abs(gain) / most
        if size:
            left, width = LEFT + step * i, step - 1
            drawn.append(
                box(left, middle - size, width, size, "bar") if gain > 0 else _second(left, middle, width, size)
            )
    drawn.append(line(LEFT, middle, NARROW, middle, "axis"))
    drawn += [text(LEFT - 4, y, label, "soft", "end") for y, label in (
        (8, f"+{most:.2g}"), (middle + 4, "0"), (HEIGHT, f"−{most:.2g}"))]  # fmt: skip
    up, down = sum(gain > 0 for gain in ordered), sum(gain < 0 for gain in ordered)
    rows = (("better", f"{up:,}"), ("equal", f"{len(ordered) - up - down:,}"), ("worse", f"{down:,}"))
    title = f"Change of {metric} by question"
    said = f"{up:,} questions better, {down:,} worse, {len(ordered) - up - down:,} equal"
    return Plot(title, _drawing("changes", title, said, drawn), ("Questions", "Number"), rows)


def seconds_plot(step: str, seconds: Sequence[float]) -> Plot | None:
    """How long the questions took; the last bar holds all that took longer than most."""
    ordered = sorted(seconds)
    if len(ordered) < 2 or ordered[-1] <= 0:
        return None
    top = ordered[min(len(ordered) - 1, int(len(ordered) * 0.98))] or ordered[-1]
    counts = _histogram(ordered, 0.0, top)
    most, width = max(counts), _WIDTH / BINS
    drawn = []
    for i, count in enumerate(counts):
        if count:
            height = max(1.0, (HEIGHT - 16) * count / most)
            drawn.append(box(LEFT + width * i + 1, HEIGHT - height, width - 2, height, "bar"))
    drawn.append(line(LEFT, HEIGHT, NARROW, HEIGHT, "axis"))
    drawn.append(text(LEFT - 4, 20, f"{most:,}", "soft", "end"))
    drawn += _ticks(("0", duration(top / 2), duration(top)))
    edges = [top * i / BINS for i in range(BINS + 1)]
    last = BINS - 1
    rows = tuple(
        (
            f"{duration(edges[i])} and more" if i == last else f"{duration(edges[i])}–{duration(edges[i + 1])}",
            f"{count:,}",
        )
        for i, count in enumerate(counts)
        if count
    )
    said = "; ".join(f"{place}: {count}" for place, count in rows)
    title = f"Time to {step}"
    return Plot(title, _drawing(f"seconds-{step}", title, said, drawn), ("Time", "Questions"), rows)


def _histogram(values: Sequence[float], low: float, high: float, bins: int = BINS) -> list[int]:
    """How many values lie in each of so many equal parts; what lies outside counts in the first or last."""
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, max(0, int((value - low) / (high - low) * bins)))] += 1
    return counts


def _frame(labels: Sequence[str]) -> list[str]:
    """Lines at these heights, from the bottom to the top, with their labels."""
    drawn = []
    for i, label in enumerate(labels):
        y = _height(i / (len(labels) - 1))
        drawn += [line(LEFT, y, NARROW, y, "axis"), text(LEFT - 4, y + 4, label, "soft", "end")]
    return drawn


def _ticks(labels: Sequence[str]) -> list[str]:
    """Labels under the drawing: at the left, in the middle and at the right."""
    anchors = ("start", "middle", "end")
    places = (LEFT, LEFT + _WIDTH / 2, float(NARROW))
    return [
        text(x, HEIGHT + 16, label, "soft", anchor) for x, label, anchor in zip(places, labels, anchors, strict=True)
    ]


def _height(value: float) -> float:
    """Where a share of 1 is at the top, with room for half a line above."""
    return HEIGHT - (HEIGHT - 8) * value


def _apart(labels: Sequence[tuple[float, str, float]]) -> list[tuple[float, str, float]]:
    """Labels (height, words, left) moved so that none covers another, from the top down."""
    placed: list[tuple[float, str, float]] = []
    for y, words, x in sorted(labels):
        y = max(y, placed[-1][0] + 13) if placed else y
        placed.append((y, words, min(x, NARROW - CHARACTER * len(words))))
    return placed


def _second(x: float, y: float, width: float, height: float) -> str:
    """A bar of the second kind, which hangs down where the first stands up."""
    return box(x, y, width, height, "bar").replace('class="bar"', 'class="second"').replace(ACCENT, SECOND)


def _path(spots: Sequence[tuple[float, float]], dashes: str) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    pattern = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline class="curve" points="{points}" fill="none" stroke="{ACCENT}" stroke-width="1.5"{pattern}/>'


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}%"


def _drawing(name: str, title: str, said: str, drawn: Sequence[str]) -> str:
    return drawing(f"plot-{name}", "img", (NARROW, HEIGHT + BOTTOM), (title, said), drawn)
