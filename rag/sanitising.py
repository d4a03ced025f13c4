"""Makes text from articles, paths and web pages harmless to show: nothing in it can steer a terminal, hide or bury.

It does not know about HTML or Markdown; those rooms escape on top of it.
"""

from __future__ import annotations

import re
import unicodedata

_CLASS = (
    "\x00-\x1f\x7f-\x9f"  # C0 and C1 controls
    "\u00ad\u180e\u200b\u2060-\u2065\ufeff\ufff0-\ufff8"  # invisible: soft hyphen, zero-width space, byte order mark
    "\u3164\uffa0\U0001d173-\U0001d17a"  # letters and signs that are drawn as nothing
    "\u2028\u2029"  # line and paragraph separators
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # what turns, reverses or isolates the direction of text
    "\ufff9-\ufffb\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"  # annotations and tags: letters that no one sees
    "\ud800-\udfff"  # half characters, which cannot be written as UTF-8
)
UNSAFE = re.compile(f"[{_CLASS}]")
"""Every character that `safe` takes out or replaces wherever it stands. Joiners (U+200C, U+200D) and variation
selectors are not among them: Persian, emoji and Japanese names need them."""
_JOINERS, _SELECTORS = "[\u200c\u200d]", "[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
_HIDDEN = re.compile(f"({_JOINERS}){_JOINERS}+|({_SELECTORS}){_SELECTORS}+")
"""One joiner or selector shapes a letter; many in a row spell out a text that no one sees."""
_PILED = re.compile(r"[^\x00-\u02ff\w\s]{11,}")
"""Where more marks may stand on one letter than `_MARKS`."""
_MARKS = 10
"""Marks kept on one letter. The longest stack of Tibetan has 9; more run over the lines above and below."""
_SUSPECT = re.compile(
    f"[{_CLASS}\u0300-\u036f\u0483-\u1dff\u200c\u200d\u20d0-\u20f0\u2cef-\u2dff\u302a-\u309a\ua66f-\uabff\ufb1e\ufe00-\ufe2f"
    "\U00010000-\U0001efff\U000e0100-\U000e01ef]"
)
"""Those, and every block of Unicode that has marks: a text without any is done with after one look."""

_SEQUENCES = re.compile(
    # Possessive repeats over classes without controls: each start is scanned once, so time stays linear.
    "\x1b\\[[0-?]*+[ -/]*+[@-~]"  # CSI: colours, cursor
    "|(?:\x1b[\\]PX^_]|[\x90\x9d])[^\x00-\x1f\x7f-\x9f]*+(?:\x07|\x1b\\\\|\x9c)"  # OSC, DCS and kin, if ended
    "|\x1b[ -/]*+[0-~]"  # short escapes, and the head of a broken long one
    # A bare U+009B is more often a mis-decoded quotation mark, and the letter after it is text: only with parameters.
    "|\x9b[0-?]++[ -/]*+[@-~]"
)

_REPLACED: dict[int, str] = {
    **dict.fromkeys(map(ord, "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"), " "),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}


def safe(text: str) -> str:
    """`text` on one line, without terminal sequences, controls, or what hides, buries or reorders what is read."""
    if not _SUSPECT.search(text):
        return text
    if UNSAFE.search(text):
        plain = _SEQUENCES.sub("", text).replace("\r\n", " ")
        # What a removal has joined anew into a sequence loses its escape character here.
        text = UNSAFE.sub(lambda found: _REPLACED.get(ord(found[0]), ""), plain)
    return _PILED.sub(_thinned, _HIDDEN.sub(r"\1\2", text))


def _thinned(pile: re.Match[str]) -> str:
    """A run of signs with no more than `_MARKS` marks in a row."""
    kept, marks = [], 0
    for sign in pile[0]:
        marks = marks + 1 if unicodedata.category(sign)[0] == "M" else 0
        if marks <= _MARKS:
            kept.append(sign)
    return "".join(kept)
