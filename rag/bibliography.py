"""The articles that a briefing cites as BibTeX (BibTeX, biblatex) and CSL-JSON (Zotero, pandoc), each article once."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from rag.briefing_schema import Briefing
from rag.links import web_address, web_link
from rag.render_json import Record, to_json
from rag.sanitising import safe
from rag.schema import Citation, Metadata

UNTITLED = "[Untitled]"
"""In brackets, as bibliographies mark what the source itself does not say."""

LONGEST_KEY = 60
"""Characters: a key is typed by hand."""

_ISO = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?", re.ASCII)
_SPECIAL = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "&%$#_"},
        # A brace behind a backslash still counts as a brace for BibTeX, so these have names.
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
    }
)
_WITHOUT_ACCENT = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
"""Latin letters that Unicode does not take apart."""

_PARTICLES = frozenset("al bin da de del della der den di do dos du el la le ten ter van von zu".split())
_ORGANISATION = frozenset(
    "agency agencies and associated board bureau correspondent correspondents council desk digital editor editorial "
    "editors group institute journal magazine media ministry network news newspaper newsroom office post press radio "
    "reporter reporters reuters service services staff team the times tv university wire with writer writers".split()
)
"""Words of bylines that name no person: "Reuters Staff" must not become "Staff, R."."""
_SUFFIXES = frozenset("jr sr ii iii iv phd md".split())
_PLAIN = frozenset("about after before from have into over that their these they this what when where which why "
                   "will with your".split())  # fmt: skip
"""Words that tell one title from another badly."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An article with its key and the citations of the briefing that lead to it."""

    key: str
    metadata: Metadata
    address: str | None
    citations: tuple[Citation, ...]


def bibtex(briefing: Briefing) -> str:
    """A `.bib` file, in the order in which the articles are first cited; empty where none is."""
    return "\n".join(_bibtex_entry(entry) for entry in entries(briefing))


def csl_json(briefing: Briefing) -> str:
    """A list of CSL-JSON items, in the order in which the articles are first cited."""
    return to_json([_csl_item(entry) for entry in entries(briefing)]) + "\n"


def entries(briefing: Briefing) -> list[Entry]:
    """The articles cited, each with a key that is ASCII, the same every time and unique without regard to case."""
    cited: dict[str, list[Citation]] = {}
    for citation in briefing.citations:
        cited.setdefault(citation.passage.article_id, []).append(citation)
    keys = _keys({name: citations[0].passage.metadata for name, citations in cited.items()})
    made = []
    for name, citations in cited.items():
        passage = citations[0].passage
        address = web_link(web_address(passage.metadata.url, passage.path))
        made.append(Entry(keys[name], passage.metadata, address, tuple(citations)))
    return made


def person(name: str) -> tuple[str, str] | None:
    """`("van der Berg", "Jan")` for a name in the order given name, family name; None if it may not be a person's."""
    words = name.split()
    plain = [word.strip(".").casefold() for word in words]
    if not 2 <= len(words) <= 5 or _ORGANISATION & set(plain) or plain[-1] in _SUFFIXES:
        return None
    if any(len(word) > 2 and word.isalpha() and word.isupper() for word in words) and not name.isupper():
        return None  # an agency before its town: AFP Berlin
    small = [index for index, word in enumerate(words) if plain[index] in _PARTICLES and word.islower()]
    if any(not _is_name(word) for index, word in enumerate(words) if index not in small) or 0 in small:
        return None
    border = small[0] if small else len(words) - 1
    return None if small and small[-1] == len(words) - 1 else (" ".join(words[border:]), " ".join(words[:border]))


def _is_name(word: str) -> bool:
    return word[0].isupper() and all(sign.isalpha() or sign in "-.'’" for sign in word)


def _keys(articles: dict[str, Metadata]) -> dict[str, str]:
    """`blom2025dredger`; where articles would share one, b, c … in the order of their ids."""
    bases: dict[str, list[str]] = {}
    for name in sorted(articles):
        bases.setdefault(_base(articles[name], name), []).append(name)
    keys: dict[str, str] = {}
    taken = set(bases)
    for base, names in bases.items():
        endings = _endings()
        for index, name in enumerate(names):
            key = base if index == 0 else next(key for ending in endings if (key := base + ending) not in taken)
            taken.add(key)
            keys[name] = key
    return keys


def _endings() -> Iterable[str]:
    """`b`, `c` … `z`, then `-27`, `-28` …"""
    yield from string.ascii_lowercase[1:]
    number = len(string.ascii_lowercase)
    while True:
        number += 1
        yield f"-{number}"


def _base(metadata: Metadata, article_id: str) -> str:
    author = next((name for name in map(_clean, metadata.authors) if name), "")
    named = person(author)
    family = "".join(_ascii_words(named[0])) if named else ""
    names = [word for word in _ascii_words(f"{author} {metadata.publisher or ''}") if word != "the"]
    known = _known(metadata.published)
    words = _ascii_words(f"{metadata.title} {article_id}")
    telling = next((word for word in words if len(word) > 3 and word.isalpha() and word not in _PLAIN), "")
    who, what = family or next(iter(names), "article"), telling or next(iter(words), "text")
    return f"{who}{known[0] if known else ''}{what}"[:LONGEST_KEY]


def _ascii_words(text: str) -> list[str]:
    """Lower-case words in letters and digits that every program takes in a key, without accents."""
    plain = unicodedata.normalize("NFKD", safe(text).casefold().translate(_WITHOUT_ACCENT))
    without = "".join(sign for sign in plain if not unicodedata.combining(sign) and sign not in "'’")
    return re.findall("[a-z0-9]+", without)


def _bibtex_entry(entry: Entry) -> str:
    metadata, publisher = entry.metadata, _clean(entry.metadata.publisher or "")
    authors = " and ".join(_bibtex_name(name) for name in map(_clean, metadata.authors) if name)
    fields = [
        ("title", f"{{{_latex(_clean(metadata.title) or UNTITLED)}}}"),  # twice in braces: capitals stay
        ("author", authors),
        ("journal", _latex(publisher)),
        *_bibtex_date(metadata.published),
        ("url", entry.address or ""),  # read verbatim; `web_link` has encoded what could end it
        ("language", _latex(_clean(metadata.language or ""))),
        ("note", _latex(_note(entry))),
    ]
    lines = [f"  {name} = {{{value}}},\n" for name, value in fields if value]
    return f"@{'article' if publisher else 'misc'}{{{entry.key},\n{''.join(lines)}}}\n"


def _bibtex_name(name: str) -> str:
    """Names that are no person's stand in braces, and are never taken apart."""
    parts = person(name)
    return f"{_latex(parts[0])}, {_latex(parts[1])}" if parts else f"{{{_latex(name)}}}"


def _bibtex_date(published: str | None) -> list[tuple[str, str]]:
    """`date` for biblatex; year and month for BibTeX itself, which knows no days."""
    known = _known(published)
    names = ("year", "month")[: len(known)]
    return [("date", published or ""), *zip(names, map(str, known), strict=False)] if known else []


def _csl_item(entry: Entry) -> Record:
    metadata, publisher = entry.metadata, _clean(entry.metadata.publisher or "")
    item: Record = {
        "id": entry.key,
        "type": "article-newspaper" if publisher else "webpage" if entry.address else "document",
        "title": _clean(metadata.title) or UNTITLED,
        "author": [_csl_name(name) for name in map(_clean, metadata.authors) if name],
        "container-title": publisher,
        "issued": _csl_date(metadata.published),
        "URL": entry.address,
        "language": _clean(metadata.language or ""),
        "note": _note(entry),
    }
    return {name: value for name, value in item.items() if value}


def _csl_name(name: str) -> dict[str, str]:
    parts = person(name)
    return {"family": parts[0], "given": parts[1]} if parts else {"literal": name}


def _csl_date(published: str | None) -> Record:
    known, text = _known(published), _clean(published or "")
    if known:
        return {"date-parts": [known]}
    return {"literal": text} if text else {}


def _known(published: str | None) -> list[int]:
    """Year, month, day, as far as known; nothing for what is not a date of the calendar."""
    if not published or not _ISO.fullmatch(published):
        return []
    try:
        date.fromisoformat(published + "-01-01"[len(published) - 4 :])
    except ValueError:
        return []
    return [int(part) for part in published.split("-")]


def _note(entry: Entry) -> str:
    """`Cited as [1] (paragraph 3), [4] (paragraph 5)`."""
    places: Sequence[str] = [f"[{one.number}] (paragraph {one.passage.paragraph.n})" for one in entry.citations]
    return f"Cited as {', '.join(places)}"


def _clean(text: str) -> str:
    return " ".join(safe(text).split())


def _latex(text: str) -> str:
    return text.translate(_SPECIAL)
