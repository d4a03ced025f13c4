"""Commands that look at the sources of a conversation, or at what else the articles say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.chat_state import Chat
from rag.errors import InputError, NotFoundError
from rag.layout import BLANK, Line, search_lines
from rag.screen import is_dumb
from rag.slash import source_number
from rag.turn_layout import SourcePage, article_page, cited_page, copied_quote, copied_turn, sources_lines

if TYPE_CHECKING:
    from rag.schema import Article, Citation

AROUND = 6
"""Lines of an article shown before and after a quote where the screen cannot be scrolled: about three paragraphs."""
FOUND = 5
"""Passages that a search in a conversation lists: a screenful."""


def show(chat: Chat, rest: str) -> None:
    """A source, or an article, on the whole screen."""
    number = source_number(rest) if rest else _last_cited(chat)
    if number is None:
        _show_article(chat, rest)
        return
    chat.conversation.citation(number)
    citations = chat.conversation.citations
    index = next(i for i, citation in enumerate(citations) if citation.number == number)
    if is_dumb():
        chat.screen.lines(_excerpt(_page(chat, citations[index])))
        return
    from rag.viewer import Viewer

    viewer = Viewer(len(citations), index, lambda i: _page(chat, citations[i]), chat.screen.encoding)
    while (left := viewer.run()).how == "open":
        try:
            _open(chat, citations[left.index])
        except InputError as error:
            chat.screen.fault(str(error))
            return


def _show_article(chat: Chat, name: str) -> None:
    from rag.viewer import Viewer

    view = chat.engine.show(name, 0)
    page = article_page(view.article, view.paragraph.n if view.paragraph else None)
    if is_dumb():
        chat.screen.lines(_excerpt(page))
        return
    if Viewer(1, 0, lambda _: page, chat.screen.encoding).run().how == "open":
        from pathlib import Path

        from rag.launching import open_file, open_page
        from rag.links import web_link
        from rag.wording import is_file

        path = view.article.path
        line = view.paragraph.line if view.paragraph else None
        chat.screen.note(open_file(Path(path), line) if is_file(path) else open_page(web_link(path) or ""))


def _excerpt(page: SourcePage) -> list[Line]:
    """The head of a page and what stands around its quote, for a terminal that cannot scroll back and forth."""
    head = page.lines.index(BLANK) + 1
    return [*page.lines[:head], *page.lines[max(head, page.focus - AROUND) : page.focus + AROUND + 1]]


def _page(chat: Chat, citation: Citation) -> SourcePage:
    article: Article | None
    try:
        article = chat.engine.show(citation.passage.article_id, 0).article
    except NotFoundError:
        article = None
    return cited_page(citation, article)


def _last_cited(chat: Chat) -> int:
    for turn in reversed(chat.conversation.turns):
        if turn.citations:
            return turn.citations[0].number
    raise InputError("no source is cited yet; ask something first")


def sources(chat: Chat, _: str) -> None:
    """Every source of the conversation, with what became of it."""
    from rag.chat import sources as sources_of

    turns = chat.engine.upkept(chat.conversation.session()).turns
    citations = sources_of(turns)
    last = turns[-1].answer if turns else None
    if not citations and not (last and last.left_out):
        raise InputError("no source is cited yet; ask something first")
    chat.screen.lines(sources_lines(citations, last))
    chat.screen.gap()


def open_(chat: Chat, rest: str) -> None:
    """A source in another program."""
    first, _, how = rest.partition(" ")
    number = source_number(first)
    if number is None or how.strip().lower() not in ("", "web"):
        raise InputError("write /open and the number of a source, such as /open 1, or /open 1 web")
    _open(chat, chat.conversation.citation(number), web=bool(how.strip()))


def _open(chat: Chat, citation: Citation, *, web: bool = False) -> None:
    from rag.launching import open_citation

    chat.screen.note(open_citation(citation, web=web))


def search(chat: Chat, rest: str) -> None:
    """What is nearest to some words; no part of the conversation."""
    with chat.working("searching"):
        result = chat.engine.search(rest, FOUND, chat.filters, chat.options.max_per_article)
    chat.screen.lines(search_lines(result, explain=False))
    if result.passages:
        chat.screen.gap()
        chat.screen.note(f"/show {result.passages[0].paragraph_id} opens the first")


def copy(chat: Chat, rest: str) -> None:
    """The last answer, or what a source says, for pasting elsewhere."""
    from rag.clipboard import copy as copy_text

    number = source_number(rest) if rest else None
    if rest and number is None:
        raise InputError("write /copy, or /copy and the number of a source, such as /copy 1")
    if number is not None:
        text, what = copied_quote(chat.conversation.citation(number)), f"the quote of [{number}]"
    elif chat.conversation.turns:
        text, what = copied_turn(chat.conversation.turns[-1]), "the last answer with its sources"
    else:
        raise InputError("there is nothing to copy yet; ask something first")
    chat.screen.note(f"{what}: {copy_text(text)}")
