"""What asks for a topic, and what speaks of one."""

from __future__ import annotations

import pytest

from rag.schema import Metadata, Paragraph, Passage
from rag.terms import Terms
from rag.topics import spoken_of, topic_of


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("What about the ferry?", "the ferry"),
        ("what else on the ferry", "the ferry"),
        ("What do my articles say about the ferry strike?", "the ferry strike"),
        ("What has been written about Clara Holm?", "Clara Holm"),
        ("What did Clara Holm say about the ferry?", ""),
        ("What is on the ferry?", ""),
        ("What of it is true?", ""),
        ("Who wrote about the ferry?", ""),
        ("What happened on Tuesday?", ""),
        ("What about", ""),
    ],
)
def test_a_topic_is_what_is_asked_for_as_a_whole(question: str, topic: str) -> None:
    assert topic_of(question) == topic


def passage(text: str, title: str = "") -> Passage:
    paragraph = Paragraph(1, "body", text, 0, len(text), ())
    return Passage("a#1", "a", paragraph, "/a.txt", Metadata(title=title), 1.0)


def test_half_of_a_topic_is_a_quarter_sure() -> None:
    terms = Terms({"ferri": 2.0, "strike": 2.0}, {})
    assert spoken_of(terms, [passage("The ferries sail again after the strikes.")]) == 1.0
    assert spoken_of(terms, [passage("The ferry sails.", title="The strike"), passage("A strike.")]) == 0.25
    assert spoken_of(terms, []) == 0.0
