"""Mobile numbers that she gives for text messages."""

from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

# Of some countries a number does not tell whether it is a mobile one.
_TAKE_TEXTS: Final = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def mobile_number(text: str) -> str | None:
    """In the one form of E.164, as +12025550123; None for what is no mobile number with its country code.

    In any script's digits, with the spaces and signs that people write between them; a letter is no digit.
    """
    if any(letter.isalpha() for letter in text):
        return None
    try:
        number = phonenumbers.parse(text)
    except NumberParseException:
        return None
    if number.extension or phonenumbers.number_type(number) not in _TAKE_TEXTS:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
