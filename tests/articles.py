"""Articles as the tests read them, and what is true of every one of them."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from itertools import pairwise
from pathlib import Path

import pytest

from rag.cleaning import clean_spans
from rag.paragraphs import SEPARATOR, read_article
from rag.schema import EVIDENCE, Article, Metadata, Paragraph, Sentence, Source, Span
from rag.sentences import MAX_SENTENCE

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"

INVISIBLE = frozenset("\xad\u061c\u180e\u200b\u200e\u200f\u2060\ufeff") | frozenset(
    map(chr, [*range(0x2028, 0x202F), *range(0x2066, 0x206A)])
)
"""No reader sees them; some turn the direction of the text around them."""


def source_of(raw: str, markup: str = "text", metadata: Metadata | None = None, body_start: int = 0) -> Source:
    return Source("/articles/a.txt", markup=markup, raw=raw, metadata=metadata or Metadata(), body_start=body_start)


def read(raw: str, markup: str = "text", metadata: Metadata | None = None) -> Article:
    return read_article(source_of(raw, markup, metadata))


def texts(article: Article, *kinds: str) -> list[str]:
    return [p.text for p in article.paragraphs if not kinds or p.kind in kinds]


def kinds(article: Article) -> list[str]:
    return [p.kind for p in article.paragraphs]


def sentences(article: Article, paragraph: Paragraph) -> list[str]:
    return [article.text[s.start : s.end] for s in paragraph.sentences]


def seed_source(number: str) -> Source:
    """One of the five real articles, as its file holds it."""
    found = sorted(SEEDS.glob(f"{number}_*.txt"))
    if not found:
        pytest.skip("needs the five articles in ../shared/seeds")
    return Source(str(found[0]), raw=found[0].read_bytes().decode("utf-8"))


def seed(number: str) -> Article:
    return read_article(seed_source(number))


def made(*paragraphs: str, title: str = "", numbers: list[int] | None = None, heading: str = "") -> Article:
    """An article of body paragraphs, each one sentence unless it is cut at `|`."""
    built, position = [], 0
    for n, marked in zip(numbers or range(1, len(paragraphs) + 1), paragraphs, strict=True):
        start, spans = position, []
        for sentence in marked.split("|"):
            spans.append(Sentence(position, position + len(sentence)))
            position += len(sentence) + 1
        text = marked.replace("|", " ")
        built.append(Paragraph(n, "body", text, start, start + len(text), tuple(spans), heading=heading))
        position = start + len(text) + len(SEPARATOR)
    whole = SEPARATOR.join(p.text for p in built)
    return Article("a", "/articles/a.txt", "/articles/a.txt", Metadata(title=title), whole, tuple(built))


# --- what is true of every article ----------------------------------------------------------------------------------


def assert_is_whole(article: Article) -> None:
    """Paragraphs and sentences are slices of the text, and nothing visible is outside them."""
    assert article.text == SEPARATOR.join(p.text for p in article.paragraphs)
    assert [p.n for p in article.paragraphs] == list(range(1, len(article.paragraphs) + 1))
    assert any(p.kind in EVIDENCE for p in article.paragraphs)
    for paragraph in article.paragraphs:
        assert article.text[paragraph.start : paragraph.end] == paragraph.text
        assert_is_readable(paragraph.text)
        assert_sentences_cover(article.text, paragraph)


def assert_is_readable(text: str) -> None:
    """One line, as a reader sees it."""
    assert text
    assert text == " ".join(text.split())
    assert unicodedata.is_normalized("NFC", text)
    assert not [c for c in text if c in INVISIBLE or unicodedata.category(c) in ("Cc", "Cs")]


def assert_sentences_cover(text: str, paragraph: Paragraph) -> None:
    """Trimmed, in order, apart, inside the paragraph; what is between them is white space."""
    edges = [paragraph.start, *(edge for s in paragraph.sentences for edge in (s.start, s.end)), paragraph.end]
    assert edges == sorted(edges)
    for sentence in paragraph.sentences:
        quote = text[sentence.start : sentence.end]
        assert quote == quote.strip() != ""
        assert len(quote) <= MAX_SENTENCE
    between = [text[a:b] for a, b in list(pairwise(edges))[::2]]
    assert not "".join(between).strip()


def assert_is_traced(article: Article, raw: str) -> None:
    """Every paragraph and sentence is found again in the raw file, and no character of it is used twice."""
    spans = sorted((s.start, s.end) for p in article.paragraphs for s in p.raw_spans)
    assert all(a < b for a, b in spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    line_starts = [0, *(m.end() for m in re.finditer(r"\r\n|\r|\n", raw))]
    for p in article.paragraphs:
        assert clean_spans(raw, p.raw_spans).text == p.text
        assert p.line == p.sentences[0].line
        assert_sentences_are_traced(article, p, raw, line_starts)


def assert_sentences_are_traced(article: Article, paragraph: Paragraph, raw: str, line_starts: list[int]) -> None:
    outer = Span(paragraph.raw_spans[0].start, paragraph.raw_spans[-1].end)
    last = outer.start
    for s in paragraph.sentences:
        assert s.raw_start is not None
        assert s.raw_end is not None
        assert last <= s.raw_start < s.raw_end <= outer.end
        assert s.line == sum(start <= s.raw_start for start in line_starts)
        last = s.raw_start
        quote, piece = article.text[s.start : s.end], raw[s.raw_start : s.raw_end]
        assert is_subsequence(letters(quote), letters(piece + unescape(piece)))


def letters(text: str) -> list[str]:
    return [char for char in unicodedata.normalize("NFD", text) if char.isalnum()]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def is_subsequence(wanted: list[str], among: list[str]) -> bool:
    """Whether all that is wanted stands in `among`, in that order."""
    rest = iter(among)
    return all(item in rest for item in wanted)
