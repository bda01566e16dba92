"""Who is concerned by what somebody of the staff begins: two questions, answered by staff number."""

from collections.abc import Mapping
from typing import Any, Final

from chassis.web.pages.forms import Field
from chassis.web.pages.words import N_

_ID: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
AFFECTED: Final = Field(
    "affected_individual",
    "text",
    N_("Staff number of the affected individual"),
    hint=N_("Leave it empty where you do not know."),
    pattern=_ID,
    mismatch=N_("Enter a staff number, like S0012."),
)


def offenders(*, missing: str) -> Field:
    """`missing` is empty where nobody has to be named."""
    return Field(
        "alleged_offender",
        "area",
        N_("Staff numbers of the alleged offenders"),
        hint=N_("One on each line."),
        missing=missing,
        pattern=rf"\s*{_ID}(\s+{_ID}){{0,19}}\s*",
        mismatch=N_("Enter one staff number on each line, at most 20."),
    )


def named(values: Mapping[str, Any]) -> dict[str, Any]:
    """Of the answers to both."""
    affected = values.get(AFFECTED.name)
    return {"affected_individual": affected, "alleged_offender": str(values.get("alleged_offender", "")).split()}
