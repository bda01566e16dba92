"""A service token fits one audience, one minute and one request; everything else is refused."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.service_tokens import TokenRefused, mint, verify

OMBUDS, WORKFLOW = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
PUBLICS = {"ombuds": OMBUDS.public_key(), "workflow": WORKFLOW.public_key()}
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLAIMS = {"report_id": "r", "purpose": "routing"}


def test_a_token_tells_who_asks_for_what() -> None:
    token = verify(mint(OMBUDS, "ombuds", "intake", CLAIMS, NOW), PUBLICS, "intake", NOW)
    assert (token.source, dict(token.claims), token.expires_at) == ("ombuds", CLAIMS, NOW + timedelta(seconds=60))


def test_two_tokens_for_the_same_thing_are_two() -> None:
    first, second = (verify(mint(OMBUDS, "ombuds", "intake", CLAIMS, NOW), PUBLICS, "intake", NOW) for _ in range(2))
    assert first.jti != second.jti


def test_it_is_good_for_its_audience_alone() -> None:
    with pytest.raises(TokenRefused):
        verify(mint(OMBUDS, "ombuds", "hr_bridge", CLAIMS, NOW), PUBLICS, "intake", NOW)


@pytest.mark.parametrize(("after", "good"), [(-6, False), (-5, True), (59, True), (60, False), (3600, False)])
def test_it_is_good_for_a_minute(after: int, good: bool) -> None:
    token = mint(OMBUDS, "ombuds", "intake", CLAIMS, NOW)
    if good:
        assert verify(token, PUBLICS, "intake", NOW + timedelta(seconds=after)).source == "ombuds"
    else:
        with pytest.raises(TokenRefused):
            verify(token, PUBLICS, "intake", NOW + timedelta(seconds=after))


def test_no_token_is_made_or_taken_for_longer() -> None:
    with pytest.raises(ValueError, match="sixty seconds"):
        mint(OMBUDS, "ombuds", "intake", CLAIMS, NOW, ttl=timedelta(seconds=61))
    with pytest.raises(TokenRefused):
        verify(_signed(OMBUDS, expires_at=(NOW + timedelta(hours=1)).timestamp()), PUBLICS, "intake", NOW)


def test_one_service_cannot_speak_for_another() -> None:
    with pytest.raises(TokenRefused):
        verify(mint(WORKFLOW, "ombuds", "intake", CLAIMS, NOW), PUBLICS, "intake", NOW)
    with pytest.raises(TokenRefused):
        verify(mint(OMBUDS, "nobody", "intake", CLAIMS, NOW), PUBLICS, "intake", NOW)


def test_a_changed_claim_is_found() -> None:
    payload, _, signature = mint(OMBUDS, "ombuds", "intake", CLAIMS, NOW).partition(".")
    statement = json.loads(base64.urlsafe_b64decode(payload + "=="))
    statement["claims"]["report_id"] = "another"
    forged = base64.urlsafe_b64encode(json.dumps(statement).encode()).decode().rstrip("=")
    with pytest.raises(TokenRefused):
        verify(f"{forged}.{signature}", PUBLICS, "intake", NOW)


@pytest.mark.parametrize(
    "rubbish", ["", ".", "..", "a.b", "é.é", "[" * 5000 + ".x", f"{'A' * 10}.{'A' * 86}", "bnVsbA." + "A" * 86]
)
def test_rubbish_is_refused_like_any_other(rubbish: str) -> None:
    with pytest.raises(TokenRefused):
        verify(rubbish, PUBLICS, "intake", NOW)


def _signed(signing: Ed25519PrivateKey, **changed: object) -> str:
    payload, _, _ = mint(signing, "ombuds", "intake", CLAIMS, NOW).partition(".")
    statement = {**json.loads(base64.urlsafe_b64decode(payload + "==")), **changed}
    data = json.dumps(statement).encode()
    parts = (data, signing.sign(b"recourse service token v1\n" + data))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
