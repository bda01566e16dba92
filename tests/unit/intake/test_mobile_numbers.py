"""Numbers for text messages: as people write them, and in one form from then on."""

import pytest

from services.intake.mobile_numbers import mobile_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+1 202 555 0123", "+12025550123"),
        ("+1 (202) 555-0123", "+12025550123"),
        ("+12025550123", "+12025550123"),
        ("+41 (0)79 123 45 67", "+41791234567"),
        ("+977 984-1234567", "+9779841234567"),
        ("+٤١٧٩١٢٣٤٥٦٧", "+41791234567"),
        (" +41.79.123.45.67 ", "+41791234567"),
    ],
)
def test_a_mobile_number_with_its_country_code_is_taken_however_it_is_written(text: str, number: str) -> None:
    assert mobile_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "", "079 123 45 67", "0041 79 123 45 67", "+41", "+41 79 123", "+41 79 123 45 67 89", "+999 123 456 789",
        "+41 44 668 18 00",  # a fixed line
        "+1 800 555 0199",  # takes no texts
        "+1 202 555 CALL", "my old one: +41 79 123 45 67", "+41 79 123 45 67 ext 8", "+41 79 123 45 67;8",
        "+41791234567,+41791234568", "+4179123456" + "7" * 260,
    ],
)  # fmt: skip
def test_what_no_text_can_be_sent_to_is_none(text: str) -> None:
    assert mobile_number(text) is None
