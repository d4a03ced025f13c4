"""The figures of the benchmark of briefings, worked by hand."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

BENCH = Path(__file__).parents[1] / "bench"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("summhay", BENCH / "summhay.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["summhay"] = module  # where its dataclasses look for their types
    spec.loader.exec_module(module)
    return module


def test_citations_of_one_statement(bench: ModuleType) -> None:
    assert bench.cited(frozenset("abc"), frozenset("bcde")) == pytest.approx((2 / 3, 1 / 2, 4 / 7))
    assert bench.cited(frozenset("a"), frozenset("b")) == (0, 0, 0)
    assert bench.cited(frozenset(), frozenset()) == (0, 0, 0)


def test_an_insight_counts_by_its_best_statement_and_a_statement_for_its_best_insight(bench: ModuleType) -> None:
    insights = [
        bench.Insight(name, name, "q", frozenset(held)) for name, held in (("x", "ab"), ("y", "cd"), ("z", "e"))
    ]
    points = [
        bench.Point("one", frozenset("ab")),
        bench.Point("two", frozenset("ac")),
        bench.Point("three", frozenset("z")),
    ]
    match = np.array([[1.5, 1.2, 0.0], [0.0, 1.3, 0.0], [0.0, 0.0, 0.0]])
    found = bench.measure(insights, points, match)
    assert found.joint == [1.0, 0.5, None]
    assert (found.precision, found.recall) == ([1.0, 0.5], [1.0, 0.5])
    assert found.row() == pytest.approx({"coverage": 2 / 3, "precision": 0.75, "recall": 0.75, "joint": 50.0})


def test_without_points_nothing_is_covered(bench: ModuleType) -> None:
    insight = bench.Insight("x", "x", "q", frozenset("a"))
    assert bench.measure([insight], [], np.zeros((1, 0))).row()["coverage"] == 0


def test_agreement_beyond_chance(bench: ModuleType) -> None:
    same, kappa = bench.agreement([True, True, False, False], [True, False, False, False])
    assert (same, kappa) == (0.75, pytest.approx(0.5))
    assert bench.agreement([True, False], [True, False]) == (1.0, 1.0)
    assert bench.agreement([True, False, True, False], [True, True, False, False])[1] == pytest.approx(0)


def test_words_that_a_statement_shares_with_an_insight(bench: ModuleType) -> None:
    share = bench.shares(["The harbour cost 40 million crowns."], ["Harbours cost 40 million.", "Rain fell."])
    assert share[0, 0] > 0.5
    assert share[0, 1] == 0


def test_judgements_hold_no_text(bench: ModuleType) -> None:
    import json

    rows = json.loads(bench.JUDGED.read_text(encoding="utf-8"))
    assert len(rows) >= 50
    assert {tuple(row) for row in rows} == {("topic", "insight_id", "statement", "judgement")}
    assert all(" " not in value for row in rows for value in row.values())
    assert {row["judgement"] for row in rows} == {"covers", "partly", "not"}
