"""The organisation's own pages on its real stores: a manager's requests, what staff open, measures."""

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx
import pytest

from lifecycle.durable import Decided
from services.workflow.domain import interim_measure
from services.workflow.domain.persons import Persons
from services.workflow.web.measure_pages import weeks
from services.workflow.web.measure_stages import STAGE_OF, STAGES
from services.workflow.web.naming_persons import PERSONS
from tests.integration.lifecycle.test_recent_sign_in import later
from tests.integration.web.desk import Browser, led_to, signed_out
from tests.integration.web.panels import seen, sent
from tests.integration.workflow.house import (
    COLLEAGUE,
    HR_DIRECTOR,
    INVESTIGATOR,
    OTHER_HEAD,
    OTHER_MANAGER,
    PERSON,
    SUPERVISOR,
    House,
)
from tests.integration.workflow.measures import (
    GUARD,
    HOW,
    acknowledged,
    line_changed,
    suspended,
)


async def form(browser: Browser, path: str, **fields: str) -> httpx.Response:
    return await sent(browser, path, await browser.get(path), **fields)


def tabs(page: httpx.Response) -> set[str]:
    """Where the links of a page lead."""
    return set(re.findall('href="([^"]*)"', page.text))


async def test_a_manager_sees_what_was_told_to_him_and_begins_on_what_he_has_seen(
    house: House, browser: Browser
) -> None:
    await house.people()
    page = await browser.signed_in(SUPERVISOR, "/en/requests")
    assert "Nobody has told you of something here." in seen(page)
    path = "/en/requests/new"
    answer = await form(browser, path, affected_individual=PERSON, alleged_offender=COLLEAGUE)
    assert answer.headers["location"] == path
    again = await browser.get(path)
    assert "Write a few words." in again.text
    assert PERSON in again.text
    begun = await form(
        browser, path, affected_individual=PERSON, alleged_offender=COLLEAGUE, what_was_seen="He shouted at her."
    )
    case = begun.headers["location"]
    assert re.fullmatch("/en/cases/[0-9a-f-]{36}", case)
    assert "Seen by you" in seen(await browser.get(case))
    listed = await browser.get("/en/requests")
    assert case in listed.text
    assert re.search(r"Seen by you .* Acknowledge, or: .* UTC Act ", seen(listed)), "what waits, and till when"


async def test_on_other_peoples_staff_a_manager_is_told_what_to_do_instead(house: House, browser: Browser) -> None:
    await house.people()
    page = await browser.signed_in(OTHER_MANAGER, "/en/requests")
    # Whoever leads somebody for a time is told in one sentence that nobody says what for.
    assert "HR may have somebody report to you for a time: the reason is told to nobody" in page.text
    assert not re.search(f"{PERSON}|{SUPERVISOR}", page.text)
    path = "/en/requests/new"
    await form(browser, path, affected_individual=PERSON, alleged_offender=COLLEAGUE, what_was_seen="I saw it.")
    said = seen(await browser.get(path))
    assert "Nobody you name reports to you." in said
    assert await house.query("select 1 from cases") == []


async def test_staff_open_what_their_role_lets_them_and_learn_of_nothing_else(house: House, browser: Browser) -> None:
    await house.people()
    security = await browser.signed_in(GUARD, "/en/openings")
    assert {"/en/openings", "/en/reviews"} & tabs(security) == {"/en/openings"}
    assert "Separate people at once" in seen(security)
    path = "/en/openings/emergency_separation"
    facts = {"danger": "weapon", "moved": "alleged_offender", "what_was_done": "Kept off the site."}
    await form(browser, path, **facts)
    assert "Name somebody." in (await browser.get(path)).text
    named = {"alleged_offender": f"{SUPERVISOR}\n{COLLEAGUE}", "affected_individual": PERSON}
    opened = await form(browser, path, **named, **facts)
    ((case_id, state),) = await house.query("select case_id, state from cases")
    assert (opened.headers["location"], state) == (f"/en/cases/{case_id}", "separated")
    await signed_out(browser, security)
    nobody = await browser.signed_in(COLLEAGUE, "/en/openings")
    assert not {"/en/openings", "/en/reviews"} & tabs(nobody), "what leads nowhere stands beside no queue"
    assert "There is nothing that you can open here." in seen(nobody)
    assert (await browser.get(path)).status_code == 404


async def test_separating_people_waits_for_a_fresh_sign_in_and_what_was_typed_stays(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.people()
    path = "/en/openings/emergency_separation"
    page = await browser.signed_in(GUARD, path)
    typed = {"danger": "weapon", "moved": "alleged_offender", "what_was_done": "Kept off the site."}
    typed |= {"alleged_offender": SUPERVISOR, "affected_individual": PERSON}
    with monkeypatch.context() as patch:
        later(patch)
        answer = await sent(browser, path, page, **typed)
    assert answer.headers["location"].startswith("/en/sign-in-again?back=")
    assert await house.query("select 1 from cases") == []
    again = await browser.at_provider("/sign-in?again=true&back=" + path)
    kept = await browser.get(led_to(await browser.get(await browser.chosen(again, GUARD))))
    for answered in ("Kept off the site.", SUPERVISOR, PERSON):
        assert answered in kept.text
    assert await house.query("select 1 from cases") == [], "nothing is sent by coming back"
    opened = await sent(browser, path, kept, **typed)
    assert re.fullmatch("/en/cases/[0-9a-f-]{36}", opened.headers["location"])


def test_every_state_of_a_measure_has_its_stage() -> None:
    assert STAGE_OF.keys() == {one.name for one in interim_measure.LIFECYCLE.states}
    assert {one for one in STAGE_OF.values() if one is not None} == set(range(len(STAGES)))


async def test_a_measure_shows_where_it_stands(house: House, browser: Browser) -> None:
    measure = await acknowledged(house)
    page = await browser.signed_in(OTHER_HEAD, f"/en/cases/{measure}")
    assert re.findall('aria-current="step">([^<]*)<', page.text) == ["Proposed"]
    assert "Effect on reporting lines" not in page.text
    assert (await browser.get(f"/en/cases/{measure}/lines")).status_code == 404


async def test_a_change_of_line_shows_whose_it_was_and_whose_it_is_and_the_look_is_in_the_trail(
    house: House, browser: Browser
) -> None:
    measure = await line_changed(house)
    page = await browser.signed_in(OTHER_HEAD, f"/en/cases/{measure}")
    assert re.findall('aria-current="step">([^<]*)<', page.text) == ["In force"]
    assert "Effect on reporting lines" in page.text
    assert "Another supervisor for a time" in seen(page)
    for kept_quiet in ("It covers chats and calls", "proof_hash", "Proof hash", PERSON):
        assert kept_quiet not in seen(page)
    lines = await browser.get(f"/en/cases/{measure}/lines")
    row = r'"row" class[^>]*>([^<]*)</th>' + 2 * r"\s*<td[^>]*><bdi[^>]*>([^<]*)</bdi></td>"
    rows = re.findall(row, lines.text)
    assert ("Appraisal", SUPERVISOR, OTHER_MANAGER) in rows
    assert ("Leave", SUPERVISOR, OTHER_HEAD) in rows
    assert len(rows) == 6
    trail = [json.loads(bytes(one.entry_json)) for one in await house.query("select entry_json from audit_readable")]
    assert [one["facts"] for one in trail if one["act"] == "contents.read"] == [{"purpose": "measure"}]


async def test_whose_line_changes_is_shown_and_recorded_after_a_fresh_sign_in_alone(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = await line_changed(house)
    path = f"/en/cases/{measure}/lines"
    await browser.signed_in(OTHER_HEAD, f"/en/cases/{measure}")
    with monkeypatch.context() as patch:
        later(patch)
        answer = await browser.get(path)
    assert answer.headers["location"] == "/sign-in?" + urlencode({"back": path, "again": "true"})
    trail = [json.loads(bytes(one.entry_json)) for one in await house.query("select entry_json from audit_readable")]
    assert "contents.read" not in {one["act"] for one in trail}
    assert SUPERVISOR in (await browser.get(path)).text


@pytest.mark.parametrize(("reader", "reads"), [(INVESTIGATOR, False), (HR_DIRECTOR, True)], ids=["alerted", "decides"])
async def test_whose_line_it_is_is_read_by_whoever_may_decide_and_not_by_whoever_alerted(
    house: House, browser: Browser, reader: str, reads: bool
) -> None:
    measure = await line_changed(house)
    page = await browser.signed_in(reader, f"/en/cases/{measure}")
    assert ("Effect on reporting lines" in page.text) == reads
    assert (await browser.get(f"/en/cases/{measure}/lines")).status_code == (200 if reads else 404)
    ask = f"/en/cases/{measure}/reading"
    await form(browser, ask, purpose="measure")
    contents = await browser.get(f"/en/cases/{measure}/contents")
    assert "Another approves." in contents.text, "the step is there for both"
    assert bool(re.search(f"{PERSON}|{SUPERVISOR}|{OTHER_MANAGER}|{OTHER_HEAD}", seen(contents))) == reads


async def test_whoever_writes_the_letter_sees_on_its_form_whom_it_is_for(house: House, browser: Browser) -> None:
    measure = await suspended(house)
    page = await browser.signed_in(INVESTIGATOR, f"/en/cases/{measure}/do/release_notice")
    assert f"The alleged offender {SUPERVISOR}" in seen(page)
    assert PERSON not in seen(page)
    trail = [json.loads(bytes(one.entry_json)) for one in await house.query("select entry_json from audit_readable")]
    assert ("parties.opened", INVESTIGATOR) in [(one["act"], one["actor"]) for one in trail]


async def test_the_review_calendar_has_what_is_overdue_first_and_then_eight_weeks(
    house: House, browser: Browser
) -> None:
    measure = await line_changed(house)
    nothing = await browser.signed_in(SUPERVISOR, "/en/reviews")
    assert "Nothing is to be looked at within 8 weeks." in seen(nothing)
    await signed_out(browser, nothing)
    page = await browser.signed_in(OTHER_HEAD, "/en/reviews")
    report = "/en/queue?lifecycle=formal_report"
    assert str(measure) not in (await browser.get(report)).text
    assert str(measure) in (await browser.get("/en/queue?lifecycle=interim_measure")).text
    headings = re.findall('<h2 class="govuk-heading-m">([^<]*)</h2>', page.text)
    assert len(headings) == 8
    assert all(one.startswith("Week of ") for one in headings)
    assert len(re.findall(f"/en/cases/{measure}", page.text)) == 2, "its review and its end"
    late = weeks([await house.row(measure)], datetime.now(UTC) + timedelta(days=3))
    assert late[0].begins is None
    assert [one.clock for one in late[0].dates] == ["im.review", "im.end"]
    assert len(late) == 9


def test_what_is_answered_person_by_person_is_what_a_decision_takes() -> None:
    answers = {"person": PERSON, "current_supervisor": SUPERVISOR, "temporary_supervisor": OTHER_MANAGER}
    others = {"next_level_manager": OTHER_HEAD, "reasons": "Not a person."}
    persons = Persons.parse(PERSONS.joined(answers | others), "reporting_line_change")
    assert (persons.person, persons.temporary_supervisor, persons.approver) == (PERSON, OTHER_MANAGER, "")


async def test_who_changes_a_measure_begins_with_what_hr_carries_out_now_and_the_trail_says_so(
    house: House, browser: Browser
) -> None:
    measure = await suspended(house)
    assert isinstance(await house.act(INVESTIGATOR, measure, "release_notice", {}, {"letter": "l"}), Decided)
    page = await browser.signed_in(HR_DIRECTOR, f"/en/cases/{measure}/do/vary_measure")
    assert re.search(rf'name="arrangement"[^>]*>{HOW}</textarea>', page.text)
    assert "As it is now: until" in seen(page)
    trail = [json.loads(bytes(one.entry_json)) for one in await house.query("select entry_json from audit_readable")]
    assert ("contents.read", HR_DIRECTOR) in [(one["act"], one["actor"]) for one in trail]


async def test_a_decision_asks_first_what_is_to_be_done_and_then_what_that_needs(
    house: House, browser: Browser
) -> None:
    measure = await acknowledged(house)
    path = f"/en/cases/{measure}/do/decide_measure"
    first = await browser.signed_in(OTHER_HEAD, path)
    assert "You never decide on your own alert." in first.text
    assert ('name="type"' in first.text, 'name="reasons"' in first.text) == (True, False)
    assert SUPERVISOR not in first.text, "nobody is shown before it is known whose work changes"
    await sent(browser, path, first, step="first", type="reporting_line_change")
    first = await browser.get(path)
    assert re.search(r'href="#f-burden">[^<]+ Choose one of these\.', first.text)
    await sent(browser, path, first, step="first", type="reporting_line_change", burden="affected_individual")
    page = await browser.get(path)
    assert f"The affected individual {PERSON} Supervisor of the affected individual {SUPERVISOR}" in seen(page)
    assert f"The alleged offender {SUPERVISOR}" in seen(page)
    known = dict(re.findall(r'name="(\w+)" type="text" spellcheck="false" value="(\w+)"', page.text))
    assert known == {"person": PERSON, "current_supervisor": SUPERVISOR}
    assert 'name="temporary_supervisor"' in page.text
    assert "Pension Stays as it is" in seen(page)
    for other in ("persons", "location", "covers_housing", "arrangement", "hearing", "exceptional_circumstances"):
        assert f'name="{other}"' not in page.text
    assert not re.search(r"<label[^>]*>\s*[a-z]+_[a-z_]+", page.text)
    trail = [json.loads(bytes(one.entry_json)) for one in await house.query("select entry_json from audit_readable")]
    assert ("parties.opened", OTHER_HEAD) in [(one["act"], one["actor"]) for one in trail]
    # What was written stays when another measure is thought of; what that one needs is asked, and cannot be left out.
    await sent(browser, path, page, step="back", reasons="She sits beside him.")
    again = await browser.get(path)
    await sent(browser, path, again, step="first", type="suspension_without_pay", burden="alleged_offender")
    page = await browser.get(path)
    assert "She sits beside him.</textarea>" in page.text
    assert "Needs a second signature beforehand Yes" in seen(page)
    assert "Pay Rests while it lasts" in seen(page)
    await sent(browser, path, page)
    missing = set(re.findall(r'href="#f-(\w+)"', (await browser.get(path)).text))
    assert {"exceptional_circumstances", "hearing", "evidence_reference", "arrangement", "person"} <= missing
    assert not {"covers_housing", "same_grade_no_loss", "temporary_supervisor"} & missing
