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
    """What a terminal can be trusted to show: its encoding; ASCII where the locale is set to C, whatever Python made of
    that (it writes UTF-8 then). No locale at all says nothing, as in most containers."""
    environment = os.environ if environment is None else environment
    locale = next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), "")
    return "ascii" if locale in ("C", "POSIX") else (encoding or "utf-8").lower()
