"""What the staff's interface takes can be passed on."""

import base64
from datetime import UTC, datetime
from typing import get_args
from uuid import uuid4

import msgspec
import pytest

from chassis.sealing import seal
from chassis.web.problems import Problem
from lifecycle.views import LONGEST_MESSAGE, cursor_of, position_of
from services.intake.web.internal import Ciphertext


@pytest.mark.parametrize("sign", ["\U0001f600", '"', "\\", "\n", "a"])
def test_the_longest_message_is_no_more_than_intake_takes(sign: str) -> None:
    """It would be answered with "send it again", for ever."""
    plain = msgspec.json.encode({"text": sign * LONGEST_MESSAGE})
    sealed, _ = seal(plain, item_id=uuid4(), context="item")
    assert len(sealed.ciphertext) <= get_args(Ciphertext)[1].max_length


CELL = bytes(32)
POSITION = datetime(2026, 3, 2, 9, 0, 0, 7, UTC), uuid4()


def test_a_cursor_says_where_to_go_on_and_tells_nobody() -> None:
    cursor = cursor_of(CELL, "S0001", POSITION)
    assert position_of(CELL, "S0001", cursor) == POSITION
    plain = base64.urlsafe_b64decode(cursor)
    assert b"2026" not in plain
    assert str(POSITION[1]).encode() not in plain


@pytest.mark.parametrize(
    "cursor",
    [
        cursor_of(CELL, "S0002", POSITION),
        cursor_of(bytes(31) + b"1", "S0001", POSITION),
        base64.urlsafe_b64encode(f"2026-03-02T09:00:00+00:00 {uuid4()}".encode()).decode(),
        "",
        "AAAA",
        "%",
        "\u0661",
    ],
    ids=["somebody else's", "another cell's", "made up", "empty", "too short", "no base64", "no ascii"],
)
def test_a_cursor_that_was_in_none_of_their_lists_is_refused(cursor: str) -> None:
    with pytest.raises(Problem) as refusal:
        position_of(CELL, "S0001", cursor)
    assert (refusal.value.status, refusal.value.facts) == (400, {"field": "cursor"})
