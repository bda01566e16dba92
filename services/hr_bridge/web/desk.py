"""The HR desk's pages: what is to be done, for whom, from when to when; never why (invariant 41)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from chassis import audit_trail
from chassis.web.pages.forms import Choice, Field, NotAForm, Read, read
from chassis.web.pages.page import NotOurs, Page
from chassis.web.pages.staff import Tab
from chassis.web.pages.words import N_
from chassis.web.problems import Problem, not_found
from chassis.web.sign_in import SignedIn
from services.hr_bridge import holds
from services.hr_bridge.bridge import Bridge
from services.hr_bridge.domain.line_change import TaskKind, TaskState
from services.hr_bridge.saga.by_hand import is_by_hand
from services.hr_bridge.tables import Task
from services.hr_bridge.web.tasks import TaskView, check_role, task_page, views_of
from services.hr_bridge.web.words import HoldAnswer, answered, confirmed

TABS: Final[tuple[Tab, ...]] = (("/queue", N_("Tasks")),)
KINDS: Final[Mapping[str, str]] = {
    "apply": N_("Put in place"),
    "pass_on": N_("Keep going until somebody decides"),
    "restore": N_("Put back as it was"),
    "hold": N_("Leave undone for now"),
}
CHANGES: Final[Mapping[str, str]] = {
    "work_location": N_("Place of work"),
    "duties": N_("Duties"),
    "schedule": N_("Working hours"),
    "leave_full_pay": N_("Leave with full pay"),
    "reporting_line": N_("Reporting line"),
    "status": N_("Status"),
    "non_renewal": N_("Contract not renewed"),
    "early_termination": N_("Contract ended early"),
    "dismissal": N_("Dismissal"),
    "suspension": N_("Suspension"),
    "demotion": N_("Demotion"),
    "non_selection": N_("Not selected for a post"),
    "transfer": N_("Transfer"),
    "duties_removed": N_("Duties taken away"),
    "pay_or_hours": N_("Pay or hours changed"),
    "training_refused": N_("Training refused"),
    "leave_refused": N_("Leave refused"),
    "travel_refused": N_("Travel refused"),
    "access_cut": N_("Access cut"),
    "appraisal": N_("Appraisal"),
    "discipline": N_("Disciplinary steps"),
    "medical_referral": N_("Medical examination"),
    "visa_or_permit": N_("Visa or permit withheld"),
}
"""What is put in place, by the code of the list of measures, or left undone."""
STATES: Final[Mapping[str, str]] = {
    "waiting": N_("Waits for its day"),
    "running": N_("Being done"),
    "handed": N_("For you to do"),
    "done": N_("Done"),
    "failed": N_("Needs a look"),
    "withdrawn": N_("Called off"),
}
ANSWER: Final = Field(
    "kept",
    "radios",
    N_("Is it left undone?"),
    hint=N_("Nobody asks you why it is not possible."),
    choices=(Choice("yes", N_("Yes, it is left undone")), Choice("no", N_("No, that is not possible"))),
    missing=N_("Choose one of the two."),
)
_PAGE: Final = 50
_STATUS: Final = {
    409: N_(
        "The HR system does not show it as the task wants it, or there is nothing to confirm now. Change it first."
    ),
    503: N_("The HR system does not answer, so nothing can be proven. Try again later."),
}


def routes(bridge: Bridge) -> list[HTTPRouteHandler]:
    words: dict[str, Any] = {"kinds": KINDS, "changes": CHANGES, "states": STATES}

    @get("/{language:str}/queue", include_in_schema=False)
    async def queue(
        page: NamedDependency[Page],
        signed_in: NamedDependency[SignedIn],
        after: FromQuery[UUID | None] = None,
        everything: FromQuery[Literal["", "yes"]] = "",
    ) -> Response[Any]:
        """What is open, unless somebody asks for everything: years of what is done would lie before it."""
        check_role(bridge, signed_in)
        async with bridge.database.transaction() as session:
            found = await task_page(session, bridge, signed_in.staff_id, after, _PAGE, only_open=not everything)
            facts = {"count": len(found.tasks)}
            await audit_trail.record(session, "tasks_read", object_ref="tasks", actor=signed_in.staff_id, facts=facts)
        now = datetime.now(UTC)
        return page.show(
            "tasks.html", tasks=found.tasks, more=found.next_cursor, everything=bool(everything),
            yours=[one for one in found.tasks if _needs_somebody(one, now)],
            later=[one for one in found.tasks if not _needs_somebody(one, now)],
            staff=signed_in.staff_id, **words,
        )  # fmt: skip

    @get("/{language:str}/tasks/{task_id:uuid}", include_in_schema=False)
    async def show(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], task_id: FromPath[UUID]
    ) -> Response[Any]:
        check_role(bridge, signed_in)
        view, asks = await _seen(bridge, task_id, signed_in.staff_id)
        return page.show(
            "task.html", task=view, asks=asks, answer=ANSWER, once=str(uuid4()), staff=signed_in.staff_id, **words
        )

    @post("/{language:str}/tasks/{task_id:uuid}", include_in_schema=False)
    async def say(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], task_id: FromPath[UUID]
    ) -> Response[Any]:
        """Sent twice, it counts once: it carries an id."""
        check_role(bridge, signed_in)
        posted = await page.posted()
        _, asks = await _seen(bridge, task_id, signed_in.staff_id)
        try:
            once, found = UUID(posted["once"][0]), read([ANSWER] if asks == "answer" else [], posted)
        except (NotAForm, KeyError, ValueError):
            raise NotOurs from None
        if found.errors:
            return page.again(found)
        try:
            async with bridge.database.transaction() as session:
                if asks == "answer":
                    said = HoldAnswer(action_id=once, kept=found.values["kept"] == "yes")
                    await answered(session, bridge, task_id, said, signed_in.staff_id)
                else:
                    await confirmed(session, bridge, task_id, once, signed_in.staff_id)
        except Problem as problem:
            if problem.status not in _STATUS:
                raise
            return page.again(Read(found.values, {"kept": page.language.text(_STATUS[problem.status])}))
        page.taken()
        return page.go(f"/tasks/{task_id}")

    return [queue, show, say]


def _needs_somebody(task: TaskView, now: datetime) -> bool:
    """Something went wrong, or it was handed over and its hour has come; what is to be left undone is asked at once."""
    handed = task.state == TaskState.HANDED and (task.kind == TaskKind.HOLD or task.due_at <= now)
    return handed or task.state == TaskState.FAILED


async def _seen(bridge: Bridge, task_id: UUID, staff_id: str) -> tuple[TaskView, str]:
    """The task, and what HR may say of it now: `answer`, `confirm` or nothing. Raises Problem 404."""
    async with bridge.database.transaction() as session:
        task = await session.get(Task, task_id)
        views = await views_of(session, bridge, [task], staff_id) if task else ()
        if task is None or not views:
            raise not_found()
        await audit_trail.record(session, "task_read", object_ref=str(task_id), actor=staff_id)
        return views[0], _asks(task, datetime.now(UTC))


def _asks(task: Task, now: datetime) -> str:
    if task.kind == TaskKind.HOLD:
        return "answer" if holds.stands(task, now) else ""
    handed = task.state == TaskState.HANDED and task.due_at <= now
    return "confirm" if handed or (task.state == TaskState.FAILED and not is_by_hand(task)) else ""
