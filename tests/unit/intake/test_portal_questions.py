"""What the portal asks: on which way, in which order, and what becomes of it."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from chassis.web.pages.forms import Field, read
from policy.load import load
from policy.model import DAY, OWN_NUMBER, Policy
from services.intake.bodies import LodgeReport
from services.intake.domain.ways import OWN_DATA, WAYS
from services.intake.web.pages.questions import DIRECT, JOURNEYS, asked_on, looked_at, questions, unanswered
from services.intake.web.pages.questions_asked import Asked
from services.intake.web.pages.questions_asks import CHOICES, HELP, LABELS, OPTION_OF, WISHED
from services.intake.web.pages.questions_first import BEGINNING, SAFETY, SITUATION, needs_sea, situation_of, ways_for
from services.intake.web.pages.questions_listener import NEAR
from services.intake.web.pages.questions_options import OPTIONS, READERS, length
from services.intake.web.pages.sending_draft import parts, report_of, still_needed

POLICY: Policy = load("iom-2024-03")
ROUTES = (*(way for way in WAYS if way != DIRECT), OWN_DATA)
NAMED = {"mode": {"mode": "confidential"}}
DAYS = {"first": "1 March", "second": "2 April", "third": "3 June"}


def asked(route: str, **said: dict[str, Any]) -> Asked:
    return asked_on(POLICY, route, said, DAYS)


def fields_of(route: str, **said: dict[str, Any]) -> list[Field]:
    return [one for question in questions(route) for one in question.fields(asked(route, **said))]


def sent(route: str, **said: dict[str, Any]) -> LodgeReport:
    return report_of(
        asked(route, **said), "en", lambda text, **values: text % values if values else text, ethics_contact=False
    )


def test_every_way_has_its_questions_its_words_and_its_readers() -> None:
    assert set(JOURNEYS) == set(OPTIONS) == {*WAYS, OWN_DATA}
    assert set(READERS) == set(ROUTES) == set(POLICY.routes)


def test_the_questions_of_each_way_in_their_order() -> None:
    assert {route: [one.name for one in questions(route)[3:]] for route in JOURNEYS} == {
        "informal_resolution": ["mode", "helper", "words", "involved", "listener", "contact", "you"],
        "formal_report": ["mode", "writer", "words", "more", "involved", "helper", "contact", "you"],
        "support_referral": ["support", "for_whom", "mode", "words", "helper", "contact", "you"],
        "retaliation": ["mode", "spoke_up", "afterwards", "words", "involved", "helper", "contact", "you"],
        "supervisor_request": ["mode", "manager", "words", "involved", "helper", "contact", "you"],
        "sea_report": ["duty", "harmed", "words", "involved", "mode", "helper", "contact", "you"],
        "direct_approach": ["prepare", "remind"],
        "data_request": ["about_me", "helper"],
    }
    assert [one.name for one in questions("")] == ["safety", "situation", "options"]


@pytest.mark.parametrize("route", ROUTES)
def test_everything_that_a_route_asks_for_is_asked_once_with_words_for_each_choice(route: str) -> None:
    found = fields_of(route, **NAMED)
    names = [one.name for one in found]
    for ask, choices in POLICY.routes[route].asks.items():
        if tuple(choices) == (WISHED,):
            assert ask in HELP
            (ticked,) = [one for one in found if one.name == "help"]
            assert ask in {choice.value for choice in ticked.choices}
            continue
        # Who it happened to is asked before the way is chosen, and on the way by whoever said nothing then.
        assert names.count(ask) == (2 if ask == "affected_is" else 1)
        (field, *_) = [one for one in reversed(found) if one.name == ask]
        assert LABELS[ask][0] == field.label
        if tuple(choices) == (DAY,):
            assert field.kind == "day"
            continue
        offered = {choice.value: choice.label for choice in field.choices}
        assert set(choices) == set(offered) - {""}
        assert ask in OPTION_OF or CHOICES[ask].keys() >= set(choices)
        assert all(label and label != value for value, label in offered.items())


@pytest.mark.parametrize("route", JOURNEYS)
def test_inv_17_every_question_can_be_left_but_the_few_that_a_route_makes_no_sense_without(route: str) -> None:
    needs = set(POLICY.routes[route].needs) if route != DIRECT else set()
    assert {one.name for one in fields_of(route, **NAMED) if one.missing} == needs
    silent = {"any", "not_said", "prefer_not_to_say", "unclear", "unknown", ""}
    for one in fields_of(route, **NAMED):
        if one.kind == "radios" and one.name != "mode":
            assert silent & {choice.value for choice in one.choices}, one.name


def test_inv_18_nobody_is_asked_for_what_hurts() -> None:
    banned = r"\bwhy\b|\bproof\b|prove|evidence|wearing|sexual history|immigration"
    for route in JOURNEYS:
        for one in fields_of(route, **NAMED, writer={"writer": "witness"}):
            assert not re.search(banned, f"{one.label} {one.hint} {one.missing}", re.IGNORECASE)


def test_nothing_is_ticked_or_chosen_beforehand() -> None:
    """Invariant 13: a field has no value of its own."""
    assert "value" not in Field.__dataclass_fields__


@pytest.mark.parametrize(
    ("ticked", "situation"),
    [
        ({"now": ["danger_now", "self_harm"]}, ["danger_now", "self_harm"]),
        ({"now": ["weapon", "threats", "sexual_assault", "minor"]}, ["weapon", "threats", "sexual_assault", "minor"]),
        ({}, []),
    ],
)
def test_what_is_ticked_is_what_is_looked_at(ticked: dict[str, Any], situation: list[str]) -> None:
    found = situation_of({"safety": ticked, "situation": {"power_over_me": "yes"}})
    said = {name: getattr(found, name) for name in found.__dataclass_fields__}
    assert {name for name, value in said.items() if value != "not_said"} == {*situation, "power_over_me"}
    assert set(said.values()) == {"yes", "not_said"}


def test_inv_24_a_child_or_somebody_helped_by_the_organisation_leads_to_oversight() -> None:
    for who in ("child", "beneficiary", "community_member"):
        said = {"situation": {"affected_is": who}}
        assert needs_sea(said)
        assert not {"direct_approach", "supervisor_request", "informal_resolution"} & {
            one.way for one in ways_for(said).ways
        }
    assert needs_sea({"safety": {"now": ["minor"]}})
    assert not needs_sea({"situation": {"affected_is": "personnel"}})


def test_inv_13_the_direct_way_is_not_there_for_whoever_says_it_is_not_safe() -> None:
    assert DIRECT not in {one.way for one in ways_for({"situation": {"feels_safe_to_talk": "no"}}).ways}
    assert DIRECT in {one.way for one in ways_for({}).ways}


def every(fields: list[Field]) -> Iterator[tuple[str, Any]]:
    """An answer to each."""
    for one in fields:
        if one.kind in ("radios", "select"):
            yield one.name, one.choices[0].value
        elif one.kind == "checks":
            yield one.name, [choice.value for choice in one.choices]
        elif one.kind == "yes":
            yield one.name, True
        elif one.kind == "day":
            yield one.name, "2026-3-1"
        elif one.name in ("not_these_people", "alleged_offender"):
            yield one.name, "S0012, S0013;S0012"
        elif one.pattern:
            yield one.name, f"S-{len(one.name)}"
        else:
            yield one.name, f"{one.name} in her words"


def all_said(route: str, **first: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Page by page, as what is asked depends on what was said."""
    said: dict[str, dict[str, Any]] = {}
    for question in JOURNEYS[route]:
        said[question.name] = dict(every(list(question.fields(asked(route, **said))))) | first.get(question.name, {})
    return said


@pytest.mark.parametrize("route", ROUTES)
def test_every_answer_gets_into_the_report(route: str) -> None:
    said = all_said(route)
    report = sent(route, **said)
    assert report.mode == "confidential"
    asks = POLICY.routes[route].asks
    assert report.choices.keys() == asks.keys()
    assert all(report.choices[name] == "2026-03-01" for name, choices in asks.items() if tuple(choices) == (DAY,))
    everything = repr(report)
    for name, value in ((name, value) for page in said.values() for name, value in page.items()):
        if isinstance(value, str) and "in her words" in value:
            assert (value in everything) is (name != NEAR), name
    assert report.not_these_people == ["S0012", "S0013"]
    assert report.watch_for_retaliation is ("no_watch" not in said.get("contact", {}))
    assert f"S-{len('my_number')}" in (report.parties.affected_individual, report.parties.reporter)
    if report.answers.who_is_involved:
        assert report.answers.who_is_involved.splitlines()[:2] == [
            "This person supervises me.",
            "It is still going on.",
        ]


@pytest.mark.parametrize("route", ROUTES)
def test_whoever_skips_everything_stays_anonymous_and_sends_nothing_but_what_is_needed(route: str) -> None:
    needs: dict[str, Any] = {"what_happened": {"words": {"what_happened": "It."}}}
    needs |= {"wish": {"words": {"wish": "It stops."}}, OWN_NUMBER: {"about_me": {"my_number": "S0018"}}}
    said: dict[str, Any] = {}
    for needed in POLICY.routes[route].needs:
        said |= needs.get(needed, {"manager": {"recipient": "S0030"}})
    report = sent(route, **said)
    # Without saying whose, nobody can ask for what is theirs.
    assert report.mode == ("confidential" if route == OWN_DATA else "anonymous")
    assert (report.choices, report.not_these_people, report.about_offices) == ({}, [], [])
    assert len(report.answers.given()) == len(set(POLICY.routes[route].needs) - {"recipient", OWN_NUMBER})
    assert report.parties.recipient == said.get("manager", {}).get("recipient")
    assert not report.consents.ethics_contact
    assert not still_needed(asked(route, **said))


def test_a_name_and_a_number_are_not_asked_of_whoever_stays_anonymous_and_are_not_sent_after_a_change_of_mind() -> None:
    names = {one.name for one in fields_of("formal_report")}
    assert not names & {"name", "my_number", "no_watch"}
    said = all_said("formal_report", mode={"mode": "anonymous"}) | {"you": {"name": "Noor", "my_number": "S0018"}}
    report = sent("formal_report", **said)
    assert report.mode == "anonymous"
    assert "Noor" not in repr(report)
    assert "S0018" not in repr(report)


@pytest.mark.parametrize(
    ("route", "said", "part"),
    [
        ("formal_report", {"writer": {"writer": "affected"}}, "affected_individual"),
        ("formal_report", {}, "affected_individual"),
        ("formal_report", {"writer": {"writer": "witness"}}, "reporter"),
        ("retaliation", {"spoke_up": {"kind": "third_party"}}, "reporter"),
        ("support_referral", {"for_whom": {"for_whom": "somebody_who_asked"}}, "reporter"),
        ("support_referral", {"for_whom": {"for_whom": "myself"}}, "affected_individual"),
        ("sea_report", {"duty": {"writer": "affected"}}, "affected_individual"),
        ("sea_report", {"duty": {"writer": "focal_point"}}, "reporter"),
        ("sea_report", {}, "reporter"),
        ("informal_resolution", {}, "affected_individual"),
    ],
)
def test_whoever_writes_for_somebody_else_stands_beside_that_person(
    route: str, said: dict[str, Any], part: str
) -> None:
    said = {**NAMED, "words": {"what_happened": "It."}, "you": {"my_number": "S0018"}, **said}
    parties = sent(route, **said).parties
    assert getattr(parties, part) == "S0018"
    assert {parties.affected_individual, parties.reporter} == {"S0018", None}


def test_the_number_of_somebody_harmed_is_asked_for_with_that_persons_consent_alone() -> None:
    def asks(given: str) -> bool:
        said = {"duty": {"writer": "focal_point"}, "harmed": {"identity_consent": given}}
        return "affected_number" in {one.name for one in fields_of("sea_report", **said)}

    assert asks("given")
    assert not asks("not_given")
    assert "affected_number" in {one.name for one in fields_of("formal_report", writer={"writer": "witness"})}
    assert "affected_number" not in {one.name for one in fields_of("formal_report", writer={"writer": "affected"})}


def test_what_was_said_before_the_way_was_chosen_is_not_asked_again() -> None:
    said = {"situation": {"affected_is": "beneficiary"}, "words": {"what_happened": "It."}}
    harmed = next(one for one in JOURNEYS["sea_report"] if one.name == "harmed")
    assert [one.name for one in harmed.fields(asked("sea_report", **said))] == ["offender_class", "identity_consent"]
    assert sent("sea_report", **said).choices == {"affected_is": "beneficiary"}


def test_what_was_said_on_another_way_is_not_sent_on_this_one() -> None:
    said = all_said("sea_report") | {"words": {"wish": "Somebody to talk to."}}
    assert sent("informal_resolution", **said).choices.keys() <= POLICY.routes["informal_resolution"].asks.keys()
    assert not asked("support_referral", **all_said("formal_report", writer={"writer": "witness"})).for_somebody_else


def test_whoever_would_rather_talk_is_not_asked_for_words() -> None:
    words = next(one for one in JOURNEYS["formal_report"] if one.name == "words")
    here = asked("formal_report")
    assert set(unanswered(words, here, {})) == {"what_happened"}
    found = looked_at(words, here, read(words.fields(here), {"in_person": ["yes"]}))
    assert (found.values, found.errors) == ({"in_person": True}, {})
    assert sent("formal_report", words=found.values).answers.what_happened == "I would rather say this in person."
    both = sent("formal_report", words={"in_person": True, "what_happened": "A little."}).answers
    assert (both.what_happened, both.how_to_address_me) == ("A little.", "I would rather say this in person.")
    (first, *_) = next(one for one in JOURNEYS["informal_resolution"] if one.name == "words").fields(
        asked("informal_resolution")
    )
    assert first.name == "in_person"


SAME: dict[str, tuple[str, dict[str, Any], str]] = {
    "herself": ("formal_report", NAMED | {"you": {"my_number": "S0018"}}, "You gave this number as your own"),
    "herself, who stays anonymous": ("formal_report", {"you": {"my_number": "S0018"}}, ""),
    "herself, who writes for somebody": (
        "formal_report", NAMED | {"writer": {"writer": "witness"}, "you": {"my_number": "S0018"}}, "",
    ),
    "somebody else whom it happened to": (
        "formal_report", {"writer": {"writer": "witness"}, "involved": {"affected_number": "S0018"}}, "This is also",
    ),
    "the manager": ("supervisor_request", {"manager": {"recipient": "S0018"}}, "You chose this person as the manager"),
    "the manager of a way not taken": ("formal_report", {"manager": {"recipient": "S0018"}}, ""),
}  # fmt: skip


@pytest.mark.parametrize("who", SAME)
def test_nobody_is_the_other_person_and_whoever_it_happened_to_or_is_told(who: str) -> None:
    route, said, text = SAME[who]
    involved = said.get("involved", {}) | {"alleged_offender": "S0017, s0018"}
    here = asked(route, **said | {"involved": involved})
    (page,) = [number for number, one in enumerate(questions(route), start=1) if one.name == "involved"]
    assert still_needed(here).get(page, "")[: len(text) or None] == text
    apart = said | {"involved": involved | {"alleged_offender": "S0017"}}
    assert page not in still_needed(asked(route, **apart))


def test_what_is_still_needed_is_told_by_the_page_it_is_asked_on() -> None:
    assert set(still_needed(asked("supervisor_request", **NAMED))) == {5, 6}
    assert set(still_needed(asked("formal_report"))) == {6}
    assert not still_needed(asked("informal_resolution"))
    assert [part.number for part in parts(asked("formal_report"))] == [4, 5, 6, 7, 8, 9, 10, 11]


def test_several_answers_that_are_sent_as_one_fit_at_their_longest() -> None:
    longest = {one.name: "x" * one.longest for one in fields_of("formal_report", **NAMED) if one.kind == "area"}
    said = all_said("formal_report")
    for page in said.values():
        page.update({name: text for name, text in longest.items() if name in page})
    said["you"] |= {"name": "n" * 500, "pronouns": "p" * 500}
    report = sent("formal_report", **said)
    assert len(report.answers.what_happened or "") == 10_000


@pytest.mark.parametrize("text", ["S0012", "s-1.b_2", "S0012, S0013", "S0012;S0013 S0014", "S0012،S0013"])
def test_staff_numbers_are_read_however_they_are_parted(text: str) -> None:
    fields = JOURNEYS["formal_report"][4].fields(asked("formal_report"))
    assert not read(fields, {"alleged_offender": [text]}).errors


@pytest.mark.parametrize("text", ["He", "the boss", "-S1", ",".join(f"S{n}" for n in range(21)), "S1\u200b", "1" * 65])
def test_a_name_is_no_staff_number_and_whoever_gives_one_is_told(text: str) -> None:
    """It would keep nobody away."""
    fields = JOURNEYS["formal_report"][4].fields(asked("formal_report"))
    assert set(read(fields, {"alleged_offender": [text]}).errors) == {"alleged_offender"}


def test_offices_are_asked_about_where_others_would_stand_in_for_them() -> None:
    def offices(route: str) -> set[str]:
        found = [one for one in fields_of(route) if one.name == "about_offices"]
        return {choice.value for one in found for choice in one.choices}

    assert offices("informal_resolution") == {"oom"}
    assert offices("formal_report") == {"oio", "leg", "eco", "administration", "dhr", "executive"}
    assert offices("supervisor_request") == {"eco", "executive"}
    assert offices("support_referral") == {"swo", "pseah", "administration"}


def test_a_time_limit_that_is_not_set_is_not_invented_and_a_default_is_called_one() -> None:
    assert length(POLICY, "report.window") is None
    ours, theirs = length(POLICY, "ombuds.first"), length(POLICY, "report.ack")
    assert ours
    assert (ours.amount, ours.unit, ours.ours) == (2, "working_days", True)
    assert theirs
    assert (theirs.amount, theirs.unit, theirs.ours) == (7, "calendar_days", False)


def test_the_first_pages_can_be_left_empty() -> None:
    for question, posted in product((SAFETY, SITUATION), ({}, {"now": [""]})):
        if posted and question is SAFETY:
            continue
        found = read(question.fields(asked("")), posted)
        assert (found.values, looked_at(question, asked(""), found).errors) == ({}, {})
    assert BEGINNING[0] is SAFETY


def test_no_mail_is_offered_where_no_address_is_asked_for() -> None:
    """It is chosen in the inbox, with its address and hours."""
    channels = {
        name: route.asks["safe_channel"] for name, route in POLICY.routes.items() if "safe_channel" in route.asks
    }
    assert channels
    assert not [name for name, offered in channels.items() if "mail" in offered]
