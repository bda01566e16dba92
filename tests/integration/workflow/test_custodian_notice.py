"""The custodian's notice that a handler asks who reports, through the processes that really carry it."""

from typing import Any

import pytest

from lifecycle import contents
from services.workflow import identities
from tests.integration.web.desk import csrf
from tests.integration.workflow.house import INVESTIGATOR
from tests.integration.workflow.lost_code import workflow_desk
from tests.integration.workflow.test_measure_path import reported
from tests.integration.workflow.whole import Whole
from tests.waiting import eventually


async def test_the_custodian_is_told_though_the_desk_dies_right_after_intake_has_the_request(
    whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, case_id = await reported(whole)
    officer = await whole.staff(INVESTIGATOR)
    await officer.act("acknowledge", case_id)
    await officer.act("start_assessment", case_id)
    panel, before = f"/en/cases/{case_id}/identity", len(whole.told(identities.ASKED))
    ask, answers = contents.ask, list[dict[str, Any]]()

    async def and_dies(*given: Any) -> Any:
        answers.append(await ask(*given))
        raise RuntimeError("here the process is gone")

    async with workflow_desk(whole) as desk:
        page = await desk.signed_in(INVESTIGATOR, panel)
        monkeypatch.setattr(contents, "ask", and_dies)
        answer = await desk.send(panel, csrf=csrf(page), purpose="check_facts")
    assert (answer.headers["location"], len(answers)) == ("/en/said/failed", 1)

    async def told() -> bool:
        return len(whole.told(identities.ASKED)) > before

    await eventually(told)
    assert len(whole.told(identities.ASKED)) == before + 1
