"""What every test needs: a clean environment, one model export for all, the shared articles where they are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from model_chain import Chain, build_store, numbers_in
from scripted_server import ScriptedServer

from rag.config import Config
from rag.embedding import load_embedder
from rag.engine import Engine
from rag.llm_endpoint import OpenAIModel

if TYPE_CHECKING:
    from terminal_screen import Chats

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(autouse=True, scope="session")
def _clean_environment() -> None:
    """No setting of the machine reaches a test; models are exported once and kept beside pytest's cache."""
    for name in list(os.environ):
        if name.startswith(("RAG_", "OPENAI_")) and name != "RAG_WRITE_GOLDEN":
            del os.environ[name]
    os.environ["RAG_CACHE"] = str(ROOT / ".pytest_cache" / "models")
    os.environ["HF_HUB_OFFLINE"] = "1"
    load_embedder("", cache=Path(os.environ["RAG_CACHE"]))


@pytest.fixture
def in_folder(tmp_path: Path) -> Iterator[Path]:
    """The current folder is an empty one, as a user's."""
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chats]:
    """Opens `rag chat` on terminals."""
    from terminal_screen import Chats  # needs pseudo-terminals, which its tests have asked for

    with Chats(tmp_path) as chats:
        yield chats


@pytest.fixture
def engine_at() -> Iterator[Callable[..., Engine]]:
    """Opens engines on stores, with the packaged model, and closes them."""
    opened: list[Engine] = []

    def open_engine(store: Path, **settings: object) -> Engine:
        cache = Path(os.environ["RAG_CACHE"])
        engine = Engine(Config(store=store, cache=cache, **settings))  # type: ignore[arg-type]
        opened.append(engine)
        return engine

    yield open_engine
    for engine in opened:
        engine.close()


@pytest.fixture(scope="session")
def shared_seeds() -> Path:
    """The five real articles."""
    folder = SHARED / "seeds"
    if not folder.is_dir():
        pytest.skip("needs the five articles in ../shared/seeds")
    return folder


@pytest.fixture(scope="session")
def news_store(_clean_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three small articles, embedded by the packaged model."""
    return build_store(tmp_path_factory.mktemp("model-chain"))


@pytest.fixture(scope="session")
def numbers(news_store: Path) -> dict[str, int]:
    """The numbers that the paragraphs get in a prompt."""
    return numbers_in(news_store)


@pytest.fixture
def chain(
    in_folder: Path, news_store: Path, numbers: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Chain]:
    """`rag ask` against a scripted server; what it would sleep is noted instead."""
    with ScriptedServer() as server:
        chain = Chain(news_store, numbers, server)
        monkeypatch.setitem(OpenAIModel.__init__.__kwdefaults__, "sleep", chain.waits.append)
        yield chain
