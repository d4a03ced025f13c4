"""The records that pass between rooms: plain, frozen, standard library only.

Offsets are in characters, half open, and count from 0; lines, pages and paragraph numbers count from 1.
Every `start`/`end` is an offset in `Article.text` unless its name begins with `raw_`: then it is an offset in
the file as decoded (after a byte order mark, line ends as they are).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["body", "heading", "list", "byline", "caption", "pull quote", "related link", "boilerplate"]
EVIDENCE: frozenset[str] = frozenset({"body", "list"})
"""Kinds that may be cited. Headings are context for the paragraphs under them; the rest is shown, never cited."""

Support = Literal["supported", "partial", "unsupported"]
Mode = Literal["extractive", "model"]

REMOVED = "the article was removed"
"""The one reason of a statement in whose place nothing stands any more."""
ABSTENTION = "Your articles do not answer this."
"""What an answer says when it does not answer."""


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of characters."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known about an article, and where each fact was found (`origins["published"] == "byline"`)."""

    title: str = ""
    authors: tuple[str, ...] = ()
    publisher: str | None = None
    published: str | None = None
    """ISO date at the precision that is known: `2024`, `2024-11` or `2024-11-06`."""
    url: str | None = None
    language: str | None = None
    """ISO 639-1 code."""
    origins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of text that its format sets apart (an HTML `<p>`, a PDF paragraph), before it is judged."""

    text: str
    kind: Kind | None = None
    """What the format says it is; None leaves the judgement to `paragraphs`."""
    line: int | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One article as it was read: either `raw` text with markup, or `blocks` a reader has already set apart."""

    location: str
    """Absolute path, or URL."""
    record: str = ""
    """Which record of a file that holds several (JSON, JSON Lines); empty otherwise."""
    markup: Literal["text", "markdown", "blocks"] = "text"
    raw: str = ""
    body_start: int = 0
    """Where the article begins in `raw`, after front matter."""
    blocks: tuple[Block, ...] = ()
    metadata: Metadata = field(default_factory=Metadata)
    digest: str = ""
    """sha256 of what was read (bytes of the file, or of the record) and of the metadata set from outside."""

    @property
    def key(self) -> str:
        """What identifies the article from one ingest to the next."""
        return f"{self.location}#{self.record}" if self.record else self.location


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a paragraph: `article.text[start:end]`, and where it stands in the raw file if that is known."""

    start: int
    end: int
    raw_start: int | None = None
    raw_end: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """The unit of citation."""

    n: int
    """Numbered from 1 when the article is first read. It keeps its number when others come and go (see `numbering`)."""
    kind: Kind
    text: str
    start: int
    end: int
    sentences: tuple[Sentence, ...]
    raw_spans: tuple[Span, ...] = ()
    """The pieces of the raw file it was read from, in order; several where a paragraph was broken and joined again."""
    line: int | None = None
    page: int | None = None
    heading: str = ""
    """Text of the nearest heading above it."""


@dataclass(frozen=True, slots=True)
class Article:
    """One document: `text` is its paragraphs joined by blank lines."""

    id: str
    key: str
    path: str
    """The file (absolute) or the URL it was read from."""
    metadata: Metadata
    text: str
    paragraphs: tuple[Paragraph, ...]
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The unit of embedding: `text` is what is embedded (with its context), `paragraphs` the numbers it covers."""

    paragraphs: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may be used. Dates are ISO and inclusive; an article without a date fails a date filter."""

    since: str | None = None
    until: str | None = None
    publishers: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((self.since, self.until, self.publishers, self.authors, self.articles))


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph as retrieved. Ranks count from 1; None means that part of the search did not find it."""

    paragraph_id: str
    article_id: str
    paragraph: Paragraph
    path: str
    metadata: Metadata
    score: float
    dense_rank: int | None = None
    lexical_rank: int | None = None
    dense_score: float = 0.0
    """Cosine of the question and the best chunk that holds the paragraph."""
    lexical_score: float = 0.0


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered paragraph and the sentences of it that are quoted."""

    number: int
    passage: Passage
    quotes: tuple[Sentence, ...]
    since: Literal["", "changed", "removed"] = ""
    """What became of the paragraph in the store since it was cited, where somebody looked."""

    @property
    def quote(self) -> str:
        """The quoted sentences, joined by ` … ` where they are not neighbours."""
        paragraph = self.passage.paragraph
        parts: list[str] = []
        previous: Sentence | None = None
        for sentence in self.quotes:
            if previous is not None:
                between = paragraph.text[previous.end - paragraph.start : sentence.start - paragraph.start]
                parts.append(" … " if between.strip() else between)
            parts.append(paragraph.text[sentence.start - paragraph.start : sentence.end - paragraph.start])
            previous = sentence
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer, the numbers of its citations and how well they support it."""

    text: str
    citations: tuple[int, ...]
    support: Support
    reasons: tuple[str, ...] = ()
    quotes: tuple[tuple[int, Sentence], ...] = ()
    """The very sentences it rests on, each with the number of the citation that holds it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Statements with citations, or an abstention: `answered` is False and `nearest` says what came closest."""

    question: str
    answered: bool
    mode: Mode
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    confidence: float = 0.0
    nearest: tuple[Passage, ...] = ()
    model: str | None = None
    """The language model that was asked, also where `mode` says that the articles' own sentences stand in its place."""
    notes: tuple[str, ...] = ()
    """What the reader should know about how the answer came about (a filter that was dropped, say)."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    left_out: tuple[Statement, ...] = ()
    """Statements of a model that nothing bears out; never part of the answer, shown only struck through."""
    tokens: Mapping[str, int] = field(default_factory=dict)
    """What the model read ("prompt") and wrote ("completion"), where it says so."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Passages for a question, best first."""

    question: str
    passages: tuple[Passage, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArticleSummary:
    """An article as `rag articles` lists it; `duplicates` are the paths of files that say the same."""

    id: str
    metadata: Metadata
    path: str
    paragraphs: int
    duplicates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """A paragraph in its surroundings, or (`paragraph` None) a whole article, as `rag show` prints it."""

    article: Article
    paragraph: Paragraph | None
    neighbours: tuple[Paragraph, ...]
    """Paragraphs around it and itself, in reading order."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be ingested, and why."""

    path: str
    error: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A file that says the same as an article that is already stored."""

    path: str
    of: str
    """Id of the stored article."""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one ingest did. `articles` and `paragraphs` count what the store holds afterwards."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: tuple[Failure, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    articles: int = 0
    paragraphs: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()


def paragraph_id(article_id: str, n: int) -> str:
    """`moscow-elites#12`."""
    return f"{article_id}#{n}"
