"""Evaluation runs kept as files, to be compared with later ones: written whole or not at all, read back exactly."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import InputError
from rag.eval_schema import Run
from rag.output import write_output

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FORMAT = 1
"""Written before every run. Raised when a record changes so that an older program would misread it; a new field with a
default needs no new number, as older programs pass over what they do not know."""
KIND = "rag evaluation run"
"""What the file says that it is."""
_HALF = re.compile("[\ud800-\udfff]")


def save_run(run: Run, path: Path) -> None:
    """Write the run as one JSON object. Half characters become U+FFFD. Raises InputError where it cannot be written."""
    values = _adapter().dump_python(run, warnings="error")
    text = json.dumps({"kind": KIND, "format": FORMAT, "run": values}, ensure_ascii=False, separators=(",", ":"))
    write_output(path, _HALF.sub("\ufffd", text) + "\n")


def load_run(path: Path) -> Run:
    """The run that `save_run` was given. Raises InputError for a file that is none, or that a newer program wrote."""
    try:
        kept = json.loads(path.read_bytes())
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise InputError(f"cannot read {path}: {why}; name a file that rag eval --save wrote") from None
    except (ValueError, RecursionError):
        raise _no_run(path) from None
    if not isinstance(kept, dict) or kept.get("kind") != KIND:
        raise _no_run(path)
    number = kept.get("format")
    if isinstance(number, int) and number > FORMAT:
        raise InputError(f"{path} was written by a newer version of this program; update it, or make the run anew")
    try:
        # From JSON, not from what was read: only there may a list stand for a tuple in strict mode.
        run: Run = _adapter().validate_json(json.dumps(kept.get("run")), strict=True)
    except ValueError:
        raise _no_run(path) from None
    return run


def _no_run(path: Path) -> InputError:
    return InputError(f"{path} is no evaluation run; name a file that rag eval --save wrote")


@cache
def _adapter() -> TypeAdapter[Any]:
    """Made from the records' own annotations."""
    from pydantic import TypeAdapter

    return TypeAdapter(Run)
