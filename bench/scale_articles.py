"""Articles made by rule, as many as wanted, and an embedder that needs no model: what `scale.py` measures with.

Words come as often as in real text: the n-th most frequent one in proportion to 1/(n + 2.7)^1.07 (Mandelbrot 1953), so
that a few stand nearly everywhere and new ones turn up for ever. One word in four is one of its article's own 60, as
an article keeps to its subject. The most frequent are English stop words, the others are made of syllables.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from retrieval import LARGE, SMALL, publisher_of_each

from rag.lexical import STOP_WORDS

__all__ = ["LARGE", "PARAGRAPHS", "QUESTIONS", "SMALL", "HashedWords", "file_of", "make_articles", "touch"]

WORDS = 300_000
EXPONENT, OFFSET = 1.07, 2.7
OWN, OWN_SHARE = 60, 0.25
"""Words of an article's subject, and their share of its words."""
TELLING = 2_000
"""Words rarer than this many others make subjects and questions."""
PARAGRAPHS = range(10, 21)
LENGTHS = range(60, 101)
"""Words of a paragraph."""
SENTENCES = range(8, 31)
A_FOLDER = 500
"""Files in one folder."""
QUESTIONS = 200
_SYLLABLES = [a + b for a in "b br ch d f g gr h k l m n p pl r s st t v z".split() for b in "a e i o u".split()]
_STOPS = sorted(STOP_WORDS, key=lambda one: (len(one), one))


# --- words -----------------------------------------------------------------------------------------------------------


def word(rank: int) -> str:
    """Frequent ones are short."""
    if rank < len(_STOPS):
        return _STOPS[rank]
    rest, parts = rank - len(_STOPS) + len(_SYLLABLES), []
    while rest:
        rest, part = divmod(rest, len(_SYLLABLES))
        parts.append(_SYLLABLES[part])
    return "".join(parts)


class Language:
    """Words by how often they come."""

    def __init__(self) -> None:
        self.words = [word(rank) for rank in range(WORDS)]
        shares = 1 / (np.arange(WORDS) + OFFSET) ** EXPONENT
        self._below = np.cumsum(shares / shares.sum())

    def ranks(self, draw: np.random.Generator, count: int) -> Any:
        return np.minimum(np.searchsorted(self._below, draw.random(count)), WORDS - 1)

    def article(self, draw: np.random.Generator) -> tuple[str, list[str]]:
        """Title and paragraphs."""
        own = TELLING + (draw.random(OWN) ** 2 * (WORDS - TELLING)).astype(int)
        lengths = draw.integers(LENGTHS.start, LENGTHS.stop, draw.integers(PARAGRAPHS.start, PARAGRAPHS.stop))
        ranks = self.ranks(draw, int(lengths.sum()))
        mine = draw.random(len(ranks)) < OWN_SHARE
        ranks[mine] = draw.choice(own, int(mine.sum()))
        words = [self.words[rank] for rank in ranks.tolist()]
        ends = np.cumsum(lengths).tolist()
        breaks = draw.integers(SENTENCES.start, SENTENCES.stop, len(words) // SENTENCES.start + 1).tolist()
        texts = [
            _sentences(words[end - length : end], breaks) for end, length in zip(ends, lengths.tolist(), strict=True)
        ]
        return " ".join(self.words[rank] for rank in own[:6].tolist()).capitalize(), texts


def _sentences(words: Sequence[str], breaks: list[int]) -> str:
    """Sentences of the lengths that come next in `breaks`, the last one shorter."""
    made, at = [], 0
    while at < len(words):
        length = breaks.pop() if breaks else SENTENCES.stop
        made.append(" ".join(words[at : at + length]).capitalize() + ".")
        at += length
    return " ".join(made)


# --- files -----------------------------------------------------------------------------------------------------------


def file_of(folder: Path, i: int) -> Path:
    return folder / f"{i // A_FOLDER:04}" / f"{i:07}.txt"


def make_articles(folder: Path, paragraphs: int, note: Callable[[str], None]) -> None:
    """Files of together about so many paragraphs in `folder`/articles, and questions on them; the same every time."""
    language, draw = Language(), np.random.default_rng(paragraphs)
    count = round(paragraphs / (sum(PARAGRAPHS) / len(PARAGRAPHS)))
    asked, every = [], max(1, count // QUESTIONS)
    for i, publisher in enumerate(publisher_of_each(count)):
        title, texts = language.article(draw)
        day = f"{draw.integers(2010, 2026)}-{draw.integers(1, 13):02}-{draw.integers(1, 29):02}"
        head = f"---\ntitle: {title}\npublisher: {publisher}\ndate: {day}\n---\n\n"
        path = file_of(folder / "articles", i)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(head + "\n\n".join(texts) + "\n", encoding="utf-8")
        if i % every == every // 2:
            asked.append(question(texts[len(texts) // 2], draw))
    (folder / "questions.json").write_text(json.dumps(asked), encoding="utf-8")
    note(f"wrote {count:,} files of about {paragraphs:,} paragraphs")


def question(text: str, draw: np.random.Generator) -> str:
    """Three to five of a paragraph's longer words, as one would ask for them."""
    telling = list(dict.fromkeys(w for w in text.lower().replace(".", "").split() if len(w) > 5))
    chosen = draw.permutation(telling)[: draw.integers(3, 6)].tolist()
    return f"What did the {' '.join(chosen[:2])} say about {' and '.join(chosen[2:])}?"


def touch(articles: Path, share: float) -> int:
    """Another paragraph at the end of this share of the files, spread evenly; returns how many that are."""
    files = sorted(articles.rglob("*.txt"))
    chosen = files[:: round(1 / share)]
    language, draw = Language(), np.random.default_rng(random.SystemRandom().getrandbits(60))
    for path in chosen:
        _, texts = language.article(draw)
        path.write_text(f"{path.read_text(encoding='utf-8')}\n{texts[0]}\n", encoding="utf-8")
    return len(chosen)


# --- vectors ---------------------------------------------------------------------------------------------------------


class HashedWords:
    """The sum of a vector for each word, drawn at random; long words, which are rare, weigh more. Of length 1."""

    identity, dimension, max_tokens = "hashed-words", 384, 256
    """As the packaged model."""
    _ROWS = 16_384

    def __init__(self) -> None:
        self._table = np.random.default_rng(7).standard_normal((self._ROWS, self.dimension), dtype=np.float32)
        self.seconds = 0.0

    def encode(self, texts: Sequence[str], **_: Any) -> Any:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for i, text in enumerate(texts):
            words = text.lower().replace(".", "").replace("?", "").split() or [""]
            rows = [zlib.crc32(one.encode("utf-8", "replace")) % self._ROWS for one in words]
            vectors[i] = np.array([len(one) ** 2 for one in words], dtype=np.float32) @ self._table[rows]
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) * 4 // 3 for text in texts]
