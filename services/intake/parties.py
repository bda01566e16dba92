"""Whom a report names: for the desk's routing alone, and for intake's own exclusions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.intake.bodies import LodgeReport


@dataclass(frozen=True)
class Parties:
    """`refused` are people she does not want to deal with it; `recipient` is the manager whom she tells."""

    affected_individual: str | None = None
    alleged_offender: Sequence[str] = ()
    refused: Sequence[str] = ()
    recipient: str | None = None

    @classmethod
    def named_in(cls, draft: LodgeReport) -> "Parties":
        named = draft.parties
        return cls(named.affected_individual, named.alleged_offender, draft.not_these_people, named.recipient)

    @classmethod
    def read(cls, content: dict[str, Any]) -> "Parties":
        return cls(content["affected_individual"], content["alleged_offender"], content["not_these_people"], None)

    def content(self) -> dict[str, Any]:
        return {
            "affected_individual": self.affected_individual,
            "alleged_offender": list(self.alleged_offender),
            "not_these_people": list(self.refused),
            "recipient": self.recipient,
        }

    def joined_with(self, earlier: "Parties") -> "Parties":
        """With those of an item taken over: what she says now comes first, and nobody is left out."""
        return Parties(
            self.affected_individual or earlier.affected_individual,
            tuple(dict.fromkeys((*self.alleged_offender, *earlier.alleged_offender))),
            tuple(dict.fromkeys((*self.refused, *earlier.refused))),
            self.recipient,
        )

    def everybody(self) -> set[str]:
        """Whom intake keeps from the contents: not the manager whom she tells."""
        return {one for one in (self.affected_individual, *self.alleged_offender, *self.refused) if one}


NOBODY: Final = Parties()
