"""The tricky cases of policy section 6 about who may know and what is never answered, on the real engine and stores."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chassis.web.sign_in import SignedIn
from lifecycle import access, parties, recusal
from lifecycle.at_desk import _contents
from lifecycle.exclusions import Parties
from lifecycle.recipients import recipients
from lifecycle.serial import from_json
from lifecycle.table import Field, FieldKind, Lifecycle, Rule
from policy.model import Office, Role
from policy.routing import desk_for, offices_of
from tests.integration.workflow.formal_reports import assessing, by_her, facts_of, investigating, of_report, took
from tests.integration.workflow.house import (
    COLLEAGUE,
    INVESTIGATOR,
    LEGAL_AND_HEAD,
    OTHER_HEAD,
    OTHER_MANAGER,
    PARTIES,
    PERSON,
    SECOND_INVESTIGATOR,
    SUPERVISOR,
    House,
)
from tests.integration.workflow.test_alerts_and_results import ALERT
from tests.integration.workflow.test_respondents import case_of, cleared, sees
from tests.lifecycles import LIFECYCLES, NOW, POLICY, act, opened, refused, ring_until, staff

ONLY_SHE_KNOWS = "It was at the handover of the red file, where only the two of us were."
SUMMARY = "A remark in a meeting of two; who was there is withheld."


async def read_by(house: House, case_id: UUID, staff_id: str, purpose: str) -> set[str]:
    row = await house.row(case_id)
    async with house.desk.database.transaction() as session:
        actor = await access.actor_of(session, house.desk, row, staff_id, datetime.now(UTC))
    if not access.may_read(house.desk, row, actor):
        return set()
    return {one.text for one in await _contents(house.desk, row, actor, SignedIn(staff_id, "token"), purpose)}


async def test_an_anonymous_reporter_could_be_known_by_what_is_told(house: House) -> None:
    """Oversight alone reads the details; whoever is beside it reads the words that oversight wrote for them, and a
    measure has neither: it is decided on what the alert says of the risk.
    """
    case_id = await investigating(house, PARTIES)
    statement = {"statement": ONLY_SHE_KNOWS, "reasons": "r"}
    await took(house, INVESTIGATOR, case_id, "disclose_to_person", {}, statement)
    await took(house, INVESTIGATOR, case_id, "alert_interim_measures", ALERT, {"risk_facts": SUMMARY})
    finding = {"finding": "not_substantiated", "legal_officer": LEGAL_AND_HEAD}
    await took(house, INVESTIGATOR, case_id, "report_to_leg", finding, {"report": SUMMARY})
    (measure,) = await of_report(house, case_id, "interim_measure")
    async with house.desk.database.transaction() as session:
        await parties.bring(session, house.desk, measure, PARTIES)

    assert ONLY_SHE_KNOWS in await read_by(house, case_id, SECOND_INVESTIGATOR, "investigation")
    assert await read_by(house, case_id, LEGAL_AND_HEAD, "legal_review") == {SUMMARY}
    assert await read_by(house, measure.case_id, OTHER_HEAD, "measure") == {SUMMARY}
    assert await read_by(house, case_id, OTHER_HEAD, "decision") == set()
    for row in await house.query("select data, facts from (select data, data -> 'facts' as facts from cases) c"):
        assert "red file" not in str(row), "and no fact of procedure has a word of it"


async def test_several_alleged_offenders(house: House) -> None:
    """One report, a file for each: what is written, told and found in one is in no other, and neither sees the other's
    or knows that there is one.
    """
    main = await investigating(house)
    await took(house, INVESTIGATOR, main, "open_subfile", {}, {"respondent": SUPERVISOR})
    await house.run_errands()
    _, sub = await of_report(house, main, "formal_report")
    before = await facts_of(house, main)
    await took(house, INVESTIGATOR, sub.case_id, "open_investigation", {"kind": "other"}, {"reasons": ONLY_SHE_KNOWS})
    await took(house, INVESTIGATOR, sub.case_id, "notify_subject", {}, {"letter": "To the first."})
    await took(house, INVESTIGATOR, main, "notify_subject", {}, {"letter": "To the second."})
    assert (await facts_of(house, main)).keys() - before.keys() == {"subject_notified", "subject_heard"}
    assert ONLY_SHE_KNOWS in await read_by(house, sub.case_id, SECOND_INVESTIGATOR, "investigation")
    assert ONLY_SHE_KNOWS not in await read_by(house, main, SECOND_INVESTIGATOR, "investigation")
    first, second = await case_of(house, main, SUPERVISOR), await case_of(house, main, OTHER_MANAGER)
    assert first.case_id != second.case_id
    for his, other in ((first, OTHER_MANAGER), (second, SUPERVISOR)):
        assert not await sees(house, his, other)
    await cleared(house, sub.case_id)
    assert ((await house.row(first.case_id)).state, (await house.row(second.case_id)).state) == ("cleared", "notified")


async def test_a_group_complains(house: House) -> None:
    """Two of them report: the office knows that they belong together and nothing else does. What the one asks for,
    takes back or is told stays hers, and the other report goes on as it was.
    """
    first = await assessing(house, PARTIES)
    second = await house.open()
    await house.route(second, Parties(COLLEAGUE, (SUPERVISOR,)))
    for name in ("acknowledge", "start_assessment"):
        await took(house, INVESTIGATOR, second, name)
    before = await facts_of(house, first)
    await took(house, INVESTIGATOR, second, "link_report", {"relation": "group"}, {"other_case": str(first)})
    await by_her(house, second, "withdraw", stop_contact=True)
    assert (await facts_of(house, second))["withdrawn"] is True
    assert await facts_of(house, first) == before
    assert (await house.act(INVESTIGATOR, second, "ask_person")).code == "CONTACT_UNWANTED"
    await took(house, INVESTIGATOR, first, "ask_person")
    assert str(first) not in str(await house.query("select data, step from cases join case_steps using (case_id)"))


async def test_a_handler_gossips(house: House) -> None:
    """She says that she does not want them: they are out of it and somebody else goes on. It is a matter of its own,
    and a report about them does not go to the office they are of.
    """
    case_id = await investigating(house, PARTIES)
    assert from_json((await house.row(case_id)).data).assigned[Role.INVESTIGATOR] == INVESTIGATOR
    async with house.desk.database.transaction() as session:
        row = await house.row(case_id)
        await parties.keep(session, house.desk, row, Parties(refused=(INVESTIGATOR,)))
        await parties.settle(session, house.desk, row, Parties(PERSON, (SUPERVISOR,), (INVESTIGATOR,)))
    assert await recusal.release_the_unfit(house.desk) == 2, "whoever acknowledged it and investigates is out of both"
    assert not await read_by(house, case_id, INVESTIGATOR, "investigation")
    assert (await house.act(INVESTIGATOR, case_id, "send_update")).code == "CASE_UNKNOWN"
    await took(house, SECOND_INVESTIGATOR, case_id, "hand_over", {"investigator": SECOND_INVESTIGATOR})

    about = offices_of(POLICY, [INVESTIGATOR], NOW)
    assert Office.OIO in about
    assert desk_for(POLICY, "formal_report", about).name == "committee"


def fields() -> Iterator[tuple[Lifecycle, Rule, Field]]:
    for lifecycle in LIFECYCLES:
        for rule in lifecycle.rules:
            for field in rule.fields:
                yield lifecycle, rule, field


def test_media_or_a_donor_asks() -> None:
    """There is no field to answer them in: nothing that is chosen anywhere names them, and whoever asks for a file from
    outside is answered by legal affairs alone, by a refusal or by the head of the organisation.
    """
    choices = {one for _, _, field in fields() if field.kind is FieldKind.CHOICE for one in field.options(POLICY, {})}
    assert choices, "there are choices at all"
    assert not {one for one in choices if any(word in one for word in ("media", "press", "journalist", "donor"))}
    answers = [
        (rule.by, field.options(POLICY))
        for _, rule, field in fields()
        if rule.action == "answer_outside_demand"
        if field.name == "answer"
    ]
    assert answers == [(frozenset({Role.LEGAL_OFFICER}), ("refused", "sent_to_executive_head"))]


def test_a_weapon_at_ten_in_the_evening_and_nobody_to_be_reached() -> None:
    """Whoever is on the spot separates people at once; oversight and legal affairs hear of it, it costs nobody pay, is
    never her move against her wish, and is over by itself.
    """
    evening = NOW.replace(hour=22)
    guard = staff("S0069", Role.SECURITY_OFFICER)
    case = act(opened("emergency_separation", now=evening), "separate", guard, now=evening, danger="weapon")
    assert case.state == "separated"
    told = {one for effect in case.effects for one in recipients(case, effect, POLICY, evening)}
    assert told == {"S0005", "S0003"}
    hers = {"danger": "weapon", "moved": "affected_individual"}
    assert refused(opened("emergency_separation"), "separate", guard, **hers).code == "AGAINST_HER_WISH"
    alerted = ring_until(case, evening + timedelta(hours=24))
    assert alerted.steps[-1].facts["clock"] == "emergency.alert", "nobody answered within a day: one level up"
    assert ring_until(case, evening + timedelta(days=8)).state == "lapsed"
