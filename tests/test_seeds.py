"""The main job on real input: gold sentences are cited, the unanswered declined, every quote is in its file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.config import Config
from rag.engine import Engine
from rag.schema import Answer

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "seeds"
OWN = ROOT / "seeds"


def questions(folder: Path) -> list[dict[str, Any]]:
    file = folder / "questions.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.is_file() else []


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Engine]]:
    """An engine on a store of a folder's articles, one for all tests."""
    opened: dict[Path, Engine] = {}

    def engine_of(folder: Path) -> Engine:
        if folder not in opened:
            cache = ROOT / ".pytest_cache" / "models"
            opened[folder] = Engine(Config(store=tmp_path_factory.mktemp("store"), cache=cache))
            opened[folder].ingest([str(folder)])
        return opened[folder]

    yield engine_of
    for engine in opened.values():
        engine.close()


def cited(answer: Answer) -> list[tuple[str, str]]:
    return [(Path(citation.passage.path).name, citation.quote) for citation in answer.citations]


def words(text: str) -> str:
    """Words alone: what Markdown, line ends and white space cannot change."""
    without_links = re.sub(r"\]\([^)]*\)", "", text)
    return " ".join(re.findall(r"\w+", without_links))


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the five articles in ../shared/seeds")
@pytest.mark.parametrize("asked", questions(SHARED), ids=lambda asked: asked["question"][:40])
def test_every_gold_sentence_is_cited_and_the_rest_declined(asked: dict, engines: Callable[[Path], Engine]) -> None:
    answer = engines(SHARED).ask(asked["question"])
    assert answer.answered == bool(asked["gold"])
    for gold in asked["gold"]:
        assert any(file == gold["file"] and gold["contains"] in quote for file, quote in cited(answer)), gold
    assert len(answer.statements) <= 4


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the five articles in ../shared/seeds")
def test_every_quote_stands_word_for_word_in_its_file(engines: Callable[[Path], Engine]) -> None:
    engine = engines(SHARED)
    for asked in questions(SHARED):
        for citation in engine.ask(asked["question"]).citations:
            raw = Path(citation.passage.path).read_text(encoding="utf-8")
            article = engine.catalogue.article(citation.passage.article_id)
            for sentence in citation.quotes:
                text = article.text[sentence.start : sentence.end]
                assert text in citation.passage.paragraph.text
                assert sentence.raw_start is not None
                assert words(text) in words(raw[sentence.raw_start : sentence.raw_end])
                assert raw.count("\n", 0, sentence.raw_start) + 1 == sentence.line


def test_the_sample_questions_are_answered_with_a_gold_sentence(engines: Callable[[Path], Engine]) -> None:
    """Nine of ten: the figures of our own samples are in bench/README.md."""
    engine = engines(OWN)
    asked = [q for q in questions(OWN) if q["gold"]]
    found = 0
    for question in asked:
        answer = engine.ask(question["question"])
        found += any(f == g["file"] and g["contains"] in quote for f, quote in cited(answer) for g in question["gold"])
    assert found >= 0.9 * len(asked)


def test_every_gold_phrase_of_the_samples_stands_in_one_paragraph(engines: Callable[[Path], Engine]) -> None:
    engine = engines(OWN)
    articles = {Path(s.path).name: engine.catalogue.article(s.id) for s in engine.articles()}
    for question in questions(OWN):
        for gold in question["gold"]:
            holding = [p for p in articles[gold["file"]].paragraphs if gold["contains"] in p.text]
            assert [p.kind in ("body", "list") for p in holding] == [True], gold
