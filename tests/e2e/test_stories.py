"""The stories on the whole stack: the shorter ones of `recourse demo --story` by the interface, all of them by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.async_api import Page
from rich.console import Console

from ops.demo import child_at_risk, told_manager, wrong_desk
from ops.demo.clients import Reporter, until
from ops.demo.parts import Parts
from ops.demo.run import MAIN, STORIES, run_steps
from ops.demo.seeding.matters import load
from ops.demo.seeding.run import Seeded, seed
from ops.demo.story import (
    ANSWER,
    APPRAISAL,
    AUDITOR,
    ETHICS_OFFICER,
    FIRST_WORDS,
    FOCAL_POINTS,
    HR_DIRECTOR,
    HR_OFFICER,
    INVESTIGATOR,
    LEGAL_AND_HEAD,
    OTHER_HEAD,
    OTHER_MANAGER,
    PERSON,
    REASONS,
    REPLY,
    SECOND_INVESTIGATOR,
    STANDS_BY,
    SUPERVISOR,
    new_story,
)
from tests.browser.axe import axe
from tests.browser.conftest import PageFactory
from tests.e2e.by_hand import PATIENCE, Answers, House, Person, Staff, fill, press, reloaded, said
from tests.e2e.conftest import WholeStack
from tests.waiting import eventually

pytestmark = pytest.mark.stack
TALK = "informal_resolution"


@pytest.mark.parametrize("name", [name for name in STORIES if name != MAIN])
async def test_every_step_of_a_story_is_seen(
    whole_stack: WholeStack, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, steps = STORIES[name]
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        story = new_story(http, Parts(whole_stack.stack, http))
        well = await run_steps(story, whole_stack.state / "demo" / f"{name}.json", Console(), steps)
    assert well, capsys.readouterr().out


@pytest.fixture
async def house(whole_stack: WholeStack, page_factory: PageFactory) -> House:
    return House(page_factory, {name: one["url"] for name, one in whole_stack.stack["services"].items()})


async def test_a_person_does_the_whole_story_by_hand(house: House, parts: Parts) -> None:
    """Issue A's story by pages alone, from the first wish to talk to the auditor's button."""
    she = await house.person()
    listener, talk = await _she_is_heard(house, she)
    report = await _she_makes_a_formal_report(house, she)
    measure = await _a_measure_is_decided(house, she, report)
    await _all_know_what_they_may(house, she, measure, parts)
    await _the_ethics_office_alone_is_asked(house, parts)
    director = await house.at("workflow", HR_DIRECTOR)
    lifted = "She was asked, feels safe with the arrangement found, and the seating has changed."
    await director.does(measure, "lift_measure", {"safety_check": "yes", "reasons": lifted})
    await she.inbox("The measure has ended.")
    await director.goes_to(measure)
    await reloaded(director.page, "HR has put things back")
    assert await parts.supervisor_of(PERSON) == SUPERVISOR
    await she.acts("End this talk", {"outcome": "resolved"}, via="Change what happens")
    await she.inbox("What was written here has been destroyed.")
    assert "There is nothing here" in await listener.goes_to(talk)
    auditor = await house.at("audit", AUDITOR)
    await auditor.goes_to("/record")
    await press(auditor.page, auditor.page.get_by_role("button", name="Read the record"))
    await reloaded(auditor.page, "Nothing was changed and nothing is missing.")


async def _she_is_heard(house: House, she: Person) -> tuple[Staff, str]:
    """Who listens, and the talk."""
    listeners = [await house.at("ombuds", one) for one in FOCAL_POINTS]
    known = {url for one in listeners for url in await one.matters(TALK)}
    asked = {"what_happened": FIRST_WORDS, "mode": "confidential", "alleged_offender": SUPERVISOR, "my_number": PERSON}
    await she.lodges(TALK, asked)
    await she.comes_back()
    assert FIRST_WORDS not in await she.inbox("Talk with an ombudsperson or focal point")

    async def offered() -> list[tuple[Staff, str]]:
        return [(one, url) for one in listeners for url in await one.matters(TALK) if url not in known]

    ((listener, talk),) = await eventually(offered, within=PATIENCE)
    await listener.goes_to(f"{talk}/conflict")
    assert "Nobody asks you why." in await said(listener.page)
    await press(listener.page, listener.page.get_by_role("link", name="I have none"))
    text = await listener.reads(talk, "conversation")
    assert FIRST_WORDS in text
    assert f"The affected individual {PERSON} The alleged offender {SUPERVISOR}" in text
    await listener.does(talk, "accept_match", {"told_limits": "yes"})
    await listener.reads(talk, "conversation")
    await listener.writes(REPLY)
    await she.inbox(REPLY)
    await she.writes("Talk with an ombudsperson or focal point", ANSWER)
    await listener.reads(talk, "conversation")
    await reloaded(listener.page, ANSWER)
    # What is proposed is a message: from there the step is a press away, and nobody types a reference.
    await press(listener.page, listener.page.get_by_role("link", name="Propose steps to the person").first)
    await listener.sends(talk)
    await she.inbox("Agree to these steps")
    return listener, talk


async def _she_makes_a_formal_report(house: House, she: Person) -> str:
    """By ticking what of the talk goes over."""
    oversight = await house.at("workflow", INVESTIGATOR)
    known = set(await oversight.matters("formal_report"))
    await she.inbox()
    await press(she.page, she.page.get_by_role("link", name="Take another way as well"))
    await she.types_code()
    for box in await she.page.locator("[name=take_over]").all():
        await box.check()
    await fill(she.page, {"way": "formal_report"})
    await press(she.page, she.page.locator("main form button[type=submit]").first)
    await she.answers("formal_report", {"mode": "confidential", "writer": "affected"})
    # What goes over says what happened; at the check there is room for more.
    await press(she.page, she.page.get_by_role("link", name="Change What would you like us to know?"))
    await she.answers("formal_report", {"what_happened": STANDS_BY})
    await press(she.page, she.page.locator("button[value=send]"))
    report = await oversight.finds("formal_report", known)
    await oversight.does(report, "acknowledge")
    await oversight.does(report, "start_assessment")
    text = await oversight.reads(report, "assessment")
    assert all(one in text for one in (FIRST_WORDS, ANSWER, STANDS_BY, SUPERVISOR))
    assert PERSON not in text, "who reports is the custodian's to give"
    return report


async def _a_measure_is_decided(house: House, she: Person, report: str) -> str:
    """Alerted twice, agreed to by her, decided by a head who did not alert."""
    oversight, legal = await house.at("workflow", INVESTIGATOR), await house.at("workflow", LEGAL_AND_HEAD)
    head, second = await house.at("workflow", OTHER_HEAD), await house.at("workflow", SECOND_INVESTIGATOR)
    known = set(await legal.matters("interim_measure"))
    risk = "He signs her leave and her appraisal; she asked twice for distance."
    alert = {"purpose": "prevent_repetition", "urgency": "green", "risk_facts": risk}
    await oversight.does(report, "alert_interim_measures", alert)
    measure = await legal.finds("interim_measure", known)
    await legal.does(measure, "alert", {"risk_facts": risk})
    await head.does(measure, "acknowledge_alert")
    await second.does(measure, "ask_consent", {"alternative_offered": "yes"})
    await she.acts("Agree to the change", {"effects_seen": True})

    # Whoever alerted may not decide, and is shown nobody.
    await legal.goes_to(measure)
    await reloaded(legal.page, "The affected individual agrees")
    refused = await legal.goes_to(f"{measure}/do/decide_measure")
    assert "somebody else has to take this one. (invariant 33)" in refused
    assert PERSON not in refused
    await head.opens(measure, "decide_measure")
    await fill(head.page, {"type": "reporting_line_change", "burden": "affected_individual"})
    await press(head.page, head.page.get_by_role("button", name="Continue"))
    await head.sign_in_where_asked()
    assert f"Supervisor of the affected individual {SUPERVISOR}" in await said(head.page)
    begins = datetime.now(UTC).replace(second=0, microsecond=0)
    terms: Answers = {
        "temporary_supervisor": OTHER_MANAGER,
        "from_at": begins,
        "review_at": begins + timedelta(minutes=9),
        "until_at": begins + timedelta(minutes=14),
        "effects_seen": "yes",
        "purpose": "prevent_repetition",
        "reasons": REASONS,
        "least_burden": "Her work, place and hours stay as they are; only who signs changes.",
    }
    await fill(head.page, terms)
    await head.sends(measure)
    return measure


async def _all_know_what_they_may(house: House, she: Person, measure: str, parts: Parts) -> None:
    """HR's system has the new supervisor, she is told, and then the other side, who learns nothing else."""
    text = await she.inbox("The measure is in effect until the date shown", "Another supervisor")
    assert "Pension" in text.partition("Without any change")[2]
    assert await parts.supervisor_of(PERSON) == OTHER_MANAGER
    other, head = await house.at("workflow", SUPERVISOR), await house.at("workflow", OTHER_HEAD)
    await other.goes_to("/own")
    text = await reloaded(other.page, "A temporary measure concerns you. It is not a finding against you.")
    assert PERSON not in text
    assert "There is nothing here for you now." in await other.goes_to("/queue")
    assert "There is nothing here" in await other.goes_to(measure)
    await head.goes_to(f"{measure}/lines")
    await head.sign_in_where_asked()
    assert f"Appraisal {SUPERVISOR} {OTHER_MANAGER}" in await said(head.page)


async def _the_ethics_office_alone_is_asked(house: House, parts: Parts) -> None:
    """HR records a poor appraisal in its own system, and its desk shows nothing of it."""
    ethics, personnel = await house.at("ethics", ETHICS_OFFICER), await house.at("hr_bridge", HR_OFFICER)
    known = set(await ethics.matters("query"))
    day = datetime.now(UTC).date().isoformat()
    await parts.record_personnel_action({"kind": APPRAISAL, "staff_id": PERSON, "effective_on": day})
    query = await ethics.finds("query", known)
    assert "HR sees a task and never why." in await ethics.goes_to(query)
    assert PERSON not in await personnel.goes_to("/queue")


@dataclass(frozen=True)
class Route:
    """Another way from her first words to the first act at the desk that has it, and what her inbox says of that.
    `list_at`: where its desk lists it.
    """

    way: str
    answers: Mapping[str, str]
    desk: str
    staff_id: str
    lifecycle: str
    action: str
    asks: Mapping[str, str]
    told: str
    list_at: str = "/queue"


ROUTES = (
    Route(
        "support_referral",
        {"help": "listening", "wish": child_at_risk.NEED, "mode": "anonymous", "for_whom": "somebody_who_asked"},
        "support",
        child_at_risk.PSEAH_OFFICER,
        "support_referral",
        "assign_specialist",
        {"specialist": child_at_risk.SPECIALIST},
        "Help is open to you.",
    ),
    Route(
        "supervisor_request",
        {"what_happened": told_manager.TOLD, "wish": told_manager.WISH, "mode": "confidential"}
        | {"recipient": told_manager.MANAGER}
        | {"my_number": told_manager.TELLER, "alleged_offender": told_manager.COLLEAGUE},
        "workflow",
        told_manager.MANAGER,
        "supervisor_request",
        "acknowledge",
        {},
        "The manager has received your request.",
        "/requests",
    ),
    Route(
        "sea_report",
        {
            "affected_is": "child",
            "basis": "rumour",
            "offender_class": "own_personnel",
            "what_happened": child_at_risk.RUMOUR,
            "mode": "anonymous",
        },
        "workflow",
        INVESTIGATOR,
        "sea_report",
        "acknowledge",
        {},
        "The oversight office has received it and handles it as a formal report.",
    ),
    Route(
        "retaliation",
        {"kind": "request", "what_happened": "My contract was to be renewed, and is not.", "mode": "confidential"}
        | {"my_number": "S0026"},
        "ethics",
        ETHICS_OFFICER,
        "retaliation",
        "acknowledge",
        {},
        "The ethics office has received it.",
    ),
)


async def test_what_came_to_the_wrong_manager_is_passed_on_by_hand(house: House) -> None:
    manager, oversight = await house.at("workflow", wrong_desk.MANAGER), await house.at("workflow", INVESTIGATOR)
    known, reports = set(await manager.matters("", "/requests")), set(await oversight.matters("formal_report"))
    she = await house.person()
    answers = {"what_happened": wrong_desk.REPORTED, "wish": wrong_desk.WISH, "mode": "confidential"}
    people = {"recipient": wrong_desk.MANAGER, "my_number": wrong_desk.TELLER, "alleged_offender": wrong_desk.COLLEAGUE}
    await she.lodges("supervisor_request", answers | people)
    matter = await manager.finds("", known, "/requests")
    await manager.does(matter, "pass_on", {"reason": "not_for_me", "matter": "formal_report"})
    report = await oversight.finds("formal_report", reports)
    await oversight.reads(report, "assessment")
    await reloaded(oversight.page, wrong_desk.REPORTED)
    await oversight.does(report, "acknowledge")
    await she.comes_back()
    await she.inbox("The oversight office has received your report")


async def _is_at(page: Page, address: str) -> bool:
    return page.url == address


@pytest.mark.parametrize("route", ROUTES, ids=lambda one: one.way)
async def test_every_other_way_reaches_its_desk_by_hand(house: House, route: Route) -> None:
    handler = await house.at(route.desk, route.staff_id)
    known = set(await handler.matters(route.lifecycle, route.list_at))
    she = await house.person()
    await she.lodges(route.way, route.answers)
    matter = await handler.finds(route.lifecycle, known, route.list_at)
    # Another tab has the form open, and the button is pressed twice: it is taken once.
    tab = Staff(await handler.page.context.new_page(), handler.desk, handler.staff_id)
    await tab.opens(matter, route.action)
    await handler.opens(matter, route.action)
    await fill(handler.page, route.asks)
    await handler.page.locator("main form .govuk-button").first.dblclick()
    await eventually(lambda: _is_at(handler.page, matter))  # the second press may break off what the first has begun
    # Read in a page of its own: what the second press has begun may still be on its way in this one.
    look = await handler.page.context.new_page()
    await look.goto(matter)
    done = await reloaded(look, "You (")
    assert done.count("You (") == 1
    await handler.page.go_back()
    assert "What you can do now" in await handler.goes_to(matter), "going back has sent nothing"
    await fill(tab.page, route.asks)
    await press(tab.page, tab.page.locator("main form .govuk-button").first)
    assert "has moved on" in (text := await said(tab.page)) or "Somebody was quicker" in text
    await she.comes_back()
    await she.inbox(route.told)


AT_DESKS = (
    ("ombuds", "S0011"),
    ("support", "S0072"),
    ("workflow", "S0005"),
    ("workflow", "S0009"),
    ("workflow", "S0024"),
    ("ethics", ETHICS_OFFICER),
    ("hr_bridge", "S0009"),
    ("audit", "S0015"),
)


async def test_no_list_of_a_desk_has_a_barrier_on_a_phone_or_in_ones_own_colours(
    house: House, page_factory: PageFactory
) -> None:
    """Each tab of each desk; the pages of a matter are looked at where they are worked by hand."""
    looked_at = 0
    for desk, staff_id in AT_DESKS:
        somebody = Staff(await page_factory(width=320, forced_colours=True), house.services[desk], staff_id)
        await somebody.goes_to("/")
        tabs = await somebody.page.locator(".tabs__link").evaluate_all("all => all.map(one => one.href)")
        assert tabs, desk
        for address in tabs:
            await somebody.page.goto(address)
            assert await axe(somebody.page) == [], address
            looked_at += 1
    assert looked_at > 20


FEW = {
    "a talk with agreed steps": ("informal_resolution", "steps_agreed"),
    "help that is there": ("support_referral", "connected"),
    "charged": ("formal_report", "at_leg"),
    "a manager has spoken": ("supervisor_request", "spoken_to_offender"),
    "steps, agreed; HR waits": ("retaliation", "steps_agreed"),
}
"""Matters of the demonstration, one for each desk, and how each stands in the inbox of whoever began it."""


async def test_invented_matters_are_brought_where_the_table_says(whole_stack: WholeStack) -> None:
    """All of the table fills a demonstration; a few show that it can. Asked again, nothing is done twice."""
    seeded = Seeded.read(whole_stack.state / "demo" / "few.json")
    told: list[int] = []
    for _ in range(2):
        wrong = await seed(whole_stack.stack, load().only(*FEW), seeded, told.append)
        assert wrong == []
        assert seeded.codes.keys() == FEW.keys()
    assert sorted(told) == [1, 2, 3, 4, 5]
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        for name, (lifecycle, state) in FEW.items():
            person = Reporter(http, Parts(whole_stack.stack, http).service("intake"), seeded.codes[name])

            async def stands(person: Reporter = person, lifecycle: str = lifecycle, state: str = state) -> bool:
                case = await person.case(lifecycle, lifecycle)
                return case is not None and case["state"] == state

            await until(f"{name} in «{state}», in the inbox", stands, 60)
