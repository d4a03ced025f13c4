"""Opens sources in other programs: an editor or pager at the line, the browser at the words. Never through a shell."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from rag.errors import InputError
from rag.links import citation_link
from rag.sanitising import safe
from rag.schema import Citation
from rag.wording import cited_line, is_file, people_path

_PLUS_LINE = frozenset(
    "vi vim nvim view gvim nano pico emacs emacsclient micro kak joe jed mg ne ed less more most lv".split()
)
"""Programs that open `+12 FILE` at line 12."""
_GOTO = frozenset(("code", "code-insiders", "codium", "vscodium", "cursor"))
"""Those that want `--goto FILE:12`."""
_COLON_LINE = frozenset(("subl", "hx", "helix", "zed", "lapce"))
"""Those that want `FILE:12`."""
_OPENERS = {"darwin": "open", "win32": "explorer"}
_NO_TEXT = frozenset((".pdf", ".docx", ".epub"))
"""What an editor shows as rubbish."""


def open_citation(citation: Citation, *, web: bool = False) -> str:
    """Open the source of a citation and wait for a program that runs in the terminal; one line on what was done.

    `web` wants the page although there is a file. Raises InputError where there is nothing to open, or nothing to open
    it with.
    """
    path, link = citation.passage.path, citation_link(citation)
    if web or not is_file(path):
        if link is None:
            raise InputError(
                f"no address on the web is known for [{citation.number}]; /open {citation.number} its file"
            )
        return open_page(link)
    return open_file(Path(path), cited_line(citation), link)


def open_page(link: str) -> str:
    """The page in the browser. `link` is plain http or https, percent-encoded (see `links`)."""
    import webbrowser

    try:
        opened = webbrowser.open(link)
    except webbrowser.Error:
        opened = False
    if not opened:
        raise InputError(f"no browser was found; the page is {safe(link)}")
    return "opened in the browser"


def open_file(path: Path, line: int | None, link: str | None = None) -> str:
    """The file at the line, if its kind has any. Raises InputError."""
    if not path.is_file():
        where = f"; its page is {safe(link)}" if link else ""
        raise InputError(f"{people_path(str(path))} is not there any more; /show has what was cited of it{where}")
    command = command_for(path, line)
    if command is None:
        place = f"{people_path(str(path))}{f':{line}' if line else ''}"
        raise InputError(f"nothing to open it with; set EDITOR or PAGER. The file is {place}")
    try:
        code = _run(command)
    except OSError as error:
        raise InputError(f"cannot start {safe(command[0])}: {(error.strerror or str(error)).lower()}") from error
    name = os.path.basename(command[0])
    return f"opened with {safe(name)}" if code == 0 else f"{safe(name)} ended with code {code}"


def command_for(path: Path, line: int | None, environment: Mapping[str, str] | None = None) -> list[str] | None:
    """The command that opens a file at a line: $EDITOR, else $PAGER, else the opener of the system; None for none."""
    environment = os.environ if environment is None else environment
    if path.suffix.lower() not in _NO_TEXT:
        for variable in ("VISUAL", "EDITOR", "PAGER"):
            if words := _words(environment.get(variable, "")):
                return _at_line(words, path, line)
    opener = _OPENERS.get(sys.platform, "xdg-open")
    if sys.platform not in _OPENERS and not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        return None
    return [opener, str(path)] if shutil.which(opener, path=environment.get("PATH")) else None


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # quotation marks that are not closed
        return command.split()


def _at_line(words: list[str], path: Path, line: int | None) -> list[str]:
    name = os.path.basename(words[0]).removesuffix(".exe").lower()
    if line is None:
        return [*words, str(path)]
    if name in _PLUS_LINE:
        return [*words, f"+{line}", str(path)]
    if name in _GOTO:
        return [*words, "--goto", f"{path}:{line}"]
    return [*words, f"{path}:{line}" if name in _COLON_LINE else str(path)]


def _run(command: list[str]) -> int:
    """Run to the end. Ctrl-C is the program's business while it has the terminal."""
    with subprocess.Popen(command) as process:  # noqa: S603 - a list of words, no shell
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return process.wait()
        finally:
            signal.signal(signal.SIGINT, before)
