"""Whom a reader of a case reads as named in it, where nobody there reads who reports."""

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lifecycle.at_desk import _without_reporter
from lifecycle.desk import Desk
from lifecycle.records import CaseRow
from policy.load import load

HER, WRITER, HIM = "S0018", "S0026", "S0017"


@pytest.mark.parametrize(
    ("affected", "reporter", "shown"),
    [
        (HER, None, None),
        (HER, WRITER, HER),
        (HER, "", HER),
        (HER, HER, None),
        (HER, HER.lower(), None),
        (None, WRITER, None),
    ],
)
def test_inv_02_who_reports_is_not_read_with_the_case(
    affected: str | None, reporter: str | None, shown: str | None
) -> None:
    policy = load("iom-2024-03")
    desk = cast("Desk", SimpleNamespace(policy_of=lambda _: policy))
    row = cast("CaseRow", SimpleNamespace(lifecycle="formal_report"))
    named = {"affected_individual": affected, "alleged_offender": [HIM], "reporter": reporter}
    item: dict[str, Any] = {"kind": "parties", "text": json.dumps(named)}
    read = json.loads(_without_reporter(desk, row, item)["text"])
    assert (read.get("affected_individual"), read["alleged_offender"]) == (shown, [HIM])
    assert "reporter" not in read
