"""Whether a made question is a fair one: it stands alone, does not hold its answer, and is long enough to be found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.asking import COUNTRIES, LONGEST, PLACES, Asked
from rag.clause_order import Known
from rag.leaning import read
from rag.lexical import STOP_WORDS, words
from rag.offices import BODIES, INSTITUTIONS, head, is_title
from rag.schema import EVIDENCE, Article, paragraph_id
from rag.speakers import name_runs
from rag.timexes import timexes
from rag.tokens import telling, tokenize
from rag.vocabulary import Vocabulary

if TYPE_CHECKING:
    from rag.catalogue import Catalogue

FEWEST = 3
"""Telling words that a question must have."""
FEWEST_KEYS, MOST_KEYS = 6, 9
"""Words of a query of key words: with fewer it may mean many a sentence."""
_SPEECH = r"(?:said|says|told|wrote|added|claimed|warned|argued|denied|announced|explained|insisted|admitted|noted)\b"
_SIGN_AFTER = re.compile(rf"^(?: {_SPEECH}|,? who\b)")
_POINTING = re.compile(
    r"\b(?:this|these|those|such|former|latter|here|there|that (?:same )?(?:day|year|month|week|time)"
    r"|(?:made|took|gave|in|of|on|at|by|with|from|for|to|about|after|before|during) that"
    r"(?! \w+ (?:is|are|was|were|has|had)\b)"
    r"|the (?:two|three|pair|duo|trio|same|other|others|latest)(?! \w+ (?:of|in)\b)|both)\b(?! former)",
    re.IGNORECASE,
)
_PERSONAL = re.compile(r"\b(?:I|we|us|our|ours|my|me|you|your)\b(?!\.)", re.IGNORECASE)
_VAGUE = frozenset(
    "someone everyone nobody anybody anyone many even almost one two like way thing things various several well also "
    "simply certainly whilst another himself herself itself themselves something anything took made used got still yet "
    "often around among via far three four five".split()
)
"""Words that nobody looks for."""
_PLACED = re.compile(r"\b(?:in|near|across|throughout|outside|around|toward|towards) (?:the )?([A-Z][\w’'-]*\w)")
_OBJECT = re.compile(r"\b(?:him|them|it|this|that)(?= (?:with|to|in|on|at|for|as|from|and|by)\b|[?,])", re.IGNORECASE)
"""A pronoun for what another sentence named."""
_PRONOUN = re.compile(r"\b(?P<person>he|she|him|her|his|hers|himself|herself)\b|\b(?:they|them|their|it|its)\b", re.I)


def known(articles: Iterable[Article]) -> Known:
    """What the words of the articles tell of names and of people."""
    texts = [text for article in articles for text in _texts(article)]
    words = Vocabulary(texts)
    written = frozenset(word for text in texts for word in re.findall(r"\b[a-z]{3,}\b", text))
    sure, likely = _people(texts, words, written)
    return Known(words, sure | likely, written, sure=sure)


def here(article: Article, known: Known) -> Known:
    """What is known, with the people and places that the article itself names."""
    text = "\n".join(_texts(article))
    people = frozenset(name.split()[-1] for name in full_names(text, known))
    return replace(known, here=people, places=frozenset(_PLACED.findall(text)))


def _texts(article: Article) -> list[str]:
    return [paragraph.text for paragraph in article.paragraphs if paragraph.kind in EVIDENCE]


def _people(texts: Sequence[str], words: Vocabulary, written: Set[str]) -> tuple[Set[str], Set[str]]:
    """Last names of people: told by speech or by an office before the name; and by the last name standing alone."""
    alone: set[str] = set()
    full: set[str] = set()
    sure: set[str] = set()
    for text in texts:
        for run in name_runs(text, words):
            parts = run.split()
            if len(parts) == 1:
                alone.add(run)
            elif not ({part.lower() for part in parts} & (BODIES | INSTITUTIONS) or (COUNTRIES | PLACES) & set(parts)):
                full.add(parts[-1])
                at = text.find(run)
                before = re.search(r"([\w’'-]+)[ ]$", text[:at])
                office = before is not None and (head(before[1]) is not None or is_title(before[1]))
                if office or _SIGN_AFTER.match(text[at + len(run) :]):
                    sure.add(parts[-1])
    names = {name for name in full if len(name) > 2 and name.lower() not in written}
    return frozenset(sure & names), frozenset(alone & names)


def full_names(text: str, known: Known) -> list[str]:
    """People whom a text names with first and last name."""
    runs = (run for run in name_runs(text, known.words) if " " in run)
    return [run for run in dict.fromkeys(runs) if _is_person(run.split(), known)]


def _is_person(parts: Sequence[str], known: Known) -> bool:
    """Whether they are a person's names: none is a place's, a word, or somebody's ("Holm's Berg")."""
    odd = (part.lower() in known.written or "." in part or part.endswith(("'s", "’s")) for part in parts)
    return parts[-1] in known.people and not PLACES & set(parts) and not any(odd)


def stands_alone(asked: Asked, by_rule: bool = True) -> bool:
    """Whether the question can be understood without its article and does not give its answer away."""
    question = asked.question
    tokens = tokenize(question)
    own, given = ({token.key for token in telling(tokenize(text))} for text in (question, asked.answer))
    if own & given or len(own) < FEWEST or len(question.split()) > LONGEST:
        return False
    if not any(token.kind in ("name", "figure") for token in tokens[1:]):
        return False
    if not by_rule or "“" in question:
        return True
    if _POINTING.search(question) or _OBJECT.search(question) or _PERSONAL.search(question):
        return False
    return _resolved(question) and read(question, set()).lean != "ellipsis"


def _resolved(question: str) -> bool:
    """Whether every pronoun may mean somebody or something that the question names before it, or who is asked for."""
    for found in _PRONOUN.finditer(question):
        before = tokenize(question[: found.start()])
        if found["person"] and (question.startswith("Who ") or any(token.kind == "name" for token in before)):
            continue
        if found["person"] or len([token for token in before if token.telling and token.kind != "word"]) < 1:
            return False
    return True


def key_words(sentence: str, language: str, rarity: Callable[[str], float]) -> Asked | None:
    """Names and rare words of a sentence without its date, figure or last name, in order: a query, no question."""
    tokens = tokenize(sentence, language)
    dates = timexes(sentence)
    answer = dates[0].text if dates else next((t.measured for t in tokens if t.kind == "figure"), "")
    last = (token.text for token in reversed(tokens) if token.kind == "name" and len(token.text) > 2)
    answer = answer or next(last, "")
    taken = {token.key for token in tokenize(answer)}
    own = [word for word in words(sentence) if len(word) > 1 and word.lower().removesuffix("'s") not in STOP_WORDS]
    kept = [word for word in dict.fromkeys(own) if taken.isdisjoint(token.key for token in tokenize(word))]
    plain = [word for word in kept if word[0].isupper() or not (word.endswith("ly") or word in _VAGUE)]
    rarest = set(sorted(plain, key=lambda word: (not word[0].isupper(), -rarity(word.lower())))[:MOST_KEYS])
    query = " ".join(word for word in kept if word in rarest)
    return Asked(query, answer) if len(answer) > 1 and len(rarest) >= FEWEST_KEYS else None


def together(catalogue: Catalogue, one: str, other: str) -> bool:
    """Whether two words, in any form, stand in one article."""
    query = " AND ".join('"' + word.replace('"', '""') + '"' for word in (one, other))
    sql = "SELECT 1 FROM article_words WHERE article_words MATCH ? LIMIT 1"
    return catalogue.connection.execute(sql, (query,)).fetchone() is not None


def texts_of(catalogue: Catalogue, keys: Sequence[int]) -> list[tuple[str, str]]:
    """Ids and texts of the paragraphs with these keys."""
    rows = catalogue.connection.execute(
        "SELECT a.id, p.n, p.text FROM paragraphs p JOIN articles a ON a.pk = p.article "
        f"WHERE p.pk IN ({','.join('?' * len(keys))})",
        list(keys),
    )
    return [(paragraph_id(article, n), text) for article, n, text in rows]
