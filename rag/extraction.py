"""Answers without a model: which sentences of the passages answer the question, word for word."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise, permutations
from typing import TYPE_CHECKING, Any

from rag.lexical import query_terms
from rag.schema import Passage, Sentence
from rag.sentence_ranking import Signs, chances, coefficients, score, word_signs
from rag.terms import Terms, coverage, stems

if TYPE_CHECKING:
    import numpy as np

    from rag.embedding import Embedder

    Vector = np.ndarray[Any, np.dtype[np.float32]]

MAX_STATEMENTS = 4
MAX_SENTENCES = 6
"""Of all statements together: neighbours are one statement."""
RECALL = 1.0
"""How much more a sentence that answers counts than one too many: the beta of the F-measure that is expected. For 1,
1.3, 1.6 and 2, on sets it is fitted on, lareqa has a precision of .66, .58, .50 and .40 and finds .93, .95, .97 and
.98; clapnq has a sentence F1 of .59, .62, .64 and .64, chunking .46, .44, .42 and .40. Another set would have less:
clapnq, left out, .48 with 1."""
SHORT = 3
"""Sentences of a paragraph that may be but a part of what an article says of one thing, as in news. Only where the best
sentence stands in such a one are other paragraphs tried by `KEEP`: the public sets have each answer in one paragraph,
and what is fitted on them loses five of sixteen gold sentences of real articles, with this none."""
KEEP = 0.72
"""A sentence of another paragraph is taken when it is at least this share as likely as the best one by `likeness`.
.76 loses one gold sentence of real articles."""
COVERAGE_WEIGHT, PASSAGE_WEIGHT = 0.3, 0.2
"""Of the question's words in a sentence and of its passage's cosine, beside its own cosine, in `likeness`."""
PAIR_COST = 0.08
"""What two neighbours must be more alike by than one, for a reader has twice as much to read."""
NEWS, NEWS_COST = 3, 0.1
"""What is lost by a sentence with fewer than three telling words that the question has not ("Take Mr Holm, …")."""
GAP = 1
"""Characters between neighbours: a space."""
MOST_SENTENCES = 60
"""Of one paragraph that are weighed, those with most of the question's words: embedding costs about 5 ms a sentence."""
WEIGHED = 8
"""Of all passages, where the best few are all that is wanted: as good as all of them, in a sixth of the time. A right
sentence is among 8 for 97 % of the questions of clapnq_dev, 99 % of lareqa_en and 85 % of chunking_eval (of all 98, 100
and 94 %), and the first one is right as often (.72, .83 and .59 against .73, .83 and .58). Measured with five signs
more than are used now."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A sentence of a passage with its vector, (dimension,) float32."""

    passage: Passage
    sentence: Sentence
    vector: Vector

    @property
    def text(self) -> str:
        return sentence_text(self.passage, (self.sentence,))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence, or neighbours, that may answer: cosine with the question, share of its words, chance to answer."""

    passage: Passage
    sentences: tuple[Sentence, ...]
    text: str
    similarity: float
    coverage: float
    score: float
    """Chance to be part of the answer, between 0 and 1; of neighbours the lesser one."""
    likeness: float = 0.0
    """Cosine, words and passage weighed by hand: comparable between paragraphs."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What one statement quotes: the same words in one or more paragraphs."""

    text: str
    places: tuple[Candidate, ...]


Place = tuple[str, int]
"""Of a sentence: id of its paragraph, and where it starts."""


def weigh(
    passages: Sequence[Passage], terms: Terms, embedder: Embedder, most: int | None = None,
    without: Collection[Place] = (),
) -> list[Weighed]:  # fmt: skip
    """Sentences of the passages with their vectors, in order; of a very long one those sharing most words with `terms`.

    With `most` no more than that of all passages, the likeliest by their words and their passage; none of `without`.
    `terms` come from `confidence.question_terms`.
    """
    pairs = [
        (passage, sentence)
        for passage in passages
        for sentence in _worth_weighing(terms, passage)
        if (passage.paragraph_id, sentence.start) not in without
    ]
    if most is not None and len(pairs) > most:
        pairs = _likeliest(pairs, terms, most)
    if not pairs:
        return []
    vectors = embedder.encode([sentence_text(passage, (sentence,)) for passage, sentence in pairs])
    return [Weighed(passage, sentence, vector) for (passage, sentence), vector in zip(pairs, vectors, strict=True)]


def _likeliest(pairs: list[tuple[Passage, Sentence]], terms: Terms, most: int) -> list[tuple[Passage, Sentence]]:
    """So many of the sentences, in order: what can be said of them before they are embedded."""
    signs = _word_signs([passage for passage, _ in pairs], terms)
    weights = coefficients()["words"]
    promise = [score(signs[passage.paragraph_id][sentence.start], weights) for passage, sentence in pairs]
    best = sorted(range(len(pairs)), key=lambda place: (-promise[place], place))[:most]
    return [pairs[place] for place in sorted(best)]


def _word_signs(passages: Sequence[Passage], terms: Terms) -> dict[str, dict[int, Signs]]:
    """Signs of the sentences of every passage, by its id and where they start."""
    distinct = {passage.paragraph_id: passage for passage in passages}
    return {name: word_signs(terms, passage, rank) for rank, (name, passage) in enumerate(distinct.items())}


def _worth_weighing(terms: Terms, passage: Passage) -> list[Sentence]:
    sentences = list(passage.paragraph.sentences)
    if len(sentences) > MOST_SENTENCES:
        ranked = sorted(sentences, key=lambda s: (-coverage(terms, sentence_text(passage, (s,))), s.start))
        sentences = sorted(ranked[:MOST_SENTENCES], key=lambda s: s.start)
    return sentences


def candidates(question: Vector, terms: Terms, weighed: Sequence[Weighed]) -> list[Candidate]:
    """Every sentence and every two neighbours, with their chance to answer, best first; ties in the passages' order.

    `question` is the question's vector, (dimension,) float32.
    """
    alike = [similarity(question, [one.vector]) for one in weighed]
    scores = _scores(terms, weighed, alike)
    sure = chances(scores, [one.passage.paragraph_id for one in weighed], terms)
    found = [_candidate(question, terms, [one], chance) for one, chance in zip(weighed, sure, strict=True)]
    for i, (one, other) in enumerate(pairwise(weighed)):
        if one.passage is other.passage and other.sentence.start - one.sentence.end <= GAP:
            found.append(_candidate(question, terms, [one, other], min(sure[i : i + 2])))
    return sorted(found, key=lambda candidate: -candidate.score)


def _scores(terms: Terms, weighed: Sequence[Weighed], alike: Sequence[float]) -> list[float]:
    """By the model that knows the sentences' meaning."""
    signs = _word_signs([one.passage for one in weighed], terms)
    best: dict[str, float] = {}
    for one, cosine in zip(weighed, alike, strict=True):
        best[one.passage.paragraph_id] = max(cosine, best.get(one.passage.paragraph_id, -1.0))
    scores = []
    for one, cosine in zip(weighed, alike, strict=True):
        own = signs[one.passage.paragraph_id][one.sentence.start]
        meaning = {"meaning": cosine, "meaning_behind": cosine - best[one.passage.paragraph_id]}
        scores.append(score({**own, **meaning}, coefficients()["meaning"]))
    return scores


def _candidate(question: Vector, terms: Terms, run: Sequence[Weighed], chance: float) -> Candidate:
    passage, sentences = run[0].passage, tuple(one.sentence for one in run)
    cosine = similarity(question, [one.vector for one in run])
    text = sentence_text(passage, sentences)
    covered = coverage(terms, text)
    likeness = cosine + COVERAGE_WEIGHT * covered + PASSAGE_WEIGHT * passage.dense_score - PAIR_COST * (len(run) - 1)
    if len(set(stems(query_terms(text))) - terms.weights.keys()) < NEWS:
        likeness -= NEWS_COST
    return Candidate(passage, sentences, text, cosine, covered, chance, likeness)


def similarity(question: Vector, vectors: Sequence[Vector]) -> float:
    """Cosine of the question with sentences taken together: their mean stands for them, nothing is embedded twice."""
    mean = sum(vectors[1:], vectors[0])
    return float(question @ mean) / (float((mean @ mean) ** 0.5) or 1.0)


def choose(found: Sequence[Candidate]) -> list[Choice]:
    """What answers, best first. Words that stand in several paragraphs are one choice; no sentence is taken twice.

    Neighbours in a paragraph are one choice if they are neighbours wherever they stand.
    """
    singles = [one for one in found if len(one.sentences) == 1 and _same_words(one.text)]
    if not singles:
        return []
    taken = singles[: _how_many([one.score for one in singles])]
    same: dict[str, list[Candidate]] = {}
    for one in singles:
        same.setdefault(_same_words(one.text), []).append(one)
    groups: dict[str, list[Candidate]] = {}
    for one in [*taken, *_elsewhere(found, singles)]:
        key = _same_words(one.text)
        if len(groups) < MAX_SENTENCES and not any(_within(one.text, group[0].text) for group in groups.values()):
            groups.setdefault(key, same[key])
    runs = _joined(list(groups.values()))[:MAX_STATEMENTS]
    return [Choice(run[0].text, tuple(run)) for run in runs]


def _how_many(sure: Sequence[float]) -> int:
    """How many of the likeliest sentences have the highest expected F-measure (about: Ye and others, ICML 2012)."""
    total, square = sum(sure), RECALL**2
    worth = [(1 + square) * right / (count + square * total) for count, right in enumerate(accumulate(sure), 1)]
    return worth.index(max(worth)) + 1


def _elsewhere(found: Sequence[Candidate], singles: Sequence[Candidate]) -> list[Candidate]:
    """Sentences of other paragraphs that are nearly as likely as the best one, where its own paragraph is short."""
    best = singles[0]
    if len(best.passage.paragraph.sentences) > SHORT:
        return []
    by_place = {(one.passage.paragraph_id, one.sentences[0]): one for one in singles}
    # Of two neighbours that answer together ("It cost …") the likelier one alone may be less like the question.
    top = max(one.likeness for one in found if one.passage.paragraph_id == best.passage.paragraph_id)
    # Below zero a share of the best likeness lies above it.
    floor = min(KEEP * top, top)
    taken: dict[tuple[str, Sentence], Candidate] = {}
    for one in sorted(found, key=lambda candidate: -candidate.likeness):
        places = [(one.passage.paragraph_id, sentence) for sentence in one.sentences]
        other = one.passage.paragraph_id != best.passage.paragraph_id
        if other and one.likeness >= floor and not any(place in taken for place in places):
            taken.update({place: by_place[place] for place in places if place in by_place})
    return list(taken.values())


def _joined(groups: Sequence[list[Candidate]]) -> list[list[Candidate]]:
    """Groups whose sentences follow one another wherever they stand made one, at the place of the better one."""
    runs = list(groups)
    while found := next(
        ((i, j, joined) for i, j in permutations(range(len(runs)), 2) if (joined := _followed(runs[i], runs[j]))), None
    ):
        i, j, joined = found
        runs[min(i, j)] = joined
        del runs[max(i, j)]
    return runs


def _followed(first: Sequence[Candidate], second: Sequence[Candidate]) -> list[Candidate]:
    """Each candidate of the first group with the one of the second that follows it; none unless all pair up."""
    after = {(one.passage.paragraph_id, one.sentences[0].start): one for one in second}
    pairs = []
    for one in first:
        ends = one.sentences[-1].end
        places = [(one.passage.paragraph_id, ends + gap) for gap in range(GAP + 1)]
        pairs += [(one, after[place]) for place in places if place in after][:1]
    return [_together(*pair) for pair in pairs] if len(pairs) == len(first) == len(second) else []


def _together(one: Candidate, after: Candidate) -> Candidate:
    """Neighbours as one candidate, with the better signs of the two."""
    sentences = (*one.sentences, *after.sentences)
    return Candidate(
        one.passage, sentences, sentence_text(one.passage, sentences), max(one.similarity, after.similarity),
        max(one.coverage, after.coverage), max(one.score, after.score), max(one.likeness, after.likeness),
    )  # fmt: skip


TYPOGRAPHY = str.maketrans("“”„«»‘’‚–—", '"""""\'\'\'--')
"""Marks and dashes of print as those of a typewriter, character for character."""


def _same_words(text: str) -> str:
    """Equal for sentences that differ in typography only: a sign more or less may say something else (€5, -5, 5 %)."""
    return text.translate(TYPOGRAPHY).casefold().strip(" \"'")


def _within(text: str, other: str) -> bool:
    """Whether one sentence says all of the other and more, word for word and sign for sign."""
    one, two = (f" {_same_words(sentence).strip('.!?,;: ')} " for sentence in (text, other))
    return one != two and (one[:-1] in two or two[:-1] in one)


def sentence_text(passage: Passage, sentences: Sequence[Sentence]) -> str:
    """The words of neighbouring sentences as they stand in the paragraph."""
    start = passage.paragraph.start
    return passage.paragraph.text[sentences[0].start - start : sentences[-1].end - start]
