"""Makes text from articles, paths and web pages harmless to show: nothing in it can steer a terminal or hide.

It does not know about HTML or Markdown; those rooms escape on top of it.
"""

from __future__ import annotations

import re

UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0 and C1 controls
    "\u00ad\u200b\u2060-\u2064\ufeff"  # invisible: soft hyphen, zero-width space, word joiner, byte order mark
    "\u2028\u2029"  # line and paragraph separators
    "\u202a-\u202e\u2066-\u206f"  # what reverses or isolates the direction of text
    "\ufff9-\ufffb\U000e0000-\U000e007f"  # annotations and tags: letters that no one sees
    "\ud800-\udfff]"  # half characters, which cannot be written as UTF-8
)
"""Every character that `safe` takes out or replaces. Joiners (U+200C, U+200D) stay: Persian and emoji need them."""

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
    """`text` on one line, without terminal sequences, controls, or characters that hide or reorder what is read."""
    if not UNSAFE.search(text):
        return text
    plain = _SEQUENCES.sub("", text).replace("\r\n", " ")
    # What a removal has joined anew into a sequence loses its escape character here.
    return UNSAFE.sub(lambda found: _REPLACED.get(ord(found[0]), ""), plain)
