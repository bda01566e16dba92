"""
The invented organisation in Tryton: who is missing is added, who is there is left as HR has made them.

Where things are: the staff id is `party.party.code` (Tryton keeps it unique) · unit, duty station and contract are
categories of the party, each a child of a root category named `unit`, `station` or `contract` · the mail address is
a contact mechanism and contains no name · the line is `company.employee.supervisor`.
"""

from itertools import groupby
from typing import Any

from ops.local_stack.people import Organisation, Person
from ops.local_stack.tryton_client import TrytonClient

ROOTS = ("unit", "station", "contract")
FIRST_DAY = {"__class__": "date", "year": 2024, "month": 1, "day": 1}
HR_BRIDGE = "hr_bridge"


async def fill(tryton: TrytonClient, organisation: Organisation, *, hr_bridge_password: str) -> None:
    """Company, categories, parties, employees, lines, and the user that hr_bridge signs in as; repeatable."""
    company = await _company(tryton, organisation.name)
    tryton.context["company"] = company
    employees = await _employees(tryton)
    new = [person for person in organisation.people if person.staff_id not in employees]
    if new:
        await _add(tryton, new, company)
        employees = await _employees(tryton)
        lines = sorted((person for person in new if person.line), key=lambda person: person.line)
        for line, group in groupby(lines, key=lambda person: person.line):
            subordinates = [employees[person.staff_id] for person in group]
            await tryton.call("company.employee.write", subordinates, {"supervisor": employees[line]})
    await _user(tryton, hr_bridge_password)


async def _company(tryton: TrytonClient, name: str) -> int:
    if found := await tryton.call("company.company.search", [], 0, 1, None):
        return int(found[0])
    cent = {"__class__": "Decimal", "decimal": "0.01"}
    currency = {"name": "Invented crown", "symbol": "IC", "code": "XXX", "digits": 2, "rounding": cent}
    (currency_id,) = await tryton.call("currency.currency.create", [currency])
    (party,) = await tryton.call("party.party.create", [{"name": name, "code": "ORGANISATION"}])
    (company,) = await tryton.call("company.company.create", [{"party": party, "currency": currency_id}])
    await tryton.call("res.user.write", [tryton.user_id], {"companies": [["add", [company]]], "company": company})
    return int(company)


async def _employees(tryton: TrytonClient) -> dict[str, int]:
    rows = await tryton.call("company.employee.search_read", [], 0, None, None, ["party.code"])
    return {row["party."]["code"]: row["id"] for row in rows}


async def _add(tryton: TrytonClient, people: list[Person], company: int) -> None:
    categories = await _categories(tryton, people)
    parties: list[dict[str, Any]] = [
        {
            "name": person.name,
            "code": person.staff_id,
            "categories": [["add", [categories[root, getattr(person, root)] for root in ROOTS]]],
            "contact_mechanisms": [
                ["create", [{"type": "email", "value": f"{person.staff_id.lower()}@staff.example"}]]
            ],
        }
        for person in people
    ]
    ids = await tryton.call("party.party.create", parties)
    await tryton.call(
        "company.employee.create",
        [{"party": party, "company": company, "start_date": FIRST_DAY} for party in ids],
    )


async def _categories(tryton: TrytonClient, people: list[Person]) -> dict[tuple[str, str], int]:
    rows = await tryton.call("party.category.search_read", [], 0, None, None, ["name", "parent.name"])
    known = {((row["parent."] or {}).get("name", ""), row["name"]): int(row["id"]) for row in rows}
    children = {(root, getattr(person, root)) for person in people for root in ROOTS}
    for wanted in ({("", root) for root in ROOTS}, children):
        if new := sorted(wanted - known.keys()):
            values = [{"name": name, "parent": known["", parent] if parent else None} for parent, name in new]
            known.update(zip(new, await tryton.call("party.category.create", values), strict=True))
    return known


async def _user(tryton: TrytonClient, password: str) -> None:
    """A user that may see people and write employees, and is no administrator."""
    found = await tryton.call("res.user.search", [["login", "=", HR_BRIDGE]], 0, None, None)
    if not found:
        groups = await tryton.call("res.group.search", [["name", "=", "Employee Administration"]], 0, None, None)
        company = tryton.context["company"]
        values = {
            "name": "Recourse HR bridge",
            "login": HR_BRIDGE,
            "groups": [["add", groups]],
            "companies": [["add", [company]]],
            "company": company,
        }
        found = await tryton.call("res.user.create", [values])
    await tryton.call("res.user.write", found, {"password": password})
