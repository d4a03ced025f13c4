"""Second opinions on whether quotes bear a statement out: a cross-encoder made for it, or the language model itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.damaged_json import read_all
from rag.errors import ModelError
from rag.evidence import Line
from rag.llm import LanguageModel
from rag.prompts import support_messages

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

LANGUAGE_MODEL = "model"
"""The setting that makes the language model its own judge."""
UNSURE = 0.5
"""Of a judge whose reply cannot be read: our own verdict is moved to the middle, never over the edge alone."""
_WORTH = {"supported": 1.0, "partial": 0.4, "unsupported": 0.0}
_REPLY_TOKENS = 128
_SCHEMA = {
    "type": "object",
    "properties": {"support": {"type": "string", "enum": list(_WORTH)}, "reason": {"type": "string"}},
    "required": ["support", "reason"],
    "additionalProperties": False,
}


@dataclass(slots=True)
class ModelJudge:
    """Asks a language model (prompts/support.md)."""

    model: LanguageModel

    def judge(self, statement: str, lines: Sequence[Line]) -> float:
        """See verification.Judge."""
        passages = list({line.passage.paragraph_id: line.passage for line in lines}.values())
        messages = support_messages(statement, passages)
        reply = self.model.complete(messages, schema=_SCHEMA, plain=messages, max_tokens=_REPLY_TOKENS)
        said = [value.get("support") for value in read_all(reply.text) if isinstance(value, dict)]
        return next((_WORTH[word] for word in said if isinstance(word, str) and word in _WORTH), UNSURE)


class CrossEncoderJudge:
    """A sentence-transformers CrossEncoder for natural language inference, by its name or folder."""

    def __init__(self, name: str) -> None:
        """Raises ModelError for one that cannot be loaded, or that has no label for entailment."""
        from sentence_transformers import CrossEncoder

        try:
            self._model: CrossEncoder = CrossEncoder(name, device="cpu")
        except Exception as error:  # whatever a hub, a folder or a tokenizer has to say
            said = " ".join(str(error).split())[:200]
            raise ModelError(f"the judge {name} cannot be loaded ({said}); unset RAG_JUDGE, or name another") from error
        labels: dict[int, str] = getattr(self._model.config, "id2label", None) or {}
        self._entailment = next((i for i, label in labels.items() if label.lower().startswith("entail")), None)
        if len(labels) > 1 and self._entailment is None:
            raise ModelError(f"the judge {name} has no label “entailment”; unset RAG_JUDGE, or name another")

    def judge(self, statement: str, lines: Sequence[Line]) -> float:
        """See verification.Judge."""
        premise = " ".join(line.text for line in lines)
        scores: Any = self._model.predict([(premise, statement)], show_progress_bar=False, apply_softmax=True)
        return float(scores[0][self._entailment]) if self._entailment is not None else float(scores[0])
