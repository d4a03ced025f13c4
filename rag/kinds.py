"""What each paragraph is to a reader: body, heading, caption, pull quote, related link, boilerplate.

The rules are for short paragraphs only: what is longer than a caption is body, whatever its first words are.
"""

from __future__ import annotations

import re

from rag.blocks import Draft, ends_sentence
from rag.schema import Kind

_CREDIT = re.compile(
    # "Photo: Jane Doe", "Image courtesy of the museum / Flickr"
    r"^(?:photo(?:graph)?|image|picture|illustration|graphic|video|caption|credit)s?"
    r"(?: (?:by|credit|courtesy|source)\b[^:/]{0,40})?\s*[:/]|"
    # "Photo by Jane Doe", alone or after the caption
    r"(?:^|[.!?”\")]\s+\(?)(?:(?:photo(?:graph)?|image|picture|illustration)s?(?: by|:| courtesy of)|credit:)"
    r" (?-i:[A-Z])[^.]{0,60}\W*$|"
    # "(Photo: Jane Doe)", "[Credit: Jane Doe]"
    r"[(\[](?:photo|image|picture|credit)\b[^()\[\]]{0,80}[)\]]\W*$|"
    # "REUTERS/Jane Doe", "AP Photo/Jane Doe", "Jane Doe/Getty Images", "via Getty Images"
    r"\b(?:ap photo|getty images|reuters|afp|epa|tass) ?/ ?\w[^.]{0,60}\W*$|"
    r"(?:[/|–—]|\bvia) ?(?:getty images|reuters|afp|ap|epa|tass)\W*$",
    re.IGNORECASE,
)
_LINKED_DOMAIN = re.compile(r"(?:^|[.!?…”\"|–—-])\s*\(?\[[\w-]+(?:\.[\w-]+)+\]\([^()\s]*\)[\s.)]*$")
"""The site a picture was taken from, after the caption's full stop: `… in Alaska. [kremlin.ru](https://kremlin.ru)`."""
_IMAGE = re.compile(r"!\[")
_LINK_ONLY = re.compile(r"[^\w\[!]{0,4}\[[^\]]{8,}\]\([^()]*\)[^\w]{0,4}$")
_RELATED = re.compile(
    r"^(?:related(?: (?:article|story|stories|articles|coverage|content|topics?))?|read (?:more|also|next)|see also|"
    r"also read|more on this(?: story)?|further reading|recommended(?: reading)?|don[’']t miss|editors?[’']s? picks?)"
    r"(?:\s*[:|]|\s+[–—-]\s|\s*$)",
    re.IGNORECASE,
)
_BOILERPLATE = re.compile(
    r"^(?:the (?:views|opinions) expressed|"
    r"this (?:article|story|piece) (?:was|is|has been|first) (?:adapted|republished|reprinted|originally|appeared)|"
    r"original (?:url|link|article:|article$)|originally published (?:at|by|in|on) (?:[^,]|,(?= \d{4}\b)){1,100}$|"
    r"source url\b|all rights reserved|"
    r"©|copyright (?:©|\(c\)|\d{4}|by\b)|\(c\) ?\d{4}|"
    r"sign up (?:for|to) (?:our|the|a|get|receive)\b|subscribe\b|follow us\b|click here\b|"
    r"\W*(?:end of )?advertisement\W*$|"
    r"share (?:this|on) (?:article|story|page|post|facebook|twitter|x|whatsapp|linkedin|email)\b|"
    r"(?:we use|this (?:site|website) uses) cookies|support our (?:work|journalism)|"
    r"(?:\[[^\[\]]{1,30}\]: *)?<?https?://\S+$)",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_STOPS = ".!?…”\"’')"
_CAPTION_WORDS = 40
_BOILERPLATE_WORDS = 60
_HEADING_WORDS = 14
_PULL_MIN, _PULL_MAX = 5, 60
"""Words of a pull quote: fewer stand elsewhere by chance, more is a repeated paragraph."""
_TRIES = 8
"""Places looked at for one pull quote, so that an article that says one thing over and over stays linear."""


def set_apart(found: list[Draft], raw: str) -> None:
    """Set the kind of what is no running text, before broken paragraphs are joined around it."""
    for draft in found:
        if draft.kind in (None, "list"):
            kind = _kind(draft, raw)
            if draft.kind is None or kind in ("related link", "boilerplate"):
                draft.kind = kind or draft.kind
    _mark_pull_quotes(found)


def classify(found: list[Draft]) -> None:
    """Set the kind of all that is still open, once broken paragraphs are joined and the title is known."""
    _mark_pull_quotes(found)
    following = ""
    for draft in reversed(found):
        if draft.kind is None:
            draft.kind = "heading" if looks_like_heading(draft.text, following) else "body"
        if draft.kind in ("body", "list", "heading"):
            following = draft.text


def _kind(draft: Draft, raw: str) -> Kind | None:
    text = draft.text
    if not _WORD.search(text):
        return "boilerplate"
    words = len(text.split(None, _BOILERPLATE_WORDS))
    if words > _BOILERPLATE_WORDS:
        return None
    if _BOILERPLATE.match(text):
        return "boilerplate"
    source = raw[draft.spans[0].start : draft.spans[-1].end] if draft.spans else text
    if _RELATED.match(text) or _LINK_ONLY.match(source):
        return "related link"
    if words <= _CAPTION_WORDS and (_IMAGE.match(source) or _LINKED_DOMAIN.search(source) or _CREDIT.search(text)):
        return "caption"
    return None


def looks_like_heading(text: str, following: str) -> bool:
    """A short line that ends like no sentence (or asks) and stands above something longer."""
    words = text.split(None, _HEADING_WORDS)
    if len(words) > _HEADING_WORDS or len(text) > 100 or len(following) <= len(text):
        return False
    if not (text[0].isupper() or text[0].isdigit() or text[0] in "“\"'‘«¿¡"):
        return False
    if text.endswith("?"):
        return len(words) >= 3 and text[0] not in '“"«'
    return not ends_sentence(text) and text[-1] not in ",—–”\"’')]»" and not text.isdigit()


def _mark_pull_quotes(found: list[Draft]) -> None:
    for i in _pull_quotes(found):
        found[i].kind = "pull quote"


def _pull_quotes(found: list[Draft]) -> set[int]:
    """Indexes of drafts whose words stand, in the same order, inside another paragraph that may be cited.

    What stands above the first paragraph longer than itself is not among them: that is the title.
    """
    open_ = [draft.kind in (None, "list") for draft in found]
    words = [_WORD.findall(draft.text.lower()) if is_open else [] for draft, is_open in zip(found, open_, strict=True)]
    places: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for i, tokens in enumerate(words):
        for at in range(len(tokens) - _PULL_MIN + 1):
            where = places.setdefault(tuple(tokens[at : at + _PULL_MIN]), [])
            if len(where) < _TRIES:
                where.append((i, at))
    pulled, longest = set(), 0
    for i, tokens in enumerate(words):
        if _PULL_MIN <= len(tokens) <= min(_PULL_MAX, longest) and any(
            words[j][at : at + len(tokens)] == tokens and _is_the_repeat(found, i, j, len(words[j]) > len(tokens))
            for j, at in places[tuple(tokens[:_PULL_MIN])]
            if j != i
        ):
            pulled.add(i)
        longest = max(longest, len(tokens))
    return pulled


def _is_the_repeat(found: list[Draft], i: int, j: int, longer: bool) -> bool:
    """Of two paragraphs with the same words, the one without a full stop was pulled out, else the later one."""
    if longer:
        return True
    stopped, other = found[i].text[-1] in _STOPS, found[j].text[-1] in _STOPS
    return j < i if stopped == other else not stopped
