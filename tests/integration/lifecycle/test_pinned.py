"""What cases are pinned to is kept with them, whatever becomes of the files."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import savepoint
from chassis.web.health import Check, Readiness, Unready
from lifecycle import pinned
from lifecycle.desk import PinnedPackMissing
from lifecycle.pages.panels import PLAIN
from ops.local_stack.oidc import Oidc
from policy.load import PACKS, load
from policy.model import Policy
from tests.integration.lifecycle.loans import INVESTIGATOR, Loans, make_loans
from tests.integration.lifecycle.staff import Staff
from tests.integration.web.panels import looking_at

CLOCK = "report.update"


@pytest.fixture
def other_files(tmp_path: Path) -> Policy:
    """`rehearsal/1` as it was before somebody edited its files, which are those that we ship."""
    packs = tmp_path / "packs"
    shutil.copytree(PACKS, packs)
    deadlines = packs / "rehearsal" / "1" / "deadlines.toml"
    before = deadlines.read_text()
    start = before.index(f'[deadline."{CLOCK}"]')
    deadlines.write_text(before[:start] + before[start:].replace("amount = 600", "amount = 77", 1))
    return load("rehearsal", "1", packs=packs)


@pytest.fixture
async def later(loans: Loans) -> AsyncIterator[Loans]:
    """Another process of the same service, with the files that we ship."""
    made = make_loans(loans.desk.settings)
    yield made
    await made.desk.database.close()
    await made.desk.keystore.close()


async def test_inv_51_a_case_goes_by_what_it_began_with_after_the_files_were_edited(
    loans: Loans, later: Loans, other_files: Policy
) -> None:
    loans.desk.policy = other_files
    case_id = await loans.open()
    await pinned.find(later.desk)
    row = await later.row(case_id)

    own = later.desk.policy_of(row)
    assert (own.pin, own.deadlines[CLOCK].amount) == ("rehearsal/1", 77)
    assert own.appointments == later.desk.policy.appointments, "who may act is asked of today"
    assert replace(own, appointments=(), appointments_hash="") == replace(
        other_files, appointments=(), appointments_hash=""
    )
    assert later.desk.policy_of(await later.row(await later.open())).deadlines[CLOCK].amount == 600
    await later.person(case_id, "keep_in_touch")
    assert (await later.row(case_id)).policy_hash == other_files.content_hash


async def test_what_another_process_keeps_is_learned(loans: Loans, later: Loans, other_files: Policy) -> None:
    await pinned.find(later.desk)
    loans.desk.policy = other_files
    row = await loans.row(await loans.open())
    with pytest.raises(PinnedPackMissing):
        later.desk.policy_of(row)
    async with later.desk.database.transaction() as session:
        await pinned.learn(session, later.desk)
    assert later.desk.policy_of(row).deadlines[CLOCK].amount == 77


async def test_a_pack_is_kept_with_the_case_or_not_at_all(loans: Loans) -> None:
    async def keep_and_stop(session: AsyncSession) -> None:
        async with savepoint(session):
            await pinned.keep(session, loans.desk, loans.desk.policy)
            raise ZeroDivisionError

    async with loans.desk.database.transaction() as session:
        with pytest.raises(ZeroDivisionError):
            await keep_and_stop(session)
    assert not loans.desk.packs.kept
    await loans.open()
    assert await loans.query("select content_hash from policy_packs") == [(loans.desk.policy.content_hash,)]


async def test_what_is_lost_is_told_with_its_hash_and_found_when_it_is_put_back(
    loans: Loans, later: Loans, other_files: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    loans.desk.policy = other_files
    case_id = await loans.open()
    await later.query("delete from policy_packs returning 1")
    await pinned.find(later.desk)
    with pytest.raises(PinnedPackMissing, match="rules_missing"):
        later.desk.policy_of(await later.row(case_id))
    with pytest.raises(Unready, match=other_files.content_hash):
        await pinned.check(later.desk)
    status, said = await Readiness([Check("policy_packs", lambda: pinned.check(later.desk))]).report()
    assert (status, said["status"]) == (200, "degraded"), "other cases go on"
    assert "rehearsal/1" in said["dependencies"]["policy_packs"]

    # As a version of its own, beside what is there now.
    monkeypatch.setattr(pinned, "packs_to_follow", lambda: ("rehearsal/7",))
    monkeypatch.setattr(pinned, "load", lambda name, version: replace(other_files, name=name, version=version))
    await pinned.find(later.desk)
    await pinned.check(later.desk)
    assert later.desk.policy_of(await later.row(case_id)).pin == "rehearsal/1"
    assert await later.query("select content_hash from policy_packs") == [(other_files.content_hash,)]


async def test_a_case_without_its_pack_is_a_calm_answer_and_the_others_are_there(
    loans: Loans, staff: Staff, oidc: Oidc, other_files: Policy
) -> None:
    ours = loans.desk.policy
    loans.desk.policy = other_files
    case_id = await loans.open()
    loans.desk.policy = ours
    loans.desk.packs.kept.clear()
    well = await loans.open()

    answer = await staff.get(f"/{case_id}")
    assert (answer.status_code, answer.json()["code"], answer.json()["policy"]) == (503, "rules_missing", "rehearsal/1")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "nothing that was written is lost" in answer.json()["detail"]
    assert (await staff.get(f"/{well}")).status_code == 200
    async with looking_at(loans.desk, oidc.issuer, "services.ethics.web", {}, PLAIN) as browser:
        queue = await browser.signed_in(INVESTIGATOR)
        assert str(case_id) in queue.text
        assert str(well) in queue.text
        assert queue.text.count("Not known now") == 1
        page = await browser.get(f"/en/cases/{case_id}")
        assert page.status_code == 503
        assert "Nothing that was written is lost." in page.text
        assert "rehearsal/1" in page.text
