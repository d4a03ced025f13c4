"""Reranking by a cross-encoder: the order it gives, long paragraphs read whole, and errors a user can act on."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from checking import passage_of
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import ModelError
from rag.reranking import CrossEncoderReranker, Reranker, windows
from rag.schema import Passage, paragraph_id

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] the bridge opened in 1931 ship sank . a".split()


class FakeTokenizer:
    """A token a word."""

    model_max_length = 10**30

    def __call__(self, texts: list[str], *, add_special_tokens: bool) -> dict[str, list[list[str]]]:
        assert not add_special_tokens
        return {"input_ids": [text.split() for text in texts]}

    def num_special_tokens_to_add(self, pair: bool) -> int:
        return 3


class FakeModel:
    """Answers with the logits in its queue and remembers the pairs it has read."""

    def __init__(self, *logits: float, tokens: int | None = 512) -> None:
        self.queue, self.history = deque(logits), []
        self.tokenizer, self.max_seq_length = FakeTokenizer(), tokens
        self.config = SimpleNamespace()

    def predict(self, pairs: list[tuple[str, str]], **_: Any) -> np.ndarray:
        self.history.append(pairs)
        return np.array([self.queue.popleft() for _ in pairs], dtype=np.float32)


def reranker_of(model: FakeModel, most: int = 30) -> CrossEncoderReranker:
    """One that has loaded this model."""
    reranker = CrossEncoderReranker.__new__(CrossEncoderReranker)
    reranker.name, reranker.batch, reranker.most = "fake", 4, most
    reranker._model = model  # type: ignore[assignment]
    return reranker


def numbered(count: int) -> list[Passage]:
    return [
        replace(passage_of(f"Ferry {n}.", n), paragraph_id=paragraph_id("a", n), score=9.0) for n in range(1, count + 1)
    ]


def order(passages: Sequence[Passage]) -> list[int]:
    return [passage.paragraph.n for passage in passages]


def test_the_best_score_comes_first_as_a_probability_and_the_unread_follow_as_they_came() -> None:
    ranked = reranker_of(FakeModel(-1.0, 2.0, 0.0), most=3).rank("ferry?", numbered(5))
    assert order(ranked) == [2, 3, 1, 4, 5]
    probabilities = [1 / (1 + math.exp(-logit)) for logit in (2.0, 0.0, -1.0)]
    assert [passage.score for passage in ranked] == pytest.approx([*probabilities, 9.0, 9.0])


def test_ties_keep_their_former_order() -> None:
    assert order(reranker_of(FakeModel(0.5, 1.0, 0.5, 1.0)).rank("ferry?", numbered(4))) == [2, 4, 1, 3]


def test_scores_that_a_probability_cannot_tell_apart_are_no_ties() -> None:
    assert order(reranker_of(FakeModel(60.0, 80.0)).rank("ferry?", numbered(2))) == [2, 1]


def test_without_passages_no_model_is_asked() -> None:
    model = FakeModel()
    assert reranker_of(model).rank("ferry?", []) == []
    assert model.history == []


@given(st.lists(st.floats(-40, 40, width=32), max_size=12), st.integers(1, 15))
def test_ranking_loses_and_adds_nothing(logits: list[float], most: int) -> None:
    passages = numbered(len(logits))
    ranker: Reranker = reranker_of(FakeModel(*logits[:most]), most)
    ranked = ranker.rank("ferry?", passages)
    assert sorted(order(ranked)) == order(passages)
    assert order(ranked)[most:] == order(passages)[most:]
    scores = [passage.score for passage in ranked[:most]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_a_long_paragraph_has_the_score_of_its_best_window() -> None:
    long, short = passage_of("One two three four five six. Seven eight nine ten. Eleven.", 1), passage_of("Short.", 2)
    model = FakeModel(-3.0, 4.0, 1.0, tokens=15)  # 15 less 3 marks, 2 spare and 2 of the question: room for 8
    ranked = reranker_of(model).rank("which ferry", [long, short])
    ((_, first), (_, second), (_, third)) = model.history[0]
    assert (first, second, third) == ("One two three four five six.", "Seven eight nine ten. Eleven.", "Short.")
    assert order(ranked) == [1, 2]
    assert ranked[0].score == pytest.approx(1 / (1 + math.exp(-4.0)))


def test_a_question_that_would_fill_the_model_leaves_half_for_the_passage() -> None:
    model = FakeModel(*[0.0] * 9, tokens=25)
    reranker_of(model).rank("why " * 300, [passage_of("One two three. Four five six. " * 3)])
    assert all(len(question.split()) <= 10 and len(text.split()) <= 18 for question, text in model.history[0])


def counted(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


SENTENCES = st.lists(
    st.integers(1, 30).map(lambda n: " ".join(f"w{i}" for i in range(n)).capitalize() + "."), max_size=8
)


@given(SENTENCES, st.integers(3, 20))
def test_windows_fit_and_leave_no_word_out(sentences: list[str], room: int) -> None:
    passage = passage_of(" ".join(sentences))
    found = windows(passage, counted, room)
    assert all(len(text.split()) <= room for text in found)
    assert [word for text in found for word in text.split()] or not sentences
    left = iter(word for text in found for word in text.split())
    assert all(word in left for word in passage.paragraph.text.split())


def test_a_window_begins_with_the_sentence_before_where_there_is_room() -> None:
    passage = passage_of("Ada met Per. He was late. She left.")
    assert windows(passage, counted, 8) == ["Ada met Per. He was late. She left."]
    assert windows(passage_of("Ada met Per. He was very late. She left then."), counted, 9) == [
        "Ada met Per. He was very late.",
        "He was very late. She left then.",
    ]


def test_text_without_spaces_is_cut_anywhere() -> None:
    letters = lambda texts: [len(text) for text in texts]  # noqa: E731
    found = windows(passage_of("港" * 50), letters, 12)
    assert "".join(found) == "港" * 50
    assert max(len(text) for text in found) <= 12


@pytest.mark.parametrize("logit", [float("nan"), float("inf")])
def test_scores_that_are_no_numbers_are_told_in_one_line(logit: float) -> None:
    with pytest.raises(ModelError, match=r"^the reranker fake gives scores that are no numbers; unset RAG_RERANKER"):
        reranker_of(FakeModel(1.0, logit)).rank("ferry?", numbered(2))


def test_what_the_model_raises_is_told_in_one_line() -> None:
    with pytest.raises(ModelError, match="the reranker fake failed") as raised:
        reranker_of(FakeModel()).rank("ferry?", numbered(1))
    assert "\n" not in str(raised.value)


def make_cross_encoder(folder: Path, outputs: int) -> str:
    """A BERT of one layer with random weights and a vocabulary of a few words."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder.mkdir()
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=24, num_labels=outputs,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(vocab=str(vocabulary), model_max_length=24).save_pretrained(folder)
    return str(folder)


@pytest.mark.filterwarnings("default")
def test_a_real_cross_encoder_ranks_and_reads_the_end_of_a_long_paragraph(tmp_path: Path) -> None:
    reranker = CrossEncoderReranker(make_cross_encoder(tmp_path / "ranker", 1), batch=2)
    long = "The bridge opened in 1931. " * 8
    passages = [passage_of(long + "A ship sank.", 1), passage_of(long, 2), passage_of("A ship sank.", 3)]
    ranked = reranker.rank("a ship sank", passages)
    assert sorted(order(ranked)) == [1, 2, 3]
    assert order(reranker.rank("a ship sank", passages)) == order(ranked)
    score = {passage.paragraph.n: passage.score for passage in ranked}
    assert 0 < min(score.values()) < max(score.values()) < 1
    parts = windows(passages[0], reranker._count, reranker._fitted("a ship sank")[1])
    assert parts[-1].endswith("A ship sank.")
    alone = [reranker.rank("a ship sank", [passage_of(part)])[0].score for part in parts]
    assert score[1] == pytest.approx(max(alone), abs=1e-6)


@pytest.mark.filterwarnings("default")
def test_a_cross_encoder_with_several_outputs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"has 3 outputs where one score is needed; unset RAG_RERANKER"):
        CrossEncoderReranker(make_cross_encoder(tmp_path / "three", 3))


@pytest.mark.filterwarnings("default")
def test_what_cannot_be_loaded_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot be loaded \(.*\); unset RAG_RERANKER, or name another$") as raised:
        CrossEncoderReranker(str(tmp_path / "nothing"))
    assert "\n" not in str(raised.value)
