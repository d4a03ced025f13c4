"""Text for terminals that cannot show every character: plain kin of typographic signs, letters without accents."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‘’‚‛‹›′", "'"),
        **dict.fromkeys("‐‑‒–−", "-"),
        **dict.fromkeys("—―", "--"),
        **dict.fromkeys("\u00a0\u2007\u2009\u202f", " "),
        **dict.fromkeys("·•", "-"),
        **dict.fromkeys("│▌", "|"),
        "…": "...", "→": "->", "←": "<-", "×": "x", "€": "EUR", "£": "GBP", "ß": "ss", "æ": "ae", "Æ": "AE",
        "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "œ": "oe", "Œ": "OE",
    }
)  # fmt: skip


def degraded(text: str, encoding: str) -> str:
    """`text` as the encoding can hold it: what it lacks becomes its plain kin, at worst a question mark."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_fitting(char, encoding) for char in text)
    return text


def _fitting(char: str, encoding: str) -> str:
    bare = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    for form in (char, char.translate(_PLAIN), bare, bare.translate(_PLAIN)):
        try:
            form.encode(encoding)
        except UnicodeEncodeError:
            continue
        return form
    return "?"


def shown_encoding(encoding: str | None, environment: Mapping[str, str] | None = None) -> str:
    """What a terminal can be trusted to show: its encoding; ASCII where the locale is set to C.

    Python writes UTF-8 there. No locale at all says nothing, as in most containers.
    """
    environment = os.environ if environment is None else environment
    overall, kind, default = (environment.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    plain = overall in _C if overall else (default in _C and kind in _COERCED) or kind in _C
    return "ascii" if plain else (encoding or "utf-8").lower()


_C = ("C", "POSIX")
_COERCED = ("", "C.UTF-8", "C.utf8", "UTF-8", *_C)
"""What LC_CTYPE is besides LANG=C, as the user left it or as Python has set it for itself (PEP 538)."""
