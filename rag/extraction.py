"""Answers without a model: which sentences of the passages answer the question, word for word."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.lexical import query_terms, words
from rag.schema import Passage, Sentence

if TYPE_CHECKING:
    import numpy as np

    from rag.embedding import Embedder

    Vector = np.ndarray[Any, np.dtype[np.float32]]

MAX_STATEMENTS = 4
COVERAGE_WEIGHT = 0.3
"""Of the question's words in the sentence, beside the cosine. On clapnq_dev 0 to .6 give sentence F1 .60 to .61."""
KEEP = 0.72
"""A sentence is taken when it scores at least this share of the best one."""
PAIR_COST = 0.08
"""What two sentences must be better by than one, for a reader has twice as much to read."""
PASSAGE_WEIGHT = 0.2
"""Of the passage's own cosine: a good sentence in a good paragraph is more likely the answer than a stray one."""
NEWS = 3
NEWS_COST = 0.1
"""What a sentence loses that adds fewer than three telling words to the question ("Take Nikolai Patrushev, for …")."""
MOST_SENTENCES = 60
"""Of one paragraph that are weighed, those with most of the question's words: embedding costs about 5 ms a sentence."""
WEIGHED = 8
"""Of all passages, where the best few are all that is wanted: as good as all of them, in a sixth of the time. All
sentences (56 and 41 on average) and 8 of them give 600 questions of clapnq_dev a sentence F1 of .604 and .610 and an
AUROC of the confidence of .883 and .882; of 300 answered questions of xquad_en .913 and .917 get the answer, with an
AUROC of .994 and .993. On five real articles no answer of 11 is lost; with 6 one is."""
WORDS_WEIGHT = 0.5
"""Of the share of the question's words, beside the passage's cosine, in choosing those. 1 and 2 are a little worse."""
RANK_COST, LAST_RANK = 0.02, 8
"""What a sentence loses there for each place of its passage, up to the eighth: those a conversation carries along come
after these. Without it 8 lose an answer of the five articles."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A question's word stems with their weights, and abbreviations ("WaPo") with the stems they stand for."""

    weights: Mapping[str, float]
    abbreviations: Mapping[str, Set[str]]


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
    """One sentence, or two neighbours, that may answer: cosine with the question, share of its words, both together."""

    passage: Passage
    sentences: tuple[Sentence, ...]
    text: str
    similarity: float
    coverage: float
    score: float


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

    ranks = {name: rank for rank, name in enumerate(dict.fromkeys(passage.paragraph_id for passage, _ in pairs))}

    def promise(place: int) -> float:
        passage, sentence = pairs[place]
        words = coverage(terms, sentence_text(passage, (sentence,)))
        return passage.dense_score + WORDS_WEIGHT * words - RANK_COST * min(LAST_RANK, ranks[passage.paragraph_id])

    best = sorted(range(len(pairs)), key=lambda place: (-promise(place), place))[:most]
    return [pairs[place] for place in sorted(best)]


def _worth_weighing(terms: Terms, passage: Passage) -> list[Sentence]:
    sentences = list(passage.paragraph.sentences)
    if len(sentences) > MOST_SENTENCES:
        ranked = sorted(sentences, key=lambda s: (-coverage(terms, sentence_text(passage, (s,))), s.start))
        sentences = sorted(ranked[:MOST_SENTENCES], key=lambda s: s.start)
    return sentences


def candidates(question: Vector, terms: Terms, weighed: Sequence[Weighed]) -> list[Candidate]:
    """Every sentence and every two neighbours, scored, best first; ties in the order of the passages.

    `question` is the question's vector, (dimension,) float32.
    """
    runs: list[Sequence[Weighed]] = []
    for i, one in enumerate(weighed):
        runs.append(weighed[i : i + 1])
        if i + 1 < len(weighed) and _neighbours(one, weighed[i + 1]):
            runs.append(weighed[i : i + 2])
    found = [_candidate(question, terms, run) for run in runs]
    return sorted(found, key=lambda candidate: -candidate.score)


def _neighbours(one: Weighed, other: Weighed) -> bool:
    """Whether a sentence follows another in one paragraph with nothing but space between."""
    return one.passage is other.passage and other.sentence.start - one.sentence.end <= 1


def similarity(question: Vector, vectors: Sequence[Vector]) -> float:
    """Cosine of the question with sentences taken together: their mean stands for them, nothing is embedded twice."""
    mean = sum(vectors[1:], vectors[0])
    return float(question @ mean) / (float((mean @ mean) ** 0.5) or 1.0)


def _candidate(question: Vector, terms: Terms, run: Sequence[Weighed]) -> Candidate:
    passage, sentences = run[0].passage, tuple(one.sentence for one in run)
    alike = similarity(question, [one.vector for one in run])
    text = sentence_text(passage, sentences)
    covered = coverage(terms, text)
    score = alike + COVERAGE_WEIGHT * covered + PASSAGE_WEIGHT * passage.dense_score - PAIR_COST * (len(run) - 1)
    if len(set(stems(query_terms(text))) - terms.weights.keys()) < NEWS:
        score -= NEWS_COST
    return Candidate(passage, sentences, text, alike, covered, score)


def choose(found: Sequence[Candidate]) -> list[Choice]:
    """What answers, best first. Words that stand in several paragraphs are one choice; no sentence is taken twice."""
    groups: dict[str, list[Candidate]] = {}
    taken: set[tuple[str, Sentence]] = set()
    # Below zero a share of the best score lies above it.
    floor = min(KEEP * found[0].score, found[0].score) if found else 0.0
    for candidate in found:
        key = _same_words(candidate.text)
        own = {(candidate.passage.paragraph_id, sentence) for sentence in candidate.sentences}
        if not key or candidate.score < floor or taken & own:
            continue
        if key in groups:
            groups[key].append(candidate)
        elif len(groups) < MAX_STATEMENTS and not any(
            _within(candidate.text, group[0].text) for group in groups.values()
        ):
            groups[key] = [candidate]
        else:
            continue
        taken |= own
    return [Choice(group[0].text, tuple(group)) for group in groups.values()]


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


def coverage(terms: Terms, text: str) -> float:
    """Share of the question's words, by weight, that stand in the text in any form, or as part of an abbreviation."""
    total = sum(terms.weights.values())
    if not total:
        return 0.0
    tokens = words(text)
    held = set(stems(tokens))
    for token in terms.abbreviations.keys() & {token.removesuffix("'s") for token in tokens}:
        held |= terms.abbreviations[token]
    return sum(weight for term, weight in terms.weights.items() if term in held) / total


def stems(tokens: Sequence[str]) -> list[str]:
    """Stems of words, as the catalogue's index makes them (Porter 1980)."""
    import Stemmer

    result: list[str] = Stemmer.Stemmer("porter").stemWords([t.lower().removesuffix("'s") for t in tokens])
    return result
