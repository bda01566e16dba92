"""What the staff's interface takes can be passed on."""

from typing import get_args
from uuid import uuid4

import msgspec
import pytest

from chassis.sealing import seal
from lifecycle.views import LONGEST_MESSAGE
from services.intake.web.internal import Ciphertext


@pytest.mark.parametrize("sign", ["\U0001f600", '"', "\\", "\n", "a"])
def test_the_longest_message_is_no_more_than_intake_takes(sign: str) -> None:
    """It would be answered with "send it again", for ever."""
    plain = msgspec.json.encode({"text": sign * LONGEST_MESSAGE})
    sealed, _ = seal(plain, item_id=uuid4(), context="item")
    assert len(sealed.ciphertext) <= get_args(Ciphertext)[1].max_length
