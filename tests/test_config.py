"""Settings: where they come from, which wins, and what is said about a wrong one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest

from rag.config import Config, read_config
from rag.errors import ConfigError

EVERYTHING = """
store = "/srv/store"
cache = "~/models"
[embedding]
model = "some/model"
base_url = "http://localhost:8080/v1"
api_key = "hush"
ray = "local:2"
[vectors]
chroma_url = "http://localhost:8000"
chroma_headers = {Authorization = "hush"}
chroma_collection = "articles"
chroma_tenant = "press"
chroma_database = "news"
llamaindex = "some.package.Store"
arguments = {client = {call = "some.package.Client", api_key = "hush"}}
[loading]
max_megabytes = 5
max_pages = 6
max_uncompressed_megabytes = 8
max_seconds = 9
max_memory_megabytes = 300
url_seconds = 7
allow_private = true
[retrieval]
exact_limit = 8
candidates = 9
reranker = "some/cross-encoder"
[model]
base_url = "http://localhost:11434/v1"
name = "some-model"
api_key = "hush"
llamaindex = "some.package.Class"
arguments = {max_tokens = 500, model = "x"}
context = 4096
timeout = 30
judge = "model"
[answering]
strictness = "strict"
threshold = 0.25
"""
AS_READ = Config(
    store=Path("/srv/store"), cache=Path("~/models").expanduser(), embedding_model="some/model",
    embedding_base_url="http://localhost:8080/v1", embedding_api_key="hush",
    embedding_ray="local:2", chroma_url="http://localhost:8000", chroma_headers={"Authorization": "hush"},
    chroma_collection="articles", chroma_tenant="press", chroma_database="news",
    vectors_llamaindex="some.package.Store",
    vectors_arguments={"client": {"call": "some.package.Client", "api_key": "hush"}},
    max_megabytes=5, max_pages=6, max_uncompressed_megabytes=8, max_seconds=9, max_memory_megabytes=300,
    url_seconds=7, allow_private=True, exact_limit=8, candidates=9, reranker="some/cross-encoder",
    llm_base_url="http://localhost:11434/v1", llm_model="some-model", llm_api_key="hush",
    llm_llamaindex="some.package.Class", llm_arguments={"max_tokens": 500, "model": "x"},
    llm_context=4096, llm_timeout=30, judge="model", strictness="strict", threshold=0.25,
)  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Writes a rag.toml and returns the environment that names it."""

    def write(text: str) -> dict[str, str]:
        (tmp_path / "rag.toml").write_text(text, encoding="utf-8")
        return {"RAG_CONFIG": str(tmp_path / "rag.toml")}

    return write


Settings = Callable[[str], dict[str, str]]


def refusal(environment: dict[str, str], **options: object) -> str:
    with pytest.raises(ConfigError) as caught:
        read_config(environment, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- where they come from ----------------------------------------------------------------------------------------


def test_without_anything_set_the_defaults_hold(in_folder: Path) -> None:
    assert read_config({}) == Config()
    assert Config().store == Path("vectorstore")


def test_every_setting_can_stand_in_rag_toml(settings: Settings) -> None:
    assert read_config(settings(EVERYTHING)) == AS_READ
    untouched = [f.name for f in fields(Config) if getattr(AS_READ, f.name) == getattr(Config(), f.name)]
    assert untouched == [], "EVERYTHING sets each to something else"


def test_every_setting_has_a_variable(in_folder: Path) -> None:
    tables = {"llm_arguments", "vectors_arguments", "chroma_headers"}
    simple = [f.name for f in fields(Config) if f.name not in tables]
    variables = {f"RAG_{name.upper()}": str(getattr(AS_READ, name)) for name in simple}
    variables["RAG_CHROMA_HEADERS"] = "Authorization: hush"
    said: list[str] = []
    assert read_config(variables, said.append) == replace(AS_READ, llm_arguments={}, vectors_arguments={})
    assert said == []


def test_a_table_has_no_variable(in_folder: Path) -> None:
    said: list[str] = []
    assert read_config({"RAG_LLM_ARGUMENTS": "{}"}, said.append) == Config()
    assert said[0].startswith("RAG_LLM_ARGUMENTS is no setting of rag and is ignored")


def test_every_setting_is_documented_with_its_place() -> None:
    """The comment beside the field begins with its place in rag.toml, as EVERYTHING has it."""
    source = inspect.getsource(Config)
    section, places = "", {}
    for line in EVERYTHING.strip().splitlines():
        if line.startswith("["):
            section = line + " "
        else:
            name = line.partition(" ")[0]
            places[section + name] = line
    documented = re.findall(r"^    (\w+): .*  # (\[\w+\] \w+|\w+)", source, re.MULTILINE)
    assert [name for name, _ in documented] == [f.name for f in fields(Config)]
    assert [place for _, place in documented] == list(places)


def test_rag_toml_of_the_current_folder_is_read(in_folder: Path) -> None:
    (in_folder / "rag.toml").write_text("[retrieval]\ncandidates = 3\n")
    assert read_config({}).candidates == 3


def test_rag_config_is_read_instead(in_folder: Path, settings: Settings) -> None:
    environment = settings("[retrieval]\ncandidates = 4\n")
    elsewhere = in_folder / "elsewhere.toml"
    (in_folder / "rag.toml").rename(elsewhere)
    (in_folder / "rag.toml").write_text("[retrieval]\ncandidates = 3\n")
    assert read_config(environment | {"RAG_CONFIG": str(elsewhere)}).candidates == 4


def test_rag_config_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    missing = tmp_path / "no.toml"
    assert refusal({"RAG_CONFIG": str(missing)}) == f"RAG_CONFIG names {missing}, which is not there"


def test_options_win_over_the_environment_and_that_over_the_file(settings: Settings) -> None:
    environment = settings("store = '/file'\n[retrieval]\ncandidates = 1\nexact_limit = 1\n[loading]\nmax_pages = 1\n")
    environment |= {"RAG_STORE": "/environment", "RAG_CANDIDATES": "2"}
    config = read_config(environment, store=Path("/option"), candidates=None)
    assert config == Config(store=Path("/option"), candidates=2, exact_limit=1, max_pages=1)


def test_an_option_that_was_not_given_changes_nothing(in_folder: Path) -> None:
    assert read_config({"RAG_STORE": "/environment"}, store=None).store == Path("/environment")


@pytest.mark.parametrize(("word", "means"), [("yes", True), ("TRUE", True), ("1", True), ("no", False), ("0", False)])
def test_what_is_true_or_false_in_a_variable(in_folder: Path, word: str, means: bool) -> None:
    assert read_config({"RAG_ALLOW_PRIVATE": word}).allow_private is means


def test_an_empty_variable_counts_as_unset(in_folder: Path) -> None:
    assert read_config({"RAG_STORE": "", "RAG_CANDIDATES": ""}) == Config()


def test_a_tilde_is_the_home_folder(in_folder: Path) -> None:
    assert read_config({"RAG_STORE": "~/articles"}).store == Path.home() / "articles"
    assert "must be the path of a folder" in refusal({"RAG_STORE": "~nobody-of-that-name/articles"})


def test_a_section_without_settings_is_no_mistake(settings: Settings) -> None:
    assert read_config(settings("[embedding]\n# model = 'x'\n")) == Config()


def test_a_file_with_a_byte_order_mark_is_read(settings: Settings) -> None:
    assert read_config(settings("\ufeff[retrieval]\ncandidates = 3\n")).candidates == 3


# --- what is wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[retrieval]\ncandidate = 3", "unknown setting 'retrieval.candidate'; did you mean 'retrieval.candidates'?"),
        ("[embeding]\nmodel = 'x'", "unknown setting 'embeding.model'; did you mean 'embedding.model'?"),
        ("stor = 'x'", "unknown setting 'stor'; did you mean 'store'?"),
        ("[zzz]\nqqq = 1", "unknown setting 'zzz.qqq'; known are store, cache, embedding.model"),
        ("zzzz = 1", "unknown setting 'zzzz'; known are "),
        ("embedding = 'x'", "unknown setting 'embedding'"),
        ("[embedding.model]\nname = 'x'", "embedding.model must be text, not {'name': 'x'}"),
        ("[embedding.extra]\nname = 'x'", "unknown setting 'embedding.extra'"),
        ("[embedding]\nmodel = 7", "embedding.model must be text, not 7"),
        ("store = 7", "store must be the path of a folder, not 7"),
        ("store = ''", "store must be the path of a folder, not ''"),
        ("[loading]\nmax_pages = 2.5", "loading.max_pages must be a whole number of at least 1, not 2.5"),
        ("[loading]\nmax_pages = true", "loading.max_pages must be a whole number of at least 1, not True"),
        ("[loading]\nmax_pages = 'many'", "loading.max_pages must be a whole number of at least 1, not 'many'"),
        ("[loading]\nmax_pages = [1]", "loading.max_pages must be a whole number of at least 1, not [1]"),
        ("[loading]\nallow_private = 'perhaps'", "loading.allow_private must be true or false, not 'perhaps'"),
        ("[loading]\nallow_private = 2", "loading.allow_private must be true or false, not 2"),
        ("[loading]\nmax_memory_megabytes = 9", "max_memory_megabytes must be a whole number of at least 256, not 9"),
        ("[loading]\nmax_megabytes = 0", "loading.max_megabytes must be a whole number of at least 1, not 0"),
        ("[retrieval]\nexact_limit = -1", "retrieval.exact_limit must be a whole number of at least 0, not -1"),
        ("[retrieval]\ncandidates = 0", "retrieval.candidates must be a whole number of at least 1, not 0"),
        ("[answering]\nthreshold = 2", "answering.threshold must be a number between 0 and 1, not 2"),
        ("[answering]\nthreshold = nan", "answering.threshold must be a number between 0 and 1, not nan"),
        ("[answering]\nthreshold = 'high'", "answering.threshold must be a number between 0 and 1, not 'high'"),
        ("[answering]\nthreshold = true", "answering.threshold must be a number between 0 and 1, not True"),
        ("[model]\ncontext = 100", "model.context must be a whole number of at least 512, not 100"),
        ("[model]\ntimeout = 0", "model.timeout must be a whole number of at least 1, not 0"),
        ("[model]\narguments = 'x'", "model.arguments must be a table, as [model.arguments] in rag.toml"),
        ("[model]\nmodel = 'x'", "unknown setting 'model.model'"),
        ("store = ", "cannot be read: "),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place(settings: Settings, text: str, said: str) -> None:
    environment = settings(text)
    message = refusal(environment)
    assert message.startswith(environment["RAG_CONFIG"])
    assert said in message


def test_a_file_that_is_not_utf8_is_refused(settings: Settings) -> None:
    environment = settings("")
    Path(environment["RAG_CONFIG"]).write_bytes(b"store = 'caf\xe9'")
    assert "cannot be read: " in refusal(environment)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("RAG_MAX_PAGES", "many", "RAG_MAX_PAGES must be a whole number of at least 1, not 'many'"),
        ("RAG_MAX_PAGES", "2.5", "RAG_MAX_PAGES must be a whole number of at least 1, not '2.5'"),
        ("RAG_CANDIDATES", "-3", "RAG_CANDIDATES must be a whole number of at least 1, not '-3'"),
        ("RAG_THRESHOLD", "inf", "RAG_THRESHOLD must be a number between 0 and 1, not 'inf'"),
    ],
)
def test_a_mistake_in_a_variable_is_named(in_folder: Path, variable: str, value: str, said: str) -> None:
    assert refusal({variable: value}) == said


def test_an_unknown_variable_is_warned_of_and_ignored(in_folder: Path) -> None:
    said: list[str] = []
    assert read_config({"RAG_STOR": "/x", "RAG_QQQQQQ": "1", "RAGE": "2"}, said.append) == Config()
    assert said == [
        "RAG_STOR is no setting of rag and is ignored; did you mean RAG_STORE?",
        "RAG_QQQQQQ is no setting of rag and is ignored",
    ]


def test_other_variables_of_the_program_are_no_reason_to_warn(in_folder: Path) -> None:
    said: list[str] = []
    read_config({"RAG_DEBUG": "1"}, said.append)
    assert said == []


# --- the language model ------------------------------------------------------------------------------------------


def test_the_arguments_of_a_llamaindex_model_are_a_table_of_any_values(settings: Settings) -> None:
    text = "[model]\nllamaindex = 'a.B'\n[model.arguments]\nmodel = 'x'\nmax_tokens = 5\nnested = {a = [1]}\n"
    config = read_config(settings(text))
    assert config.llm_arguments == {"model": "x", "max_tokens": 5, "nested": {"a": [1]}}


def test_variables_of_openai_hold_where_nothing_else_says(settings: Settings) -> None:
    shared = {"OPENAI_BASE_URL": "http://shared/v1", "OPENAI_API_KEY": "shared"}
    config = read_config(shared)
    assert (config.llm_base_url, config.llm_api_key) == ("http://shared/v1", "shared")
    config = read_config(shared | settings("[model]\nbase_url = 'http://file/v1'\napi_key = 'file'\n"))
    assert (config.llm_base_url, config.llm_api_key) == ("http://file/v1", "file")
    config = read_config(shared | {"RAG_LLM_BASE_URL": "http://ours/v1", "RAG_LLM_API_KEY": "ours"})
    assert (config.llm_base_url, config.llm_api_key) == ("http://ours/v1", "ours")


@pytest.mark.parametrize(
    ("variable", "configured"),
    [
        ("RAG_LLM_BASE_URL", True),
        ("OPENAI_BASE_URL", True),
        ("RAG_LLM_MODEL", True),
        ("RAG_LLM_LLAMAINDEX", True),
        ("RAG_LLM_API_KEY", False),
        ("OPENAI_API_KEY", False),
        ("RAG_LLM_CONTEXT", False),
    ],
)
def test_a_key_alone_asks_for_no_model(in_folder: Path, variable: str, configured: bool) -> None:
    assert read_config({variable: "4096"}).model_configured is configured


# --- secrets -----------------------------------------------------------------------------------------------------


def test_a_key_is_in_no_repr_and_no_message(settings: Settings) -> None:
    config = read_config(settings("[embedding]\napi_key = 'hush-hush'\nmodel = 'm'\n"))
    assert config.embedding_api_key == "hush-hush"
    for text in (repr(config), str(config), f"{config!r}"):
        assert "hush" not in text
        assert "embedding_api_key='…'" in text
        assert "embedding_model='m'" in text
    assert "12345" not in refusal(settings("[embedding]\napi_key = 12345\n"))


def test_a_key_of_a_model_is_in_no_repr_and_no_message(settings: Settings) -> None:
    text = "[model]\napi_key = 'hush-1'\nname = 'm'\n[model.arguments]\napi_key = 'hush-2'\n"
    config = read_config(settings(text))
    assert (config.llm_api_key, config.llm_arguments["api_key"]) == ("hush-1", "hush-2")
    assert "hush" not in repr(config)
    assert "hush" not in refusal(settings("[model]\narguments = 'hush'\n"))


@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("", True),
        ("https://api.openai.com/v1", True),
        ("http://localhost:8080/v1", True),
        ("http://127.0.0.1:8080/v1", True),
        ("http://[::1]:8080/v1", True),
        ("https://elsewhere.example/v1", False),
        ("https://api.openai.com.elsewhere.example/v1", False),
        ("elsewhere.example", False),
    ],
)
def test_the_key_of_openai_goes_to_no_other_server(address: str, given: bool) -> None:
    environment = {"RAG_LLM_BASE_URL": address, "RAG_LLM_MODEL": "m", "OPENAI_API_KEY": "sk-one"}
    assert read_config(environment).llm_api_key == ("sk-one" if given else "")


# --- headers -----------------------------------------------------------------------------------------------------


def test_several_headers_are_lines_of_a_variable(in_folder: Path) -> None:
    given = "Authorization: Bearer a:b\n\n X-Tenant : press \n"
    assert read_config({"RAG_CHROMA_HEADERS": given}).chroma_headers == {
        "Authorization": "Bearer a:b",
        "X-Tenant": "press",
    }


@pytest.mark.parametrize(
    "given", ["hush", ": hush", "Two words: hush", "X: \u201chush\u201d", "X: hush\nX: hush", "X:"]
)
def test_what_is_no_header_is_refused_and_not_repeated(in_folder: Path, given: str) -> None:
    assert "hush" not in refusal({"RAG_CHROMA_HEADERS": given})


def test_headers_of_another_kind_are_refused(settings: Settings) -> None:
    assert "lines like" in refusal(settings('[vectors]\nchroma_headers = ["hush"]'))
    assert "hush" not in refusal(settings('[vectors.chroma_headers]\nAuthorization = ["hush"]'))
