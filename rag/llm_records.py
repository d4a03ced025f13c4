"""What passes between a language model and its users: messages, replies, and what a model is.

Knows none of the models. Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Finish = Literal["stop", "length", "refused", "cut"]

READ_TIMEOUT = 120.0
"""Seconds without a new piece of a reply. A small machine reads a long prompt for a minute before its first word."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of what a model is shown."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model wrote: `text` without its thoughts (`<think>…</think>`).

    `finish` says how it ended: "stop" by itself, "length" at a limit of tokens or characters, "refused" by a content
    filter or by the model's own refusal, "cut" where the stream broke off. Tokens are None where nobody counted.
    `seconds` is wall time with retries, 0 for a reply from the cache.
    """

    text: str
    finish: Finish
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seconds: float = 0.0
    cached: bool = False


class LanguageModel(Protocol):
    """Writes a reply to messages. One thread at a time."""

    @property
    def name(self) -> str:
        """What answers show. May ask the server on first use; raises ModelError, ConfigError."""

    @property
    def identity(self) -> str:
        """Tells models apart in a cache: address and name, or class and arguments; never a key."""

    @property
    def context(self) -> int:
        """Tokens of prompt and reply together. May ask the server on first use; raises no more than `name`."""

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, object] | None = None,
        plain: Sequence[Message] | None = None,
        max_tokens: int = 1024,
        sample: int = 0,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """The reply to `messages`, of at most `max_tokens` tokens.

        `schema` (a JSON schema) asks for structured output; a model that cannot is sent `plain` instead of
        `messages`, so the reader must expect both. `sample` 0 is the model's likeliest reply; 1, 2, … are others, each
        the same again where the model allows it. `on_text` gets each new piece of the text as it arrives; what it
        raises ends the request and propagates, as KeyboardInterrupt does. Raises ModelError; ContextError where the
        messages are too long.
        """

    def close(self) -> None:
        """Lets go of connections and memory. May be called twice."""
