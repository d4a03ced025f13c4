"""How long a person waits in `rag chat`: for the prompt, and from Enter to the first characters of an answer.

    python bench/chat.py [--store DIR]

A real terminal (a pseudo-terminal, 100 columns), no model, a store of 10,500 paragraphs of made-up text that is
ingested first unless a store is named. The prompt is compared with `rag --help`, one after the other and in turns, so
that a busy machine slows both. The first question of a run is not counted: the others find everything loaded, none of
them was asked before.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import pexpect
from ingest import SEEDS, write_articles

RAG = str(Path(sys.executable).with_name("rag"))
FILES = 500
TURNS = 5
"""Starts of `rag chat` and of `rag --help`."""
QUESTIONS = 20
PROMPT = re.compile(r"Ctrl-D leaves.*> ", re.DOTALL)
ANSWER = re.compile("“|Your articles do not")
"""What an answer without a model begins with: a quotation, or that there is none."""
PATIENCE = 60


def start(store: Path) -> pexpect.spawn[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("RAG_LLM", "OPENAI_"))}
    chat = pexpect.spawn(
        RAG, ["chat", "--no-save", "--store", str(store)], env=environment | {"TERM": "xterm-256color"},
        encoding="utf-8", dimensions=(40, 100), timeout=PATIENCE,
    )  # fmt: skip
    chat.delaybeforesend = None  # it would be a part of what is measured
    return chat


def leave(chat: pexpect.spawn[str]) -> None:
    chat.sendcontrol("d")
    chat.expect(pexpect.EOF)
    chat.close()


def to_prompt(store: Path) -> float:
    began = time.perf_counter()
    chat = start(store)
    chat.expect(PROMPT)
    took = time.perf_counter() - began
    leave(chat)
    return took


def to_help() -> float:
    began = time.perf_counter()
    subprocess.run([RAG, "--help"], capture_output=True, check=True)
    return time.perf_counter() - began


def questions() -> list[str]:
    """Of words that stand in the articles, never the same twice."""
    draw = random.Random(7)
    words = [w for p in sorted(SEEDS.glob("*.txt")) for w in re.findall(r"[a-z]{5,}", p.read_text("utf-8"))]
    return [f"What is said about the {' '.join(draw.sample(words, 3))}?" for _ in range(QUESTIONS + 1)]


def to_answers(store: Path) -> list[float]:
    chat = start(store)
    chat.expect(PROMPT)
    waits = []
    for question in questions():
        chat.send(question)
        chat.expect_exact("?")
        began = time.perf_counter()
        chat.send("\r")
        chat.expect(ANSWER)
        waits.append(time.perf_counter() - began)
        chat.expect("> ")
    leave(chat)
    return waits[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path)
    store = parser.parse_args().store
    with tempfile.TemporaryDirectory() as scratch:
        if store is None:
            store, folder = Path(scratch, "store"), Path(scratch, "articles")
            folder.mkdir()
            write_articles(folder, FILES)
            subprocess.run([RAG, "ingest", str(folder), "--store", str(store)], check=True)
        pairs = [(to_prompt(store), to_help()) for _ in range(TURNS)]
        prompt, help_ = (median(column) for column in zip(*pairs, strict=True))
        print(f"to the prompt        {prompt:6.2f} s, {prompt - help_:.2f} s more than rag --help ({help_:.2f} s)")
        waits = sorted(to_answers(store))
        print(f"Enter to the answer  {median(waits) * 1000:6.0f} ms in the median of {len(waits)}, "
              f"{waits[0] * 1000:.0f} to {waits[-1] * 1000:.0f}")  # fmt: skip


if __name__ == "__main__":
    main()
