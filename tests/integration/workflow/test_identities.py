"""Who reports, at the desk of the case: what stands between a request and a look where something happens meanwhile."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.web.problems import Problem
from chassis.web.sign_in import SignedIn
from contracts.intake.v1.reports_pb2 import IdentityAsked
from contracts.topics import INTAKE_REPORTS_WORKFLOW
from lifecycle import contents
from services.workflow import identities
from tests.integration.lifecycle.test_recent_sign_in import later
from tests.integration.web.desk import Browser, csrf
from tests.integration.workflow.formal_reports import assessing, took
from tests.integration.workflow.house import INVESTIGATOR, SECOND_INVESTIGATOR, House

FACTS = "check_facts"
CUSTODIAN = "S0061"
HANDLER = SignedIn(INVESTIGATOR, "no token is needed where intake is not there")


async def given(house: House, case_id: UUID, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """A request that intake has taken, and the custodian has agreed to."""
    with monkeypatch.context() as patch:
        patch.setattr(contents, "ask", answered)
        await identities.ask(house.desk, case_id, HANDLER, FACTS)
    await intake_has_it(house, case_id)
    ((request_id,),) = await house.query(
        "update identity_requests set until = now() + interval '1 day' returning request_id"
    )
    return UUID(str(request_id))


async def intake_has_it(house: House, case_id: UUID, *, event_id: UUID | None = None) -> None:
    """The news that intake writes with the request."""
    (request,) = await identities.requests_of(house.desk, case_id, INVESTIGATOR)
    report_id = str((await house.row(case_id)).report_id)
    asked = IdentityAsked(report_id=report_id, request_id=str(request.request_id))
    await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, asked, event_id=event_id)


async def answered(*_: Any) -> dict[str, Any]:
    return {}


async def test_what_intake_was_not_there_to_take_is_asked_by_nobody_and_can_be_asked_again(house: House) -> None:
    case_id = await assessing(house)
    house.desk.settings.peers["intake"] = "http://127.0.0.1:1"
    for _ in range(2):
        with pytest.raises(Problem) as raised:
            await identities.ask(house.desk, case_id, HANDLER, FACTS)
        assert raised.value.status == 503
        assert await identities.requests_of(house.desk, case_id, INVESTIGATOR) == []
    # It may have arrived: that it is over follows it.
    told = await house.query("select 1 from outbox where type = 'contracts.cases.v1.IdentityReleaseEnded'")
    assert len(told) == 2
    assert await house.notices_of(identities.ASKED) == []


async def test_what_was_given_stays_though_intake_is_not_there_when_it_is_asked_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = await assessing(house)
    request_id = await given(house, case_id, monkeypatch)
    house.desk.settings.peers["intake"] = "http://127.0.0.1:1"
    with pytest.raises(Problem):
        await identities.ask(house.desk, case_id, HANDLER, FACTS)
    (still,) = await identities.requests_of(house.desk, case_id, INVESTIGATOR)
    assert still.request_id == request_id
    assert await house.notices_of(identities.ASKED) == [CUSTODIAN], "once, and not again for the same"


async def test_of_a_request_that_is_over_before_intake_s_news_of_it_nobody_hears(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = await assessing(house)
    monkeypatch.setattr(contents, "ask", answered)
    await identities.ask(house.desk, case_id, HANDLER, FACTS)
    assert await house.notices_of(identities.ASKED) == [], "nobody is told of what intake may not have"
    (request,) = await identities.requests_of(house.desk, case_id, INVESTIGATOR)
    report_id = str((await house.row(case_id)).report_id)
    other = IdentityAsked(report_id=str(uuid4()), request_id=str(request.request_id))
    await house.receive(INTAKE_REPORTS_WORKFLOW, other.report_id, other)
    await identities.end(house.desk, case_id, request.request_id, HANDLER)
    asked = IdentityAsked(report_id=report_id, request_id=str(request.request_id))
    await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, asked)
    assert await house.notices_of(identities.ASKED) == []


async def test_what_was_refused_lately_is_refused_with_a_sentence_and_lies_nowhere(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = await assessing(house)

    async def no(*_: Any) -> dict[str, Any]:
        raise contents.Refused

    monkeypatch.setattr(contents, "ask", no)
    panel = f"/en/cases/{case_id}/identity"
    page = await browser.signed_in(INVESTIGATOR, panel)
    answer = await browser.send(panel, csrf=csrf(page), purpose=FACTS)
    assert "You cannot ask for the same again yet." in (await browser.get(answer.headers["location"])).text
    assert await identities.requests_of(house.desk, case_id, INVESTIGATOR) == []


async def test_whoever_loses_the_part_while_intake_answers_sees_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = await assessing(house)
    request_id = await given(house, case_id, monkeypatch)

    async def meanwhile(*_: Any) -> dict[str, Any]:
        await took(house, INVESTIGATOR, case_id, "hand_over", {"investigator": SECOND_INVESTIGATOR})
        return {}

    monkeypatch.setattr(contents, "ask", meanwhile)
    with pytest.raises(Problem) as raised:
        await identities.look(house.desk, case_id, request_id, HANDLER)
    assert raised.value.status == 404


async def test_whoever_loses_the_part_while_they_ask_has_asked_nothing(house: House) -> None:
    case_id = await assessing(house)
    seen = await house.row(case_id)
    await took(house, INVESTIGATOR, case_id, "hand_over", {"investigator": SECOND_INVESTIGATOR})
    with pytest.raises(Problem) as raised:
        await identities._begun(house.desk, seen, INVESTIGATOR, FACTS)
    assert raised.value.status == 409
    assert await identities.requests_of(house.desk, case_id, INVESTIGATOR) == []


async def test_inv_02_a_look_wants_a_fresh_sign_in_also_after_the_button(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = await assessing(house)
    panel = f"/en/cases/{case_id}/identity"
    open_at = f"{panel}/{await given(house, case_id, monkeypatch)}"
    pressed = await browser.send(open_at, csrf=csrf(await browser.signed_in(INVESTIGATOR, panel)))
    assert pressed.headers["location"] == open_at
    with monkeypatch.context() as patch:
        later(patch)
        answer = await browser.get(open_at)
    assert "again=true" in answer.headers["location"]
    trail = [json.loads(bytes(one.entry_json)) for one in await house.query("select entry_json from audit_readable")]
    assert "identity.looked_at" not in {one["act"] for one in trail}
