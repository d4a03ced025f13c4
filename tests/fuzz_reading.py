"""What every input promises to the reader of files, and inputs to try it with: grown from real files by damage."""

from __future__ import annotations

import json
from collections.abc import Callable

from hostile_files import BODY, docx, epub, written
from hostile_text import HEAD, REPEATED
from store_helpers import check_article

from rag.chunking import chunk_article
from rag.errors import LoadError, RagError
from rag.loading import NO_TEXT, read_source
from rag.paragraphs import read_article
from rag.records import read_records
from rag.schema import Article, Source

SUFFIXES = (".txt", ".md", ".html", ".docx", ".epub", ".json", ".jsonl")
"""PDF is left out: pypdf may take minutes for some hundred bytes, and is read in a process of its own for that."""


def read_all(data: bytes, suffix: str) -> list[Article]:
    """The articles in it; none where it is refused. Every promise about them is checked."""
    try:
        sources = _sources(data, suffix)
    except RagError as error:
        if "\n" in str(error):
            raise
        return []
    articles = []
    for source in sources:
        try:
            article = read_article(source, "a")
        except LoadError:
            continue
        check(article, source)
        articles.append(article)
    return articles


def _sources(data: bytes, suffix: str) -> list[Source]:
    if suffix not in (".json", ".jsonl"):
        return [read_source(data, suffix, f"/a{suffix}")]
    records, _ = read_records(data.decode("utf-8", "replace"), lines=suffix == ".jsonl")
    if not records:
        raise LoadError(NO_TEXT)
    return [
        Source("/a", record=record.id, markup="blocks", blocks=record.blocks, metadata=record.metadata)
        for record in records
    ]


def check(article: Article, source: Source) -> None:
    """Invariant 1, and that chunks hold every paragraph that may be cited."""
    check_article(article)
    for paragraph in article.paragraphs:
        assert paragraph.text.strip() == paragraph.text != ""
        for span in paragraph.raw_spans:
            assert source.body_start <= span.start < span.end <= len(source.raw)
        for sentence in paragraph.sentences:
            if sentence.raw_start is not None and sentence.raw_end is not None:
                assert source.body_start <= sentence.raw_start < sentence.raw_end <= len(source.raw)
    article.text.encode()  # no half of a surrogate pair: nothing could write it
    repr(article.metadata).encode()
    chunks = chunk_article(article, lambda texts: [len(text) // 4 + 1 for text in texts], 100)
    held = {number for chunk in chunks for number in chunk.paragraphs}
    assert held == {p.n for p in article.paragraphs if p.kind in ("body", "list")}


TOKENS = [
    *(piece.encode("utf-8", "surrogatepass") for piece in REPEATED.values()),
    *(b"---\n", b"title: ", b"date: 2024-11-06\n", b'{"text": "', b'"}', b"\xff\xfe", b"\xef\xbb\xbf", b"\x80"),
    *(b"charset=utf-7", b'<script type="application/ld+json">', b'{"@type": "Article", "@id": ', b"</script>"),
    *(b'<meta name="date" content="', b"<w:p>", b"<w:tbl><w:tr><w:tc>", b"<w:t>", b"</w:t>", b"<!DOCTYPE x ["),
    *(b"1e999", b"NaN", b"99999999999999999999", b"\\ud800", b"\\u0000", b"null", b"[[", b"]]", b'":"', b"\r\n\r\n"),
    *(b"\xed\xa0\x80", b"PK\1\2", b"&#xD800;"),
]  # fmt: skip
"""Words of the formats, and what is known to be difficult in them."""

MARKDOWN = (
    f"---\ntitle: Lunde\nauthor: [Anna Holm]\ndate: 2024-11-06\n---\n# {HEAD}- one\n- two\n\n> {BODY}\n\n[a](http://b)"
)
PAGE = (
    '<html lang="en"><head><title>Lunde</title><meta name="author" content="Anna Holm">'
    '<script type="application/ld+json">{"@type":"Article","author":{"@id":"#a"},"datePublished":"2024"}</script>'
    f"</head><body><article><h1>Lunde</h1><p>{BODY}</p><ul><li>One<li>Two</ul><table><tr><td>a</table></article>"
)
RECORD = {"title": "Lunde", "text": HEAD + BODY, "authors": [{"name": "Anna Holm"}], "published": 1730851200}

SEEDS: dict[str, list[Callable[[], bytes]]] = {
    ".txt": [lambda: (HEAD + BODY).encode(), lambda: f"By Anna Holm\n6 May 2024\n\n{HEAD}".encode("utf-16")],
    ".md": [MARKDOWN.encode],
    ".html": [PAGE.encode],
    ".docx": [docx],
    ".epub": [epub],
    ".json": [lambda: json.dumps([RECORD, {"body": "<p>a</p><p>b"}]).encode()],
    ".jsonl": [lambda: (json.dumps(RECORD) + "\n" + json.dumps(RECORD)).encode()],
    ".pdf": [lambda: written(b"BT /F 12 Tf 20 100 Td (The ferry leaves at nine.) Tj ET")],
}
"""Whole files of each kind to begin with."""


def inside(data: bytes, suffix: str) -> bytes:
    """`data` as the text of a container: what stands in a Word file or a book, packed as it should be."""
    text = data.decode("utf-8", "replace").replace("\x00", "")
    return docx(text) if suffix == ".docx" else epub(text)
