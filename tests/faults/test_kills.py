"""Killing any command at any moment loses nothing that was reported, and the next command mends the rest."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lives import ORDER, live

SOAK_SECONDS = float(os.environ.get("RAG_SOAK_SECONDS", "1200"))
"""For faults and crowd together; read before the tests take all settings away."""
KILLS = 6
CHATS = 5
MOST_KILLS = 200


def test_real_commands_killed_at_random_times(tmp_path: Path) -> None:
    """Processes of the real command, the moments drawn from its seconds: see lives.py."""
    life = live(tmp_path, KILLS, seed=1)
    assert sum(life.kills.values()) == KILLS


@pytest.mark.soak
def test_two_hundred_real_commands_killed_at_random_times(tmp_path: Path) -> None:
    seed = int(time.time())
    life = live(tmp_path, MOST_KILLS, seed, time.monotonic() + SOAK_SECONDS * 0.7)
    kills, came_through = dict(life.kills), dict(life.came_through)
    print(f"\nseed {seed}: killed {kills}, came through {came_through}")  # noqa: T201 - what a soak is for
    assert set(life.kills) == set(ORDER)


def test_every_moment_between_two_transactions(tmp_path: Path) -> None:
    """First ingest, one with every kind of change, remove, rebuild, rebuild --embed: see killing.py.

    Moments within a transaction are the same by SQLite's word; all 819 were tried once:
    python tests/faults/killing.py FOLDER 1000
    """
    outcomes = driven("killing.py", tmp_path, "-4")
    assert len(outcomes) == 5
    for outcome in outcomes:
        assert re.fullmatch(r"\w+: survived \d+ kills at \d+ acts", outcome), "\n".join(outcomes)


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
def test_every_finished_turn_is_there_after_a_kill_at_a_random_act(tmp_path: Path) -> None:
    outcomes = driven("chat_killing.py", tmp_path, str(CHATS))
    assert len(outcomes) == CHATS
    assert len(set(outcomes)) > CHATS // 2, "the moments are not random"


@pytest.mark.soak
def test_every_moment_between_two_transactions_all_of_them(tmp_path: Path) -> None:
    for outcome in driven("killing.py", tmp_path, "0"):
        assert re.fullmatch(r"\w+: survived \d+ kills at \d+ acts", outcome), outcome
    assert len(driven("chat_killing.py", tmp_path / "chat", "60")) == 60


def driven(program: str, home: Path, *words: str) -> list[str]:
    """Lines printed by a program of this folder."""
    home.mkdir(exist_ok=True)
    _, tests, project, *_ = Path(__file__).parents
    environment = os.environ | {"PYTHONPATH": f"{tests}{os.pathsep}{project}", "OMP_NUM_THREADS": "1"}
    words = (sys.executable, str(Path(__file__).with_name(program)), str(home), *words)
    done = subprocess.run(words, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()
