"""Which sentences cannot stand alone, and what must come along with them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.extraction import Weighed
from rag.openings import antecedent, dangling, needs_more
from rag.schema import Metadata, Paragraph, Passage, Sentence


@pytest.mark.parametrize(
    "text",
    [
        "He added that the bridge would close.",
        "They left at dawn.",
        "It opened in 2019.",
        "It is expected to open in May.",
        "It was a decision that angered the crews.",
        "This angered the crews.",
        "That decision angered the crews.",
        "Those were built first.",
        "His lawyer denied it.",
        "However, the ferry sailed.",
        "But the ferry sailed on Friday.",
        "Meanwhile, Oslo waited.",
        "Also on board were two engineers.",
        "In addition, the port was closed.",
        "The latter is owned by the city.",
        "Such losses are rare.",
        "Another ferry was sent.",
        "Instead, the port was closed.",
        "For example, the port was closed.",
        "Both denied it.",
        "On Friday, he said the port would close.",
        "In Oslo, she met the crews.",
        "Asked about the port, he said nothing.",
        "The next day, the port was closed.",
        "Two days later, the port was closed.",
        "Some of them were hurt.",
        "After that, the port was closed.",
        "“We shall not sail,” she said.",
        "We shall not sail.” The port was closed.",
        "and the port was closed.",
        "Which is why the port was closed.",
        "So the port was closed.",
        "According to him, the port is closed.",
        "The truth is that both were paid by the port.",
        "The sad truth is that they were paid by the port.",
        "It is said that the two were paid.",
        "It is often claimed that it closed in May.",
        "It is unclear whether he knew of the fire.",
        "It turned out that she had sold the port.",
        "There is no evidence that they were on board.",
        "In fact, both were paid.",
        "The port, he said, would close.",
        "In his view, the port is too small.",
    ],
)
def test_needs_what_came_before(text: str) -> None:
    assert dangling(text)


@pytest.mark.parametrize(
    "text",
    [
        "The ferry sailed on Friday.",
        "It was in March that the ferry sank.",
        "It was Clara Holm who signed the order.",
        "It is raining in Oslo.",
        "The truth is that both Oslo and Bergen were paid.",
        "The problem is that it is unclear who paid for the port.",
        "It is said that the port of Lunde is closed.",
        "It is Clara Holm's belief that she was lied to.",
        "There is no evidence that the port was unsafe.",
        "The port will close, Clara Holm said.",
        "It is unclear who paid.",
        "It remains to be seen whether the port opens.",
        "It is expected that the port will open.",
        "It took three years to build the bridge.",
        "It is not known how many were on board.",
        "There is no bridge.",
        "In addition to Oslo, Bergen was closed.",
        "Instead of a bridge, the city built a tunnel.",
        "This week the port reopens.",
        "Those who stayed were paid.",
        "Both Oslo and Bergen were closed.",
        "Neither Oslo nor Bergen was closed.",
        "So far, nobody has paid.",
        "So-called ghost ships passed.",
        "When Clara Holm arrived, she found the port closed.",
        "“We shall not sail,” Clara Holm said.",
        "Clara Holm said: “We shall not sail.”",
        "In his speech, Holm praised the crews.",
        "For her part, Holm denied it.",
        "Earlier this week, the port was closed.",
        "Later in the year, the port reopens.",
        "Thousands of people left.",
        "Then-mayor Holm signed the order.",
        "The move to close the port was criticised.",
        "",
        "9 November.",
    ],
)
def test_stands_by_itself(text: str) -> None:
    assert not dangling(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Meanwhile, Oslo waited.", False),
        ("However, the ferry sailed.", False),
        ("Meanwhile, they waited.", True),
        ("However, in his view the port is too small.", True),
        ("But the ferry sailed.", True),
        ("The ferry sailed.", False),
        ("", False),
    ],
)
def test_what_only_follows_on_can_be_understood(text: str, expected: bool) -> None:
    assert needs_more(text) == expected


@given(st.text(max_size=200))
def test_only_what_hangs_on_another_needs_more_than_itself(text: str) -> None:
    assert not needs_more(text) or dangling(text) or "," in text


@given(st.text(max_size=200))
def test_any_text_can_be_asked_about(text: str) -> None:
    assert dangling(text) in (True, False)


def weighed(sentences: list[str], at: int, between: str = " ") -> Weighed:
    spans, start = [], 100
    for text in sentences:
        spans.append(Sentence(start, start + len(text)))
        start += len(text) + len(between)
    text = between.join(sentences)
    paragraph = Paragraph(1, "body", text, 100, 100 + len(text), tuple(spans))
    passage = Passage("a#1", "a", paragraph, Metadata(), "a.txt", 1.0)
    return Weighed(passage, spans[at], np.ones(2, np.float32))


def test_the_sentence_before_comes_along() -> None:
    one = weighed(["Clara Holm met the crews.", "She promised them a bridge."], 1)
    assert antecedent(one) == one.passage.paragraph.sentences[0]


def test_nothing_comes_along_that_dangles_itself_or_is_apart() -> None:
    assert antecedent(weighed(["She promised them a bridge."], 0)) is None
    assert antecedent(weighed(["He nodded.", "She promised them a bridge."], 1)) is None
    assert antecedent(weighed(["Clara Holm met the crews.", "She promised."], 1, between="\n* \n")) is None


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("The Harbour Post said on Monday that he did, and the ministry said that he did not.", True),
        ("The union denied that it had.", True),
        ("The Harbour Post said that he did what nobody had expected.", False),
        ("Clara Holm promised to resign, and the paper said that she did.", False),
    ],
)
def test_what_somebody_did_must_be_told(text: str, cut: bool) -> None:
    assert dangling(text) is cut
