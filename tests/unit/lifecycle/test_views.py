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


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-02T09:00:00"])
def test_a_cursor_of_a_moment_that_was_in_none_is_refused(moment: str) -> None:
    cursor = base64.urlsafe_b64encode(f"{moment} {uuid4()}".encode()).decode()
    with pytest.raises(Problem) as refusal:
        position_of(cursor)
    assert (refusal.value.status, refusal.value.facts) == (400, {"field": "cursor"})


def test_a_cursor_says_where_to_go_on() -> None:
    position = datetime(2026, 3, 2, 9, 0, 0, 7, UTC), uuid4()
    assert position_of(cursor_of(position)) == position
