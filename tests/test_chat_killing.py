"""Killing a conversation at any moment loses at most the answer that was not finished."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CONVERSATIONS = 30


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
def test_every_finished_turn_is_there_after_a_kill_at_a_random_moment(tmp_path: Path) -> None:
    program = [sys.executable, str(Path(__file__).with_name("chat_killing.py")), str(tmp_path), str(CONVERSATIONS)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    outcomes = done.stdout.splitlines()
    assert len(outcomes) == CONVERSATIONS
    assert len(set(outcomes)) > CONVERSATIONS // 2, "the moments are not random"
