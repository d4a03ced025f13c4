"""Runs what must feel the permissions of files, which root passes over."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_GIVEN_UP = "-dac_override,-dac_read_search"


def without_privileges(code: str, *arguments: str | Path) -> str:
    """What a new interpreter prints that runs `code` in the folder of the tests."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    if os.geteuid() == 0:  # setpriv belongs to util-linux, which every Linux has
        command = ["setpriv", f"--bounding-set={_GIVEN_UP}", f"--inh-caps={_GIVEN_UP}", *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parent)
    assert done.returncode == 0, done.stderr
    return done.stdout
