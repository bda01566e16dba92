"""The interim measures there are, for whoever decides or explains one: what each needs, and what it does to whom."""

from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from chassis.web.sign_in import SignedIn
from lifecycle.desk import Desk


class MeasureShown(Struct, kw_only=True):
    """`legal_effects`: what becomes of pay, pension and the rest while it lasts. `source` and `confidence` say whose
    rule that is; a confidence of C or D is a default of this software.
    """

    type: str
    burdens: list[str]
    staff_only: bool
    instead: str | None
    conditions: list[str]
    conditions_on_offender: list[str]
    longest: str
    at_end: str
    pay_percent: int
    legal_effects: dict[str, str]
    source: str
    confidence: str


class Catalogue(Struct, kw_only=True):
    measures: list[MeasureShown]
    extras: dict[str, str]


def catalogue(desk: Desk) -> HTTPRouteHandler:
    @get("/api/v1/measures", summary="The interim measures there are, and what each does")
    async def show_measures(signed_in: NamedDependency[SignedIn]) -> Catalogue:  # noqa: ARG001  signed in is enough
        policy = desk.policy
        shown = [
            MeasureShown(
                type=one.key,
                burdens=[side.value for side in one.burdens],
                staff_only=one.staff_only,
                instead=one.instead,
                conditions=list(one.conditions),
                conditions_on_offender=list(one.conditions_on_offender),
                longest=one.longest,
                at_end=one.at_end.value,
                pay_percent=one.pay_percent,
                legal_effects=dict(one.legal_effects),
                source=one.source,
                confidence=one.confidence.value,
            )
            for one in policy.measures.values()
        ]
        return Catalogue(measures=shown, extras=dict(policy.options["supportive_extra"].choices))

    return show_measures
