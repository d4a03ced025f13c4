"""Second opinions: a cross-encoder, or the language model itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from checking import evidence_of, line_of

from rag.errors import ModelError
from rag.judging import UNSURE, CrossEncoderJudge, ModelJudge
from rag.llm import Message, Reply

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] the bridge opened in 1931 ship sank . a".split()


class QueuedModel:
    """Answers with what stands in its queue and remembers what it was asked."""

    name = identity = "queued"
    context = 4096

    def __init__(self, *replies: str) -> None:
        self.queue = deque(replies)
        self.history: list[tuple[list[Message], Mapping[str, object] | None]] = []

    def complete(self, messages: Sequence[Message], *, schema: Mapping[str, object] | None = None, **_: Any) -> Reply:
        self.history.append((list(messages), schema))
        return Reply(self.queue.popleft(), "stop")

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("reply", "opinion"),
    [
        ('{"support": "supported", "reason": "it says so"}', 1.0),
        ('{"support": "unsupported", "reason": "it does not"}', 0.0),
        ('Sure! {"support": "supported", }', 1.0),
        ('{"support": "supported", "reason": "cut o', 1.0),
        ('{"support": "maybe"} {"support": "unsupported"}', 0.0),
        ('{"support": ["supported"]}', UNSURE),
        ('{"support": "perhaps"}', UNSURE),
        ("I think it does.", UNSURE),
        ("", UNSURE),
        ("[1, 2]", UNSURE),
    ],
)
def test_the_reply_of_a_model_is_read_as_an_opinion_and_a_spoiled_one_as_none(reply: str, opinion: float) -> None:
    assert ModelJudge(QueuedModel(reply)).judge("The bridge opened.", [line_of("It opened.")]) == opinion


def test_partial_support_lies_between() -> None:
    opinion = ModelJudge(QueuedModel('{"support": "partial"}')).judge("The bridge opened.", [line_of("It opened.")])
    assert 0 < opinion < UNSURE


def test_a_model_is_shown_the_claim_and_each_paragraph_once() -> None:
    model = QueuedModel('{"support": "supported", "reason": ""}')
    evidence = evidence_of("The bridge opened in 1931. It was red.")
    ModelJudge(model).judge("The bridge was new.", evidence.lines)
    ((messages, schema),) = model.history
    asked = "\n".join(message.content for message in messages)
    assert asked.count("The bridge opened in 1931. It was red.") == 1
    assert "The bridge was new." in asked
    assert schema is not None
    assert schema["required"] == ["support", "reason"]


def test_what_the_model_raises_reaches_the_caller() -> None:
    class Broken(QueuedModel):
        def complete(self, messages: Sequence[Message], **_: Any) -> Reply:
            raise ModelError("no answer")

    with pytest.raises(ModelError, match="no answer"):
        ModelJudge(Broken()).judge("A bridge.", [line_of("A bridge.")])


def make_cross_encoder(folder: Path, labels: list[str]) -> str:
    """A BERT of one layer with random weights and a vocabulary of a few words."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder.mkdir()
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=64, num_labels=len(labels), id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    with torch.no_grad():  # the first label gets nearly all the weight, whatever is read
        model.classifier.bias[0] = 20.0
    model.save_pretrained(folder)
    BertTokenizerFast(vocab=str(vocabulary), model_max_length=64).save_pretrained(folder)
    return str(folder)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("labels", "opinion"),
    [
        (["entailment", "neutral", "contradiction"], 1.0),
        (["CONTRADICTION", "ENTAILMENT", "NEUTRAL"], 0.0),
        (["not it", "Entailed"], 0.0),
    ],
)
def test_a_cross_encoder_gives_the_probability_of_entailment(tmp_path: Path, labels: list[str], opinion: float) -> None:
    judge = CrossEncoderJudge(make_cross_encoder(tmp_path / "nli", labels))
    lines = [line_of("The bridge opened in 1931."), line_of("A ship sank.")]
    assert judge.judge("The bridge opened.", lines) == pytest.approx(opinion, abs=1e-3)


@pytest.mark.filterwarnings("default")
def test_a_cross_encoder_with_one_label_gives_its_score_as_a_probability(tmp_path: Path) -> None:
    judge = CrossEncoderJudge(make_cross_encoder(tmp_path / "one", ["support"]))
    assert judge.judge("The bridge opened.", [line_of("A ship sank.")]) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.filterwarnings("default")
def test_a_cross_encoder_for_something_else_is_refused(tmp_path: Path) -> None:
    name = make_cross_encoder(tmp_path / "other", ["good", "bad", "ugly"])
    with pytest.raises(ModelError, match=r"no label “entailment”; unset RAG_JUDGE"):
        CrossEncoderJudge(name)


@pytest.mark.filterwarnings("default")
def test_what_cannot_be_loaded_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded") as raised:
        CrossEncoderJudge(str(tmp_path / "nothing"))
    assert "\n" not in str(raised.value)
