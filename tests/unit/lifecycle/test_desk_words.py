"""What the desks' pages say of their procedures: every key has words, every text has a key, and no word hurts."""

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from itertools import chain
from pathlib import Path

import pytest

from lifecycle import decide, freezing, handover, migration, naming
from lifecycle.clocks import PLACE
from lifecycle.model import RING, RefusalCode
from lifecycle.pages.shared_words import SHARED
from lifecycle.pages.wording import Wording, words_of
from lifecycle.table import Field, FieldKind, Lifecycle
from ops.lifecycle_docs import LIFECYCLES
from policy.decisions import Burden, Standard
from policy.load import load
from policy.model import BY_ASSIGNMENT, Role
from services.ethics.desk import PURPOSES as OF_ETHICS
from services.ombuds.desk import PURPOSES as OF_OMBUDS
from services.support.desk import PURPOSES as OF_SUPPORT
from services.workflow.desk import PURPOSES as OF_WORKFLOW
from services.workflow.domain.promises import ELSEWHERE
from services.workflow.web.appointment_pages import NAMES

POLICY = load("iom-2024-03")
PURPOSES = OF_OMBUDS | OF_SUPPORT | OF_WORKFLOW | OF_ETHICS
ROOT = Path(__file__).parents[3]
SERVICES = ("ombuds", "support", "workflow", "ethics")
KEEPS_POLICY = "workflow"
PROMISED_ELSEWHERE = tuple(chain.from_iterable(ELSEWHERE.values()))
"""Procedures of other services that its page of promises names."""
WITH_PANELS = ("ombuds", "workflow", "ethics")
TEXTS: Mapping[str, Mapping[str, str]] = {one: import_module(f"services.{one}.web.wording").TEXTS for one in SERVICES}
EFFECTS = tuple(sorted({effect for one in POLICY.measures.values() for effect in one.legal_effects.values()}))
# Facts that steps work out, with the words they can have.
DERIVED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "informal_resolution": {"letter_since": (), "letter_until": ()},
    "mediation": {"letter_since": (), "letter_until": ()},
    "formal_report": {
        "time_limit": ("unset",),
        "investigation_since": (),
        "owed": POLICY.tribunal.disclosure,
        "outcome_told_at": (),
        "national_referral": ("made", "not_made"),
    },
    "data_request": {"first_month_ends": ()},
    # What a query is about, as the office reads it.
    "query": {
        **dict.fromkeys(("protections", "protection_id", "protected_since", "contact_agreed", "staff_id"), ()),
        **dict.fromkeys(("kind", "effective_on", "recorded_at", "made_on", "contract_ends_on"), ()),
        "activity": ("reported", "told_supervisor", "cooperated", "asked_protection"),
    },
    # What deciding shows beside the question, of every measure in the catalogue.
    "interim_measure": {"effects_seen": EFFECTS},
    "retaliation": {
        "activity": ("asked_protection",),
        "burden": (*Burden,),
        "standard": (*Standard,),
        "time_limit": ("kept", "passed", "unset"),
        "time_limit_at": (),
    },
}
PARTIES = ("reporter", "recipient", "affected_individual", "alleged_offender", "not_these_people", "about_offices")
LANGUAGES = ("en", "fr", "es", "ar")
STEPS = (
    "open", RING, handover.RECUSE, handover.ANNOUNCE, freezing.FREEZE, freezing.UNFREEZE, migration.MIGRATE,
    naming.RECORD_NAME,
)  # fmt: skip
# Of a page's own: what was lodged by its names, and what no rule of a table says.
COMMON = {
    "field": ("answers", "parties", *PARTIES, migration.HASH),
    "choice": LANGUAGES,
    "standing": ("running", "paused", "met", "breached", "met_late"),
    "refused": (*RefusalCode, *migration.Refusal, "NO_MESSAGES_NOW", "CONTACT_UNWANTED", *decide.Refusal),
}
# Said as a page of its own kind, or never to a page.
NOT_SAID = {"CASE_UNKNOWN", "CASE_ERASED", "VERSION_STALE", "DESK_UNKNOWN"}
# Facts of the system's own steps that no page shows.
HIDDEN = frozenset().union(*(import_module(f"services.{one}.web.panels").PANELS.hides for one in WITH_PANELS))
# Written like a code, and the name of a constant.
NO_CODES = {"NOTE_NEED"}
UNSAYABLE = re.compile(
    r"\b(victim|perpetrator|complain|allegation|accus|prove\b|proven|why\b|should have|valid|invalid|unfortunately|"
    r"do not worry|don't worry|safe space|strictly confidential|anonymous|please|sorry|forgot|required)|[!]",
    re.IGNORECASE,
)


def service_of(table: Lifecycle) -> str:
    found = [one for one in SERVICES if (ROOT / "services" / one / "domain" / f"{table.name}.py").is_file()]
    assert len(found) == 1, table.name
    return found[0]


def keys_of(table: Lifecycle) -> Iterator[tuple[str, str]]:
    """Every kind and key that a page of this procedure can show."""
    yield "lifecycle", table.name
    yield from (("state", one.name) for one in table.states)
    if table.name == "respondent":
        # Over his own page it is said to him.
        yield from (("own", one.name) for one in table.states)
    yield from (("clock", one.key) for one in table.clocks)
    yield from (("purpose", one) for one in PURPOSES[table.name])
    yield from (("action", one) for one in STEPS)
    yield from ((kind, key) for kind, keys in COMMON.items() for key in keys if key not in NOT_SAID)
    for field in table.opening.fields:
        yield from of_field(field)
    if table.calendar_of:
        yield "field", PLACE
    for name, values in DERIVED.get(table.name, {}).items():
        yield "field", name
        yield from (("choice", one) for one in values)
    for rule in table.rules:
        yield "action", rule.action
        yield from (("role", one) for one in chain(rule.by, rule.assigns) if isinstance(one, Role))
        yield from (("refused", guard.code) for guard in (*rule.guards, *rule.checks))
        for field in rule.fields:
            yield from of_field(field)
        for name, value in rule.sets.items():
            yield "field", name
            if isinstance(value, str) and value:
                yield "choice", value


def of_field(field: Field) -> Iterator[tuple[str, str]]:
    if field.name not in HIDDEN:
        yield "field", field.name
    if field.kind is FieldKind.CHOICE:
        yield from (("choice", one) for one in field.options(POLICY))


def codes_of(service: str) -> set[str]:
    """What a service's own code refuses with, its tables and what stands beside them."""
    files = [one for one in (ROOT / "services" / service).rglob("*.py") if "wording" not in str(one)]
    found = chain.from_iterable(re.findall(r'"([A-Z]{2,}(?:_[A-Z]+)+)"', one.read_text()) for one in files)
    return set(found) - NO_CODES


def of_service(service: str) -> list[Lifecycle]:
    return [one for one in LIFECYCLES if service_of(one) == service]


@pytest.mark.parametrize("table", LIFECYCLES, ids=lambda one: one.name)
def test_every_key_that_a_desk_can_show_has_words(table: Lifecycle) -> None:
    wording = Wording(TEXTS[service_of(table)], words_of(POLICY))
    missing = {f"{kind}.{key}" for kind, key in keys_of(table) if not wording.known(kind, key, table.name)}
    assert sorted(missing) == []


@pytest.mark.parametrize("name", PROMISED_ELSEWHERE)
def test_the_page_of_promises_has_words_for_every_procedure_it_names(name: str) -> None:
    assert Wording(TEXTS[KEEPS_POLICY]).known("lifecycle", name)


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_a_service_refuses_with_has_words(service: str) -> None:
    wording = Wording(TEXTS[service])
    assert sorted(one for one in codes_of(service) if not wording.known("refused", one)) == []


def names_said(service: str) -> dict[str, set[str]]:
    """The names of the texts that somebody can see at this desk, by whose they are."""
    own, said = TEXTS[service], {"own": set[str](), "shared": set[str]()}
    named = [(table.name, kind, key) for table in of_service(service) for kind, key in keys_of(table)]
    named += [("", "refused", code) for code in codes_of(service)]
    if service == KEEPS_POLICY:
        named += [("", "lifecycle", name) for name in PROMISED_ELSEWHERE]
    for lifecycle, kind, key in named:
        for prefix in (f"{kind}.", *(["hint."] if kind in ("action", "field") else [])):
            names = (f"{lifecycle}.{prefix}{key}", f"{prefix}{key}")
            found = next((name for name in names if name in own), None)
            if found:
                said["own"].add(found)
            else:
                said["shared"].update(name for name in names if name in SHARED)
    return said


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_no_text_that_nothing_shows(service: str) -> None:
    assert sorted(TEXTS[service].keys() - names_said(service)["own"]) == []


def test_what_desks_share_is_shown_by_some_of_them() -> None:
    said = set(chain.from_iterable(names_said(one)["shared"] for one in SERVICES))
    assert sorted(SHARED.keys() - said) == []


def test_no_text_is_written_again_that_the_policy_has() -> None:
    """What differs by the step is a text of its own; the same words twice would be two places to change."""
    policy = words_of(POLICY)
    again = {
        f"{name}: {text}"
        for texts in (SHARED, *TEXTS.values())
        for name, text in texts.items()
        if ".choice." in f".{name}" and policy.get(name.rpartition(".")[2]) == text
    }
    assert sorted(again) == []


@pytest.mark.parametrize("texts", [SHARED, *TEXTS.values()], ids=["shared", *SERVICES])
def test_no_text_has_words_that_hurt_or_shout(texts: Mapping[str, str]) -> None:
    assert [f"{name}: {text}" for name, text in texts.items() if UNSAYABLE.search(text)] == []


@pytest.mark.parametrize("word", ["Victim", "a complaint", "That is not valid.", "Sorry", "Well done!"])
def test_the_words_that_are_looked_for_are_found(word: str) -> None:
    assert UNSAYABLE.search(word)


@pytest.mark.parametrize("texts", [SHARED, *TEXTS.values()], ids=["shared", *SERVICES])
def test_every_sentence_is_short(texts: Mapping[str, str]) -> None:
    long = [
        sentence
        for text in texts.values()
        for sentence in re.split(r"(?<=[.?])\s+", text)
        if len(sentence.split()) > 25
    ]
    assert long == []


def test_every_role_that_somebody_is_appointed_to_has_a_name() -> None:
    said = SHARED.keys() | TEXTS["workflow"].keys()
    named = {role for role in Role if f"role.{role}" in said} - BY_ASSIGNMENT
    assert named | NAMES.keys() == set(Role) - BY_ASSIGNMENT
    assert named & NAMES.keys() == set(), "named twice"
