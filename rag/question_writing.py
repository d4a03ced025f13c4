"""Questions that a language model writes for a paragraph, as a reader would ask them; used only where sound."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from string import Template
from typing import Any

from rag.asking import Asked
from rag.damaged_json import CutStr, read_all
from rag.errors import ContextError
from rag.extraction import TYPOGRAPHY
from rag.fair_questions import stands_alone
from rag.fencing import Fence, new_fence
from rag.injections import instructions
from rag.lexical import query_terms
from rag.llm import LanguageModel, Message
from rag.prompts import template
from rag.sanitising import safe
from rag.schema import Article, Paragraph, Passage, paragraph_id
from rag.terms import stems

COPIED = 0.5
"""Share of the rare words of a sentence that its question may repeat: more is a copy, which any search finds."""
LONGEST = 300
"""Characters of a question."""
REPLY_TOKENS = 600
"""Room for a model that thinks first; question, sentence and answer take 100."""
_KEYS = ("question", "sentence", "answer")
_LINE = re.compile(r"^[\s*_#>-]*(question|sentence|answer)[*_]*\s*:[*_]*\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)
_OF_A_TEXT = re.compile(
    r"\b(?:the|this|that) (?:article|text|source|passage|paragraph|author|excerpt)\b", re.IGNORECASE
)


@dataclass(slots=True)
class ModelWriter:
    """Asks `model` for one question a paragraph. `rarity` gives the idf of words in the store."""

    model: LanguageModel
    rarity: Callable[[Sequence[str]], Mapping[str, float]]
    new_fence: Callable[[Sequence[Passage]], Fence] = new_fence

    def write(self, article: Article, paragraph: Paragraph) -> tuple[str, str, str] | None:
        """Question, the sentence of the paragraph that answers it, and the answer; None where none can be used.

        Raises ModelError where the model cannot be reached.
        """
        if instructions(f"{article.metadata.title}\n{paragraph.text}"):
            return None  # as in an answer, what speaks to a model is kept from it
        home = paragraph_id(article.id, paragraph.n)
        shown = Passage(home, article.id, paragraph, article.path, article.metadata, 0.0)
        fence = self.new_fence([shown])
        structured, plain = (question_messages(shown, fence, form) for form in (True, False))
        try:
            reply = self.model.complete(structured, schema=question_schema(), plain=plain, max_tokens=REPLY_TOKENS)
        except ContextError:
            return None
        read = read_reply(reply.text) if reply.finish == "stop" else None
        return self._sound(*read, paragraph) if read else None

    def _sound(self, question: str, quoted: str, answer: str, paragraph: Paragraph) -> tuple[str, str, str] | None:
        """The same with the paragraph's own sentence, if it holds what was quoted and the question may be asked."""
        sentence = own_sentence(quoted, paragraph)
        if not sentence or not question.endswith("?") or question.count("?") > 1 or len(question) > LONGEST:
            return None
        if instructions(question) or _OF_A_TEXT.search(question) or self._copies(question, sentence):
            return None
        answer = answer if _plain(answer) in _plain(sentence) else ""
        return (question, sentence, answer) if stands_alone(Asked(question, answer)) else None

    def _copies(self, question: str, sentence: str) -> bool:
        """Whether the question repeats more than half of the sentence's words, each weighed by how rare it is."""
        terms = query_terms(sentence)
        weights = self.rarity(terms)
        asked = set(stems(query_terms(question)))
        held = sum(weights[term] for term, stem in zip(terms, stems(terms), strict=True) if stem in asked)
        return held > COPIED * sum(weights.values())


def question_messages(passage: Passage, fence: Fence, structured: bool) -> list[Message]:
    """What a model is shown: the rules, and the paragraph as source 1."""
    sections = template("questions")
    values = {
        "key": fence.key,
        "sources": fence.sources([passage]),
        "format": sections["json" if structured else "text"],
    }
    return [
        Message("system", Template(sections["system"]).substitute(values)),
        Message("user", Template(sections["user"]).substitute(values)),
    ]


def question_schema() -> dict[str, Any]:
    """JSON schema (strict) of a question with its sentence and answer."""
    properties = {key: {"type": "string"} for key in _KEYS}
    return {"type": "object", "properties": properties, "required": list(_KEYS), "additionalProperties": False}


def read_reply(text: str) -> tuple[str, str, str] | None:
    """Question, sentence and answer, each on one line; None if the reply lacks one of the first two. Never raises."""
    objects = [value for value in read_all(text) if isinstance(value, Mapping)]
    found = {str(key).lower(): value for value in objects[:1] for key, value in value.items()}
    if not found:
        found = {key.lower(): value for key, value in reversed(_LINE.findall(text))}
    parts = [found.get(key) for key in _KEYS]
    if any(isinstance(part, CutStr) for part in parts):
        return None
    question, sentence, answer = (" ".join(safe(part).split()) if isinstance(part, str) else "" for part in parts)
    return (question, sentence, answer) if question and sentence else None


def own_sentence(quoted: str, paragraph: Paragraph) -> str:
    """The sentence of the paragraph that `quoted` is, but for spaces and typographic marks; empty if it is none."""
    wanted = _plain(quoted)
    texts = (paragraph.text[at.start - paragraph.start : at.end - paragraph.start] for at in paragraph.sentences)
    return next((text for text in texts if _plain(text) == wanted), "")


def _plain(text: str) -> str:
    return " ".join(text.translate(TYPOGRAPHY).split()).strip(" \"'")
