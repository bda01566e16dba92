"""Whom she may ask to listen, and what is said for them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from policy.load import load
from policy.model import Appointment, Office, Role
from services.intake.web.pages.questions import asked_on, questions
from services.intake.web.pages.questions_asked import Asked
from services.intake.web.pages.questions_listener import AGAIN, CHOSEN, LISTENER, SHOWN, listener, open_to_her
from services.intake.web.pages.sending_draft import parts, report_of, still_needed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
POLICY = load("iom-2024-03")
ROUTE = "informal_resolution"
NUMBER = [one.name for one in questions(ROUTE)].index(LISTENER.name) + 1


def appointed(staff_id: str, place: str = "selwick", role: Role = Role.FOCAL_POINT, **more: Any) -> Appointment:
    office = POLICY.roles[role].office
    since = NOW.date().replace(year=2024)
    return Appointment(staff_id, role, office, place, since, appointed_by="S0001", confirmed_by="S0062", **more)


NEAR_HER = appointed("S0101", "tarn", languages=("en",), gender="man")
FAR = appointed("S0102", "selwick", languages=("en", "ar"), gender="woman")
UNKNOWN = appointed("S0103", "new_port")
STANDS_IN = appointed("S0104", substitute_for="S0017")
ENDED = replace(appointed("S0105"), to=NOW.date().replace(year=2025))
OMBUDS = appointed("S0110", "valmora", Role.OMBUDSPERSON)
OUTSIDE = appointed("S0120", "valmora", Role.EXTERNAL_OMBUDSPERSON)
HEAD = appointed("S0130", "tarn", Role.ADMINISTRATIVE_HEAD)
EVERYBODY = (NEAR_HER, FAR, UNKNOWN, STANDS_IN, ENDED, OMBUDS, OUTSIDE, HEAD)


def asked(people: tuple[Appointment, ...] = EVERYBODY, /, **said: Any) -> Asked:
    return asked_on(replace(POLICY, appointments=people), ROUTE, said, now=NOW)


def ids(**said: Any) -> list[str]:
    return [one.staff_id for one in open_to_her(asked(**said))]


def test_whoever_is_appointed_to_listen_today_can_be_asked_and_nobody_else() -> None:
    assert ids() == ["S0101", "S0102", "S0103", "S0104", "S0110"]
    assert open_to_her(asked_on(POLICY, ROUTE, {})) == ()


@pytest.mark.parametrize(
    ("said", "out"),
    [
        ({"helper": {"not_these_people": "s0101, S0110"}}, {"S0101", "S0110"}),
        ({"involved": {"alleged_offender": "S0102"}}, {"S0102"}),
        ({"involved": {"alleged_offender": "s0017"}}, {"S0104"}),
        ({"mode": {"mode": "confidential"}, "you": {"my_number": "S0103"}}, {"S0103"}),
    ],
)
def test_inv_32_nobody_she_named_and_nobody_who_stands_in_for_them(said: dict[str, Any], out: set[str]) -> None:
    assert {*ids()} - {*ids(**said)} == out


def test_a_talk_about_the_ombudspersons_office_is_held_from_outside() -> None:
    for said in ({"helper": {"about_offices": ["oom"]}}, {"involved": {"alleged_offender": OMBUDS.staff_id}}):
        assert ids(**said) == [OUTSIDE.staff_id]
    assert POLICY.roles[Role.OMBUDSPERSON].office is Office.OOM


def test_inv_19_what_is_known_against_her_wish_leaves_the_list_and_what_fits_comes_first() -> None:
    assert "S0101" not in ids(helper={"contact_gender": "woman"})
    assert "S0103" in ids(helper={"contact_gender": "woman"}), "nothing is known"
    assert ids(helper={"spoken_language": "ar", "language": "en"})[0] == "S0102"
    assert ids(helper={"language": "ar"})[0] == "S0102"
    assert ids(listener={"near": "New"})[0] == "S0103"
    assert "S0101" not in ids(helper={"not_from_my_office": "yes"}, listener={"near": "Tarn"})


def test_what_speaks_for_somebody_is_what_she_asked_for_and_no_more() -> None:
    plain = listener(asked(), "S0102")
    assert (plain.role, plain.place, plain.languages, plain.reasons) == (
        "Focal point",
        "Selwick",
        ("English", "العربية"),
        (),
    )
    wished = asked(helper={"spoken_language": "ar", "contact_gender": "woman"}, listener={"near": "selwick"})
    assert listener(wished, "S0102").reasons == (
        "At the place you named.",
        "Speaks your language.",
        "As you asked: a woman, or a man.",
    )
    assert listener(wished, "S0103").reasons == ()
    assert listener(wished, "S0103").place == "New Port"


def test_a_page_shows_as_many_as_it_has_room_for_and_always_the_one_she_chose() -> None:
    many = tuple(appointed(f"S02{number:02}", f"place_{number}") for number in range(20))
    (_, people) = LISTENER.fields(asked(many, listener={CHOSEN: "S0219"}))
    assert [one.value for one in people.choices][:3] == ["", "S0219", "S0200"]
    assert len(people.choices) == 1 + SHOWN
    (_, people) = LISTENER.fields(asked(many, listener={"near": "Place 1"}))
    assert people.choices[1].value == "S0201"


def test_the_one_she_chose_is_asked_for_and_the_place_stays_here() -> None:
    here = asked(listener={CHOSEN: "S0102", "near": "Tarn"})
    report = report_of(here, "en", lambda text, **_: text, ethics_contact=False)
    assert report.parties.recipient == "S0102"
    assert "Tarn" not in repr(report)
    shown = {field.name for part in parts(here) for field, _ in part.answers}
    assert CHOSEN in shown
    assert "near" not in shown
    nobody = report_of(asked(), "en", lambda text, **_: text, ethics_contact=False)
    assert nobody.parties.recipient is None


def test_whoever_she_named_after_she_had_chosen_them_has_to_be_chosen_anew() -> None:
    assert still_needed(asked(listener={CHOSEN: "S0102"})) == {}
    for named in ({"helper": {"not_these_people": "S0102"}}, {"you": {"my_number": "S0102"}}):
        said = {"mode": {"mode": "confidential"}, "listener": {CHOSEN: "S0102"}, **named}
        assert still_needed(asked(**said)) == {NUMBER: AGAIN}
