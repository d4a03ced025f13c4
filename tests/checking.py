"""Statements to check: evidence made of plain text, with the packaged embedder or with vectors of hashed words."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from store_helpers import FakeEmbedder

from rag.embedding import Embedder, load_embedder
from rag.evidence import Evidence, Line
from rag.schema import Metadata, Paragraph, Passage, Sentence
from rag.sentences import split_sentences
from rag.tokens import tokenize
from rag.verification import Verdict, Verifier


@cache
def real_embedder() -> Embedder:
    return load_embedder("", cache=Path(os.environ["RAG_CACHE"]))


def passage_of(text: str, n: int = 1, **facts: object) -> Passage:
    """A paragraph that begins its article."""
    metadata = Metadata(**facts)  # type: ignore[arg-type]
    spans = tuple(Sentence(span.start, span.end) for span in split_sentences(text, metadata.language))
    return Passage(f"a#{n}", "a", Paragraph(n, "body", text, 0, len(text), spans), "/a.txt", metadata, 1.0)


def evidence_of(text: str, n: int = 1, embedder: Embedder | None = None, **facts: object) -> Evidence:
    passage = passage_of(text, n, **facts)
    spans = passage.paragraph.sentences
    texts = [text[span.start : span.end] for span in spans]
    vectors = (embedder or real_embedder()).encode(texts) if texts else []
    language = passage.metadata.language or "en"
    lines = zip(spans, texts, vectors, strict=True)
    return Evidence(passage, tuple(Line(passage, s, t, tokenize(t, language), v) for s, t, v in lines))


def line_of(text: str, vector: Sequence[float] = (1.0, 0.0), language: str = "en") -> Line:
    """One sentence that is a whole paragraph, with a vector of one's own."""
    passage = passage_of(text)
    return Line(passage, Sentence(0, len(text)), text, tokenize(text, language), np.array(vector, dtype=np.float32))


def check(statement: str, *sources: str, **facts: object) -> Verdict:
    """The verdict on a statement that cites all of these paragraphs."""
    evidence = [evidence_of(text, n, **facts) for n, text in enumerate(sources, 1)]
    return Verifier(real_embedder()).verify(statement, evidence, evidence)


def check_lightly(statement: str, *sources: str) -> Verdict:
    """The same without a model."""
    embedder = FakeEmbedder()
    evidence = [evidence_of(text, n, embedder) for n, text in enumerate(sources, 1)]
    return Verifier(embedder).verify(statement, evidence, evidence)


def kinds(verdict: Verdict) -> list[str]:
    return [finding.kind for finding in verdict.findings]
