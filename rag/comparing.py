"""Two runs of one judged set, question by question: what got better or worse, and whether it is more than chance.

Every difference has a 95 % interval by the paired bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap,
1993, chapter 13: percentiles): questions are drawn anew, with repetition, and both runs are measured on those drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rag.eval_reading import FIRST, first_rank, level_of, place_in_ranking
from rag.eval_schema import Outcome, Run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.floating[Any]]

RESAMPLES = 10_000
FEWEST = 10
"""Questions below which no difference is called clear: resamples of fewer know too little of what was not asked."""
SEED = 20_240_601
"""Any number: the same two runs always give the same intervals."""
_CELLS = 1_000_000
"""Weights held at once, as a product of resamples and questions: 4 MB."""
AUROC, RIGHTLY, WRONGLY = "abstention AUROC", "rightly declined", "wrongly declined"
LOWER_IS_BETTER = frozenset((WRONGLY,))
SECONDS = ("search p50", "search p95", "ask p50", "ask p95")

Pair = tuple[Outcome, Outcome]


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure in both runs, over the questions that both can say it of; `low` to `high` holds 95 of 100 resamples.

    Of a measure that is of all questions together, better, worse and equal are 0.
    """

    metric: str
    before: float
    after: float
    difference: float
    low: float
    high: float
    questions: int
    better: int = 0
    worse: int = 0
    equal: int = 0

    @property
    def verdict(self) -> Literal["better", "worse", "no clear difference"]:
        """What may be said of it: nothing where the interval holds 0, or the questions are too few for one."""
        if self.questions < FEWEST or not (self.low > 0.0 or self.high < 0.0):
            return "no clear difference"
        return "better" if (self.difference > 0) != (self.metric in LOWER_IS_BETTER) else "worse"


@dataclass(frozen=True, slots=True)
class Flip:
    """A question that is answered in one run only, or whose evidence is among the first hits in one run only."""

    kind: Literal["answer", "evidence"]
    id: str
    question: str
    before: str
    after: str
    change: float
    """Below 0 where it got worse; of evidence, the difference of the reciprocal ranks."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs of one set. Only questions that both hold, with the same words, are compared."""

    before: Run
    after: Run
    matched: int
    only_before: int
    only_after: int
    differences: tuple[Difference, ...]
    flips: tuple[Flip, ...]
    """Worst first."""
    seconds: tuple[tuple[str, float, float], ...] = ()
    """Seconds in both runs, by name; without an interval, as they depend on the machine more than on the questions."""

    def difference(self, metric: str) -> Difference | None:
        """The difference of that name, if both runs have it."""
        return next((one for one in self.differences if one.metric == metric), None)


def compare(before: Run, after: Run) -> Comparison:
    """`after` against `before`, over the questions that have the same id and the same words in both."""
    pairs = matched(before, after)
    sides = len(before.outcomes) - len(pairs), len(after.outcomes) - len(pairs)
    shared = [name for name in SECONDS if name in before.metrics and name in after.metrics]
    seconds = tuple((name, before.metrics[name], after.metrics[name]) for name in shared)
    flips = sorted((flip for pair in pairs for flip in _flips(*pair)), key=lambda flip: flip.change)
    return Comparison(before, after, len(pairs), *sides, tuple(_differences(pairs)), tuple(flips), seconds)


def matched(before: Run, after: Run) -> list[Pair]:
    """The outcomes of questions with the same id and words, by id."""
    others = {(outcome.id, outcome.question): outcome for outcome in after.outcomes}
    found = {key: outcome for outcome in before.outcomes if (key := (outcome.id, outcome.question)) in others}
    return [(found[key], others[key]) for key in sorted(found)]


def changes(pairs: Sequence[Pair], metric: str) -> list[tuple[Outcome, float]]:
    """What each question gained by a measure, where both runs have it."""
    both = (pair for pair in pairs if metric in pair[0].metrics and metric in pair[1].metrics)
    return [(after, after.metrics[metric] - before.metrics[metric]) for before, after in both]


def _differences(pairs: Sequence[Pair]) -> Iterator[Difference]:
    values = [(_values(before), _values(after)) for before, after in pairs]
    named = dict.fromkeys(name for before, after in values for name in before if name in after)
    groups: dict[tuple[int, ...], list[str]] = {}
    for name in sorted(named, key=lambda name: name in (RIGHTLY, WRONGLY)):
        told = (i for i, (before, after) in enumerate(values) if name in before and name in after)
        groups.setdefault(tuple(told), []).append(name)  # measures of the same questions share their resamples
    found = [one for told, group in groups.items() for one in _of_means(group, [values[i] for i in told])]
    order = [*(name for name in named if name not in (RIGHTLY, WRONGLY)), RIGHTLY, WRONGLY]
    yield from sorted(found, key=lambda one: order.index(one.metric))
    yield from _of_confidence([pair for pair in pairs if pair[0].answerable == pair[1].answerable])


def _values(outcome: Outcome) -> dict[str, float]:
    """The measures of a question; whether it was declined is one, by another name where that was wrong."""
    if outcome.answered is None:
        return dict(outcome.metrics)
    return {**outcome.metrics, WRONGLY if outcome.answerable else RIGHTLY: float(not outcome.answered)}


def _of_means(names: Sequence[str], values: Sequence[tuple[Mapping[str, float], ...]]) -> Iterator[Difference]:
    """Means over questions, all of which have all of these measures."""
    import numpy as np

    sides = [np.array([[pair[side][name] for name in names] for pair in values]) for side in (0, 1)]
    gains = sides[1] - sides[0]
    drawn = np.concatenate([weights @ gains / len(gains) for weights in _resamples(len(gains))])
    lows, highs = np.percentile(drawn, (2.5, 97.5), axis=0)
    for i, name in enumerate(names):
        was, now, gain = (float(table[:, i].mean()) for table in (*sides, gains))
        up, down = int((gains[:, i] > 0).sum()), int((gains[:, i] < 0).sum())
        better, worse = (down, up) if name in LOWER_IS_BETTER else (up, down)
        counts = len(gains), better, worse, len(gains) - up - down
        yield Difference(name, was, now, gain, float(lows[i]), float(highs[i]), *counts)


def _of_confidence(pairs: Sequence[Pair]) -> Iterator[Difference]:
    """The area under the curve of confidence: in how many pairs the answerable question is surer than the other."""
    import numpy as np

    sure = np.array([[one.confidence for one in pair] for pair in pairs if _judged(pair)], dtype=np.float64)
    answerable = np.array([pair[0].answerable for pair in pairs if _judged(pair)], dtype=bool)
    if not len(sure) or answerable.all() or not answerable.any():
        return
    before, after = (_won(sure[answerable, side], sure[~answerable, side]) for side in (0, 1))
    gains, drawn = after - before, []
    for weights in _resamples(len(sure)):
        good, bad = weights[:, answerable], weights[:, ~answerable]
        whole = good.sum(axis=1) * bad.sum(axis=1)
        part = ((good @ gains) * bad).sum(axis=1, dtype=np.float64)
        drawn.append(part[whole > 0] / whole[whole > 0])  # without a question of each kind there is no area
    low, high = np.percentile(np.concatenate(drawn), (2.5, 97.5))
    was, now = (float(table.mean(dtype=np.float64)) for table in (before, after))
    yield Difference(AUROC, was, now, now - was, float(low), float(high), len(sure))


def _judged(pair: Pair) -> bool:
    return all(outcome.confidence is not None for outcome in pair)


def _won(good: Numbers, bad: Numbers) -> Numbers:
    """A row for each of `good`: 1 where it is surer, 1/2 where equal (Mann and Whitney 1947), else 0."""
    import numpy as np

    return np.asarray(np.heaviside(good[:, None] - bad[None, :], 0.5), dtype=np.float32)


def _resamples(questions: int) -> Iterator[Numbers]:
    """How often each question is drawn, a row for each resample, in blocks that fit into memory."""
    import numpy as np

    draw = np.random.default_rng(SEED)
    block = max(1, min(RESAMPLES, _CELLS // questions))
    for start in range(0, RESAMPLES, block):
        rows = min(block, RESAMPLES - start)
        drawn = draw.integers(questions, size=(rows, questions)) + np.arange(rows)[:, None] * questions
        yield np.bincount(drawn.ravel(), minlength=rows * questions).reshape(rows, questions).astype(np.float32)


def _flips(before: Outcome, after: Outcome) -> Iterator[Flip]:
    id_, question = after.id, after.question
    if before.answered is not None and after.answered is not None and before.answered != after.answered:
        said = ["answered" if side.answered else "declined" for side in (before, after)]
        good = after.answered == after.answerable
        yield Flip("answer", id_, question, said[0], said[1], 1.0 if good else -1.0)
    levels = {level_of(before), level_of(after)}
    if len(levels) > 1 or None in levels or not (before.paragraphs and after.paragraphs):
        return
    ranks = [first_rank(side, level_of(side) or "paragraph") for side in (before, after)]
    among = [rank is not None and rank <= FIRST for rank in ranks]
    if among[0] != among[1]:
        gains = [1.0 / rank if rank else 0.0 for rank in ranks]
        yield Flip("evidence", id_, question, place_in_ranking(before), place_in_ranking(after), gains[1] - gains[0])
