"""What is typed at the prompt of a conversation: keys, several lines, completion, history, the line at the bottom."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, get_common_complete_suffix
from prompt_toolkit.filters import Condition, has_completions, is_done, is_searching
from prompt_toolkit.history import History
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.styles import Style

if TYPE_CHECKING:
    from prompt_toolkit.formatted_text import StyleAndTextTuples

QUOTES = '"""'
"""What begins and ends a question of several lines."""

_MENU_ROWS = 6
"""Rows kept free below the prompt for completions; eight, the usual, are a third of a small terminal."""
_ESCAPE_SECONDS = 0.05
_CURSOR_SECONDS = 0.005
"""How long an answer waits for a terminal that was asked where its cursor is and has not said so since the prompt
began. The usual second would be felt at every question; what comes later is read by the next prompt."""

_STYLE = Style.from_dict({"prompt": "bold ansicyan", "bottom-toolbar": "noreverse dim", "continuation": "dim"})
"""Colours are the terminal's own, and none is white or black: both would vanish on one kind of background."""


class Asked(History):
    """Questions of kept conversations, fetched when the first prompt stands, then what is typed. No file of its own."""

    def __init__(self, kept: Callable[[], Iterable[str]]) -> None:
        super().__init__()
        self._kept = kept
        self.typed: list[str] = []
        self.dropped: set[str] = set()

    def load_history_strings(self) -> Iterable[str]:
        """The newest first."""
        older = [text for text in self._kept() if text not in self.typed]
        newest_first = dict.fromkeys((*reversed(self.typed), *older))
        return [text for text in newest_first if text not in self.dropped]

    def store_string(self, string: str) -> None:
        self.typed.append(string)
        self.dropped.discard(string)


class Typing:
    """The prompt. `toolbar` gets the width of the terminal, and gives the bottom line."""

    def __init__(
        self, completer: Completer, toolbar: Callable[[int], str], kept: Callable[[], Iterable[str]],
        on_shown: Callable[[], None],
    ) -> None:  # fmt: skip
        self._completer = completer
        self._toolbar = toolbar
        self._kept = kept
        self._on_shown = on_shown
        self._session = self._made(Asked(kept))

    def read(self) -> str:
        """What was typed. Raises KeyboardInterrupt for Ctrl-C, EOFError for Ctrl-D."""
        return unquoted(self._session.prompt())

    @property
    def abandoned(self) -> str:
        """What stood at the prompt when Ctrl-C was pressed."""
        return self._session.default_buffer.text

    def forget(self, texts: Iterable[str]) -> None:
        """Take questions out of the history, as if they had not been typed."""
        history, gone = Asked(self._kept), set(texts)
        known = self._session.history
        assert isinstance(known, Asked)  # noqa: S101 - no other is ever given to it
        history.typed = [text for text in known.typed if text not in gone]
        history.dropped = known.dropped | gone
        self._session = self._made(history)

    def confirm(self, question: str) -> bool:
        """y or yes; anything else, Ctrl-C and Ctrl-D are a no."""
        asking: PromptSession[str] = PromptSession(style=_STYLE)
        try:
            return asking.prompt(f"{question} [y/N] ").strip().lower() in ("y", "yes")
        except (KeyboardInterrupt, EOFError):
            return False

    def _made(self, history: Asked) -> PromptSession[str]:
        session: PromptSession[str] = PromptSession(
            [("class:prompt", "> ")], multiline=True, prompt_continuation=[("class:continuation", ". ")],
            completer=self._completer, complete_while_typing=Condition(lambda: _is_command(session)),
            history=history, key_bindings=_keys(), style=_STYLE, bottom_toolbar=self._bottom,
            reserve_space_for_menu=_MENU_ROWS, enable_open_in_editor=False, search_ignore_case=True,
        )  # fmt: skip
        session.app.ttimeoutlen = _ESCAPE_SECONDS
        renderer = session.app.renderer
        renderer.wait_for_cpr_responses = partial(renderer.wait_for_cpr_responses, _CURSOR_SECONDS)  # type: ignore[method-assign, arg-type]
        session.app.after_render += lambda _: self._on_shown()
        return session

    def _bottom(self) -> StyleAndTextTuples:
        width = self._session.app.output.get_size().columns
        return [("", self._toolbar(width))]


def unquoted(text: str) -> str:
    """The text between the marks of several lines, if it stands between them."""
    text = text.strip()
    if text.startswith(QUOTES):
        text = text.removeprefix(QUOTES).removesuffix(QUOTES)
    return text.strip()


def is_open(text: str) -> bool:
    """Whether a question of several lines has been begun and not ended."""
    text = text.strip()
    return text.startswith(QUOTES) and (len(text) < 2 * len(QUOTES) or not text.endswith(QUOTES))


def complete(buffer: Buffer) -> None:
    """What Tab does: the next choice of the menu, else the only choice there is, else the menu.

    A menu that is still being made swallows the usual Tab, and whoever types fast would have to press it twice.
    """
    state = buffer.complete_state
    if state and len(state.completions) == 1 and state.complete_index == 0:
        buffer.complete_state = None  # the only choice is taken: what comes after it?
    elif state:
        buffer.complete_next()
        return
    choices = list(buffer.completer.get_completions(buffer.document, CompleteEvent(completion_requested=True)))
    if len(choices) == 1:
        buffer.apply_completion(choices[0])
    elif choices:
        buffer.insert_text(get_common_complete_suffix(buffer.document, choices))
        buffer.start_completion(select_first=False)


def _is_command(session: PromptSession[str]) -> bool:
    text = session.default_buffer.document.text_before_cursor
    return text.startswith("/") and "\n" not in text


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter", filter=~is_done & ~is_searching)
    def _(event: KeyPressEvent) -> None:
        if is_open(event.current_buffer.text):
            event.current_buffer.insert_text("\n")
        else:
            event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @keys.add("tab")
    def _(event: KeyPressEvent) -> None:
        complete(event.current_buffer)

    @keys.add("escape", filter=has_completions, eager=True)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.cancel_completion()

    return keys
