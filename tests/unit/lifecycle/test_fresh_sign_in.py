"""What wants a fresh sign-in is named as the tables name it: a name that is not there any more guards nothing."""

from importlib import import_module

import pytest

from lifecycle.pages.panels import Panels
from ops.lifecycle_docs import LIFECYCLES
from services.ethics.desk import PURPOSES as OF_ETHICS
from services.ombuds.desk import PURPOSES as OF_OMBUDS
from services.workflow.desk import PURPOSES as OF_WORKFLOW

PURPOSES = {"ethics": OF_ETHICS, "ombuds": OF_OMBUDS, "workflow": OF_WORKFLOW}


def panels_of(service: str) -> Panels:
    panels: Panels = import_module(f"services.{service}.web.panels").PANELS
    return panels


@pytest.mark.parametrize("service", PURPOSES)
def test_every_action_that_decides_is_in_a_table_of_its_service(service: str) -> None:
    tables = [one for one in LIFECYCLES if one.name in PURPOSES[service]]
    assert {one.name for one in tables} == PURPOSES[service].keys()
    assert panels_of(service).decides, "a set that names nothing guards nothing"
    assert panels_of(service).decides <= {rule.action for one in tables for rule in one.rules}


@pytest.mark.parametrize("service", PURPOSES)
def test_every_purpose_that_discloses_is_one_of_its_procedure(service: str) -> None:
    for lifecycle, purposes in panels_of(service).discloses.items():
        assert purposes, lifecycle
        assert purposes <= PURPOSES[service][lifecycle]


@pytest.mark.parametrize(
    "lifecycle",
    [
        "formal_report",
        "sea_report",
        "interim_measure",
        "emergency_separation",
        "respondent",
        "review",
        "supervisor_request",
        "data_request",
    ],
)
def test_whoever_reads_these_reads_who_is_in_them_whatever_for(lifecycle: str) -> None:
    assert panels_of("workflow").discloses[lifecycle] == OF_WORKFLOW[lifecycle]


def test_so_does_whoever_reads_a_request_for_protection() -> None:
    assert panels_of("ethics").discloses["retaliation"] == OF_ETHICS["retaliation"]
