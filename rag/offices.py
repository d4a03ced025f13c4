"""Words for people and institutions: who may speak, what stands before a name, what ends that of a body. English."""

from __future__ import annotations

import re
from collections.abc import Sequence

PEOPLE = frozenset(
    """
    adviser advisor aide ambassador analyst archbishop attorney author banker billionaire bishop boss broker builder
    campaigner candidate captain chair chairman chairperson chairwoman chancellor chief cleric coach co-founder
    cofounder colleague commander commentator commissioner congressman congresswoman consultant councillor counsel
    critic dealer defendant delegate deputy designer developer diplomat director doctor driver economist editor
    employee engineer envoy executive expert farmer father fisherman founder general governor head historian
    individual inspector insider investigator investor journalist judge lawmaker lawyer leader lecturer lobbyist
    manager mayor member minister monarch mother negotiator neighbour neighbor nurse observer officer official operator
    opponent organiser organizer owner partner patriarch person physician pilot policeman politician pope premier
    president professor prosecutor rabbi rapporteur regulator representative researcher resident scholar scientist
    secretary senator sheriff soldier source speaker specialist spokesman spokesperson spokeswoman spox strategist
    student supporter teacher technologist treasurer veteran victim volunteer whistleblower witness worker
    """.split()
)
INSTITUTIONS = frozenset(
    """
    administration agency airline alliance army association authority automaker bank body board brewery brokerage
    bureau business cabinet campaign carmaker central-bank charity church club college commission committee company
    congress consortium corporation council court department directorate embassy federation firm foundation fund
    government group hospital institute insurer laboratory lender league maker manufacturer military ministry movement
    museum navy office operator organisation organization panel parliament party police railway regulator retailer
    school secretariat senate service society startup supplier think-tank trust union university utility watchdog
    """.split()
)
_MANY = {"people": "person", "men": "man", "women": "woman", "police": "police"}
_IST = re.compile(r"[a-z]{4,}(?:ist|ician|ologist)")
GENERIC = frozenset(
    "analyst commentator critic expert individual insider investor observer opponent person source supporter".split()
)
"""Of whom "a senior one said" tells nobody who spoke: they count with a number, an employer or "familiar with" only."""
TITLES = frozenset(
    """
    admiral ambassador analyst archbishop attorney bishop boss captain ceo cfo chair chairman chairwoman chancellor
    chief cleric coach co-founder cofounder col colonel commander commissioner congressman congresswoman coo
    correspondent counsel cto dame deputy director doctor dr economist editor envoy executive founder gen general
    governor head inspector judge justice king lady lawyer leader lieutenant lord major manager mayor minister mr mrs ms
    officer owner partner patriarch pope premier president prince princess prof professor queen rep representative
    secretary sen senator sergeant sheriff sir speaker spokesman spokesperson spokeswoman staff strategist treasurer vp
    witness
    """.split()
)
"""Words with a capital that stand before a name and are no part of it."""
HONORIFICS = frozenset("mr mrs ms dr sir dame lord lady prof".split())
_NO_TITLE = re.compile(
    r"General (?:Motors|Electric|Mills|Dynamics|Assembly|Services)|Major League|Prince Edward Island"
)
BODIES = frozenset(
    """
    administration agency alliance association authority bank board bureau center centre chamber club college commission
    committee company congress corporation council court department duma exchange federation foundation force forces
    forum fund group house initiative institute kremlin league ministry nations office organisation organization
    parliament party pentagon police reserve school senate service society states treasury trust union university
    """.split()
)


def is_title(word: str) -> bool:
    """Whether the word stands before a name and is no part of it."""
    return word.lower().rstrip(".") in TITLES


def titled(run: Sequence[str]) -> int:
    """How many words of the run are a title and what belongs to it."""
    if _NO_TITLE.search(" ".join(run)):
        return 0
    return max((i + 1 for i, word in enumerate(run) if is_title(word)), default=0)


def head(word: str) -> str | None:
    """The singular of a word for people or institutions."""
    lower = word.lower()
    singular = _MANY.get(lower, lower)
    forms = singular, singular.removesuffix("s"), re.sub(r"ies$", "y", singular), re.sub(r"men$", "man", singular)
    for form in forms:
        if form in PEOPLE or form in INSTITUTIONS or _IST.fullmatch(form):
            return form
    return None
