"""Copies text for pasting elsewhere: through the terminal (OSC 52), and by the tool of the system if there is one."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

LONGEST = 74_994
"""Bytes of an OSC 52 text that common terminals take (100,000 in base64)."""

TOOLS = (
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("", ("pbcopy",)),
    ("", ("clip.exe",)),
    ("", ("clip",)),
)
"""Programs that copy what they read, and the variable without which there is nothing for them to copy to."""
_SECONDS = 5.0


def terminal_sequence(text: str) -> str | None:
    """What makes a terminal copy the text if it allows that; None where the text is too long for it."""
    data = text.encode("utf-8", "replace")
    return None if len(data) > LONGEST else f"\x1b]52;c;{base64.b64encode(data).decode()}\x07"


def native_tool(environment: Mapping[str, str] | None = None) -> tuple[str, ...] | None:
    """The command that copies on this system; None over SSH, where it would copy to the wrong machine."""
    environment = os.environ if environment is None else environment
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        return None
    for variable, (name, *options) in TOOLS:
        if (not variable or environment.get(variable)) and (found := shutil.which(name, path=environment.get("PATH"))):
            return (found, *options)
    return None


def copy_natively(text: str) -> str | None:
    """Copy with the tool of the system; its name, None where there is none or it fails."""
    tool = native_tool()
    if tool is None:
        return None
    encoding = "utf-16" if os.path.basename(tool[0]).startswith("clip") else "utf-8"
    try:
        subprocess.run(  # noqa: S603 - a list of our own, no shell
            tool, input=text.encode(encoding, "replace"), timeout=_SECONDS, check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return os.path.basename(tool[0])


def copy(text: str) -> str:
    """Copy by every way there is; one line on what was done."""
    tool, sequence = copy_natively(text), terminal_sequence(text)
    if sequence is not None:
        sys.stdout.write(sequence)
        sys.stdout.flush()
    if tool:
        return f"copied with {tool}" + (" and through the terminal" if sequence else "")
    if sequence:
        return "handed to the terminal to copy (OSC 52); one that does not allow it copies nothing"
    return "nothing was copied: too long for the terminal, and none of wl-copy, xclip, pbcopy, clip is there"
