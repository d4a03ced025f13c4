"""`rag chat` without a terminal: a question a line, plain answers or one JSON object a line, and its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from model_chain import ELSEWHERE, KEY, QUESTION, Chain, build_store

BRIDGE = "What did the new bridge over the Lenne cost?"
CLOSED = "How long was the railway between Ostrava and Brno closed?"
RAG = str(Path(sys.executable).with_name("rag"))


def chat(store: Path, *words: str, lines: str | bytes, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """`rag chat` with these lines on standard input."""
    given = lines if isinstance(lines, bytes) else lines.encode()
    return subprocess.run(
        [RAG, "chat", "--store", str(store), *words], input=given, capture_output=True, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip


def objects(result: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.decode().splitlines()]


def test_each_line_is_asked_and_answered_plainly(news_store: Path) -> None:
    result = chat(news_store, "--no-save", lines=f"{BRIDGE}\n\n   \n{CLOSED}\n{ELSEWHERE}")
    assert (result.returncode, result.stderr) == (0, b"")
    first, second, third = result.stdout.decode().split("\n> ")
    assert first.startswith(
        f"> {BRIDGE}\n“The new bridge over the Lenne was opened on Monday. It cost 41 million euros"
    )
    assert "\n[1] A new bridge over the Lenne\n" in first
    assert second.startswith(f"{CLOSED}\n")
    assert "\n[2] Flood closes the railway to Brno\n" in second
    assert third.startswith(f"{ELSEWHERE}\nYour articles do not answer this.\n")
    assert "\x1b" not in result.stdout.decode()


def test_an_answer_comes_before_the_next_question_is_there(news_store: Path) -> None:
    with subprocess.Popen(
        [RAG, "chat", "--store", str(news_store), "--no-save", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as asking:
        assert asking.stdin
        assert asking.stdout
        for question in (BRIDGE, CLOSED):
            asking.stdin.write(f"{question}\n".encode())
            asking.stdin.flush()
            assert json.loads(asking.stdout.readline())["asked"] == question
        asking.stdin.close()
        assert asking.wait() == 0


def test_json_is_the_ask_object_and_the_session_on_one_line(tmp_path: Path) -> None:
    store = build_store(tmp_path)
    result = chat(store, "--json", "--session", "tolls", lines=f"{BRIDGE}\n{ELSEWHERE}\n")
    answer, declined = objects(result)
    assert result.returncode == 0
    assert answer["answered"] is True
    assert answer["session"] == declined["session"] == "tolls"
    assert [citation["number"] for citation in answer["citations"]] == [1]
    assert declined["answered"] is False
    asked = subprocess.run([RAG, "ask", BRIDGE, "--store", str(store), "--json"], capture_output=True, check=True)
    assert set(json.loads(asked.stdout)) | {"session", "asked"} == set(answer)
    again = chat(store, "--json", "--resume", lines=f"{CLOSED}\n")
    assert [citation["number"] for citation in objects(again)[0]["citations"]] == [2]
    assert objects(again)[0]["session"] == "tolls"


def test_commands_that_make_sense_here(news_store: Path) -> None:
    lines = (
        f"/filter publisher Valley\n{CLOSED}\n/filter off\n{CLOSED}\n/again\n/undo\n/new\n{BRIDGE}\n/quit\n{CLOSED}\n"
    )
    result = chat(news_store, "--no-save", "--json", lines=lines)
    assert result.returncode == 0
    assert [(o["asked"], o["answered"]) for o in objects(result)] == [
        (CLOSED, False), (CLOSED, True), (CLOSED, True), (BRIDGE, True),
    ]  # fmt: skip
    assert objects(result)[-1]["citations"][0]["number"] == 1  # a new conversation counts anew


def test_what_fails_is_a_line_and_the_rest_is_asked(news_store: Path) -> None:
    lines = f"/show 1\n/fliter off\n/undo\n/filter publisher Nobody\n{BRIDGE}\n"
    result = chat(news_store, "--no-save", lines=lines)
    assert result.returncode == 1
    said = result.stderr.decode().splitlines()
    assert [line.startswith("rag: ") for line in said] == [True] * 4
    assert "/show needs a terminal" in said[0]
    assert "did you mean /filter" in said[1]
    assert "nothing to undo" in said[2]
    assert "no article passes" in said[3]
    assert "41 million euros" in result.stdout.decode()


def test_with_json_what_fails_is_an_object(chain: Chain) -> None:
    chain.server.fail(401)
    chain.server.say(chain.numbered("The dockers of Porthaven ended their strike on 4 November 2024 [@end]."))
    model = {"RAG_LLM_BASE_URL": chain.server.base_url, "RAG_LLM_MODEL": "scripted", "RAG_LLM_API_KEY": KEY}
    result = chat(chain.store, "--no-save", "--json", lines=f"{QUESTION}\n{QUESTION}\n", **model)
    failed, answer = objects(result)
    assert result.returncode == 1
    assert set(failed) == {"question", "session", "error"}
    assert failed["question"] == QUESTION
    assert "401" in failed["error"]
    assert KEY not in result.stdout.decode() + result.stderr.decode()
    assert answer["mode"] == "model"


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_bytes_that_are_no_text_are_survived(news_store: Path, form: tuple[str, ...]) -> None:
    lines = b"\xef\xbb\xbf" + BRIDGE.encode() + b"\r\n\xff\xfe what\x00 \xe2\x80\r\n"
    result = chat(news_store, "--no-save", *form, lines=lines)
    assert result.returncode == 0
    assert b"41 million" in result.stdout
    assert b"Traceback" not in result.stderr
    assert not set(result.stdout) & {0, 0x1B, 0xFF}


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_an_output_without_unicode_is_written_all_the_same(news_store: Path, form: tuple[str, ...]) -> None:
    question = "What did Mira Sand say about jobs on these quays?"
    result = chat(news_store, "--no-save", *form, lines=question, PYTHONIOENCODING="ascii")
    assert (result.returncode, result.stderr) == (0, b"")
    if form:
        assert "“We did not get all" in objects(result)[0]["text"]
    else:
        assert b'"We did not get all' in result.stdout


def test_an_empty_store_says_so_before_anything_is_read(tmp_path: Path) -> None:
    result = chat(tmp_path / "nowhere", lines=BRIDGE)
    assert result.returncode == 1
    assert b"add some with: rag ingest FOLDER" in result.stderr
    assert result.stdout == b""


def test_nothing_to_read_is_nothing_to_say(news_store: Path) -> None:
    result = chat(news_store, lines="")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")


def test_an_interrupt_ends_it(news_store: Path) -> None:
    with subprocess.Popen(
        [RAG, "chat", "--store", str(news_store), "--no-save", "--json"], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as asking:  # fmt: skip
        assert asking.stdin
        assert asking.stdout
        asking.stdin.write(f"{BRIDGE}\n".encode())
        asking.stdin.flush()
        asking.stdout.readline()
        asking.send_signal(signal.SIGINT)
        assert asking.wait() == 130
        assert asking.stderr
        assert asking.stderr.read() == b"rag: interrupted\n"
