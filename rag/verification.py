"""Does the cited text say this? A verdict on each statement, with reasons, and the sentences that bear it out best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from rag.alignment import NEAR_COPY, Alignment, align, differences, exchanged, miscounted
from rag.evidence import Evidence, Line
from rag.findings import Finding
from rag.omissions import Dates, omissions, unheard
from rag.polarity import negations, opposite
from rag.schema import Support
from rag.support import closest, measure, probability
from rag.tokens import Token, telling, tokenize
from rag.verbatim import restore

if TYPE_CHECKING:
    import numpy as np

    from rag.embedding import Embedder

    Vector = np.ndarray[Any, np.dtype[np.float32]]

SUPPORTED, PARTIAL = 0.5, 0.3
"""Probability from which a statement is supported, and partly so, if nothing in it contradicts its sources."""
MOST_QUOTES = 3
QUOTE_GAIN = 0.12
"""Share of a statement's telling words that one more sentence must add to be quoted too."""
OTHERS = 3
"""Other paragraphs tried for a statement that its own do not bear out, those nearest in words and meaning."""
_ORDER: dict[Support, int] = {"unsupported": 0, "partial": 1, "supported": 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`text` is the statement with its quotations put right; `quotes` are lines of the paragraphs it rests on."""

    text: str
    support: Support
    probability: float
    findings: tuple[Finding, ...]
    quotes: tuple[Line, ...]

    @property
    def rank(self) -> tuple[int, float]:
        """Better verdicts are greater."""
        return _ORDER[self.support], self.probability


class Judge(Protocol):
    """A second opinion from a model made or asked for it."""

    def judge(self, statement: str, lines: Sequence[Line]) -> float:
        """Probability that the lines, with their paragraphs, bear the statement out. Raises ModelError."""


@dataclass(slots=True)
class Verifier:
    """Checks statements against paragraphs; with a `judge`, the mean of its opinion and ours counts."""

    embedder: Embedder
    judge: Judge | None = None
    weights: Mapping[str, float] | None = None
    """Of the signs, where they are to be others than `support.coefficients`."""

    def verify(self, text: str, cited: Sequence[Evidence], shown: Sequence[Evidence], question: str = "") -> Verdict:
        """The best verdict: on the paragraphs it cites together, else on one other that was shown.

        `question` is what a statement of a few words only answers.
        """
        vector, asked = self.embedder.encode([text])[0], tokenize(question)
        own = self.verdict(text, vector, cited, asked) if cited else None
        if own and own.support == "supported":
            return own
        verdicts = [own] if own else []
        for other in _nearest(text, vector, [one for one in shown if one not in cited]):
            verdicts.append(self.verdict(text, vector, [other], asked))
        better = [verdict for verdict in verdicts if verdict.support == "supported"]
        # Paragraphs that it does not cite count only if they bear all of it out, or if it cites none.
        best = max(better or verdicts, key=lambda verdict: verdict.rank, default=None)
        chosen = best if better or own is None else own
        return chosen or Verdict(text, "unsupported", 0.0, (Finding("meaning"),), ())

    def verdict(
        self, text: str, vector: Vector, evidence: Sequence[Evidence], question: Sequence[Token] = ()
    ) -> Verdict:
        """On what these paragraphs say together; `vector` is that of the text, (dimension,) float32 of length 1."""
        restored = restore(text, [source for one in evidence for source in (one.text, one.context)])
        language = evidence[0].passage.metadata.language or "en"
        tokens = tokenize(restored.text, language)
        lines = [line for one in evidence for line in one.lines]
        held = [token for one in evidence for token in (*one.tokens, *one.context_tokens)]
        dates = Dates(restored.text, evidence)
        only_meant = dates.meant - {other.key for other in held}
        meant = [token for token in tokens if token.key not in only_meant]
        signs = measure(meant, vector, lines, [token for one in evidence for token in one.context_tokens])
        chance = probability(signs, self.weights) if lines and telling(tokens) else 0.0
        wrong = [*restored.findings, *_contradictions(tokens, vector, lines)]
        said = {finding.ours for finding in wrong}
        lacking = omissions(restored.text, tokens, evidence, held, dates, question)
        findings = [*wrong, *(finding for finding in lacking if finding.ours not in said or not finding.ours)]
        quotes = _quotes(tokens, vector, evidence)
        denied = negations(tokens)
        if denied and not findings and not any(negations(line.tokens) for line in quotes):
            findings.append(unheard([denied[0].text]))
        if not findings and _in_one(tokens, quotes):
            chance = max(chance, SUPPORTED)
        if self.judge and quotes and not any(f.cap == "unsupported" for f in findings):
            chance = (chance + self.judge.judge(restored.text, quotes)) / 2
        support = _support(chance, findings)
        if support != "supported" and not findings:
            findings.append(_missing(tokens, lines))
        return Verdict(restored.text, support, chance, tuple(dict.fromkeys(findings)), quotes)


def _in_one(tokens: Sequence[Token], lines: Sequence[Line]) -> bool:
    """Whether one sentence holds every telling word: of such claims of the two public sets 92 % are supported."""
    keys = {token.key for token in telling(tokens)}
    return bool(keys) and any(keys <= {token.key for token in line.tokens} for line in lines)


def _support(chance: float, findings: Sequence[Finding]) -> Support:
    verdict: Support = "supported" if chance >= SUPPORTED else "partial" if chance >= PARTIAL else "unsupported"
    return min((verdict, *(finding.cap for finding in findings)), key=lambda support: _ORDER[support])


def _contradictions(tokens: Sequence[Token], vector: Vector, lines: Sequence[Line]) -> list[Finding]:
    """What the paragraphs say otherwise."""
    near = closest(tokens, vector, lines)
    laid = [(align(tokens, line.tokens), line) for line in near]
    best, line = max(laid, key=lambda pair: pair[0].share, default=(Alignment(0.0, 0.0, (), ()), None))
    found: list[Finding] = []
    if line is not None and max(best.share, best.alike) >= NEAR_COPY:
        found += differences(tokens, line.tokens, best)
    if line is not None:
        swapped = next(filter(None, (exchanged(tokens, one.tokens) for one in (line, near[0]))), None)
        found += [swapped] if swapped else []
    if line is not None and not found:
        found += _paraphrased(tokens, near)
    return found


def _paraphrased(tokens: Sequence[Token], near: Sequence[Line]) -> list[Finding]:
    """In a paraphrase: a figure given to another thing, or an opposite in the sentence that is closest."""
    wrong = next(filter(None, (miscounted(tokens, line.tokens) for line in near)), None)
    if wrong and not any(wrong.ours in " ".join(token.text for token in line.tokens) for line in near):
        return [wrong]
    keys = {token.key for token in telling(tokens)}
    line = near[0]
    shared = len(keys & {token.key for token in line.tokens})
    turned = opposite(tokens, line.tokens) if shared >= NEAR_COPY * len(keys) else None
    return [Finding("opposite", turned[0].text, turned[1].text)] if turned else []


def _missing(tokens: Sequence[Token], lines: Sequence[Line]) -> Finding:
    """Which words no sentence holds; that nothing says it, where most are missing or none."""
    held = {token.key for line in lines for token in line.tokens}
    keys = telling(tokens)
    absent = [token.text for token in keys if token.key not in held]
    if not absent:
        return Finding("doubt")
    if len(absent) * 2 <= len(keys):
        return unheard(absent)
    return Finding("meaning")


def _nearest(text: str, vector: Vector, evidence: Sequence[Evidence]) -> list[Evidence]:
    tokens = tokenize(text)
    lines = closest(tokens, vector, [line for one in evidence for line in one.lines], many=4 * OTHERS)
    ids = list(dict.fromkeys(line.passage.paragraph_id for line in lines))[:OTHERS]
    by_id = {one.passage.paragraph_id: one for one in evidence}
    return [by_id[name] for name in ids]


def _quotes(tokens: Sequence[Token], vector: Vector, evidence: Sequence[Evidence]) -> tuple[Line, ...]:
    """The fewest sentences that hold most of the statement, and one of every paragraph that holds as much alone."""
    lines = [line for one in evidence for line in one.lines]
    keys = {token.key for token in telling(tokens)}
    chosen = closest(tokens, vector, lines, many=1)
    if not chosen:
        return ()
    covered = keys & {token.key for token in chosen[0].tokens}
    first = len(covered)
    while len(chosen) < MOST_QUOTES:
        gains = [(len(keys & {t.key for t in line.tokens} - covered), line) for line in lines if line not in chosen]
        gain, line = max(gains, key=lambda pair: (pair[0], float(pair[1].vector @ vector)), default=(0, chosen[0]))
        if not gain or gain < QUOTE_GAIN * len(keys):
            break
        chosen.append(line)
        covered |= {token.key for token in line.tokens} & keys
    for one in evidence:
        if not any(line.passage is one.passage for line in chosen):
            near = closest(tokens, vector, one.lines, many=1)
            if near and len(keys & {token.key for token in near[0].tokens}) >= first:
                chosen.append(near[0])
    return tuple(chosen)
