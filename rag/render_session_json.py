"""A conversation as JSON: the names and their order are a contract with programs that read our output."""

from __future__ import annotations

from collections.abc import Sequence

from rag.chat_schema import Session, SessionSummary, Turn
from rag.render_briefing_json import briefing_record
from rag.render_json import Record, answer_record, to_json
from rag.schema import Filters


def session_json(session: Session, *, indent: int | None = 2) -> str:
    """What `rag sessions export --format json` prints."""
    return to_json(session_record(session), indent=indent)


def sessions_json(sessions: Sequence[SessionSummary], *, indent: int | None = 2) -> str:
    """What `rag sessions --json` prints."""
    return to_json([summary_record(session) for session in sessions], indent=indent)


def session_record(session: Session) -> Record:
    """What a model made of older turns for itself is not part of it."""
    return {
        "session": session.name,
        "created": session.created,
        "updated": session.updated,
        "turns": [turn_record(turn) for turn in session.turns],
    }


def turn_record(turn: Turn) -> Record:
    """What was typed, when and with which filters, and then what `rag ask` or `rag brief` print as JSON."""
    said = answer_record(turn.answer) if turn.answer else briefing_record(turn.briefing) if turn.briefing else {}
    return {
        "asked": turn.asked,
        "at": turn.at,
        "filters": filters_record(turn.filters),
        "question": turn.question,
        **({"damaged": True} if turn.damaged else {}),
    } | said


def filters_record(filters: Filters) -> Record:
    return {
        "since": filters.since,
        "until": filters.until,
        "publishers": list(filters.publishers),
        "authors": list(filters.authors),
        "articles": list(filters.articles),
    }


def summary_record(session: SessionSummary) -> Record:
    return {
        "session": session.name,
        "created": session.created,
        "updated": session.updated,
        "turns": session.turns,
        "first": session.first,
    }
