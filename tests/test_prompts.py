"""Prompts: every template is whole, filled in one pass, and shows sources as data."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import prompts
from rag.errors import ConfigError
from rag.fencing import Fence
from rag.prompts import answer_messages, repair_messages, support_messages, template
from rag.schema import Metadata, Paragraph, Passage, Sentence

FENCE = Fence("9f2c41aa")


def passage(text: str = "The ferry leaves at nine.", title: str = "Ferry times", **facts: object) -> Passage:
    paragraph = Paragraph(1, "body", text, 0, len(text), (Sentence(0, len(text)),))
    metadata = Metadata(title=title, **facts)  # type: ignore[arg-type]
    return Passage("ferry#1", "ferry", paragraph, "/ferry.txt", metadata, 1.0)


def test_the_prompt_shows_question_sources_and_dates() -> None:
    shown = passage(publisher="Sample Desk", published="2025-10-29")
    system, user = answer_messages("When does it leave?", [shown, passage()], "2026-01-02", True, FENCE)
    assert (system.role, user.role) == ("system", "user")
    assert "Today is 2026-01-02 (Friday)." in system.content
    assert '{"statements": []}' in system.content
    assert "NO ANSWER" not in system.content
    assert (
        "<<source 1 · 9f2c41aa>>\nTitle: Ferry times\nPublisher: Sample Desk\nDate: 2025-10-29 (Wednesday)\n"
        "Text: The ferry leaves at nine.\n<<end 9f2c41aa>>\n\n<<source 2 · 9f2c41aa>>" in user.content
    )
    assert "Date: unknown" in user.content
    assert user.content.endswith("Question: When does it leave?")


def test_text_with_marks_is_asked_for_where_json_is_not() -> None:
    system, _ = answer_messages("Q?", [passage()], "2026-01-02", False, FENCE)
    assert "NO ANSWER" in system.content
    assert "JSON" not in system.content


def test_a_placeholder_in_an_article_is_not_filled() -> None:
    shown = passage("It says $question and ${today} and $$ and $nothing.", title="$sources")
    _, user = answer_messages("SECRET", [shown], "2026-01-02", True, FENCE)
    assert "It says $question and ${today} and $$ and $nothing." in user.content
    assert user.content.count("SECRET") == 1


def test_repair_lists_statements_with_their_reasons() -> None:
    failed = [("The ferry leaves at ten.", ["the figure 10 is not in [1]", "no source says it"])]
    system, user = repair_messages("When?", failed, [passage()], "2026-01-02", False, FENCE)
    assert "NO ANSWER" in system.content
    assert "- The ferry leaves at ten.\n  Why it failed: the figure 10 is not in {1}; no source says it" in user.content
    assert "<<source 1 · 9f2c41aa>>" in user.content


def test_support_shows_the_claim_and_its_paragraphs() -> None:
    system, user = support_messages("The ferry leaves at nine.", [passage()], FENCE)
    assert '"support"' in system.content
    assert user.content.endswith("Claim: The ferry leaves at nine.")


def test_each_request_draws_its_own_delimiters() -> None:
    first, second = (answer_messages("Q?", [passage()], "2026-01-02", True)[1].content for _ in range(2))
    assert first != second


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=100), st.text(max_size=100))
def test_no_text_breaks_a_prompt(question: str, text: str) -> None:
    _, user = answer_messages(question, [passage(text, title=text, publisher=text)], "2026-01-02", True, FENCE)
    assert user.content.count("<<end 9f2c41aa>>") == 2  # the line that explains it, and the one source


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "missing"),
        ("You answer.", "headings"),
        ("# system\nHi $nobody\n# user\nHi", r"unknown placeholder \$nobody"),
        ("# system\nIt costs $5\n# user\nHi", r"write \$\$"),
    ],
)
def test_a_broken_template_is_one_clear_error(
    content: str | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        (tmp_path / "support.md").write_text(content, encoding="utf-8")
    monkeypatch.setattr(prompts, "FOLDERS", (tmp_path,))
    template.cache_clear()
    try:
        with pytest.raises(ConfigError, match=message):
            support_messages("A claim.", [passage()], FENCE)
    finally:
        template.cache_clear()
