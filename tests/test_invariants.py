"""DESIGN's invariants over generated articles in every text format, through the whole chain: files, store, answer."""

from __future__ import annotations

import html
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_helpers import Library

from rag.engine import Engine
from rag.render_json import answer_record
from rag.schema import Answer, Article

WORDS = [
    "harbour",
    "strike",
    "Lunde",
    "naïve",
    "Orbán",
    "1,500",
    "euros",
    "“quoted”",
    "bridge",
    "Москва",
    "e\u0301tude",
    "U.S.",
]
sentences = st.lists(st.sampled_from(WORDS), min_size=3, max_size=12).map(
    lambda words: " ".join(words).capitalize() + "."
)
paragraphs = st.lists(sentences, min_size=1, max_size=4).map(" ".join)
bodies = st.lists(paragraphs, min_size=1, max_size=6)


def as_text(title: str, body: list[str]) -> str:
    return f"{title}\n\nBy: Anna Holm\n\n" + "\n\n".join(body) + "\n"


def as_markdown(title: str, body: list[str]) -> str:
    marked = [paragraph.replace("harbour", "**harbour**").replace("bridge", "[bridge](#)") for paragraph in body]
    return f"---\ntitle: {title}\npublished: 2024-11-06\n---\n# {title}\n\n" + "\r\n\r\n".join(marked)


def as_html(title: str, body: list[str]) -> str:
    inner = "\n".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in body)
    return f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>\n{inner}</article></body></html>"


def as_json_lines(title: str, body: list[str]) -> str:
    return json.dumps({"id": "one", "title": title, "text": "\n\n".join(body), "published": "2024-11-06"}) + "\n"


FORMATS: dict[str, Callable[[str, list[str]], str]] = {
    ".txt": as_text, ".md": as_markdown, ".html": as_html, ".jsonl": as_json_lines,
}  # fmt: skip

collections = st.lists(st.tuples(st.sampled_from(sorted(FORMATS)), bodies), min_size=1, max_size=4)
promised = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


@contextmanager
def library_of(collection: list[tuple[str, list[str]]]) -> Iterator[Library]:
    with tempfile.TemporaryDirectory() as home:
        library = Library(Path(home), threshold=0.0)
        for i, (suffix, body) in enumerate(collection):
            text = FORMATS[suffix](f"Report number {i} from the harbour", body)
            (library.folder / f"report-{i}{suffix}").write_text(text, encoding="utf-8", newline="")
        yield library
        library.close()


def articles(engine: Engine) -> list[Article]:
    return [engine.catalogue.article(known.id) for known in engine.catalogue.known()]


@promised
@given(collections)
def test_every_paragraph_and_sentence_is_a_slice_of_its_article(collection: list[tuple[str, list[str]]]) -> None:
    with library_of(collection) as library:
        library.ingest()
        with library.open() as engine:
            for article in articles(engine):
                for paragraph in article.paragraphs:
                    assert article.text[paragraph.start : paragraph.end] == paragraph.text
                    for sentence in paragraph.sentences:
                        assert paragraph.start <= sentence.start < sentence.end <= paragraph.end
                    if article.path.endswith((".txt", ".md")):
                        assert paragraph.raw_spans
                        assert paragraph.line
                    else:
                        assert not paragraph.raw_spans


@promised
@given(collections, st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join))
def test_every_citation_resolves_and_every_quote_is_verbatim(
    collection: list[tuple[str, list[str]]], asked: str
) -> None:
    with library_of(collection) as library:
        library.ingest()
        with library.open() as engine:
            answer = engine.ask(asked)
            shown = {passage.paragraph_id for passage in engine.search(asked, k=8).passages}
            assert {citation.passage.paragraph_id for citation in answer.citations} <= shown
            check_answer(answer, {article.id: article for article in articles(engine)})


def check_answer(answer: Answer, by_id: dict[str, Article]) -> None:
    record = answer_record(answer)
    assert [citation["number"] for citation in record["citations"]] == list(range(1, len(answer.citations) + 1))
    for citation in record["citations"]:
        article = by_id[citation["article_id"]]
        pieces = [article.text[start:end] for start, end in citation["quote_spans"]]
        assert pieces
        position = 0
        for piece in pieces:
            position = citation["quote"].index(piece, position) + len(piece)
            assert piece in article.text[citation["start"] : citation["end"]]
    used = [number for statement in record["statements"] for number in statement["citations"]]
    assert list(dict.fromkeys(used)) == list(range(1, len(answer.citations) + 1))
    for statement in answer.statements:
        assert any(statement.text in citation.passage.paragraph.text for citation in answer.citations)
    assert len(answer.statements) <= 4


@promised
@given(collections)
def test_ingesting_the_same_files_twice_changes_nothing(collection: list[tuple[str, list[str]]]) -> None:
    with library_of(collection) as library:
        library.ingest()
        with library.open() as engine:
            before = articles(engine)
        report = library.ingest()
        assert (report.added, report.updated, report.removed) == (0, 0, 0)
        with library.open() as engine:
            assert articles(engine) == before
        assert not library.embedder.history
