"""How each failure is told: its status, its field, and never the words that were sent."""

import json
from typing import Annotated, Any, Literal

import asyncpg
import msgspec
import pytest
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from sqlalchemy.exc import DBAPIError, OperationalError

from chassis.web import problems


class Parties(msgspec.Struct, forbid_unknown_fields=True):
    alleged_offender: list[str] = []


class Body(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=5)]
    route: Literal["informal", "formal"] = "informal"
    watch: bool = True
    parties: Parties = msgspec.field(default_factory=Parties)
    answers: dict[str, str] = {}


def of(value: Any) -> problems.Problem:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(value, Body, strict=True)
    return problems.of_msgspec(caught.value)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": "SECRET"}, "text"),
        ({"text": 5}, "text"),
        ({"text": "a", "route": "SECRET"}, "route"),
        ({"text": "a", "watch": "true"}, "watch"),
        ({"text": "a", "parties": {"alleged_offender": ["SECRET", 7]}}, "parties.alleged_offender[1]"),
        ({"text": "a", "parties": {"unheard_of": 1}}, "parties.unheard_of"),
        ({"text": "a", "SECRET word": 1}, None),
        ({"text": "a", "parties": {"SECRET word": 1}}, "parties"),
        ({"text": "a", "answers": {"SECRET": 1}}, "answers[...]"),
        (["SECRET"], None),
        ("SECRET", None),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not(value: Any, field: str | None) -> None:
    found = of(value)
    assert (found.status, found.facts.get("field")) == (400, field)
    assert b"SECRET" not in problems.response(found).content


def body_of(exception: Exception) -> tuple[int, dict[str, Any]]:
    answer = problems.handle(None, exception)  # type: ignore[arg-type]
    assert answer.media_type == "application/problem+json"
    return answer.status_code or 0, json.loads(answer.content)


def test_an_unexpected_exception_becomes_a_plain_sentence_and_its_text_stays_inside() -> None:
    status, body = body_of(ValueError("SECRET"))
    assert (status, body["status"], body["code"]) == (500, 500, "failed")
    assert "SECRET" not in json.dumps(body)


def of_the_driver(error: Exception, *, lost: bool = False) -> DBAPIError:
    return DBAPIError("select 'SECRET'", None, error, connection_invalidated=lost)


@pytest.mark.parametrize(
    ("failed", "status"),
    [
        (ConnectionRefusedError("SECRET"), 503),
        (TimeoutError(), 503),
        (OperationalError("SECRET", None, ValueError()), 503),
        (of_the_driver(asyncpg.ConnectionDoesNotExistError("SECRET"), lost=True), 503),
        (of_the_driver(TimeoutError()), 503),
        (of_the_driver(asyncpg.DiskFullError("SECRET")), 503),
        (of_the_driver(asyncpg.TooManyConnectionsError("SECRET")), 503),
        (of_the_driver(asyncpg.CannotConnectNowError("SECRET")), 503),
        (of_the_driver(asyncpg.UniqueViolationError("SECRET")), 500),
    ],
    ids=lambda one: type(getattr(one, "orig", None) or one).__name__,
)
def test_a_store_that_is_away_or_full_is_not_a_failure_of_ours(failed: Exception, status: int) -> None:
    answer = problems.handle(None, failed)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) is (status == 503)
    assert b"SECRET" not in answer.content


def test_an_http_exception_keeps_its_status_and_loses_its_words() -> None:
    status, body = body_of(HTTPException("SECRET", status_code=429))
    assert (status, body["title"]) == (429, "Too Many Requests")
    assert "SECRET" not in json.dumps(body)


def test_what_is_not_there_and_what_may_not_be_seen_get_the_same_bytes() -> None:
    unknown = problems.handle(None, NotFoundException("no route for /api/v1/SECRET"))  # type: ignore[arg-type]
    hidden = problems.handle(None, problems.not_found())  # type: ignore[arg-type]
    assert unknown.content == hidden.content
    assert unknown.headers == hidden.headers


def test_a_method_that_is_not_taken_says_which_are() -> None:
    answer = problems.handle(None, MethodNotAllowedException(headers={"Allow": "GET"}))  # type: ignore[arg-type]
    assert answer.headers["Allow"] == "GET"


def test_a_refusal_carries_code_parameters_and_rule() -> None:
    status, body = body_of(problems.refused("DIFFERENT_PERSON_NEEDED", "33", {"did": "alert"}))
    assert status == 409
    assert (body["code"], body["rule"], body["params"]) == ("DIFFERENT_PERSON_NEEDED", "33", {"did": "alert"})


def test_a_refused_sign_in_carries_a_challenge() -> None:
    answer = problems.handle(None, problems.sign_in_needed(token_refused=True))  # type: ignore[arg-type]
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="recourse", error="invalid_token"'
