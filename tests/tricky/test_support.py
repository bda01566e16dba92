"""Tricky cases of support (policy 6), on the real engine and, where people and storage matter, on real stores."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from pathlib import Path

import pytest

from lifecycle import engine
from lifecycle.exclusions import Parties
from lifecycle.model import ActorKind, Case, EffectKind, Fact, Refused
from lifecycle.recipients import recipients
from policy.model import Role
from services.support import help_file
from services.support.domain.guards import wishes
from services.support.domain.help import Warned
from services.support.domain.support_referral import LIFECYCLE
from tests import real_parts
from tests.integration.support.cell import HERSELF, PERSON, PSEAH, SPECIALIST, WELFARE, Cell, build_cell
from tests.lifecycles import NOW, POLICY, REPORT, act, refused, staff

Fresh = Callable[..., Awaitable[real_parts.Database]]
FOCAL_POINT = "S0071"  # hears of gaps in the pathway
SPECIALIST_ACTS = staff(SPECIALIST, Role.SPECIALIST)
COORDINATES = staff(PSEAH, Role.PSEAH_OFFICER)
PLACES = help_file.load()


@pytest.fixture
async def cell(fresh_database: Fresh, fresh_keystore: Fresh, tmp_path: Path) -> AsyncIterator[Cell]:
    made = await build_cell(await fresh_database("support"), await fresh_keystore("support"), tmp_path)
    yield made
    await made.close()


def opened(**chosen: Fact) -> list[Case]:
    facts = {"lodged_at": NOW.isoformat(), **chosen}
    return [engine.open_case(LIFECYCLE, REPORT, 1, one, NOW, POLICY) for one in wishes(facts)]


def test_a_beneficiary_who_lands_on_the_staff_portal_finds_a_door_and_no_question() -> None:
    (door,) = (one for one in PLACES.doors if one.key == "i_do_not_work_here")
    assert POLICY.routes[door.route].needs == (), "not a word has to be told"
    (case,) = opened(**door.choices)
    # Those who look after staff are not the ones for it; those trained for others are.
    assert refused(case, "assign_specialist", COORDINATES, specialist=WELFARE).code == "FOR_SPECIALISTS"
    case = act(case, "assign_specialist", COORDINATES, specialist=SPECIALIST)
    assert act(case, "give_consent", HERSELF, service="listening", scope="needs").state == "consented"


def test_a_minor_among_them_is_helped_by_those_trained_for_children_alone() -> None:
    (case,) = opened(works_here="no", minor="yes", child_protection="wished")
    assert refused(case, "assign_specialist", COORDINATES, specialist=WELFARE).code == "FOR_SPECIALISTS"


async def test_somebody_who_knows_nothing_is_not_contacted_and_the_offer_goes_a_safe_way(cell: Cell) -> None:
    await cell.people()
    case_id = await cell.routed(Parties(affected_individual=PERSON), for_whom="somebody_who_does_not_know")
    row = await cell.row(case_id)
    coordinator = cell.staff(PSEAH, Role.PSEAH_OFFICER)

    # Who wrote cannot say yes in another's name, and neither can the cell.
    answer = await cell.act(case_id, "give_consent", HERSELF, service="listening", scope="needs", own_word=True)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.rule) == ("NOT_YOURS_TO_GIVE", "invariant 15")
    for action in ("prepare_referral", "record_referred", "decide_for_child"):
        assert isinstance(await cell.act(case_id, action, cell.staff(SPECIALIST, Role.SPECIALIST)), Refused)
    # What the cell may do is say how the offer can reach her; whoever it is about hears nothing from it.
    await cell.act(case_id, "offer_through", coordinator, through="the_one_who_asked")
    assert (await cell.row(case_id)).state == "offered"
    assert PERSON not in {who for who, _ in await cell.told()}
    assert PERSON not in str(row.data), "nor is she named outside what is sealed"


def test_the_cell_has_no_act_by_which_it_would_write_to_somebody_who_did_not_ask() -> None:
    (case,) = opened(for_whom="somebody_who_does_not_know")
    offers = engine.offers(LIFECYCLE, case, HERSELF, NOW, POLICY)
    assert {"give_consent"}.isdisjoint(one.action for one in offers if one.open)
    for rule in LIFECYCLE.rules:
        for effect in rule.effects:
            if effect.kind is EffectKind.NOTIFY and ActorKind.SYSTEM not in rule.by:
                told = recipients(in_good_hands(case), effect, POLICY, NOW)
                assert set(told) <= {PSEAH, WELFARE, SPECIALIST, FOCAL_POINT}, rule.action


def in_good_hands(case: Case) -> Case:
    return act(case, "assign_specialist", COORDINATES, specialist=SPECIALIST)


def test_where_the_law_punishes_what_happened_it_is_said_before_any_local_referral() -> None:
    long_ago = date(2020, 1, 1)
    for entry in PLACES.at("creek"):
        warned = PLACES.warnings(entry, long_ago)
        if entry.station == "creek" and (entry.must_report or not entry.confidential):
            assert {Warned.LAW_PUNISHES} <= set(warned), entry.key
        else:
            assert Warned.LAW_PUNISHES not in warned, entry.key
    safe = [one for one in PLACES.at("creek") if one.station != "creek" and one.confidential and not one.must_report]
    assert {one.service.value for one in safe} >= {"medical", "psychosocial", "legal"}, "from a distance, or elsewhere"


async def test_where_the_law_punishes_no_referral_is_made_before_she_has_been_told(cell: Cell) -> None:
    await cell.people()
    case_id = await cell.routed(medical="wished")
    coordinator, specialist = cell.staff(PSEAH, Role.PSEAH_OFFICER), cell.staff(SPECIALIST, Role.SPECIALIST)
    await cell.act(case_id, "assign_specialist", coordinator, specialist=SPECIALIST)
    await cell.act(case_id, "give_consent", HERSELF, service="medical", scope="contact")
    sent: dict[str, Fact] = {"preview": await cell.place((await cell.row(case_id)).report_id), "shares": "contact"}

    refused_ = await cell.checked(case_id, "prepare_referral", provider="creek_hospital", **sent)
    assert isinstance(refused_, Refused)
    assert refused_.code == "MUST_REPORT_NOT_TOLD"
    # She would rather not: another country's doctor, who has nobody to tell.
    assert await cell.checked(case_id, "prepare_referral", provider="any_doctor", **sent) is None
    await cell.act(case_id, "record_unavailable", specialist, why="not_safe")
    await cell.act(case_id, "look_elsewhere", specialist, where="other_country")
    assert (await cell.row(case_id)).state == "consented"
