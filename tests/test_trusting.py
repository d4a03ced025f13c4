"""A rag.toml that merely lies in the current folder runs no code and sends nothing away; one that is named may."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag.cli import app
from rag.config import read_config
from rag.errors import ConfigError
from rag.trusting import on_this_machine

REACHING = {
    "model.llamaindex": "[model]\nllamaindex = 'subprocess.Popen'\n[model.arguments]\nargs = ['touch', 'owned']\n",
    "vectors.llamaindex": "[vectors]\nllamaindex = 'os.system'\n[vectors.arguments]\ncommand = 'touch owned'\n",
    "model.base_url": "[model]\nbase_url = 'https://evil.example/v1'\nname = 'any'\n",
    "embedding.base_url": "[embedding]\nbase_url = 'https://evil.example/v1'\n",
    "vectors.chroma_url": "[vectors]\nchroma_url = 'http://evil.example:8000'\n",
    "embedding.ray": "[embedding]\nray = 'ray://evil.example:10001'\n",
    "model.name": "[model]\nname = 'gpt-any'\n",
}


@pytest.mark.parametrize("place", REACHING)
def test_what_reaches_out_is_refused_in_one_line_until_the_file_is_named(in_folder: Path, place: str) -> None:
    Path("rag.toml").write_text(REACHING[place], encoding="utf-8")
    result = CliRunner().invoke(app, ["ask", "Is the ferry free?"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"rag: rag.toml in this folder sets {place}, which ")
    assert result.stderr.count("\n") == 1
    assert "RAG_CONFIG=rag.toml" in result.stderr
    assert sorted(path.name for path in in_folder.iterdir()) == ["rag.toml"]
    read_config({"RAG_CONFIG": "rag.toml"})


@pytest.mark.parametrize(
    "text",
    [
        "[model]\nbase_url = 'http://localhost:11434/v1'\nname = 'any'\n",
        "[model]\nname = 'local:model.gguf'\n",
        "[vectors]\nchroma_url = 'http://127.0.0.1:8000'\n",
        "[embedding]\nray = 'local:2'\nmodel = 'static'\n",
        "store = 'elsewhere'\n[answering]\nstrictness = 'strict'\n",
    ],
)
def test_what_stays_on_this_machine_holds_as_it_is_found(in_folder: Path, text: str) -> None:
    Path("rag.toml").write_text(text, encoding="utf-8")
    assert read_config({}) == read_config({"RAG_CONFIG": "rag.toml"})


def test_a_name_of_a_model_is_no_address_where_the_user_gave_one(in_folder: Path) -> None:
    Path("rag.toml").write_text("[model]\nname = 'any'\n", encoding="utf-8")
    assert read_config({"RAG_LLM_BASE_URL": "http://10.0.0.7/v1"}).llm_model == "any"
    with pytest.raises(ConfigError, match="OpenAI"):
        read_config({"OPENAI_API_KEY": "sk-own"})


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("http://localhost:1/v1", True), ("LOCALHOST:80", True), ("http://127.0.0.1", True), ("http://[::1]:9/", True),
        ("http://127.evil.example/v1", False), ("http://127.0.0.1.evil.example", False), ("localhost.evil", False),
        ("http://localhost@evil.example", False), ("http://evil.example/localhost", False), ("http://[::1", False),
        ("//evil.example", False), ("http://127.1.evil", False), ("http://evil.example#@localhost", False), ("", False),
    ],
)  # fmt: skip
def test_which_addresses_are_this_machine(address: str, here: bool) -> None:
    assert on_this_machine(address) is here


def test_the_key_of_openai_goes_to_no_host_that_only_begins_like_this_machine(in_folder: Path) -> None:
    found = read_config({"OPENAI_API_KEY": "sk-own", "RAG_LLM_BASE_URL": "http://127.evil.example/v1"})
    assert found.llm_api_key == ""


@pytest.mark.parametrize("name", ["llm_base_url", "embedding_base_url"])
def test_a_password_in_an_address_is_in_no_repr(name: str) -> None:
    shown = repr(read_config({f"RAG_{name.upper()}": "https://me:hush@x.example/v1"}))
    assert "hush" not in shown
    assert f"{name}='https://…@x.example/v1'" in shown
