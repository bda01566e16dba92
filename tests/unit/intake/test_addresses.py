"""Addresses for mails: one that can be written to, and whether it is the organisation's own."""

import pytest

from services.intake.domain.addresses import is_address, is_of_work


@pytest.mark.parametrize("text", ["a@b.example", "ann.b+c@mail.b-c.example", "o'neil@x.example"])
def test_an_ordinary_address_can_be_written_to(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "ann", "ann@", "@b.example", "ann@localhost", "a@b.example, c@d.example", "Ann <a@b.example>",
        "a@b.example\nBcc: c@d.example", "a b@c.example", "a@b..example", "a..b@c.example", "é@b.example",
        "a@" + "b" * 300 + ".example",
    ],
)  # fmt: skip
def test_what_no_mail_server_takes_as_one_address_is_none(text: str) -> None:
    assert not is_address(text)


@pytest.mark.parametrize("address", ["a@work.example", "a@Mail.WORK.example"])
def test_an_address_under_the_organisations_domain_is_of_work(address: str) -> None:
    assert is_of_work(address, ["other.example", "work.example"])


@pytest.mark.parametrize("address", ["a@homework.example", "work.example@mail.example", "a@work.example.com"])
def test_an_address_that_only_looks_like_it_is_not(address: str) -> None:
    assert not is_of_work(address, ["work.example"])
