"""A judged set from the store itself: questions made of its own sentences, spread over articles and publishers.

Made questions share words with their source, so that they are easier to find than what people ask: they show what gets
better or worse on one's own articles, not how good the search is.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Protocol

from rag.asking import Asked, questions, roles
from rag.clause_order import Known
from rag.errors import StoreEmptyError
from rag.eval_schema import JudgedQuestion, Reference
from rag.fair_questions import full_names, here, key_words, known, stands_alone, texts_of, together
from rag.injections import instructions
from rag.lexical import idf, query_terms, search_paragraphs, words
from rag.openings import dangling
from rag.schema import EVIDENCE, Article, Paragraph, paragraph_id
from rag.terms import stems

if TYPE_CHECKING:
    from rag.catalogue import Catalogue


class Writer(Protocol):
    """Words a question as a reader would, where it can."""

    def write(self, article: Article, paragraph: Paragraph) -> tuple[str, str, str] | None:
        """Question, the sentence that answers it, and the answer; None where nothing of it can be used."""


MOST_ARTICLES = 400
"""Articles that are read: enough for 2,000 questions, and a minute's work."""
UNANSWERABLE = 6
"""One question in so many gets a name that has nothing to do with it, where the store has such names."""
SAME = 0.75
"""Share of a sentence's rare words from which another paragraph is taken to say it too."""
MOST_TRIED = 20
"""Names that are tried for a question that nothing answers."""
_LENGTHS = range(40, 400)
"""Characters of a sentence that is worth asking for."""


def make_questions(catalogue: Catalogue, n: int, seed: int = 0, writer: Writer | None = None) -> list[JudgedQuestion]:
    """At most `n` questions, the same for the same store and seed; fewer where no more sentences will do.

    The reference of each is the sentence it was made of. About one in six names somebody who, in this store, never
    stands beside what is asked: nothing answers it. Where there is a `writer` (a language model) it words the
    questions, and the rule's stays where its question cannot be used. Raises StoreEmptyError, ModelError.
    """
    ids = sorted(catalogue.article_ids())
    if not ids:
        raise StoreEmptyError("there is nothing to make questions of; run rag ingest first")
    draw = random.Random(seed)  # noqa: S311 - a choice that can be made again, no secret
    articles = _mixed(
        [catalogue.article(name) for name in sorted(draw.sample(ids, min(len(ids), MOST_ARTICLES)))], draw
    )
    maker = Maker(catalogue, known(articles), draw, writer)
    wanted = n - n // UNANSWERABLE
    made = maker.answerable(articles, wanted)
    unanswerable = maker.unanswerable(made, articles, min(n // UNANSWERABLE, len(made) // (UNANSWERABLE - 1)))
    together = [*made, *unanswerable]
    width = len(str(len(together)))
    return [replace(one, id=f"made-{i:0{width}}") for i, one in enumerate(together, 1)]


def questions_jsonl(questions: Sequence[JudgedQuestion]) -> str:
    """One JSON object a line, as `rag eval` reads it; one without gold is to be declined."""
    return "".join(json.dumps(_record(one), ensure_ascii=False) + "\n" for one in questions)


def _record(one: JudgedQuestion) -> dict[str, object]:
    gold = [{"paragraph": at.paragraph, "contains": at.contains} for at in one.references]
    made = {"synthetic": True} if one.synthetic else {}
    return {"id": one.id, "question": one.question, "gold": gold, "answer": one.answer, **made}


def _mixed(articles: Sequence[Article], draw: random.Random) -> list[Article]:
    """In an order drawn by lot in which publishers take turns."""
    by_publisher: dict[str, list[Article]] = {}
    for article in draw.sample(articles, len(articles)):
        by_publisher.setdefault(article.metadata.publisher or "", []).append(article)
    return [article for turn in zip_longest(*by_publisher.values()) for article in turn if article]


def sentences(paragraph: Paragraph) -> list[str]:
    """Sentences that may be asked for: of fair length."""
    if paragraph.kind not in EVIDENCE:
        return []
    texts = (paragraph.text[at.start - paragraph.start : at.end - paragraph.start] for at in paragraph.sentences)
    return [text for text in texts if len(text) in _LENGTHS]


@dataclass(slots=True)
class Maker:
    """Makes questions from sentences of a store, and looks there whether they are fair."""

    catalogue: Catalogue
    known: Known
    draw: random.Random
    writer: Writer | None = None
    _rarity: dict[str, float] = field(init=False, default_factory=dict)

    def answerable(self, articles: Sequence[Article], most: int) -> list[JudgedQuestion]:
        """Articles take turns, with one question a paragraph, then more; key words only where these are too few."""
        made: list[JudgedQuestion] = []
        used: set[str] = set()
        for often, by_rule in ((1, True), (3, True), (1, False)):
            turns = zip_longest(*(self._of_article(article, often, by_rule, used) for article in articles))
            made += islice((one for turn in turns for one in turn if one), most - len(made))
        return made

    def _of_article(self, article: Article, often: int, by_rule: bool, used: set[str]) -> Iterator[JudgedQuestion]:
        """Up to so many questions of each paragraph, in an order drawn by lot; none of a sentence that has one."""
        language = article.metadata.language or "en"
        about = here(article, self.known)
        for paragraph in self.draw.sample(article.paragraphs, len(article.paragraphs)):
            home = paragraph_id(article.id, paragraph.n)
            free = (text for text in sentences(paragraph) if text not in used and home not in used)
            found = (one for text in free if (one := self._question(text, home, about, language, by_rule)))
            for question, text in islice(found, often):
                used |= {text, question.question, *([] if by_rule else [home])}
                yield self._worded(question, article, paragraph)

    def _question(
        self, text: str, home: str, about: Known, language: str, by_rule: bool
    ) -> tuple[JudgedQuestion, str] | None:
        """The first question of the sentence that is fair, and the sentence; none of one that speaks to a model."""
        asked: Iterator[Asked] = iter(())
        if by_rule and language == "en":
            asked = roles(text, about) if dangling(text) else questions(text, about)
        elif not by_rule and not dangling(text) and (keys := key_words(text, language, self._weight)):
            asked = iter([keys])
        fair = next((one for one in asked if stands_alone(one, by_rule)), None)
        if fair is None or instructions(text) or not self._only_here(text, home):
            return None
        reference = Reference(paragraph=home, contains=text)
        return JudgedQuestion("", fair.question, (reference,), fair.answer, synthetic=True), text

    def _worded(self, made: JudgedQuestion, article: Article, paragraph: Paragraph) -> JudgedQuestion:
        """As the language model words it, where there is one and its question can be used."""
        written = self.writer.write(article, paragraph) if self.writer else None
        if written is None:
            return made
        question, sentence, answer = written
        home = made.references[0].paragraph
        return replace(
            made, question=question, references=(Reference(paragraph=home, contains=sentence),), answer=answer
        )

    def _only_here(self, sentence: str, home: str) -> bool:
        """Whether no other paragraph has most of the rare words of the sentence."""
        terms = query_terms(sentence)
        weights = {stem: self._weight(term) for term, stem in zip(terms, stems(terms), strict=True)}
        keys = [key for key, _ in search_paragraphs(self.catalogue, terms, 4)]
        others = (text for name, text in texts_of(self.catalogue, keys) if name != home)
        held = (sum(weights.get(stem, 0.0) for stem in set(stems(words(text)))) for text in others)
        return all(weight < SAME * sum(weights.values()) for weight in held)

    def _weight(self, term: str) -> float:
        """idf of a word in the store."""
        if term not in self._rarity:
            self._rarity |= idf(self.catalogue, [term])
        return self._rarity[term]

    def unanswerable(
        self, made: Sequence[JudgedQuestion], articles: Sequence[Article], most: int
    ) -> list[JudgedQuestion]:
        """Questions of `made` in which another person stands, whom no article names beside what else is asked."""
        texts = (p.text for article in articles for p in article.paragraphs if p.kind in EVIDENCE)
        found = {name for text in texts for name in full_names(text, self.known)}
        names = sorted(name for name in found if name.split()[-1] in self.known.sure and len(name.split()) < 4)
        whole = [one for one in made if one.question.endswith("?")]
        swapped = (self._swapped(one.question, names) for one in self.draw.sample(whole, len(whole)))
        return [JudgedQuestion("", question, synthetic=True) for question in islice(filter(None, swapped), most)]

    def _swapped(self, question: str, names: Sequence[str]) -> str:
        """The question with another name for the first in it; empty where every other name has to do with it."""
        own = full_names(question, self.known)
        if not own or "“" in question or question.count(own[0]) > 1:
            return ""
        rest = [term for term in query_terms(question.replace(own[0], " ")) if not term.isdigit()]
        rarest = sorted(rest, key=lambda term: -self._weight(term))[:4]
        for name in self.draw.sample(names, min(len(names), MOST_TRIED)):
            last = name.split()[-1]
            if last not in question and not any(together(self.catalogue, last, term) for term in rarest):
                return question.replace(own[0], name)
        return ""
