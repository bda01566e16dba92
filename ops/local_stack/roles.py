"""Databases, schemas and roles as `deploy/database.toml` lists them; running it again changes nothing but passwords."""

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from ops.local_stack import stack_file
from ops.local_stack.paths import DEPLOY

FILE = DEPLOY / "database.toml"


@dataclass(frozen=True)
class DatabasePlan:
    """One database: the instance it lives on and the services that work in it."""

    name: str
    instance: str
    services: tuple[str, ...]


def plans(file: Path = FILE) -> dict[str, DatabasePlan]:
    """The plans by instance name: `postgres` and `keystore`."""
    tables = tomllib.loads(file.read_text(encoding="utf-8"))["databases"]
    return {
        table["instance"]: DatabasePlan(name, table["instance"], tuple(table["services"]))
        for name, table in tables.items()
    }


def owner(service: str) -> str:
    return f"{service}_owner"


def dsn_for(admin_dsn: str, *, user: str, password: str, database: str) -> str:
    """The address of `admin_dsn` with somebody else's name and password."""
    parts = urlsplit(admin_dsn)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, f"{quote(user)}:{quote(password)}@{host}", f"/{database}", parts.query, ""))


def service_dsn(state: Path, instance: str, service: str) -> str:
    """Where a service of the running stack finds its database on `postgres`, or its wraps on `keystore`."""
    stack = json.loads(stack_file.path(state).read_bytes())
    admin: str = json.loads(Path(stack["credentials"]).read_bytes())[instance]["admin_dsn"]
    secret: str = json.loads((state / "secrets.json").read_bytes())[f"{instance}.{service}"]
    return dsn_for(admin, user=service, password=secret, database=urlsplit(admin).path.lstrip("/"))


def in_database(dsn: str, database: str) -> str:
    """The same address and name, in another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{database}"))


async def apply(
    admin_dsn: str, plan: DatabasePlan, password: Callable[[str], str], *, database: str | None = None
) -> None:
    """
    Create the plan's database (or `database` in its place), its roles with `password(role)`, schemas and rights.

    Raises asyncpg.PostgresError when the admin may not do so.
    """
    name = database or plan.name
    connection = await asyncpg.connect(admin_dsn, timeout=10)
    try:
        await _roles(connection, plan, password)
        if not await connection.fetchval("select true from pg_database where datname = $1", name):
            await connection.execute(f'create database "{name}"')
    finally:
        await connection.close()
    connection = await asyncpg.connect(in_database(admin_dsn, name), timeout=10)
    try:
        async with connection.transaction():
            await _rights(connection, plan, name)
    finally:
        await connection.close()


async def _roles(connection: asyncpg.Connection, plan: DatabasePlan, password: Callable[[str], str]) -> None:
    for service in plan.services:
        for role in (service, owner(service)):
            if not await connection.fetchval("select true from pg_roles where rolname = $1", role):
                await connection.execute(f'create role "{role}" nosuperuser nocreatedb nocreaterole noreplication')
            secret = await connection.fetchval("select quote_literal($1)", password(role))
            await connection.execute(f'alter role "{role}" login password {secret}')
            await connection.execute(f'alter role "{role}" set search_path = "{service}"')
        # The admin of an external server need not be a superuser, and only a member can hand a schema over.
        await connection.execute(f'grant "{owner(service)}" to current_user')


async def _rights(connection: asyncpg.Connection, plan: DatabasePlan, name: str) -> None:
    await connection.execute(f'revoke all on database "{name}" from public')
    await connection.execute("revoke all on schema public from public")
    for service in plan.services:
        await connection.execute(
            f"""
            grant connect on database "{name}" to "{service}", "{owner(service)}";
            create schema if not exists "{service}" authorization "{owner(service)}";
            revoke all on schema "{service}" from public;
            grant usage on schema "{service}" to "{service}";
            alter default privileges for role "{owner(service)}" in schema "{service}"
                grant select, insert, update, delete on tables to "{service}";
            alter default privileges for role "{owner(service)}" in schema "{service}"
                grant usage on sequences to "{service}";
            alter default privileges for role "{owner(service)}" in schema "{service}"
                grant execute on functions to "{service}";
            alter default privileges for role "{owner(service)}" revoke execute on functions from public;
            """
        )
