"""Where a mail goes to become a text: what an operator may write, and what of a sealed wish counts as a number."""

from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError

from services.notifications.gateway import TextGateway
from services.notifications.hours import Hours
from services.notifications.persons import Wish

GATEWAY = TypeAdapter(TextGateway)


@pytest.mark.parametrize("text", ["", "{number}@text.example.org", "+{number}.our-key@sms.example"])
def test_a_gateway_is_an_address_with_room_for_the_number(text: str) -> None:
    assert GATEWAY.validate_python(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "text.example.org", "number@text.example.org", "{number}", "{number}@", "{number} @text.example.org",
        "{number}{name}@text.example.org", "a@b.example, {number}@text.example.org", "{number}@{number}.example",
    ],
)  # fmt: skip
def test_what_would_send_every_text_to_one_place_or_nowhere_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        GATEWAY.validate_python(text)


def number_of(address: str) -> str:
    return Wish(UUID(int=1), address, Hours(0, 24, ZoneInfo("UTC")), "en").number


def test_a_number_is_one_in_the_form_that_intake_seals() -> None:
    assert number_of("+12025550123") == "12025550123"


@pytest.mark.parametrize(
    "address",
    ["ann@mail.example", "+12025550123@mail.example", "12025550123", "+0123456", "+1202555012345678", "+١٢٠٢٥٥٥٠١٢٣",
     "+12025550123\n", "+1 202 555 0123", ""],
)  # fmt: skip
def test_nothing_else_is_a_number(address: str) -> None:
    assert number_of(address) == ""
