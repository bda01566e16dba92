"""The identity panel of a case: closed, with a request for a purpose, and opened by a fresh sign-in for that purpose.

Each time it is shown is one look in the trail, and it is shown to nobody but the one to whom it was released.
"""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from chassis.web.desk_sign_in import require_recent
from chassis.web.pages.forms import Choice, Field, Read
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from chassis.web.problems import Problem
from chassis.web.sign_in import SignedIn
from lifecycle import at_desk
from lifecycle.pages.desk_pages import DeskPages, short
from services.workflow import identities

_LOOKING: Final = "identity:"
"""In the session, followed by the request: that its purpose was said once more, with a fresh sign-in."""
_PURPOSE: Final = "purpose"


def routes(of: DeskPages) -> list[HTTPRouteHandler]:
    desk = of.desk

    @get("/{language:str}/cases/{case_id:uuid}/identity", include_in_schema=False)
    async def panel(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], case_id: FromPath[UUID]
    ) -> Response[Any]:
        row, _ = await at_desk.show_case(desk, case_id, signed_in.staff_id)
        requests = await identities.requests_of(desk, case_id, signed_in.staff_id)
        may_ask = identities.purposes_for(desk, row, signed_in.staff_id)
        known = desk.policy_of(row).identity_purposes
        asked = {one.purpose for one in requests}
        left = {key: purpose for key, (_, purpose) in may_ask.items() if key not in asked}
        return page.show(
            "identity.html",
            case_id=case_id,
            requests=[(one, known[one.purpose]) for one in requests if one.purpose in known],
            field=_field(left) if left else None,
            told=all(one.told for one in left.values()),
            may_ask=bool(may_ask),
            short=short,
            staff=signed_in.staff_id,
            **of.words_for(page, row.lifecycle),
        )

    @post("/{language:str}/cases/{case_id:uuid}/identity", include_in_schema=False)
    async def ask(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], case_id: FromPath[UUID]
    ) -> Response[Any]:
        row, _ = await at_desk.show_case(desk, case_id, signed_in.staff_id)
        known = identities.purposes_for(desk, row, signed_in.staff_id)
        found = await page.form([_field({key: purpose for key, (_, purpose) in known.items()})])
        if found.errors:
            return page.again(found)
        page.keep(found)
        require_recent(signed_in, datetime.now(UTC))
        try:
            await identities.ask(desk, case_id, signed_in, str(found.values[_PURPOSE]))
        except Problem as problem:
            if problem.status == 404:
                raise
            return page.again(Read(found.values, {_PURPOSE: of.why(page, problem, row.lifecycle)}))
        page.taken()
        return page.go(f"/cases/{case_id}/identity")

    @post("/{language:str}/cases/{case_id:uuid}/identity/{request_id:uuid}", include_in_schema=False)
    async def open_(
        page: NamedDependency[Page],
        signed_in: NamedDependency[SignedIn],
        case_id: FromPath[UUID],
        request_id: FromPath[UUID],
    ) -> Response[Any]:
        await page.posted()
        await at_desk.show_case(desk, case_id, signed_in.staff_id)
        require_recent(signed_in, datetime.now(UTC))
        page.needs_session().data[f"{_LOOKING}{request_id}"] = signed_in.staff_id
        return page.go(f"/cases/{case_id}/identity/{request_id}")

    @get("/{language:str}/cases/{case_id:uuid}/identity/{request_id:uuid}", include_in_schema=False)
    async def look(
        page: NamedDependency[Page],
        signed_in: NamedDependency[SignedIn],
        case_id: FromPath[UUID],
        request_id: FromPath[UUID],
    ) -> Response[Any]:
        data, flag = page.needs_session().data, f"{_LOOKING}{request_id}"
        if data.get(flag) != signed_in.staff_id:
            return page.go(f"/cases/{case_id}/identity")
        require_recent(signed_in, datetime.now(UTC))
        del data[flag]
        request, who = await identities.look(desk, case_id, request_id, signed_in)
        row, _ = await at_desk.show_case(desk, case_id, signed_in.staff_id)
        return page.show(
            "identity_open.html",
            case_id=case_id,
            reporter=who,
            request=request,
            purpose=desk.policy_of(row).identity_purposes[request.purpose],
            short=short,
            staff=signed_in.staff_id,
            **of.words_for(page, row.lifecycle),
        )

    @post("/{language:str}/cases/{case_id:uuid}/identity/{request_id:uuid}/end", include_in_schema=False)
    async def end(
        page: NamedDependency[Page],
        signed_in: NamedDependency[SignedIn],
        case_id: FromPath[UUID],
        request_id: FromPath[UUID],
    ) -> Response[Any]:
        await page.posted()
        await identities.end(desk, case_id, request_id, signed_in)
        return page.go(f"/cases/{case_id}/identity")

    return [panel, ask, open_, look, end]


def _field(known: Any) -> Field:
    return Field(
        _PURPOSE,
        "radios",
        N_("What do you need it for?"),
        hint=N_("The custodian reads this and who you are, and nothing of the matter."),
        choices=tuple(Choice(key, one.name) for key, one in known.items()),
        missing=N_("Choose what you need it for."),
    )
