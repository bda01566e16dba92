"""The topics there are, as deploy/topics.toml lists them, and names for those the services speak of."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

TOPICS_FILE: Final = Path(__file__).parents[1] / "deploy" / "topics.toml"


class Delivery(StrEnum):
    """How events of one key follow one another."""

    ORDERED = "ordered"
    """Every event counts, applied in order of its number."""
    LATEST = "latest"
    """A higher number replaces a lower one; gaps do not matter."""
    SINGLE = "single"
    """Every key has one event, its first. Nobody counts: a row for each key, here and there, would be one for ever. The
    receiver's handler knows an event by an id that it keeps anyway, and does nothing when it comes again.
    """


@dataclass(frozen=True)
class Topic:
    """One topic; `acknowledged` means that the source sends an event again until its receiver has applied it."""

    name: str
    key: str
    delivery: Delivery
    acknowledged: bool
    producers: frozenset[str]
    consumers: frozenset[str]


def _read(path: Path) -> Mapping[str, Topic]:
    with path.open("rb") as file:
        table = tomllib.load(file)
    everyone = frozenset(table["services"])

    def principals(names: list[str]) -> frozenset[str]:
        return everyone if names == ["*"] else frozenset(names)

    return {
        row["name"]: Topic(
            name=row["name"],
            key=row["key"],
            delivery=Delivery(row["delivery"]),
            acknowledged=row["acknowledged"],
            producers=principals(row["producers"]),
            consumers=principals(row["consumers"]),
        )
        for row in table["topic"]
    }


TOPICS: Final = _read(TOPICS_FILE)

INTAKE_REPORTS_OMBUDS: Final = TOPICS["intake.reports.ombuds.v1"]
INTAKE_REPORTS_SUPPORT: Final = TOPICS["intake.reports.support.v1"]
INTAKE_REPORTS_WORKFLOW: Final = TOPICS["intake.reports.workflow.v1"]
INTAKE_REPORTS_ETHICS: Final = TOPICS["intake.reports.ethics.v1"]
INTAKE_NOTICES: Final = TOPICS["intake.notices.v1"]
OMBUDS_CASES: Final = TOPICS["ombuds.cases.v1"]
OMBUDS_ALERTS: Final = TOPICS["ombuds.alerts.v1"]
OMBUDS_COUNTS: Final = TOPICS["ombuds.counts.v1"]
SUPPORT_CASES: Final = TOPICS["support.cases.v1"]
WORKFLOW_CASES: Final = TOPICS["workflow.cases.v1"]
ETHICS_CASES: Final = TOPICS["ethics.cases.v1"]
WORKFLOW_MEASURES: Final = TOPICS["workflow.measures.v1"]
WORKFLOW_REQUESTS: Final = TOPICS["workflow.requests.v1"]
ETHICS_REQUESTS: Final = TOPICS["ethics.requests.v1"]
ETHICS_HOLDS: Final = TOPICS["ethics.holds.v1"]
WORKFLOW_POLICY: Final = TOPICS["workflow.policy.v1"]
HR_MEASURE_RESULTS: Final = TOPICS["hr.measure-results.v1"]
HR_HOLD_RESULTS: Final = TOPICS["hr.hold-results.v1"]
HR_PEOPLE: Final = TOPICS["hr.people.v1"]
HR_PERSONNEL_ACTIONS: Final = TOPICS["hr.personnel-actions.v1"]
DESK_KEYS: Final = TOPICS["desk.keys.v1"]
AUDIT_ENTRIES: Final = TOPICS["audit.entries.v1"]
AUDIT_CHECKPOINTS: Final = TOPICS["audit.checkpoints.v1"]


def reports_to(service: str) -> Topic:
    """Intake's topic to one desk's service. Raises KeyError for a service that takes no reports."""
    return TOPICS[f"intake.reports.{service}.v1"]


def applied_to(service: str) -> Topic:
    """Intake's topic to one desk's service about what it has applied. Raises KeyError for one that has no cases."""
    return TOPICS[f"intake.applied.{service}.v1"]


def cases_of(service: str) -> Topic:
    """A desk's topic about its cases. Raises KeyError for a service that has none."""
    return TOPICS[f"{service}.cases.v1"]
