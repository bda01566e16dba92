"""The custodian's desk: who asks to learn who sent a report, for what, and yes or no. Nothing that was written is shown
here, nor who it is: agreeing seals the name to the one who asks, and opens it to nobody else.
"""

from collections.abc import Mapping
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
from chassis.web.problems import not_found, unavailable
from chassis.web.sign_in import SignedIn
from policy.model import Role
from services.intake.asked_desks import DeskUnreachable
from services.intake.desk.tasks import check_role
from services.intake.intake import Intake, NothingHere, utc_now
from services.intake.tables import IdentityRelease
from services.intake.use_cases.decide_release import (
    HerAnswerMissing,
    agree_to_release,
    refuse_release,
    request_for,
    requests_for,
)
from services.intake.web.pages import words_of_cases as words

_DONE: Final = "released"
_SAID: Final = {
    "agree": N_("The name was given. Only the person who asked can open it."),
    "refuse": N_("The request was refused. The same person cannot ask for the same again for now."),
    "gone": N_("This request is not there any more."),
}
ANSWER: Final = Field(
    "answer",
    "radios",
    N_("Do you agree?"),
    choices=(
        Choice("agree", N_("Yes, give the name to this person alone")),
        Choice("refuse", N_("No")),
    ),
    missing=N_("Choose whether you agree."),
)
_WAIT: Final = N_("The person who sent the report has not agreed. Until then you can only refuse.")


def routes(intake: Intake, peers: Mapping[str, str]) -> list[HTTPRouteHandler]:
    def shown(release: IdentityRelease) -> dict[str, Any]:
        purpose = intake.policy.identity_purposes.get(release.purpose)
        return {
            "id": release.release_id,
            "way": words.ROUTES.get(release.lifecycle, words.ANOTHER_CASE),
            "who": release.staff_id,
            "role": words.ROLES.get(release.role, words.SOMEBODY),
            "purpose": purpose.name if purpose else words.ANOTHER_PURPOSE,
            "days": purpose.days if purpose else 0,
            "told": purpose is None or purpose.told,
            "asked_on": release.asked_at,
            "needs_yes": purpose is not None and purpose.consent,
            "agrees": release.agrees,
        }

    @get("/{language:str}/releases", include_in_schema=False)
    async def waiting(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_role(intake, signed_in, Role.CUSTODIAN)
        found = await requests_for(intake, peers, signed_in)
        said = page.needs_session().data.pop(_DONE, None)
        return page.show(
            "releases.html",
            requests=[shown(one) for one in found.requests],
            whole=found.whole,
            said=_SAID.get(said),
            staff=signed_in.staff_id,
        )

    @get("/{language:str}/releases/{release_id:uuid}", include_in_schema=False)
    async def one(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], release_id: FromPath[UUID]
    ) -> Response[Any]:
        check_role(intake, signed_in, Role.CUSTODIAN)
        try:
            found = await request_for(intake, peers, release_id, signed_in)
        except NothingHere:
            raise not_found() from None
        except DeskUnreachable:
            raise unavailable() from None
        return page.show("release.html", request=shown(found), field=ANSWER, staff=signed_in.staff_id)

    @post("/{language:str}/releases/{release_id:uuid}", include_in_schema=False)
    async def decide(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], release_id: FromPath[UUID]
    ) -> Response[Any]:
        check_role(intake, signed_in, Role.CUSTODIAN)
        found = await page.form([ANSWER])
        if found.errors:
            return page.again(found)
        page.keep(found)
        require_recent(signed_in, utc_now())
        answer = str(found.values[ANSWER.name])
        try:
            if answer == "agree":
                await agree_to_release(intake, peers, release_id, signed_in, utc_now())
            else:
                await refuse_release(intake, peers, release_id, signed_in, utc_now())
        except HerAnswerMissing:
            return page.again(Read(found.values, {ANSWER.name: _WAIT}))
        except NothingHere:
            answer = "gone"
        except DeskUnreachable:
            raise unavailable() from None
        page.taken()
        page.needs_session().data[_DONE] = answer
        return page.go("/releases")

    return [waiting, one, decide]
