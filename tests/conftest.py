"""What every test needs: a clean environment, one model export for all, the shared articles where they are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.config import Config
from rag.embedding import load_embedder
from rag.engine import Engine

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
