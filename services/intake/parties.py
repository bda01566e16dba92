"""Whom a report names: for the desk's routing alone, and for intake's own exclusions."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.sealing import tag
from services.intake.bodies import LodgeReport
from services.intake.domain.writers import for_somebody_else, may_name_affected
from services.intake.intake import Intake
from services.intake.tables import Exclusion

UNNAMED: Final = ""
"""For `Parties.reporter`."""


@dataclass(frozen=True)
class Parties:
    """`refused` are people she does not want to deal with it; `recipient` is the manager whom she tells, or whom she
    asks to listen; `about` the offices that she says it is about; `reporter` whoever writes for somebody else, empty
    where that one gave no number.
    """

    affected_individual: str | None = None
    alleged_offender: Sequence[str] = ()
    refused: Sequence[str] = ()
    recipient: str | None = None
    about: Sequence[str] = ()
    reporter: str | None = None

    @classmethod
    def named_in(cls, draft: LodgeReport) -> "Parties":
        named = draft.parties
        for_another = named.affected_individual and for_somebody_else(draft.route, draft.choices)
        return cls(
            named.affected_individual,
            named.alleged_offender,
            draft.not_these_people,
            named.recipient,
            draft.about_offices,
            named.reporter or (UNNAMED if for_another else None),
        )

    @classmethod
    def read(cls, content: dict[str, Any]) -> "Parties":
        return cls(
            content["affected_individual"],
            content["alleged_offender"],
            content["not_these_people"],
            about=content["about_offices"],
            reporter=content.get("reporter"),
        )

    def content(self) -> dict[str, Any]:
        """As it is sealed. Whoever named herself as affected earlier and now as the one who writes stands there once,
        as affected: nothing says beside her number that it is the reporter's (invariant 2).
        """
        hers = self.reporter and self.reporter.casefold() == (self.affected_individual or "").casefold()
        return {
            "affected_individual": self.affected_individual,
            "alleged_offender": list(self.alleged_offender),
            "not_these_people": list(self.refused),
            "recipient": self.recipient,
            "about_offices": list(self.about),
            "reporter": None if hers else self.reporter,
        }

    def joined_with(self, earlier: "Parties") -> "Parties":
        """With those of an item taken over: what she says now comes first, and nobody is left out. Of whom she named as
        affected earlier it stays known that this was not herself.
        """
        unnamed = (self if self.affected_individual else earlier).reporter
        return Parties(
            self.affected_individual or earlier.affected_individual,
            tuple(dict.fromkeys((*self.alleged_offender, *earlier.alleged_offender))),
            tuple(dict.fromkeys((*self.refused, *earlier.refused))),
            self.recipient,
            tuple(dict.fromkeys((*self.about, *earlier.about))),
            self.reporter or earlier.reporter or unnamed,
        )

    def taken_to(self, draft: LodgeReport, *, by_consent: bool) -> "Parties":
        """As they go over to this report. Without a name it says nowhere who wrote it (invariant 2); where it is of
        somebody else, who wrote of herself before is not that person; and `by_consent`, whoever it happened to is
        named only with a yes to that.
        """
        hers = self.affected_individual if self.reporter is None else None
        affected, reporter = self.affected_individual, self.reporter
        if hers and (draft.mode == "anonymous" or for_somebody_else(draft.route, draft.choices)):
            affected, reporter = None, hers
        if by_consent and not may_name_affected(draft.choices):
            affected = None
        if draft.mode == "anonymous":
            reporter = UNNAMED if affected else None
        return replace(self, affected_individual=affected, reporter=reporter if affected else reporter or None)

    def everybody(self) -> set[str]:
        """Whom intake keeps from the contents: not the manager whom she tells."""
        named = (self.affected_individual, self.reporter, *self.alleged_offender, *self.refused)
        return {one for one in named if one}


NOBODY: Final = Parties()

_EXCLUSIONS: Final = 8


async def keep_out(session: AsyncSession, intake: Intake, report_id: UUID, named: Parties) -> None:
    """From here on nobody of these gets contents of the report. Filled up with tags of nobody, so that a copy does not
    show how many were named.
    """
    tags = [intake.exclusion_tag(report_id, staff_id) for staff_id in sorted(named.everybody())]
    tags += [secrets.token_bytes(len(tag(b""))) for _ in range(-len(tags) % _EXCLUSIONS)]
    rows = [{"report_id": report_id, "tag": one} for one in tags]
    if rows:
        await session.execute(insert(Exclusion).on_conflict_do_nothing(), rows)
