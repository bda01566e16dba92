"""Putting a version in force, for those who keep the policy and the second office: the draft, and the second word."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from chassis.web.pages.forms import Choice, Field
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from chassis.web.problems import not_found
from chassis.web.sign_in import SignedIn
from lifecycle.model import Refused
from lifecycle.pages.desk_pages import DeskPages
from policy.changes import WAITING, differences, weakening
from policy.load import packs_to_follow
from policy.model import Policy
from services.workflow import policy_versions
from services.workflow.appointments import NotDrafted
from services.workflow.web.appointment_pages import (
    POLICY,
    answer,
    check_policy,
    day_of,
    decided,
    decision,
    form_of,
)


def routes(of: DeskPages) -> list[HTTPRouteHandler]:
    desk = of.desk

    @get("/{language:str}/admin/policy/new", include_in_schema=False)
    async def ask(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_policy(desk, signed_in)
        return page.show("policy_new.html", fields=_questions(), staff=signed_in.staff_id, **of.words_for(page))

    @post("/{language:str}/admin/policy/new", include_in_schema=False)
    async def send(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        now = check_policy(desk, signed_in)
        found, once = await form_of(page, _questions())
        if found.errors:
            return page.again(found)
        pin, from_day = str(found.values["version"]), day_of(found.values["from"])
        async with desk.database.transaction() as session:
            refused = await policy_versions.draft_version(session, desk, once, pin, from_day, signed_in.staff_id, now)
        return answer(of, page, found, refused, f"{POLICY}/drafts/{once}")

    @get("/{language:str}/admin/policy/drafts/{draft_id:uuid}", include_in_schema=False)
    async def draft(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], draft_id: FromPath[UUID]
    ) -> Response[Any]:
        now = check_policy(desk, signed_in)
        async with desk.database.transaction() as session:
            try:
                found = await policy_versions.find_draft(session, draft_id)
            except NotDrafted:
                raise not_found() from None
            after = await policy_versions.usable(session, desk, f"{found.pack}/{found.version}", now)
        changed = () if isinstance(after, Refused) else differences(desk.policy, after)
        return page.show(
            "policy_draft.html",
            draft=found,
            now_in_force=desk.policy,
            differ=len(changed),
            weaker=len(weakening(changed)),
            earliest=_earliest(desk.policy, now),
            fields=[decision(signed_in.staff_id, found.drafted_by)],
            staff=signed_in.staff_id,
            **of.words_for(page),
        )

    @post("/{language:str}/admin/policy/drafts/{draft_id:uuid}", include_in_schema=False)
    async def decide(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], draft_id: FromPath[UUID]
    ) -> Response[Any]:
        now, acts = check_policy(desk, signed_in), (policy_versions.approve, policy_versions.set_aside)
        return await decided(of, page, signed_in, draft_id, now, acts, POLICY)

    return [ask, send, draft, decide]


def _questions() -> list[Field]:
    return [
        Field(
            "version",
            "select",
            N_("Version"),
            choices=tuple(Choice(pin, pin) for pin in packs_to_follow()),
            missing=N_("Choose a version."),
        ),
        Field(
            "from",
            "day",
            N_("First day"),
            hint=N_("From this day on new cases begin with it."),
            missing=N_("Enter a day, a month and a year, like 31 3 2026."),
        ),
    ]


def _earliest(policy: Policy, now: datetime) -> datetime | None:
    """The first day for a version that protects less, if it is approved now; none where no waiting time is set."""
    return policy.due(WAITING, now) + timedelta(days=1) if policy.is_set(WAITING) else None
