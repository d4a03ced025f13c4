"""Somebody or something that a conversation has named, with the signs of who or what it is. English."""

from __future__ import annotations

from dataclasses import dataclass

from rag.offices import BODIES


@dataclass(slots=True)
class Entity:
    """Somebody or something that was named, in its fullest form. `salience` grows with mentions and fades."""

    name: str
    salience: float = 0.0
    mentions: int = 0
    placed: int = 0
    """Mentions after "at", "from" and the like; "in" counts three times, for nobody is in a person."""
    acting: int = 0
    """Mentions with a verb; "who is Holm?" counts twice."""
    he: int = 0
    she: int = 0
    """How often the pronoun seems to have meant it."""
    article: int = 0
    """Mentions after "the"."""
    told: bool = False
    """Whether it stands in a question, a statement or a cited paragraph, not in a title alone."""

    @property
    def body(self) -> bool:
        """Whether it is an institution, by its words."""
        parts = self.name.split()
        return any(part.lower() in BODIES for part in parts) or (
            len(parts) == 1 and len(self.name) > 1 and self.name.isupper()
        )

    @property
    def personal(self) -> bool:
        """Whether it acts, or a pronoun has followed it."""
        return self.acting + self.he + self.she > 0

    @property
    def human(self) -> bool:
        """Whether it seems to be a person: a country acts too, but has one word."""
        return not self.body and (self.he + self.she > 0 or (self.acting > 0 and " " in self.name))

    @property
    def known_person(self) -> bool:
        """Whether there is more than one sign of it."""
        return self.acting + self.he + self.she > 1

    def may_be(self, pronoun: str) -> bool:
        """Whether "he" or "she" can mean it."""
        if self.body or 2 * self.placed > self.mentions or 2 * self.article > self.mentions:
            return False
        return self.she <= self.he if pronoun == "he" else self.he <= self.she
