"""Appointments, for those who keep them: who holds which role, the forms to draft one or its end, the second word."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.web.desk_sign_in import require_recent
from chassis.web.pages.forms import Choice, Field, NotAForm, Read, as_day, read
from chassis.web.pages.page import NotOurs, Page
from chassis.web.pages.words import N_, OWN_NAMES
from chassis.web.problems import not_found
from chassis.web.sign_in import SignedIn
from lifecycle.desk import Desk
from lifecycle.model import Refused
from lifecycle.pages.desk_pages import DeskPages
from policy.appointing import Ended, appointment_id
from policy.model import BY_ASSIGNMENT, Appointment, Policy, Role
from services.workflow import appointments
from services.workflow.appointments import NotDrafted, Wanted
from services.workflow.domain import appointing, putting_in_force
from services.workflow.tables import AppointmentDraft, DraftKind

SecondWord = Callable[[AsyncSession, Desk, UUID, str, datetime], Awaitable[Refused | None]]
HOME: Final = "/admin"
POLICY: Final = f"{HOME}/policy"
_ID: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
_MISMATCH: Final = N_("Enter a staff number, like S0012.")
APPROVE, SET_ASIDE = "approve", "set_aside"
NAMES: Final[Mapping[Role, str]] = {
    Role.AUDITOR: N_("Auditor"),
    Role.CONTRACT_OWNER: N_("Owner of a contract"),
    Role.CUSTODIAN: N_("Custodian of identities"),
    Role.HR_OFFICER: N_("HR officer"),
    Role.OUTSIDE_COUNSEL: N_("Lawyer from outside"),
    Role.PSEA_FOCAL_POINT: N_("PSEA focal point"),
    Role.POLICY_OFFICER: N_("Keeper of appointments and policy"),
    Role.REGISTRAR: N_("Registrar"),
}
"""Of roles that no procedure of this desk names."""
DECISION: Final = Field(
    "decision",
    "radios",
    N_("What do you decide?"),
    choices=(Choice(APPROVE, N_("Approve it")), Choice(SET_ASIDE, N_("Set it aside"))),
    missing=N_("Choose one."),
)
LAST_DAY: Final = Field(
    "last_day",
    "day",
    N_("Last day"),
    hint=N_("Yesterday ends it at once. A day before the first has it never begin."),
    missing=N_("Enter a day, a month and a year, like 31 3 2026."),
)


@dataclass(frozen=True)
class Shown:
    """One appointment, with the name that its addresses have."""

    name: str
    one: Appointment


def routes(of: DeskPages) -> list[HTTPRouteHandler]:
    desk = of.desk

    @get("/{language:str}/admin", include_in_schema=False)
    async def home(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        if not keeps(desk, signed_in.staff_id, datetime.now(UTC)):
            check_policy(desk, signed_in)
            return page.go(POLICY)
        now = check(desk, signed_in)
        async with desk.database.transaction() as session:
            policy, waiting = await appointments.policy_now(session, desk), await appointments.drafts(session)
        in_force, coming, ended = by_time(policy, now.date())
        return page.show(
            "appointments.html",
            waiting=waiting,
            in_force=in_force,
            coming=coming,
            ended=ended,
            staff=signed_in.staff_id,
            **_words(of, page),
        )

    @get("/{language:str}/admin/appointments/new", include_in_schema=False)
    async def ask(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check(desk, signed_in)
        return page.show(
            "appointment_new.html", fields=await questions(of), staff=signed_in.staff_id, **_words(of, page)
        )

    @post("/{language:str}/admin/appointments/new", include_in_schema=False)
    async def send(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        now = check(desk, signed_in)
        found, once = await form_of(page, await questions(of))
        if found.errors:
            return page.again(found)
        async with desk.database.transaction() as session:
            refused = await appointments.draft_appointment(
                session, desk, once, wanted(found.values), signed_in.staff_id, now
            )
        return answer(of, page, found, refused, f"{HOME}/drafts/{once}")

    @get("/{language:str}/admin/appointments/{name:str}/end", include_in_schema=False)
    async def ask_end(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], name: FromPath[str]
    ) -> Response[Any]:
        check(desk, signed_in)
        shown = await _find(desk, name)
        return page.show(
            "appointment_end.html", shown=shown, fields=[LAST_DAY], staff=signed_in.staff_id, **_words(of, page)
        )

    @post("/{language:str}/admin/appointments/{name:str}/end", include_in_schema=False)
    async def send_end(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], name: FromPath[str]
    ) -> Response[Any]:
        now = check(desk, signed_in)
        await _find(desk, name)
        found, once = await form_of(page, [LAST_DAY])
        if found.errors:
            return page.again(found)
        ended = Ended(name, day_of(found.values["last_day"]))
        async with desk.database.transaction() as session:
            refused = await appointments.draft_end(session, desk, once, ended, signed_in.staff_id, now)
        return answer(of, page, found, refused, f"{HOME}/drafts/{once}")

    @get("/{language:str}/admin/drafts/{draft_id:uuid}", include_in_schema=False)
    async def draft(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], draft_id: FromPath[UUID]
    ) -> Response[Any]:
        now = check(desk, signed_in)
        async with desk.database.transaction() as session:
            try:
                found = await appointments.find_draft(session, draft_id)
            except NotDrafted:
                raise not_found() from None
            policy = await appointments.policy_now(session, desk)
        return page.show(
            "appointment_draft.html",
            draft=found,
            leaves_nobody=_leaves_nobody(policy, found, now.date()),
            fields=[decision(signed_in.staff_id, found.drafted_by)],
            staff=signed_in.staff_id,
            **_words(of, page),
        )

    @post("/{language:str}/admin/drafts/{draft_id:uuid}", include_in_schema=False)
    async def decide(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], draft_id: FromPath[UUID]
    ) -> Response[Any]:
        now, acts = check(desk, signed_in), (appointments.approve, appointments.set_aside)
        return await decided(of, page, signed_in, draft_id, now, acts, HOME)

    return [home, ask, send, ask_end, send_end, draft, decide]


def check(desk: Desk, signed_in: SignedIn) -> datetime:
    """The time, for whoever drafts or approves; anybody else finds nothing here. Raises Problem 404."""
    now = datetime.now(UTC)
    if not keeps(desk, signed_in.staff_id, now):
        raise not_found()
    return now


def check_policy(desk: Desk, signed_in: SignedIn) -> datetime:
    """As `check`, for whoever drafts or approves what version new cases begin with."""
    now = datetime.now(UTC)
    if not has_desk(desk, signed_in.staff_id, now):
        raise not_found()
    return now


def has_desk(desk: Desk, staff_id: str, now: datetime) -> bool:
    """Whether anything here is somebody's."""
    decides = putting_in_force.may_draft(desk.policy, staff_id, now)
    return keeps(desk, staff_id, now) or decides or putting_in_force.may_approve(desk.policy, staff_id, now)


def keeps(desk: Desk, staff_id: str, now: datetime) -> bool:
    return appointing.may_draft(desk.policy, staff_id, now) or appointing.may_approve(desk.policy, staff_id, now)


def by_time(policy: Policy, today: date) -> tuple[Sequence[Shown], Sequence[Shown], Sequence[Shown]]:
    """In force, coming and ended, each by role and person."""
    people = sorted(policy.appointments, key=lambda one: (one.role, one.staff_id, one.place, one.from_))
    found: tuple[list[Shown], list[Shown], list[Shown]] = ([], [], [])
    for one in people:
        when = 1 if one.from_ > today else 2 if one.to is not None and one.to < today else 0
        found[when].append(Shown(appointment_id(one), one))
    return found


async def questions(of: DeskPages) -> list[Field]:
    async with of.desk.database.transaction() as session:
        places = await appointments.stations(session)
    roles = [role for role in Role if role not in BY_ASSIGNMENT]
    return [
        _staff("staff_id", N_("Staff number"), missing=N_("Enter a staff number, like S0012.")),
        Field(
            "role",
            "select",
            N_("Role"),
            choices=tuple(Choice(role.value, _name(of, role)) for role in roles),
            missing=N_("Choose a role."),
        ),
        Field(
            "place",
            "select",
            N_("Duty station"),
            choices=tuple(Choice(one, one.capitalize()) for one in places),
            missing=N_("Choose a duty station."),
        ),
        Field("from", "day", N_("First day"), missing=N_("Enter a day, a month and a year, like 31 3 2026.")),
        Field("to", "day", N_("Last day"), hint=N_("Leave it empty where no end is set.")),
        _staff("substitute_for", N_("Stands in for"), hint=N_("A staff number, or nothing.")),
        Field(
            "languages",
            "checks",
            N_("Languages"),
            hint=N_("For those who talk with people."),
            choices=tuple(Choice(code, name) for code, name in OWN_NAMES.items()),
        ),
        Field(
            "gender",
            "radios",
            N_("Can be asked for as"),
            hint=N_("For those who talk with people, where they wish it."),
            choices=(Choice("woman", N_("A woman")), Choice("man", N_("A man"))),
        ),
    ]


def _staff(name: str, label: str, *, hint: str = "", missing: str = "") -> Field:
    return Field(name, "text", label, hint=hint, missing=missing, pattern=_ID, mismatch=_MISMATCH)


def wanted(values: Mapping[str, Any]) -> Wanted:
    return Wanted(
        staff_id=values["staff_id"],
        role=Role(values["role"]),
        place=values["place"],
        from_=day_of(values["from"]),
        to=day_of(values["to"]) if "to" in values else None,
        substitute_for=values.get("substitute_for"),
        languages=tuple(values.get("languages", ())),
        gender=values.get("gender"),
    )


def _name(of: DeskPages, role: str) -> str:
    return NAMES.get(Role(role)) or of.wording.of("role", role)


def _words(of: DeskPages, page: Page) -> Mapping[str, Any]:
    return {**of.words_for(page), "role_name": lambda role: page.language.text(_name(of, role))}


def decision(staff_id: str, drafted_by: str) -> Field:
    """As it is shown: whoever drafted can set it aside."""
    return replace(DECISION, choices=DECISION.choices[1:]) if staff_id == drafted_by else DECISION


def day_of(value: Any) -> date:
    found = as_day(str(value))
    assert found is not None  # the form has been read
    return found


async def _find(desk: Desk, name: str) -> Shown:
    """Raises Problem 404."""
    async with desk.database.transaction() as session:
        policy = await appointments.policy_now(session, desk)
    for one in policy.appointments:
        if appointment_id(one) == name:
            return Shown(name, one)
    raise not_found()


async def form_of(page: Page, fields: Sequence[Field]) -> tuple[Read, UUID]:
    """With the id that makes a form sent twice one draft. Raises NotOurs."""
    posted = await page.posted()
    try:
        return read(fields, posted), UUID(posted["once"][0])
    except (NotAForm, KeyError, ValueError):
        raise NotOurs from None


async def decided(
    of: DeskPages,
    page: Page,
    signed_in: SignedIn,
    draft_id: UUID,
    now: datetime,
    acts: tuple[SecondWord, SecondWord],
    then: str,
) -> Response[Any]:
    """The second word on a draft; `acts`: to approve it, which wants a sign-in of the last minutes, and to set it
    aside, which does not. Raises Problem 404 for a draft that does not wait.
    """
    found = await page.form([DECISION])
    if found.errors:
        return page.again(found)
    approve, set_aside = acts
    act = approve if found.values["decision"] == APPROVE else set_aside
    if act is approve:
        page.keep(found)
        require_recent(signed_in, now)
    async with of.desk.database.transaction() as session:
        try:
            refused = await act(session, of.desk, draft_id, signed_in.staff_id, now)
        except NotDrafted:
            raise not_found() from None
    return answer(of, page, found, refused, then)


def answer(of: DeskPages, page: Page, found: Read, refused: Refused | None, then: str) -> Response[Any]:
    if refused is not None:
        return page.again(Read(found.values, {"form": of.wording.of("refused", refused.code)}))
    page.taken()
    return page.go(then)


def _leaves_nobody(policy: Policy, draft: AppointmentDraft, today: date) -> bool:
    if draft.kind != DraftKind.END or draft.to_day is None:
        return False
    return appointing.leaves_nobody(policy, Ended(draft.appointment, draft.to_day), Role(draft.role), today)
