"""Embedding spread over two processes: the same store as by one, and what is said when it cannot be."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from store_helpers import CHESS, FLOOD, VOTE, FakeEmbedder, dump
from typer.testing import CliRunner

from rag import encoding_ray
from rag.cli import app
from rag.embedding import load_embedder
from rag.encoding_ray import LEAST, Recipe, encode_block, spread
from rag.engine import CATALOGUE, Engine
from rag.errors import ConfigError, ModelError


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    for name, text in (("vote", VOTE), ("flood", FLOOD), ("chess", CHESS)):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def recipe() -> Recipe:
    return Recipe("", Path(os.environ["RAG_CACHE"]))


def rows(store: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the catalogue, the vectors taken out."""
    tables = dump(store / CATALOGUE)
    tables["chunks"] = [tuple("vector" if isinstance(v, bytes) and len(v) > 32 else v for v in row)
                        for row in tables["chunks"]]  # fmt: skip
    return tables


def vectors(store: Path) -> np.ndarray[Any, np.dtype[np.float32]]:
    chunks = sorted(dump(store / CATALOGUE)["chunks"])
    return np.array([[np.frombuffer(v, "<f4") for v in row if isinstance(v, bytes) and len(v) > 32] for row in chunks])


def test_two_processes_make_the_store_that_one_makes(
    articles: Path, tmp_path: Path, engine_at: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids, rows and vectors; nothing that was started goes on, and no file of it is left."""
    monkeypatch.setattr(encoding_ray, "BLOCK", 2)
    monkeypatch.setattr(encoding_ray, "LEAST", 3)
    before, left = variables(), set(Path(tempfile.gettempdir()).glob("rag-ray-*"))
    one, two = engine_at(tmp_path / "one"), engine_at(tmp_path / "two", embedding_ray="local:2")
    processes: set[str] = set()
    started = encoding_ray._spread

    def watched(*given: Any) -> Any:
        for found in started(*given):
            processes.update(re.findall(r"ray::\S+", running()))
            yield found

    monkeypatch.setattr(encoding_ray, "_spread", watched)
    one.ingest([str(articles)])
    two.ingest([str(articles)])
    assert processes, "processes of Ray did the work"
    assert rows(tmp_path / "two") == rows(tmp_path / "one")
    np.testing.assert_allclose(vectors(tmp_path / "two"), vectors(tmp_path / "one"), atol=1e-6)
    question = "Who protested against the turbines?"
    assert [p.paragraph_id for p in two.search(question).passages] == [
        p.paragraph_id for p in one.search(question).passages
    ]
    assert "rag-ray-" not in running(), "its servers are named after their folder"
    assert set(Path(tempfile.gettempdir()).glob("rag-ray-*")) <= left
    assert variables() == before


def variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("RAY_")}


def running() -> str:
    """Command lines of all processes."""
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def test_few_texts_and_questions_start_nothing() -> None:
    fake = FakeEmbedder()
    with spread(fake, recipe(), "local:2") as embedder:
        embedder.encode(["text"] * (LEAST - 1))
        embedder.encode(["question"] * LEAST, kind="query")
        assert embedder.count_tokens(["two words"]) == [2]
    assert len(fake.history) == LEAST - 1
    assert (embedder.identity, embedder.dimension, embedder.max_tokens) == ("fake-64", 64, 200)


def test_a_block_keeps_its_rows_and_texts_of_any_kind() -> None:
    texts = ["The ferry leaves at nine.", "", "a lone \ud800 surrogate"]
    own = load_embedder("", cache=recipe().cache)
    block = {"row": np.array([5, 3, 4]), "text": [text.encode("utf-8", "surrogatepass") for text in texts]}
    done = encode_block(block, recipe(), own.identity)
    assert done["row"].tolist() == [5, 3, 4]
    np.testing.assert_allclose(done["vector"], own.encode(texts), atol=1e-6)


def test_a_machine_with_another_model_is_refused() -> None:
    with pytest.raises(ModelError, match=r"has another embedding model .*give every machine of the cluster the same"):
        encode_block({"row": np.array([0]), "text": [b"x"]}, recipe(), "another-model")


@pytest.mark.parametrize("where", ["local", "local:0", "local:two", "two", "ray://", "somewhere", "local:2; rm"])
def test_what_means_no_place_is_refused(where: str) -> None:
    with (
        pytest.raises(ConfigError, match=r"\[embedding\] ray must be local:N, auto, or the address"),
        spread(FakeEmbedder(), recipe(), where),
    ):
        pass


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_a_cluster_that_is_not_there_is_told_at_once(scheme: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        where = f"{scheme}127.0.0.1:{probe.getsockname()[1]}"
    said = rf"no cluster of Ray at {where} \(.*refused\); start it, or leave out --ray"
    with spread(FakeEmbedder(), recipe(), where) as embedder, pytest.raises(ModelError, match=said):
        embedder.encode(["text"] * LEAST)


def test_an_error_far_away_is_told_as_our_own() -> None:
    """As Ray hands it back: wrapped, with the cause beside it."""
    from ray.exceptions import RayTaskError

    cause = ModelError("the model is gone; fetch it")
    with pytest.raises(ModelError, match=r"^the model is gone; fetch it$"), encoding_ray._readable_errors():
        raise RayTaskError("encode_block", "traceback", cause)
    said = r"embedding by Ray failed \(OSError: disk full\); try again, or leave out --ray"
    with pytest.raises(ModelError, match=said), encoding_ray._readable_errors():
        raise OSError("disk\nfull")


def test_the_key_of_an_endpoint_is_in_no_repr() -> None:
    assert "hush" not in repr(Recipe("m", Path("/c"), "http://a", "hush"))


def test_without_ray_the_step_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    before = variables()
    said = r"Ray is not installed; run: pip install 'rag-articles\[ray\]'"
    with spread(FakeEmbedder(), recipe(), "local:2") as embedder, pytest.raises(ModelError, match=said):
        embedder.encode(["text"] * LEAST)
    assert variables() == before


def test_the_command_line_takes_it(articles: Path, tmp_path: Path) -> None:
    """Three articles are too few to start anything; a place that means nothing is refused all the same."""
    run = CliRunner().invoke(app, ["ingest", str(articles), "--store", str(tmp_path / "s"), "--ray", "local:2"])
    assert run.exit_code == 0, run.output
    run = CliRunner().invoke(app, ["rebuild", "--embed", "--store", str(tmp_path / "s"), "--ray", "local:2"])
    assert run.exit_code == 0, run.output
    run = CliRunner().invoke(app, ["ingest", str(articles), "--store", str(tmp_path / "s"), "--ray", "nowhere"])
    assert run.exit_code == 1
    assert "[embedding] ray must be" in run.output
