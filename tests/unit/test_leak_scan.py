"""The scanner itself: a control planted in each encoding and compression is found, and clean data yields nothing."""

import secrets

import pytest

from tests.e2e.leak_scan import Scanner, controls

SECRET = "the corridor by the blue stairs"


@pytest.mark.parametrize(("name", "planted"), controls(SECRET).items(), ids=list(controls(SECRET)))
def test_a_planted_control_is_found(name: str, planted: bytes) -> None:
    assert {f.secret for f in Scanner({"words": SECRET}).scan(planted, name)} == {"words"}


def test_clean_data_yields_nothing() -> None:
    assert Scanner({"words": SECRET}).scan(secrets.token_bytes(200_000), "noise") == set()


def test_a_finding_never_shows_the_secret() -> None:
    (finding,) = Scanner({"words": SECRET}).scan(SECRET.encode(), "here")
    assert SECRET not in repr(finding)
