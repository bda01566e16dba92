"""The access code: 120 bits, easy to type, and everything derived from it stands apart."""

import os
import re
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.access_code import ALPHABET, AccessCode, AccessCodeMalformed

SECRET, PEPPER = os.urandom(32), os.urandom(32)


@given(st.binary(min_size=15, max_size=15))
def test_every_code_reads_back_as_itself(secret: bytes) -> None:
    code = AccessCode(secret)
    assert re.fullmatch(r"([2-9A-HJ-NP-Z]{4}-){5}[2-9A-HJ-NP-Z]{4}", str(code))
    assert AccessCode.parse(str(code)) == code


def test_the_written_form_holds_all_120_bits() -> None:
    lowest, highest = AccessCode(bytes(15)), AccessCode(b"\xff" * 15)
    assert (str(lowest), str(highest)) == ("2222-2222-2222-2222-2222-2222", "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ")
    assert len(ALPHABET) ** 24 == 2**120


@pytest.mark.parametrize(
    "written",
    [
        "abcd efgh jkmn pqrs tuvw xyz2",
        "  ABCDEFGHJKMNPQRSTUVWXYZ2 ",
        "aBcD-efgh JKMN-pqrs-TUVW-xyz2",
        "ab-cdefghjkmnpqrstuvwxyz2",
    ],
)
def test_spaces_hyphens_and_case_do_not_matter(written: str) -> None:
    assert str(AccessCode.parse(written)) == "ABCD-EFGH-JKMN-PQRS-TUVW-XYZ2"


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "ABCD",
        "ABCD-EFGH-JKMN-PQRS-TUVW-XYZ",
        "ABCD-EFGH-JKMN-PQRS-TUVW-XYZ22",
        "ABCD-EFGH-JKMN-PQRS-TUVW-XYZ0",
        "ABCD-EFGH-JKMN-PQRS-TUVW-XYZ1",
        "ABCD-EFGH-JKMN-PQRS-TUVW-XYZI",
        "ABCD-EFGH-JKMN-PQRS-TUVW-XYZO",
        "ABCD_EFGH_JKMN_PQRS_TUVW_XYZ2",
        "ABCD-EFGH-JKMN-PQRS-TUVW-XYZ\n",
        "ABCD\tEFGH-JKMN-PQRS-TUVW-XYZ2",
        "ABCD\u2013EFGH-JKMN-PQRS-TUVW-XYZ2",
        "ABCD-EFGH-JKMN-PQRS-TUVW-XYZ\u017f",  # a long s, whose upper case is S
        "\uff21BCD-EFGH-JKMN-PQRS-TUVW-XYZ2",
        "x" * 100_000,
    ],
)
def test_every_malformed_code_fails_alike(written: str) -> None:
    with pytest.raises(AccessCodeMalformed) as refusal:
        AccessCode.parse(written)
    assert str(refusal.value) == "this is not an access code"


def test_the_same_request_gives_the_same_code_and_another_another() -> None:
    key = "k" * 22
    assert AccessCode.from_idempotency(SECRET, key) == AccessCode.from_idempotency(SECRET, key)
    others = {AccessCode.from_idempotency(SECRET, "k" * 23), AccessCode.from_idempotency(PEPPER, key)}
    assert AccessCode.from_idempotency(SECRET, key) not in others
    assert len(others) == 2


def test_what_is_derived_differs_by_label_code_report_and_pepper() -> None:
    code, other, report = AccessCode.from_idempotency(SECRET, "a" * 22), AccessCode(os.urandom(15)), uuid4()
    derived = [
        code.lookup_digest(PEPPER), code.lookup_digest(SECRET), code.list_key(), other.list_key(),
        other.lookup_digest(PEPPER), code.route_key(report).public, code.route_key(uuid4()).public,
        other.route_key(report).public,
    ]  # fmt: skip
    assert len(set(derived)) == len(derived)
    assert code.route_key(report).public == AccessCode.parse(str(code)).route_key(report).public
    assert code.lookup_digest(PEPPER) == AccessCode.parse(str(code)).lookup_digest(PEPPER)


def test_a_code_in_a_log_line_or_traceback_stays_hidden() -> None:
    code = AccessCode(os.urandom(15))
    assert repr(code) == "AccessCode(…)"
    assert str(code)[:4] not in f"{[code]!r} {AccessCodeMalformed()!s}"
