"""Briefings of real input: the sample articles as files to be read by people, and the promises on five real articles.

RAG_WRITE_GOLDEN=1 writes the files anew.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from test_invariants import check_citations, check_renderings, check_statements
from test_rendering_golden import compare

from rag.briefing import LIMITS, BriefingWishes
from rag.briefing_schema import Briefing
from rag.config import Config
from rag.engine import Engine
from rag.openings import needs_more
from rag.render_briefing_html import briefing_html
from rag.render_briefing_json import briefing_json
from rag.render_briefing_markdown import briefing_markdown

OWN = Path(__file__).parents[1] / "seeds"
TOPIC = "Moscow's hopes of Trump"
HOME = Path("/home/user/seeds")
"""Where the sample articles lie in the golden files, on whatever machine they are made."""


@pytest.fixture(scope="module")
def samples(_clean_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Briefing:
    """Of a copy of the sample articles, without what changes from run to run."""
    home = tmp_path_factory.mktemp("brief-seeds")
    shutil.copytree(OWN, home / "seeds")
    with engine_on(home / "store") as engine:
        engine.ingest([str(home / "seeds")])
        briefing = engine.brief(TOPIC)
    return moved(replace(briefing, seconds=dict.fromkeys(briefing.seconds, 0.0)))


def engine_on(store: Path) -> Engine:
    return Engine(Config(store=store, cache=Path(os.environ["RAG_CACHE"])))


def moved(briefing: Briefing) -> Briefing:
    """The same with every path as if the articles lay in HOME."""
    citations = [
        replace(one, passage=replace(one.passage, path=str(HOME / Path(one.passage.path).name)))
        for one in briefing.citations
    ]
    articles = [replace(one, path=str(HOME / Path(one.path).name)) for one in briefing.coverage.articles]
    coverage = replace(briefing.coverage, articles=tuple(articles))
    return replace(briefing, citations=tuple(citations), coverage=coverage)


def test_the_briefing_of_the_samples_is_as_it_was_read(samples: Briefing) -> None:
    compare("brief-seeds.md", briefing_markdown(samples))
    compare("brief-seeds.html", briefing_html(samples))
    compare("brief-seeds.json", briefing_json(samples) + "\n")


def test_it_holds_what_the_articles_say(samples: Briefing) -> None:
    """Not its exact lines, which may get better, but what an editor would miss."""
    assert len(samples.coverage.articles) == samples.coverage.searched == samples.coverage.used == 5
    assert len({citation.passage.article_id for citation in samples.citations}) == 5
    assert {"Andrey Pertsev", "Nikolai Patrushev"} <= {voice.speaker for voice in samples.voices}
    assert "2024-11-11" in {event.date for event in samples.timeline}
    points = [statement.text for facet in samples.points for statement in facet.statements]
    assert len(points) == LIMITS["standard"].points
    assert all(text[:1].isupper() or not text[:1].isalpha() for text in points)
    assert not any(needs_more(text) for text in points if len(re.findall(r"[.!?] [A-Z]", text)) == 0)


def test_every_line_leads_to_the_words_of_a_real_article(
    shared_seeds: Path, engine_at: Callable[..., Engine], tmp_path: Path
) -> None:
    """Invariants 1 and 2 on five real articles, damage and all, and every quote on its line of the raw file."""
    engine = engine_at(tmp_path / "store")
    engine.ingest([str(shared_seeds)])
    by_id = {known.id: engine.catalogue.article(known.id) for known in engine.catalogue.known()}
    for topic in ("Trump and Putin", "the leaked phone call", "sanctions and the Russian elite"):
        briefing = engine.brief(topic, wishes=BriefingWishes("long"))
        assert len(briefing.statements) > 10
        check_citations(briefing, by_id)
        check_statements(briefing, by_id)
        check_renderings(briefing)
        for citation in briefing.citations:
            raw = Path(citation.passage.path).read_text(encoding="utf-8")
            for quote in citation.quotes:
                assert quote.raw_start is not None
                assert raw.count("\n", 0, quote.raw_start) + 1 == quote.line
