"""Prompts: templates in `prompts/`, filled in one pass, as messages for a model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from string import Template

from rag.chat_schema import Exchange
from rag.errors import ConfigError
from rag.fencing import Fence, dated, neutral, new_fence
from rag.llm import Message
from rag.schema import Passage

FOLDERS = (Path(__file__).parent / "_prompts", Path(__file__).parents[1] / "prompts")
"""Where templates are looked for: in the installed package, then beside it in a checkout."""
_SECTION = re.compile(r"^# (system|user|json|text)[ \t]*\n", re.MULTILINE)


@cache
def template(name: str) -> dict[str, str]:
    """The sections of `prompts/<name>.md` by their headings: system and user, and what may go into them."""
    path = next((folder / f"{name}.md" for folder in FOLDERS if (folder / f"{name}.md").is_file()), None)
    if path is None:
        raise ConfigError(f"The prompt {name}.md is missing; install the package again")
    parts = _SECTION.split(path.read_text(encoding="utf-8"))
    sections = {key: text.strip() for key, text in zip(parts[1::2], parts[2::2], strict=True)}
    if not {"system", "user"} <= sections.keys():
        raise ConfigError(f"{path} needs the headings '# system' and '# user'")
    return sections


def answer_messages(
    question: str, numbered: Sequence[Passage], today: str, structured: bool, fence: Fence | None = None
) -> list[Message]:
    """The question with its sources, numbered from 1 in the order of `numbered`; `today` is an ISO date."""
    fence = fence or new_fence(numbered)
    values = {"sources": fence.sources(numbered), "key": fence.key, "question": neutral(question)}
    return _filled("answer", today=dated(today), format=_format(structured), **values)


def repair_messages(
    question: str,
    failed: Sequence[tuple[str, Sequence[str]]],
    numbered: Sequence[Passage],
    today: str,
    structured: bool,
    fence: Fence | None = None,
) -> list[Message]:
    """Statements that failed, each with the reasons, to be corrected from the same sources or dropped."""
    fence = fence or new_fence(numbered)
    listed = "\n".join(f"- {neutral(text)}\n  Why it failed: {neutral('; '.join(why))}" for text, why in failed)
    values = {"sources": fence.sources(numbered), "key": fence.key, "question": neutral(question), "failed": listed}
    return _filled("repair", today=dated(today), format=_format(structured), **values)


def plan_messages(
    topic: str, numbered: Sequence[Passage], today: str, most: int, structured: bool, fence: Fence | None = None
) -> list[Message]:
    """What a briefing on the topic should ask, at most `most` questions, with samples of what the articles hold."""
    fence = fence or new_fence(numbered)
    values = {"sources": fence.sources(numbered), "key": fence.key, "topic": neutral(topic), "most": str(most)}
    return _filled("plan", today=dated(today), format=_format(structured, "plan"), **values)


def compose_messages(
    topic: str, heading: str, numbered: Sequence[Passage], today: str, most: int, structured: bool,
    fence: Fence | None = None,
) -> list[Message]:  # fmt: skip
    """One section of a briefing from statements that were checked: each is the text of one of `numbered`."""
    fence = fence or new_fence(numbered)
    values = {"sources": fence.sources(numbered), "key": fence.key, "topic": neutral(topic), "most": str(most)}
    return _filled(
        "compose", today=dated(today), heading=neutral(heading) or neutral(topic), format=_format(structured), **values
    )


def translate_messages(
    language: str, numbered: Sequence[Passage], structured: bool, fence: Fence | None = None
) -> list[Message]:
    """Statements, each the text of one of `numbered`, to be put into the language of an ISO 639-1 code."""
    fence = fence or new_fence(numbered)
    values = {"sources": fence.sources(numbered), "key": fence.key, "language": language}
    return _filled("translate", format=_format(structured), **values)


def support_messages(claim: str, passages: Sequence[Passage], fence: Fence | None = None) -> list[Message]:
    """Whether the passages support the claim, to be answered in JSON: `support` and `reason`."""
    fence = fence or new_fence(passages)
    return _filled("support", sources=fence.sources(passages), key=fence.key, claim=neutral(claim))


def condense_messages(
    question: str, turns: Sequence[Exchange], summary: str, structured: bool, fence: Fence | None = None
) -> list[Message]:
    """A question to be completed from the conversation before it, `turns` oldest first after what `summary` says."""
    fence = fence or new_fence()
    said = conversation(turns, summary, fence)
    filling = {"conversation": said, "key": fence.key, "question": neutral(question)}
    return _filled("condense", format=_format(structured, "condense"), **filling)


def summarise_messages(
    turns: Sequence[Exchange], summary: str, most: int, structured: bool, fence: Fence | None = None
) -> list[Message]:
    """The beginning of a conversation, to be summed up in at most `most` sentences."""
    fence = fence or new_fence()
    said = conversation(turns, summary, fence)
    return _filled(
        "summarise", conversation=said, key=fence.key, most=str(most), format=_format(structured, "summarise")
    )


def conversation(turns: Sequence[Exchange], summary: str, fence: Fence) -> str:
    """What was asked and answered, each turn between delimiters; before them what a summary says of earlier ones."""
    told = [f"<<summary · {fence.key}>>\n{neutral(summary)}\n<<end {fence.key}>>"] if summary else []
    return "\n\n".join([*told, *(_turn(number, turn, fence) for number, turn in enumerate(turns, 1))])


def _turn(number: int, turn: Exchange, fence: Fence) -> str:
    """One turn, a line for each part, so that none can pass for another. No article answered where nothing was said."""
    lines = [f"<<turn {number} · {fence.key}>>", f"Question: {neutral(turn.question)}"]
    lines.append(f"Answer: {neutral(' '.join(turn.said)) or 'none'}")
    if turn.titles:
        lines.append(f"Articles: {'; '.join(map(neutral, turn.titles))}")
    return "\n".join([*lines, f"<<end {fence.key}>>"])


def _format(structured: bool, prompt: str = "answer") -> str:
    name = "json" if structured else "text"
    try:
        return template(prompt)[name]
    except KeyError:
        raise ConfigError(f"The prompt {prompt}.md needs the heading '# {name}'") from None


def _filled(name: str, **values: str) -> list[Message]:
    """Both sections with their values. Values are not looked into: a `$question` in an article stays as it is."""
    sections = template(name)
    try:
        system, user = (Template(sections[part]).substitute(values) for part in ("system", "user"))
        return [Message("system", system), Message("user", user)]
    except KeyError as error:
        raise ConfigError(f"The prompt {name}.md has an unknown placeholder ${error.args[0]}") from None
    except ValueError:
        raise ConfigError(f"The prompt {name}.md has a $ that begins no placeholder; write $$ for the sign") from None
