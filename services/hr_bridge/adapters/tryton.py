"""Tryton 8.2 as the HR system, by its JSON-RPC: who works where and under whom, and the one field that we write."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import Any, Self

import httpx

CATEGORY_ROOTS = ("unit", "station", "contract")
PAGE = 500
SUPERVISOR_CODE = "supervisor.party.code"

REFUSALS = frozenset(
    {
        httpx.codes.UNAUTHORIZED,
        httpx.codes.FORBIDDEN,
        httpx.codes.NOT_FOUND,
        httpx.codes.UNPROCESSABLE_ENTITY,
    }
)

Row = dict[str, Any]


class HrSystemUnreachable(Exception):
    """The HR system does not answer, or answers that it cannot now: the same call is worth repeating."""


class HrSystemRefused(Exception):
    """The HR system understood and said no (wrong password, no right, unknown method): somebody must look at it."""


class RecordChangedMeanwhile(Exception):
    """Somebody wrote the record between our reading and our writing; nothing was written by us."""


class EmployeeNotFound(Exception):
    """No employee has this staff id, or more than one has; which of the two parties it was is told by `role`."""

    def __init__(self, role: str) -> None:
        super().__init__(f"the HR system has not exactly one employee for the {role} of this task")
        self.role = role


@dataclass(frozen=True)
class Employee:
    """One employment as the HR system has it. `supervisor` is a staff id, empty for nobody; `end` is the last day."""

    staff_id: str
    unit: str
    station: str
    contract: str
    supervisor: str
    start: date | None
    end: date | None
    mail_address: str

    def active_on(self, day: date) -> bool:
        return (self.start or date.min) <= day <= (self.end or date.max)


@dataclass(frozen=True)
class Line:
    """
    Who supervises one employee, as read at one moment.

    `stamp` is Tryton's time of the record's last write, to the microsecond: a write that carries it is refused when
    the record has been written since.
    """

    employee: int
    supervisor: str
    stamp: str


@dataclass(frozen=True)
class Place:
    """At which duty station one employee is filed, as read at one moment."""

    employee: int
    station: str
    stamp: str


class Tryton:
    """
    One signed-in client of one Tryton database; `url` names it, as in `http://127.0.0.1:8000/hris`.

    Every method raises HrSystemUnreachable when the call may be repeated and HrSystemRefused when it may not.
    """

    def __init__(self, url: str, username: str, password: str, *, timeout: float = 10.0) -> None:
        self._rpc = url.rstrip("/") + "/rpc/"
        self._server = url.rstrip("/").rpartition("/")[0] + "/rpc/"
        self._username = username
        self._password = password
        self._session: str | None = None
        # trust_env: a proxy of the machine has no business between us and the HR system.
        self._http = httpx.AsyncClient(timeout=timeout, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def check(self) -> None:
        """For readiness: raises when the HR system does not answer."""
        _result(await self._post("common.server.version", [], url=self._server))

    async def employees(self, today: date) -> list[Employee]:
        """Everybody who has, had or will have an employment, by staff id. Of several employments the one that runs
        today counts, also where the next one is there already; else the latest.
        """
        roots = await self._roots()
        fields = ["party.code", "party.categories", "party.email", SUPERVISOR_CODE, "start_date", "end_date"]
        # Without active_test Tryton leaves out whoever has left or has not begun.
        rows = await self._search("company.employee", [], fields, context={"active_test": False})
        people: dict[str, Employee] = {}
        for row in sorted(rows, key=lambda row: (_day(row["start_date"]) or date.min, row["id"])):
            one = _employee(row, roots)
            known = people.get(one.staff_id)
            if one.staff_id and (known is None or one.active_on(today) or not known.active_on(today)):
                people[one.staff_id] = one
        return [people[staff_id] for staff_id in sorted(people)]

    async def line(self, staff_id: str) -> Line:
        """The supervisor of one employee now. Raises EmployeeNotFound when nobody of this id is employed today."""
        row = await self._find(staff_id, role="person")
        return Line(employee=row["id"], supervisor=_supervisor(row), stamp=row["_timestamp"])

    async def place(self, staff_id: str) -> Place:
        """The duty station of one employee now. Raises EmployeeNotFound like `line`."""
        roots = await self._roots()
        row = await self._find(staff_id, role="person", fields=["party.categories"])
        filed = dict(roots[one] for one in row["party."]["categories"] if one in roots)
        return Place(employee=row["id"], station=filed.get("station", ""), stamp=row["_timestamp"])

    async def set_supervisor(self, line: Line, supervisor: str) -> None:
        """
        Make `supervisor` (a staff id) the supervisor of the employee of `line`, if the record is still as it was read.

        Raises RecordChangedMeanwhile when it is not, and EmployeeNotFound when no such supervisor is employed today.
        """
        row = await self._find(supervisor, role="supervisor")
        await self._call(
            "model.company.employee.write",
            [[line.employee], {"supervisor": row["id"]}],
            # Tryton compares this with the record's last write in the transaction of the write itself.
            context={"_timestamp": {f"company.employee,{line.employee}": line.stamp}},
        )

    async def _roots(self) -> dict[int, tuple[str, str]]:
        """Each unit, station and kind of contract by its id: which of the three it is, and its name."""
        return {
            row["id"]: (row["parent."]["name"], row["name"])
            for row in await self._search("party.category", [["parent", "!=", None]], ["name", "parent.name"])
            if row["parent."]["name"] in CATEGORY_ROOTS
        }

    async def _find(self, staff_id: str, *, role: str, fields: Sequence[str] = (SUPERVISOR_CODE,)) -> Row:
        # An employment that has ended takes no line change and gives no supervisor.
        rows = await self._search(
            "company.employee",
            [["party.code", "=", staff_id], ["active", "=", True]],
            [*fields, "_timestamp"],
        )
        if len(rows) != 1:
            raise EmployeeNotFound(role)
        return rows[0]

    async def _search(
        self, model: str, domain: list[Any], fields: list[str], context: Mapping[str, Any] | None = None
    ) -> list[Row]:
        rows: list[Row] = []
        while True:
            # Pages by id: a record that goes away between two pages must not make another one be skipped.
            beyond = [*domain, ["id", ">", rows[-1]["id"] if rows else 0]]
            page = await self._call(f"model.{model}.search_read", [beyond, 0, PAGE, [["id", "ASC"]], fields], context)
            rows += page
            if len(page) < PAGE:
                return rows

    async def _call(self, method: str, params: list[Any], context: Mapping[str, Any] | None = None) -> Any:
        params = [*params, {"language": "en", **(context or {})}]
        if self._session is None:
            await self._sign_in()
        answer = await self._post(method, params)
        if answer.status_code == httpx.codes.UNAUTHORIZED:  # the session has run out
            await self._sign_in()
            answer = await self._post(method, params)
        return _result(answer)

    async def _sign_in(self) -> None:
        self._session = None
        user, key, *_ = _result(await self._post("common.db.login", [self._username, {"password": self._password}]))
        self._session = base64.b64encode(f"{self._username}:{user}:{key}".encode()).decode("ascii")

    async def _post(self, method: str, params: list[Any], *, url: str | None = None) -> httpx.Response:
        headers = {} if self._session is None else {"Authorization": f"Session {self._session}"}
        try:
            return await self._http.post(
                url or self._rpc, json={"id": 0, "method": method, "params": params}, headers=headers
            )
        except httpx.TransportError as error:
            raise HrSystemUnreachable(f"the HR system does not answer ({type(error).__name__})") from None


def _result(answer: httpx.Response) -> Any:
    status = answer.status_code
    if status in REFUSALS:
        raise HrSystemRefused(f"the HR system answers with status {status}: check its address, user, password, rights")
    if not answer.is_success:
        raise HrSystemUnreachable(f"the HR system answered with status {status}")
    body = answer.json()
    if "error" in body:
        # The first word is the exception's class; what follows may quote records, so it goes no further.
        name = str(body["error"][0]).split(" ", 1)[0]
        if name == "ConcurrencyException":
            raise RecordChangedMeanwhile("the record was written by somebody else since it was read")
        if name in {"UserError", "UserWarning", "LoginException"}:
            raise HrSystemRefused(f"the HR system refused the call ({name})")
        raise HrSystemUnreachable("the HR system failed in the call")
    return body["result"]


def _employee(row: Row, roots: Mapping[int, tuple[str, str]]) -> Employee:
    party = row["party."]
    filed = dict(roots[one] for one in party["categories"] if one in roots)
    return Employee(
        staff_id=party["code"] or "",
        unit=filed.get("unit", ""),
        station=filed.get("station", ""),
        contract=filed.get("contract", ""),
        supervisor=_supervisor(row),
        start=_day(row["start_date"]),
        end=_day(row["end_date"]),
        mail_address=party["email"] or "",
    )


def _supervisor(row: Row) -> str:
    supervisor = row["supervisor."]
    return "" if supervisor is None else supervisor["party."]["code"] or ""


def _day(value: Any) -> date | None:
    return None if value is None else date(value["year"], value["month"], value["day"])
