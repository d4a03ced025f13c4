"""`rag doctor`: is the store sound, and what helps where it is not?"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rag.console import complain, say, say_plainly
from rag.options import Json, NoWait, Store, opened


def doctor(
    repair: Annotated[bool, typer.Option("--repair", help="Mend what the store itself can tell how to mend.")] = False,
    no_wait: NoWait = False,
    store: Store = None,
    json: Json = False,
) -> None:
    """Check that the store is whole: catalogue, word indexes, quotes against files, vectors, conversations."""
    with opened(store, wait=not no_wait) as engine:
        diagnosis = engine.doctor(repair=repair, begin=_begin)
    from rag.render_doctor import doctor_json, plain_doctor

    if json:
        from rag.render_json import to_json

        say(to_json(doctor_json(diagnosis)))
    else:
        say_plainly(plain_doctor(diagnosis))
    if not diagnosis.healthy:
        raise typer.Exit(1)


def _begin(title: str) -> None:
    """On a terminal, what is looked at: 100,000 paragraphs take a minute."""
    if sys.stderr.isatty():
        complain(f"checking that {title}")
