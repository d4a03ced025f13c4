"""What each paragraph is to a reader: body, heading, caption, pull quote, related link, boilerplate."""

from __future__ import annotations

import re

from rag.blocks import Draft
from rag.schema import Kind

_PHOTO = re.compile(
    r"^(?:photo|image|picture|illustration|graphic|video|credit)s?\b.{0,12}[:/]|"
    r"(?:\bphoto(?:graph)?(?: by)?|\bcredit|getty images|/ ?(?:afp|reuters|ap|epa|tass))[^.]{0,60}[.)\]]*$",
    re.IGNORECASE,
)
_LINKED_DOMAIN = re.compile(r"\[[\w-]+(?:\.[\w-]+)+\]\([^()\s]*\)[\s.)]*$")
_IMAGE = re.compile(r"!\[")
_LINK_ONLY = re.compile(r"[^\w\[]{0,4}\[[^\]]{8,}\]\([^()]*\)[^\w]{0,4}$")
_RELATED = re.compile(
    r"^(?:related(?: (?:article|story|stories|articles|coverage|content|topics?))?|read (?:more|also|next)|see also|"
    r"also read|more on this(?: story)?|further reading|recommended(?: reading)?|don[’']t miss|editors?[’']s? picks?)"
    r"(?:\s*[:|–—-]|\s*$)",
    re.IGNORECASE,
)
_BOILERPLATE = re.compile(
    r"^(?:the views expressed|the opinions expressed|this article (?:was|is) (?:adapted|republished|reprinted|originally)|"
    r"original(?:ly)? (?:url|published|article)|source url\b|all rights reserved|©|copyright\b|\(c\) \d{4}|"
    r"sign up (?:for|to)|subscribe\b|follow us|share (?:this|on)|advertisement\s*$|click here|"
    r"(?:we use|this (?:site|website) uses) cookies|support our (?:work|journalism)|"
    r"https?://\S+$)",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_STOPS = ".!?…”\"’')"
_CAPTION_WORDS = 40
_HEADING_WORDS = 14
_PULL_MIN, _PULL_MAX = 5, 60
"""Words of a pull quote: fewer stand elsewhere by chance, more is a repeated paragraph."""
_TRIES = 8
"""Places looked at for one pull quote, so that an article that says one thing over and over stays linear."""


def classify(found: list[Draft], raw: str) -> None:
    """Set `kind` on every draft that has none yet."""
    pulled = _pull_quotes(found)
    for i, draft in enumerate(found):
        if draft.kind is None or (draft.kind == "list" and i in pulled):
            draft.kind = _kind(draft, _raw(draft, raw)) or ("pull quote" if i in pulled else None)
    for i, draft in enumerate(found):
        if draft.kind is None:
            following = next((d for d in found[i + 1 :] if d.kind not in ("caption", "pull quote")), None)
            draft.kind = "heading" if following is not None and looks_like_heading(draft.text, following.text) else "body"


def _raw(draft: Draft, raw: str) -> str:
    return raw[draft.spans[0].start : draft.spans[-1].end] if draft.spans else draft.text


def _kind(draft: Draft, raw: str) -> Kind | None:
    text = draft.text
    if _BOILERPLATE.match(text):
        return "boilerplate"
    if _RELATED.match(text) or _LINK_ONLY.match(raw):
        return "related link"
    if len(text.split()) <= _CAPTION_WORDS and (_IMAGE.match(raw) or _LINKED_DOMAIN.search(raw) or _PHOTO.search(text)):
        return "caption"
    return None


def looks_like_heading(text: str, following: str) -> bool:
    """A short line that ends like no sentence (or asks) and stands above something longer."""
    words = text.split()
    if len(words) > _HEADING_WORDS or len(text) > 100 or len(following) <= len(text):
        return False
    if not (text[0].isupper() or text[0].isdigit() or text[0] in "“\"'‘«¿¡"):
        return False
    if text.endswith("?"):
        return len(words) >= 3 and text[0] not in "“\"«"
    return text[-1] not in ".!,;:…”\"’')]»" and not text.isdigit()


def _pull_quotes(found: list[Draft]) -> set[int]:
    """Indexes of drafts whose words stand, in the same order, inside another paragraph."""
    words = [_WORD.findall(draft.text.lower()) if not draft.level else [] for draft in found]
    places: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for i, tokens in enumerate(words):
        for at in range(len(tokens) - _PULL_MIN + 1):
            where = places.setdefault(tuple(tokens[at : at + _PULL_MIN]), [])
            if len(where) < _TRIES:
                where.append((i, at))
    pulled = set()
    for i, tokens in enumerate(words):
        if _PULL_MIN <= len(tokens) <= _PULL_MAX and any(
            words[j][at : at + len(tokens)] == tokens and _is_the_repeat(found, i, j, len(words[j]) > len(tokens))
            for j, at in places[tuple(tokens[:_PULL_MIN])]
            if j != i
        ):
            pulled.add(i)
    return pulled


def _is_the_repeat(found: list[Draft], i: int, j: int, longer: bool) -> bool:
    """Of two paragraphs with the same words, the one without a full stop was pulled out, else the later one."""
    if longer:
        return True
    stopped, other = found[i].text[-1] in _STOPS, found[j].text[-1] in _STOPS
    return j < i if stopped == other else not stopped
