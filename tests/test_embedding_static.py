"""The static embedding: of a tiny model whose every number is known, and of the default one where meaning counts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from rag.config import Config
from rag.distilling import describe, distil, token_vectors, weights
from rag.embedding import Embedder, base_of, lasting, load_embedder, model_of
from rag.embedding_cache import (
    META,
    TOKENIZER,
    VECTORS,
    ModelMeta,
    file_states,
    find_source,
    read_meta,
    static_folder,
    write_meta,
)
from rag.embedding_onnx import OnnxEmbedder
from rag.embedding_static import MADE, SIF, StaticEmbedder
from rag.engine import Engine
from rag.errors import ModelError, StoreMismatchError

TEXTS = ["a b", "b a a", "", "unknown words", "c"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    kept = os.environ.get("RAG_CACHE")  # conftest.py keeps the default model's export there
    return Path(kept) if kept else tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def default(cache: Path) -> Embedder:
    """The static embedding of the default model."""
    return load_embedder("static", cache=cache)


@pytest.fixture
def by_hand(tmp_path: Path) -> Path:
    """A folder with four tokens: [UNK] is nothing, a is (3, 0), b is (0, 4), c is (-1, 0)."""
    words = {"[UNK]": 0, "a": 1, "b": 2, "c": 3}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    folder = tmp_path / "made"
    folder.mkdir()
    tokenizer.save(str(folder / TOKENIZER))
    np.save(folder / VECTORS, np.array([[0, 0], [3, 0], [0, 4], [-1, 0]], dtype=np.float32))
    write_meta(folder, record())
    return folder


def record(dimension: int = 2) -> ModelMeta:
    return ModelMeta(
        location="/there", identity=f"{MADE}:tiny:0", dimension=dimension, max_tokens=5, max_seq_length=None,
        special_tokens=False, prompts={"query": "", "passage": ""}, pad_id=0, pad_left=False, inputs=(), files=(),
        versions={}, runner="static",
    )  # fmt: skip


class Counted(OnnxEmbedder):
    """A model of three tokens and [CLS], [SEP] whose vector of `[CLS] n [SEP]` is row n; knows what it was asked."""

    rows = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [-1, 0]], dtype=np.float32)

    def __init__(self) -> None:
        super().__init__(Path(), record())
        self.identity, self.history = "tiny:0", list[list[int]]()

    def special_ids(self) -> tuple[list[int], list[int], set[int]]:
        return [0], [1], {0, 1}

    def vocabulary_size(self) -> int:
        return len(self.rows)

    def encode_ids(self, tokens: Any, progress: Any = None) -> Any:
        self.history += [ids.tolist() for ids in tokens]
        return self.rows[[ids[1] for ids in tokens]].copy()


# --- looking up ----------------------------------------------------------------------------------------------------


def test_a_vector_is_the_sum_of_its_tokens_at_length_one(by_hand: Path) -> None:
    vectors = StaticEmbedder(by_hand, record()).encode(TEXTS)
    np.testing.assert_allclose(vectors, [[0.6, 0.8], [6 / 52**0.5, 4 / 52**0.5], [1, 0], [1, 0], [-1, 0]], atol=1e-7)
    assert vectors.dtype == np.float32


def test_every_token_counts_also_beyond_the_budget(by_hand: Path) -> None:
    embedder = StaticEmbedder(by_hand, record())
    assert embedder.count_tokens(["a " * 9 + "b b b", ""]) == [12, 0]
    np.testing.assert_allclose(embedder.encode(["a " * 9 + "b " * 9]), [[0.6, 0.8]], atol=1e-7)


def test_progress_adds_up_and_nothing_is_nothing(by_hand: Path) -> None:
    embedder, steps = StaticEmbedder(by_hand, record()), list[int]()
    assert embedder.encode(["a"] * 150, progress=steps.append).shape == (150, 2)
    assert (sum(steps), len(steps) > 1) == (150, True)
    assert embedder.encode([]).shape == (0, 2)
    assert embedder.count_tokens([]) == []


def test_half_a_surrogate_pair_is_no_error(by_hand: Path) -> None:
    np.testing.assert_allclose(StaticEmbedder(by_hand, record()).encode(["\ud800 b"]), [[0, 1]])


@pytest.mark.parametrize("name", [TOKENIZER, VECTORS])
def test_damage_is_told_with_the_folder_to_delete(by_hand: Path, name: str) -> None:
    (by_hand / name).write_bytes((by_hand / name).read_bytes()[:40])
    with pytest.raises(ModelError, match=f"damaged; delete {by_hand} and run"):
        StaticEmbedder(by_hand, record()).encode(["a"])


def test_vectors_of_another_shape_are_damage(by_hand: Path) -> None:
    with pytest.raises(ModelError, match="damaged"):
        StaticEmbedder(by_hand, record(dimension=3)).encode(["a"])
    np.save(by_hand / VECTORS, np.zeros((3, 2), dtype=np.float32))  # a token fewer than the tokenizer knows
    with pytest.raises(ModelError, match="damaged"):
        StaticEmbedder(by_hand, record()).encode(["a"])


def test_a_record_without_its_files_is_none(by_hand: Path) -> None:
    assert read_meta(by_hand) == record()
    (by_hand / VECTORS).unlink()
    assert read_meta(by_hand) is None


# --- distilling ----------------------------------------------------------------------------------------------------


def test_tokens_are_embedded_between_the_special_ones_centred_and_weighted() -> None:
    base = Counted()
    found = token_vectors(base)
    assert base.history == [[0, n, 1] for n in range(5)]
    # The mean of the five rows is (0.2, 0.4); special tokens say nothing.
    want = np.array([[0, 0], [0, 0], [-0.2, 0.6], [-0.2, 0.6], [-1.2, -0.4]]) * weights(5)[:, None]
    np.testing.assert_allclose(found, want, rtol=1e-3, atol=1e-9)  # half precision


def test_weights_by_zipf() -> None:
    # p is 1/2, 1/3, 1/4 over 13/12: 6/13, 4/13, 3/13.
    np.testing.assert_allclose(weights(3, 1 / 13), [1 / 7, 1 / 5, 1 / 4], rtol=1e-6)


@given(st.integers(2, 5000))
def test_a_more_usual_token_weighs_less(count: int) -> None:
    found = weights(count)
    assert (np.diff(found) > 0).all()
    assert 0 < found[0] <= found[-1] < 1


def test_the_record_names_the_base_and_how_it_was_made(by_hand: Path) -> None:
    meta = describe(Counted(), find_source(str(by_hand)))
    assert (meta.identity, meta.runner, meta.max_tokens) == (f"{MADE}:tiny:0", "static", 5)
    assert f"{SIF:g}" in MADE


class Shortened(OnnxEmbedder):
    """The default model with its first tokens alone: all of them take half a minute."""

    def vocabulary_size(self) -> int:
        return 300


def test_made_twice_it_is_the_same_to_the_bit(cache: Path, tmp_path: Path) -> None:
    whole = load_embedder("", cache=cache)
    assert isinstance(whole, OnnxEmbedder)
    made = []
    for name in ("one", "other"):
        base = Shortened(whole.folder, whole.meta)
        folder, meta = distil(base, find_source(""), tmp_path / name, pytest.fail)
        assert read_meta(folder) is not None
        assert meta.identity == f"{MADE}:{whole.identity}"
        assert os.listdir(tmp_path / name / "embedding") == [folder.name]  # no half-made folder is left
        made.append((folder / VECTORS).read_bytes())
    assert made[0] == made[1]


# --- of the default model ------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.text(max_size=60) | st.sampled_from(["Rates rose again. " * 200, "Élysée"]), max_size=80), st.randoms()
)
def test_company_and_order_change_no_bit(default: Embedder, texts: list[str], random: Any) -> None:
    together = default.encode(texts)
    for text, vector in zip(texts, together, strict=True):
        np.testing.assert_array_equal(default.encode([text])[0], vector)
    order = random.sample(range(len(texts)), len(texts))
    np.testing.assert_array_equal(default.encode([texts[n] for n in order]), together[order])
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)


def test_meaning_survives(default: Embedder) -> None:
    question = default.encode(["Who won the football match?"], kind="query")[0]
    near, far = default.encode(["The soccer team beat its rival in the final game.", "Bread is baked from flour."])
    assert question @ near > question @ far + 0.2


def test_the_query_path_imports_no_runtime(default: Embedder, cache: Path) -> None:
    code = (
        "import sys, json\nfrom pathlib import Path\nfrom rag.embedding import load_embedder\n"
        f"e = load_embedder('static', cache=Path({str(cache)!r}))\n"
        "before = sorted({'numpy', 'tokenizers'} & set(sys.modules))\n"
        "e.encode(['What?'], kind='query')\n"
        "print(json.dumps([e.identity, before, "
        "sorted({'torch', 'transformers', 'onnxruntime', 'rag.distilling'} & set(sys.modules))]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [default.identity, [], []]


# --- names ---------------------------------------------------------------------------------------------------------


def test_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [base_of(name) for name in ("", "default", "static", "static:", "static:a/b", "statics")] == [
        None, None, "", "", "a/b", None,
    ]  # fmt: skip
    (tmp_path / "own").mkdir()
    monkeypatch.chdir(tmp_path)
    assert lasting("static:own") == f"static:{tmp_path.resolve() / 'own'}"
    assert [lasting(name) for name in ("static", "static:a/b", "", "own")] == ["static", "static:a/b", "", "own"]


def test_a_store_says_which_static_model_made_it() -> None:
    assert model_of(f"{MADE}:x:0", None) == "static"
    assert model_of(f"{MADE}:x:0", "static:/m") == "static:/m"
    assert model_of("all-MiniLM-L6-v2:0", "static") == ""  # made anew since
    assert model_of(None, None) == ""


def test_an_unknown_base(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no embedding model folder"):
        load_embedder("static:./nowhere", cache=tmp_path)


# --- stores --------------------------------------------------------------------------------------------------------


def opened(store: Path, cache: Path, model: str = "") -> Engine:
    return Engine(Config(store=store, cache=cache, embedding_model=model))


def test_later_commands_follow_the_store(default: Embedder, cache: Path, tmp_path: Path) -> None:
    store, folder = tmp_path / "store", tmp_path / "news"
    folder.mkdir()
    (folder / "a.txt").write_text("The ferry to Brennvik sank in a storm on Monday, and nobody was hurt.\n")
    with opened(store, cache, "static") as engine:
        engine.ingest([str(folder)])
    (folder / "b.txt").write_text("Bakers in Ostrava raised the price of bread for the second time this year.\n")
    with opened(store, cache) as engine:
        assert engine.ingest([str(folder)]).added == 1
        assert engine.search("Which boat went down?").passages[0].article_id.startswith("the-ferry")
        assert engine.embedder.identity == default.identity
        assert engine.config.embedding_model == "static"  # what an evaluation copies
    with opened(store, cache, "default") as engine, pytest.raises(StoreMismatchError, match="rag rebuild --embed"):
        engine.search("Which boat went down?")
    with opened(store, cache, "default") as engine:
        engine.rebuild(embed=True)
    with opened(store, cache) as engine:
        assert engine.search("Which boat went down?").passages[0].article_id.startswith("the-ferry")
        assert engine.embedder.identity == load_embedder("", cache=cache).identity


def test_a_store_of_another_base_follows_its_folder(default: Embedder, cache: Path, tmp_path: Path) -> None:
    copy = tmp_path / "model"
    shutil.copytree(find_source("").location, copy)
    made = tmp_path / "cache"
    shutil.copytree(cache / "embedding", made / "embedding")
    # The files are the default model's, so the vectors would be: only the record is made anew.
    source = find_source(str(copy))
    final = static_folder(source, MADE, made)
    shutil.copytree(static_folder(find_source(""), MADE, made), final)
    meta = json.loads((final / META).read_text())
    changed = {"location": source.location, "files": file_states(source), "identity": f"{MADE}:model:1"}
    (final / META).write_text(json.dumps(meta | changed))
    (tmp_path / "a.txt").write_text("The ferry to Brennvik sank in a storm on Monday, and nobody was hurt.\n")
    with opened(tmp_path / "store", made, f"static:{copy}") as engine:
        engine.ingest([str(tmp_path / "a.txt")])
    with opened(tmp_path / "store", made) as engine:
        assert engine.search("ferry").passages
        assert engine.embedder.identity == f"{MADE}:model:1" != default.identity
