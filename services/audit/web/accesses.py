"""The auditor's second page: who looked at what, by role and purpose."""

from datetime import UTC, datetime
from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from chassis import audit_trail
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from chassis.web.sign_in import SignedIn
from lifecycle.pages.wording import Wording
from services.audit.access_log import NO_ROLE, NOT_KEPT, SERVICE, Asked, accesses
from services.audit.web import words
from services.audit.web.api import Record, check_role

DAYS: Final = (7, 30, 90)
_WORDS: Final = Wording({})
"""Of what every desk calls alike."""


def routes(of: Record) -> list[HTTPRouteHandler]:
    @get("/{language:str}/accesses", include_in_schema=False)
    async def show(
        page: NamedDependency[Page],
        signed_in: NamedDependency[SignedIn],
        days: FromQuery[int] = 30,
        role: FromQuery[str] = "",
        purpose: FromQuery[str] = "",
        before: FromQuery[int | None] = None,
    ) -> Response[Any]:
        """Filters are a plain form that is sent by GET. That somebody looked stands in the record too."""
        check_role(of.policy, signed_in)
        asked = Asked(days if days in DAYS else 30, role or None, purpose or None, before or 2**62)
        async with of.database.transaction() as session:
            await audit_trail.record(session, "accesses.shown", object_ref="accesses", actor=signed_in.staff_id)
            found = await accesses(session, of.policy, asked, datetime.now(UTC))
        return page.show(
            "accesses.html",
            found=found,
            asked=asked,
            days=DAYS,
            role_word=_role,
            act_word=words.act,
            purpose_word=words.purpose,
            staff=signed_in.staff_id,
        )

    return [show]


_OTHERS: Final = {NO_ROLE: N_("No appointment"), NOT_KEPT: N_("Not kept any more"), SERVICE: N_("No person: a service")}


def _role(key: str) -> str:
    return _OTHERS.get(key) or _WORDS.of("role", key)
