"""The figures behind the weights of the fusion, worked by hand."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from math import inf, log2
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.engine import Engine
from rag.eval_schema import Gold
from rag.fusion import ARTICLE, COVER, LEXICAL, PAIRS, USUAL_WORDS, Evidence, fuse

BENCH = Path(__file__).parents[1] / "bench"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fit_fusion", BENCH / "fit_fusion.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["fit_fusion"] = module  # where its dataclasses look for their types
    spec.loader.exec_module(module)
    return module


bench = load()
FOUND = [
    Evidence(1, 0.5, 4, 3, 1, None, 1, 0.4),
    Evidence(2, 0.7, 8, 0, None, 1, 0.5, 0),
    Evidence(3, 0.1, 0, 3, 2, 2),
]
NAMES = ["a#1", "b#1", "b#2"]


def test_evidence_becomes_shares_of_the_best_hit() -> None:
    one = bench.asked(NAMES, FOUND, Gold(("b",), ("b#2", "c#1")), 6)
    assert one.dense.tolist() == [0.5, 0.7, 0.1]
    assert one.parts.tolist() == [[1, 0.4, 0.5, 1], [0.5, 0, 1, 0], [0, 0, 0, 1]]
    assert one.ranks.tolist() == [[1, inf], [inf, 1], [2, 2]]
    assert (one.starts.tolist(), one.right.tolist(), one.wanted) == ([0, 1, 2], [2], 2)


def test_where_articles_are_wanted_the_best_paragraph_stands_for_its_article() -> None:
    """In "a" .5 is the best, in "b" .7: "a" comes second."""
    one = bench.asked(NAMES, FOUND, Gold(("a",)), 6)
    assert (one.starts.tolist(), one.right.tolist(), one.wanted) == ([0, 1], [0], 1)
    assert bench.ndcg(one, one.dense[:, None]) == pytest.approx([1 / log2(3)])


def test_ndcg() -> None:
    """Two are right. First and third: (1 + 1/2) / (1 + 1/log2 3); only the first found: 1 / (1 + 1/log2 3)."""
    one = bench.asked(NAMES, FOUND, Gold(("a", "b"), ("a#1", "b#2")), 6)
    scored = np.array([[3.0, 3, 1], [2, -inf, 1], [1, -inf, 1]])
    ideal = 1 + 1 / log2(3)
    assert bench.ndcg(one, scored) == pytest.approx([1.5 / ideal, 1 / ideal, 1.5 / ideal])  # ties by id
    assert bench.ndcg(one, np.array([[1, 2], [2, 1], [0, 0]]), depth=1).tolist() == [0, 1]


def test_what_was_not_found_scores_nothing() -> None:
    assert bench.ndcg(bench.asked([], [], Gold(("a",), ("a#1",)), 3), np.zeros((0, 2))).tolist() == [0, 0]


SHARE = st.floats(0, 1).map(lambda score: round(score, 3))
ROWS = st.lists(st.tuples(SHARE, SHARE, SHARE, SHARE, SHARE), min_size=1, max_size=9)


@given(rows=ROWS, words=st.integers(0, 64))
def test_the_shipped_weighting_is_the_fusion(rows: list[tuple[float, ...]], words: int) -> None:
    found = [Evidence(i, d, x, a, None, None, c, p) for i, (d, x, a, c, p) in enumerate(rows)]
    one = bench.asked([f"a#{i}" for i in range(len(rows))], found, Gold(("a",), ("a#0",)), words)
    total = 1 + (words / USUAL_WORDS) ** 0.5 * (COVER + PAIRS + LEXICAL + ARTICLE)
    assert bench.scores(one, bench.weightings(3))[:, 0] / total == pytest.approx(fuse(found, words))


def test_words_may_go_unscaled() -> None:
    """Of 24 words they weigh twice: 1 + .4 + .5 + 1 with weights of 1."""
    one, ones = bench.asked(NAMES, FOUND, Gold(("a",)), 4 * USUAL_WORDS), np.ones((1, 4))
    assert bench.scores(one, ones)[0] == pytest.approx([0.5 + 2 * 2.9])
    assert bench.scores(one, ones, scaled=False)[0] == pytest.approx([0.5 + 2.9])


def test_weightings() -> None:
    shipped = [COVER, PAIRS, LEXICAL, ARTICLE]
    drawn = bench.weightings(50, seed=2)
    assert drawn.shape == (51, 4)
    assert drawn[0].tolist() == shipped
    assert np.all((drawn >= drawn[0] / bench.RANGE) & (drawn <= drawn[0] * bench.RANGE))
    assert np.array_equal(drawn, bench.weightings(50, seed=2))
    assert bench.ablations().tolist() == [shipped, *([x * (i != j) for j, x in enumerate(shipped)] for i in range(4))]


def test_weights_are_chosen_on_other_articles() -> None:
    """Without limit the best is the third: the mean of (.8 + .4)/2 and .6; lareqa must not help to choose xquad's."""
    figures = {"limit": [0.9, 0.1, 0.0], "lareqa": [0.1, 0.9, 0.8], "xquad": [0.1, 0.2, 0.4], "wice": [0.5, 0.1, 0.6]}
    arrays = {name: np.array(row) for name, row in figures.items()}
    assert bench.together(arrays, ["lareqa", "xquad", "wice"]) == pytest.approx([0.3, 0.325, 0.6])
    assert bench.chosen_without(arrays, "limit") == 2
    assert bench.chosen_without(arrays, "xquad") == bench.chosen_without(arrays, "lareqa") == 0
    with pytest.raises(ValueError, match="name more sets"):
        bench.chosen_without({"lareqa": arrays["lareqa"], "xquad": arrays["xquad"]}, "xquad")


def test_tables() -> None:
    sets = [
        bench.Measured(name, [bench.asked(NAMES, FOUND, Gold(("b",), ("b#1",)), 6)])
        for name in ("wice", "lareqa, sentences")
    ]
    header, _, wice, lareqa = bench.parts_table(sets).splitlines()
    assert header.startswith("| set | questions | dense | BM25 | as shipped | no cover |")
    # Dense never found it, BM25 found it first; fused it is second: .63 by nDCG@10, nothing by R@1.
    assert wice.startswith("| wice | 1 | .000 | 1.000 | .631 |")
    assert lareqa.startswith("| lareqa, sentences (R@1) | 1 | .000 | 1.000 | .000 |")
    assert bench.left_out_table(sets).splitlines()[2].startswith("| wice | .631 |")


def test_sentences_as_paragraphs(tmp_path: Path) -> None:
    """The answer "Low" at character 11 stands in the second sentence."""
    asked = {"id": "q", "question": "How?", "answers": [{"text": "Low", "answer_start": 11}]}
    paragraph = {"context": "High here. Low there.", "sentence_breaks": [[0, 10], [11, 21]], "qas": [asked]}
    data = {"data": [{"title": "Two_words", "paragraphs": [paragraph]}]}
    (tmp_path / "xquad_r.en.json").write_text(json.dumps(data), encoding="utf-8")
    judged = bench.sentence_set(tmp_path)
    assert list(judged.files.values()) == ["# Two words\n\nHigh here.\n\nLow there.\n"]
    [reference] = judged.questions[0].references
    assert (reference.contains, reference.start, reference.whole) == ("Low there.", 25, True)


def test_as_shipped_is_what_the_retriever_finds(tmp_path: Path, engine_at: Callable[..., Engine]) -> None:
    harbour = "# Harbour\n\nThe harbour of Elgin opened in May.\n\nFishing boats left the harbour at dawn.\n"
    (tmp_path / "harbour.md").write_text(harbour, encoding="utf-8")
    (tmp_path / "bridge.md").write_text("# Bridge\n\nThe old bridge was closed in May.\n", encoding="utf-8")
    engine = engine_at(tmp_path / "store")
    engine.ingest([str(tmp_path)])
    question = "When did the harbour of Elgin open?"
    passages = engine.retriever.search(question, engine.retriever.encode(question))
    for place, passage in enumerate(passages, 1):
        one = bench.ask(engine.retriever, question, Gold((passage.article_id,), (passage.paragraph_id,)))
        assert bench.ndcg(one, bench.scores(one, bench.ablations()[:1])) == pytest.approx([1 / log2(place + 1)])
