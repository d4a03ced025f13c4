"""Replies kept on disk: found by the whole request, never a wrong or half one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rag.llm import Finish, Message, Reply, load_llm
from rag.reply_cache import CachedModel

MESSAGES = [Message("system", "Answer."), Message("user", "When?")]


@dataclass
class CountingModel:
    """Replies with how often it was asked."""

    identity: str = "counting"
    finish: Finish = "stop"
    name: str = "counting"
    context: int = 4096
    asked: int = 0
    closed: bool = False
    seen: list[dict[str, Any]] = field(default_factory=list)

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, object] | None = None,
        plain: Sequence[Message] | None = None,
        max_tokens: int = 1024,
        sample: int = 0,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        self.asked += 1
        self.seen.append({"schema": schema, "max_tokens": max_tokens, "sample": sample})
        for piece in ("reply ", str(self.asked)):
            if on_text is not None:
                on_text(piece)
        return Reply(f"reply {self.asked}", self.finish, 10, None, seconds=2.0)

    def close(self) -> None:
        self.closed = True


def test_the_same_request_is_answered_from_disk(tmp_path: Path) -> None:
    model = CountingModel()
    first: list[str] = []
    again: list[str] = []
    reply = CachedModel(model, tmp_path / "new" / "replies").complete(MESSAGES, on_text=first.append)
    kept = CachedModel(model, tmp_path / "new" / "replies").complete(MESSAGES, on_text=again.append)
    assert (reply.text, reply.cached, reply.seconds) == ("reply 1", False, 2.0)
    assert kept == Reply("reply 1", "stop", 10, None, seconds=0.0, cached=True)
    assert (first, again) == (["reply ", "1"], ["reply 1"])
    assert model.asked == 1


def test_another_request_is_another_reply(tmp_path: Path) -> None:
    model = CountingModel()
    cached = CachedModel(model, tmp_path)
    requests: list[tuple[list[Message], dict[str, Any]]] = [
        (MESSAGES, {}),
        (MESSAGES[1:], {}),
        ([Message("user", "Answer."), MESSAGES[1]], {}),
        ([Message("system", "Answer?"), MESSAGES[1]], {}),
        (MESSAGES, {"schema": {"type": "object"}}),
        (MESSAGES, {"schema": {}}),
        (MESSAGES, {"max_tokens": 5}),
        (MESSAGES, {"sample": 1}),
    ]
    texts = [cached.complete(messages, **how).text for messages, how in requests]
    assert len(set(texts)) == len(requests)
    assert [cached.complete(messages, **how).text for messages, how in requests] == texts
    assert model.seen[4]["schema"] == {"type": "object"}
    model.identity = "another"
    assert cached.complete(MESSAGES).text not in texts


@pytest.mark.parametrize(("finish", "kept"), [("stop", True), ("length", True), ("refused", False), ("cut", False)])
def test_only_whole_replies_are_kept(tmp_path: Path, finish: Finish, kept: bool) -> None:
    cached = CachedModel(CountingModel(finish=finish), tmp_path)
    cached.complete(MESSAGES)
    assert cached.complete(MESSAGES).cached is kept


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"{}",
        b'{"text": 1, "finish": "stop", "prompt_tokens": 1, "completion_tokens": 1}',
        b'{"text": "x", "finish": "cut", "prompt_tokens": 1, "completion_tokens": 1}',
        b'{"text": "x", "finish": "stop", "prompt_tokens": "1", "completion_tokens": 1}',
    ],
)
def test_a_file_that_is_no_reply_is_replaced(tmp_path: Path, content: bytes) -> None:
    cached = CachedModel(CountingModel(), tmp_path)
    cached.complete(MESSAGES)
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    assert cached.complete(MESSAGES).text == "reply 2"
    assert cached.complete(MESSAGES).cached


def test_a_folder_that_cannot_be_written_costs_only_the_cache(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    cached = CachedModel(CountingModel(), tmp_path / "taken")
    assert [cached.complete(MESSAGES).text for _ in range(2)] == ["reply 1", "reply 2"]


def test_a_crash_while_writing_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    cached = CachedModel(CountingModel(), tmp_path)
    monkeypatch.setattr("rag.reply_cache.os.replace", full)
    assert cached.complete(MESSAGES).text == "reply 1"
    assert list(tmp_path.iterdir()) == []


def test_the_rest_is_the_models_own(tmp_path: Path) -> None:
    model = CountingModel()
    cached = CachedModel(model, tmp_path)
    assert (cached.name, cached.identity, cached.context) == ("counting", "counting", 4096)
    cached.close()
    assert model.closed


def test_a_cache_is_put_before_a_model_when_asked_for(tmp_path: Path) -> None:
    model = load_llm("m", base_url="http://localhost:1/v1", cache=tmp_path)
    assert isinstance(model, CachedModel)
    assert model.identity == "openai:http://localhost:1/v1:m"
    model.close()
