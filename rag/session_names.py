"""Names of sessions: checked where people give them, made from the first question where they do not."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from rag.errors import InputError
from rag.sanitising import safe

LONGEST = 60
"""Characters of a name: what fits on a line of a narrow terminal, and is still typed by somebody."""
_WORDS, _LENGTH = 6, 40
"""Words and characters of a name that is made from a question."""


def checked(name: str) -> str:
    """A name as it is kept. Raises InputError for what cannot be typed, or would be taken for something else."""
    wanted = key(name)
    if safe(wanted) != wanted or not any(unicodedata.category(c)[0] in "LNPS" for c in wanted):
        raise InputError(f"{name!r} is no name for a session; use letters, digits and spaces")
    if len(wanted) > LONGEST:
        raise InputError(f"a name of {len(wanted)} characters is too long; use {LONGEST} at most")
    if wanted[0] in "/-":
        raise InputError(f"{name!r} would be taken for a command or an option; begin the name with a letter")
    return wanted


def key(name: str) -> str:
    """A name as it is looked up, however its accents and spaces are typed."""
    return unicodedata.normalize("NFC", " ".join(name.split()))


def slug(question: str) -> str:
    """`who-heads-the-rdif`; letters of any script, with the marks that belong to them."""
    text = unicodedata.normalize("NFC", safe(question).casefold()).replace("'", "").replace("’", "")
    words = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in text).split()[:_WORDS]
    while len(words) > 1 and len("-".join(words)) > _LENGTH:
        words.pop()
    return "-".join(words)[:_LENGTH] or "chat"


def free(name: str, taken: Collection[str]) -> str:
    """The name, or `name-2`, `name-3` and so on."""
    number = 2
    unique = name
    while unique in taken:
        unique = f"{name}-{number}"
        number += 1
    return unique
