"""Every output of the same few records, as files to be read by people. RAG_WRITE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest
from rendering_records import (
    ABSTENTION_ANSWER,
    ANSWER,
    ARTICLES,
    MODEL_ANSWER,
    REPORT,
    SEARCH,
    VIEW,
    WHOLE,
    WRITTEN_ANSWER,
)
from rich.console import Console

from rag import rendering
from rag.render_html import answer_html
from rag.render_json import answer_json, articles_json, ingest_json, search_json, view_json
from rag.render_markdown import answer_markdown

GOLDEN = Path(__file__).parent / "golden"


def terminal(renderable, width):
    console = Console(
        file=io.StringIO(), width=width, force_terminal=True, color_system="truecolor", legacy_windows=False
    )
    console.print(renderable)
    return re.sub("\x1b]8;id=[^;]*;", "\x1b]8;id=0;", console.file.getvalue())  # rich draws the ids of links by lot


OUTPUTS = {
    "plain.txt": lambda plain, rich, json: plain() + "\n",
    "rich80.txt": lambda plain, rich, json: terminal(rich(), 80),
    "rich60.txt": lambda plain, rich, json: terminal(rich(), 60),
    "rich40.txt": lambda plain, rich, json: terminal(rich(), 40),
    "json": lambda plain, rich, json: json() + "\n",
}


def answer_outputs(answer):
    return (
        lambda: rendering.plain_answer(answer),
        lambda: rendering.render_answer(answer, links=True),
        lambda: answer_json(answer),
    )


RECORDS = {
    "answer": answer_outputs(ANSWER),
    "model-answer": answer_outputs(MODEL_ANSWER),
    "written-answer": answer_outputs(WRITTEN_ANSWER),
    "abstention": answer_outputs(ABSTENTION_ANSWER),
    "search": (
        lambda: rendering.plain_search(SEARCH),
        lambda: rendering.render_search(SEARCH, explain=True, links=True),
        lambda: search_json(SEARCH),
    ),
    "view": (
        lambda: rendering.plain_view(VIEW),
        lambda: rendering.render_view(VIEW, links=True),
        lambda: view_json(VIEW),
    ),
    "whole-article": (
        lambda: rendering.plain_view(WHOLE),
        lambda: rendering.render_view(WHOLE, links=True),
        lambda: view_json(WHOLE),
    ),
    "articles": (
        lambda: rendering.plain_articles(ARTICLES),
        lambda: rendering.render_articles(ARTICLES, links=True),
        lambda: articles_json(ARTICLES),
    ),
    "report": (
        lambda: rendering.plain_report(REPORT),
        lambda: rendering.render_report(REPORT),
        lambda: ingest_json(REPORT),
    ),
}
DOCUMENTS = {
    "answer": ANSWER,
    "model-answer": MODEL_ANSWER,
    "written-answer": WRITTEN_ANSWER,
    "abstention": ABSTENTION_ANSWER,
}


def compare(name, text):
    file = GOLDEN / name
    if os.environ.get("RAG_WRITE_GOLDEN") == "1":
        file.write_text(text, encoding="utf-8", newline="\n")
    assert text == file.read_text(encoding="utf-8")


ONLY_FOR = {"rich40.txt": {"written-answer"}}
"""Outputs that not every record needs."""
PAIRS = [(record, output) for record in RECORDS for output in OUTPUTS if record in ONLY_FOR.get(output, RECORDS)]


@pytest.mark.parametrize(("record", "output"), PAIRS)
def test_output_is_as_it_was_read(record, output):
    compare(f"{record}.{output}", OUTPUTS[output](*RECORDS[record]))


@pytest.mark.parametrize("record", DOCUMENTS)
def test_documents_are_as_they_were_read(record):
    compare(f"{record}.md", answer_markdown(DOCUMENTS[record]))
    compare(f"{record}.html", answer_html(DOCUMENTS[record]))
