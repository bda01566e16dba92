"""What intake takes for a route is what the procedure of that name opens with; neither imports the other."""

import pytest

from lifecycle.table import FieldKind
from policy.model import DAY, OWN_NUMBER, RECIPIENT, Route
from services.intake.bodies import Answers
from tests.lifecycles import BY_NAME, POLICY

ROUTES = list(POLICY.routes.values())
BY_ROUTE = pytest.mark.parametrize("route", ROUTES, ids=[one.route for one in ROUTES])
OF_INTAKE = {"lodged_at", "mode", "language"}


@BY_ROUTE
def test_every_route_opens_a_procedure_with_what_it_asks_for(route: Route) -> None:
    fields = {field.name: field for field in BY_NAME[route.route].opening.fields}
    assert fields.keys() >= OF_INTAKE
    for name, choices in route.asks.items():
        assert not fields[name].required, "whatever is asked may be left out (invariant 17)"
        if choices == (DAY,):
            assert fields[name].kind is FieldKind.TIME
        else:
            assert set(choices) <= set(fields[name].options(POLICY))


@BY_ROUTE
def test_what_a_route_needs_is_an_answer(route: Route) -> None:
    assert set(route.needs) <= {*Answers.__struct_fields__, RECIPIENT, OWN_NUMBER}
