"""What `bench/scale.py` measures is what an ingest would leave, and its figures are worked as it says."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

from rag.engine import Engine

BENCH = Path(__file__).parents[1] / "bench"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    monkeypatch.syspath_prepend(str(BENCH))
    rooms = {name: importlib.import_module(f"scale{name}") for name in ("", "_articles", "_putting", "_steps")}
    monkeypatch.setattr(rooms["_articles"], "WORDS", 5_000)
    return rooms


def texts(engine: Engine) -> set[tuple[str, ...]]:
    catalogue = engine.catalogue
    return {tuple(p.text for p in catalogue.article(name).paragraphs) for name in catalogue.article_ids()}


def test_growth_is_of_one_unit_and_by_the_processor(bench: dict[str, ModuleType]) -> None:
    small = {"units": 1_000, "seconds": 9.0, "cpu": 2.0}
    large = {"units": 10_000, "seconds": 30.0, "cpu": 24.0}
    assert bench[""].growth("ingest", small, large) == "×1.2"
    assert bench[""].growth("remove-100", small, large) == "×12.0"
    asked = {"units": 1, "seconds": 1.0, "times": [0.3, 0.1, 0.2], "cpus": [0.02, 0.04, 0.03]}
    assert bench[""].growth("ask", asked, asked | {"cpus": [0.06, 0.09, 0.01]}) == "×2.0"
    assert bench[""].growth("ask", None, asked) == ""


def test_a_step_that_one_size_left_out_leaves_its_place_empty(bench: dict[str, ModuleType]) -> None:
    done = {"units": 10, "seconds": 2.0, "cpu": 2.0, "memory": 50.4}
    lines = bench[""].table({10: {"ingest": done}, 20: {"ingest": done, "rebuild": done}}).splitlines()
    assert lines[2] == "| ingest, a paragraph | 2.00 s, 5/s | 50 |  | 2.00 s, 5/s | 50 | ×1.0 |"
    assert lines[3] == "| rebuild, a vector |  |  |  | 2.00 s, 5/s | 50 |  |"


def test_articles_are_the_same_every_time_and_no_two_are_alike(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    made = []
    for folder in (tmp_path / "one", tmp_path / "other"):
        bench["_articles"].make_articles(folder, 120, str)
        made.append([path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.txt"))])
    assert made[0] == made[1]
    assert len(set(made[0])) == len(made[0]) == 8


def test_what_is_put_is_what_an_ingest_leaves(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    """The next ingest finds every file unchanged, and the texts are those of an ingest."""
    bench["_articles"].make_articles(tmp_path, 60, str)
    bench["_putting"].put(tmp_path, lambda *_: None)
    bench["_steps"].unchanged(tmp_path)
    with bench["_steps"].opened(tmp_path) as put, bench["_steps"].opened(tmp_path, "ingested") as ingested:
        assert ingested.ingest([str(tmp_path / "articles")]).added == 4
        assert texts(put) == texts(ingested)
        assert put.catalogue.counts() == ingested.catalogue.counts()
