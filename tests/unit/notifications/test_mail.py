"""A mail says nothing: not to whom it matters, not what about, not that any office is concerned (domain.md 2.10)."""

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from policy.load import load
from services.notifications.mail import Refused, compose, message_id
from services.notifications.wording import NEUTRAL

CELL_KEY, OTHER_KEY = b"c" * 32, b"d" * 32
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
MATTERS = """
    case report complaint harassment retaliation measure interim ombuds ombudsperson ethics investigation investigator
    oversight legal query talk focal supervisor protection protected confidential anonymous recourse conduct abuse
    respect
"""


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))


def test_s26_the_wording_has_no_word_of_any_matter() -> None:
    said = words(NEUTRAL.subject + " " + NEUTRAL.text)
    assert said & words(MATTERS) == set()


def test_the_wording_has_no_number_link_address_or_place_for_a_value() -> None:
    assert re.search(r"[0-9@{}<>%$]|https?:|www\.", NEUTRAL.subject + NEUTRAL.text) is None


def test_no_notice_of_the_policy_has_a_wording_of_its_own_in_mails() -> None:
    texts = load("iom-2024-03").wording.values()
    assert texts
    assert not any(text and text in NEUTRAL.text for text in texts)


def test_a_mail_is_the_wording_and_what_every_mail_has() -> None:
    event_id = uuid4()
    message = compose("post@work.example", "s0018@staff.example", message_id(CELL_KEY, event_id, "work.example"), AT)
    assert {name: str(value) for name, value in message.items() if name != "Message-ID"} == {
        "From": "post@work.example",
        "To": "s0018@staff.example",
        "Subject": NEUTRAL.subject,
        "Date": "Sun, 22 Nov 2026 09:30:00 +0000",
        "Auto-Submitted": "auto-generated",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "7bit",
        "MIME-Version": "1.0",
    }
    assert message.get_content() == NEUTRAL.text
    assert event_id.hex not in message.as_string().replace("-", "")


def test_the_message_id_is_that_of_the_event_and_tells_nobody_which() -> None:
    event_id = uuid4()
    again = message_id(CELL_KEY, event_id, "work.example")
    assert again == message_id(CELL_KEY, event_id, "work.example")
    assert again != message_id(CELL_KEY, uuid4(), "work.example")
    assert again != message_id(OTHER_KEY, event_id, "work.example")


@pytest.mark.parametrize("address", ["", "nobody", "a@b\nBcc: c@d", "a@b, c@d", "Name <a@b.example>", "a@"])
def test_what_is_no_single_address_gets_no_mail_and_is_not_repeated(address: str) -> None:
    with pytest.raises(Refused) as refused:
        compose("post@work.example", address, "<1@work.example>", AT)
    assert str(refused.value) == ""
