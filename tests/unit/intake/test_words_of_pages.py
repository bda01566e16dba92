"""The pages have words for whatever a desk may offer or tell her, and they are plain ones."""

import ast
import inspect
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from lifecycle.model import ActorKind
from lifecycle.table import Field, Lifecycle, Rule
from services.intake import web
from services.intake.bodies import Answers
from services.intake.web.pages import (
    acting,
    asking,
    asking_outside,
    days,
    files,
    further,
    inbox,
    information,
    offers,
    questions,
    questions_asked,
    questions_asks,
    questions_first,
    questions_options,
    questions_told,
    returning,
    sending,
    sending_draft,
    ticking,
    whole,
    words_of_acts,
)
from services.intake.web.pages import words_of_cases as words
from services.intake.web.pages import words_of_dates as dates
from services.ombuds.web.wording import TEXTS as OF_OMBUDS
from services.support.web import directory
from services.support.web.directory import words as words_of_help
from tests.lifecycles import LIFECYCLES, POLICY

HERS = [(lifecycle, rule) for lifecycle in LIFECYCLES for rule in lifecycle.rules if ActorKind.PERSON in rule.by]
FIELDS = [(rule, field) for _, rule in HERS for field in rule.fields]
OF_PORTAL = Path(web.__path__[0]) / "templates"
OF_HELP = Path(directory.__path__[0]) / "templates"
NAMES_THE_WORD = "duty.html"
"""The one page that says which word is whose choice (policy 2.7)."""
ASKED = (asking, asking_outside, questions, questions_asked, questions_asks, questions_first, questions_options,
         questions_told, sending, sending_draft)  # fmt: skip
MODULES = (
    *ASKED,
    acting,
    days,
    files,
    further,
    inbox,
    information,
    offers,
    returning,
    ticking,
    whole,
    words_of_acts,
    words,
    dates,
    words_of_help,
)
NOT_SAID = ("victim", "perpetrator", "complaint", "allegation", "accuse", "unfortunately", "don't worry", "sorry",
            "invalid", "safe space", "strictly confidential", "please", "required", "forgot",
            "the other side")  # fmt: skip


@pytest.mark.parametrize(("lifecycle", "rule"), HERS, ids=[f"{one.name}.{rule.action}" for one, rule in HERS])
def test_whatever_she_may_do_is_called_something(lifecycle: Lifecycle, rule: Rule) -> None:
    assert (lifecycle.name, rule.action) in words_of_acts.ACTS


def test_nothing_is_called_something_that_she_cannot_do() -> None:
    assert words_of_acts.ACTS.keys() == {(lifecycle.name, rule.action) for lifecycle, rule in HERS}


@pytest.mark.parametrize(("rule", "field"), FIELDS, ids=[f"{rule.action}.{one.name}" for rule, one in FIELDS])
def test_whatever_she_is_asked_can_be_asked(rule: Rule, field: Field) -> None:
    assert field.kind in offers._KINDS
    assert field.name in words.LABELS
    if field.kind == "choice":
        assert {*field.options(POLICY)} <= words.CHOICES[field.name].keys()


def test_whatever_she_is_told_has_a_name() -> None:
    shown = [one for one in LIFECYCLES if any(state.person_sees for state in one.states)]
    assert POLICY.routes.keys() == words.ROUTES.keys()
    assert {*Answers.__struct_fields__} <= words.ANSWERS.keys()
    assert {one.name for one in shown} <= words.CASES.keys()
    assert {role.value for one in shown for role in one.tells} <= words.PEOPLE.keys()
    assert POLICY.measures.keys() <= words.MEASURES.keys()
    effects = [of.legal_effects for of in POLICY.measures.values()]
    assert {name for of in effects for name in of} <= words.EFFECTS.keys()
    assert {becomes for of in effects for becomes in of.values()} <= words.BECOMES.keys()
    for one in shown:
        for state in one.states:
            assert not state.person_sees or f"{one.name}.{state.seen_as or state.name}" in POLICY.wording


def test_every_date_that_she_is_shown_says_what_it_is_the_date_of() -> None:
    shown = [one for one in LIFECYCLES if any(state.person_sees for state in one.states)]
    assert dates.CLOCKS.keys() == {clock.key for one in shown for clock in one.clocks if clock.person_sees}


def test_the_texts_are_plain() -> None:
    texts = [*chain.from_iterable(map(_of_code, MODULES)), *_of_templates()]
    assert len(texts) > 300
    counted = [len(one.split()) for text in texts for one in _sentences(text)]
    too_long = [one for text in texts for one in _sentences(text) if len(one.split()) > 25]
    assert too_long == []
    assert sum(counted) / len(counted) <= 12
    for text in texts:
        assert not [word for word in NOT_SAID if re.search(rf"\b{word}\b", text, re.IGNORECASE)], text
        assert "!" not in text
        assert "<" not in text


def test_what_does_not_stay_in_a_talk_is_said_before_it() -> None:
    """Policy 1 and 2.8: where a talk is offered, where words for it are asked, and by whoever listens."""
    assert questions_options.DANGER in questions_options.READERS["informal_resolution"]
    assert questions_options.DANGER in questions_told.TO_OMBUDS.said
    for page in ("landing.html", "privacy.html"):
        assert f'_("{questions_options.DANGER}")' in (OF_PORTAL / page).read_text(encoding="utf-8")
    assert "danger to a life" in POLICY.wording["informal_resolution.offered"]
    assert "danger to life" in OF_OMBUDS["informal_resolution.hint.told_limits"]


def test_nobody_is_told_that_the_ethics_office_alone_reads_what_it_may_have_looked_into() -> None:
    hers = [text for key, text in POLICY.wording.items() if key.startswith("retaliation.")]
    hers += [text for (name, _), act in words_of_acts.ACTS.items() if name == "retaliation" for text in act.says]
    hers.append(further.HINTS["retaliation"])
    assert len(hers) > 50
    assert not [text for text in hers if re.search(r"nobody else|\balone\b", text, re.IGNORECASE)]


def _of_code(module: Any) -> Iterator[str]:
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "N_":
            yield ast.literal_eval(node.args[0])


def _of_templates() -> Iterator[str]:
    for file in (*OF_PORTAL.glob("*.html"), *OF_HELP.rglob("*.html")):
        if file.name == NAMES_THE_WORD:
            continue
        yield from re.findall(r'_\("([^"]+)"', file.read_text(encoding="utf-8"))


def _sentences(text: str) -> list[str]:
    return [one for one in re.split(r"(?<=[.?:])\s+", text) if one]


def test_nobody_is_told_to_ask_a_child() -> None:
    """Who is told of harm to a child asks nothing more: also not whether a name may be given."""
    _, hint = questions_asks.LABELS["identity_consent"]
    assert "Ask a child nothing." in hint


def test_where_her_yes_to_a_managers_steps_can_be_taken_back_the_page_says_so() -> None:
    """Her inbox says that she can; the act that does it is called by something else."""
    assert "this takes your yes back" in " ".join(words_of_acts.ACTS["supervisor_request", "ask_for_other_steps"].says)
