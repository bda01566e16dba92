"""The whole stack: which parts there are, which needs which, and what is done once between them."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import asyncpg

from ops.local_stack import kafka, oidc, postgres, roles, smtp, temporal, topics, tryton
from ops.local_stack.addresses import INTAKE_DESK, Addresses
from ops.local_stack.environment import desk_environment, migration_environment, service_environment
from ops.local_stack.graph import Stack, Step
from ops.local_stack.part import NotReady, Part
from ops.local_stack.people import organisation
from ops.local_stack.ports import HOST, PortBook
from ops.local_stack.problem import StackProblem
from ops.local_stack.secret_store import SecretStore
from ops.local_stack.services import IntakeDeskPart, SentinelPart, ServicePart, make_keys, migrate
from ops.local_stack.settings import StackSettings
from ops.local_stack.tryton_people import HR_BRIDGE

SERVICES = ("intake", "ombuds", "support", "workflow", "ethics", "hr_bridge", "notifications", "audit")
USUAL_PORTS = {
    "postgres": 8432, "keystore": 8433, "kafka": 8492, "kafka_controller": 8493, "temporal": 8473, "tryton": 8480,
    "oidc": 8490, "smtp": 8425, "intake": 8401, "ombuds": 8402, "workflow": 8403, "ethics": 8404, "hr_bridge": 8405,
    "notifications": 8406, "audit": 8407, "support": 8408, INTAKE_DESK: 8409,
}  # fmt: skip


def compose(settings: StackSettings, policy: str, book: PortBook, services: tuple[str, ...] = SERVICES) -> Stack:
    """
    The stack that these settings describe, with ports chosen from `book` and secrets made. Nothing is started.

    Raises StackProblem for a port that is fixed and taken.
    """
    return _Composer(settings, policy, book, services).stack()


class _Composer:
    def __init__(self, settings: StackSettings, policy: str, book: PortBook, services: tuple[str, ...]) -> None:
        self.settings = settings
        self.state = settings.state
        self.services = services
        self.secrets = SecretStore(self.state / "secrets.json")
        unknown = settings.ports.keys() - USUAL_PORTS.keys()
        if unknown:
            known = ", ".join(USUAL_PORTS)
            raise StackProblem(f"RECOURSE_PORTS__ knows no {', '.join(sorted(unknown))}; it knows {known}.")
        self.book = book
        self.ports: dict[str, int] = {}
        self.steps: list[Step] = []
        self.addresses = self._addresses(policy)

    def port(self, name: str) -> int:
        if name not in self.ports:
            self.ports[name] = self.book.choose(name, USUAL_PORTS[name])
        return self.ports[name]

    def log(self, name: str) -> Path:
        return self.addresses.logs / f"{name}.log"

    def add(
        self,
        name: str,
        *needs: str,
        part: Part | None = None,
        work: Callable[[], Awaitable[None]] | None = None,
        where: str = "",
    ) -> None:
        self.steps.append(Step(name, frozenset(needs), part, work, where))

    def _addresses(self, policy: str) -> Addresses:
        """Servers that the settings name, and ports for those that we start."""
        settings, secrets = self.settings, self.secrets
        plans = roles.plans()
        return Addresses(
            state=self.state,
            policy=policy,
            urls={
                service: settings.peers.get(service) or f"http://{HOST}:{self.port(service)}"
                for service in self.services
            },
            postgres_admin_dsn=roles.in_database(self.admin_dsn("postgres"), plans["postgres"].name),
            keystore_admin_dsn=roles.in_database(self.admin_dsn("keystore"), plans["keystore"].name),
            kafka_bootstrap=settings.kafka_bootstrap or f"{HOST}:{self.port('kafka')}",
            kafka_username=settings.kafka_admin_username if settings.kafka_bootstrap else kafka.ADMIN,
            kafka_password=settings.kafka_admin_password or secrets.of("kafka.admin"),
            temporal_address=settings.temporal_address or f"{HOST}:{self.port('temporal')}",
            temporal_namespace=settings.temporal_namespace if settings.temporal_address else temporal.NAMESPACE,
            oidc_issuer=settings.oidc_issuer or f"http://{HOST}:{self.port('oidc')}",
            tryton_url=settings.tryton_url or f"http://{HOST}:{self.port('tryton')}/{tryton.DATABASE}",
            tryton_username=tryton.ADMIN,
            tryton_password=settings.tryton_admin_password or secrets.of("tryton.admin"),
            hr_bridge_username=settings.tryton_username or HR_BRIDGE,
            hr_bridge_password=settings.tryton_password or secrets.of("tryton.hr_bridge"),
            smtp_host=settings.smtp_host or HOST,
            smtp_port=settings.smtp_port if settings.smtp_host else self.port("smtp"),
            mail_from=settings.mail_from,
            work_domains=settings.work_domains,
            text_gateway=settings.text_gateway,
            otlp_endpoint=settings.otlp_endpoint,
            demonstration=settings.demonstration,
            public_urls=settings.public_urls,
            intake_desk=settings.peers.get(INTAKE_DESK) or f"http://{HOST}:{self.port(INTAKE_DESK)}",
        )

    def admin_dsn(self, instance: str) -> str:
        given: str | None = getattr(self.settings, f"{instance}_dsn")
        password = self.secrets.of(f"{instance}.admin")
        return given or f"postgresql://postgres:{password}@{HOST}:{self.port(instance)}/postgres"

    def stack(self) -> Stack:
        self._databases()
        self._kafka()
        self._others()
        self._services()
        return Stack(self.addresses, tuple(self.steps))

    def _databases(self) -> None:
        for instance, plan in roles.plans().items():
            admin_dsn = self.admin_dsn(instance)
            if getattr(self.settings, f"{instance}_dsn"):
                self.add(instance, work=_given(instance, partial(_ask_postgres, admin_dsn)))
            else:
                part = postgres.Postgres(
                    self.state / instance,
                    self.port(instance),
                    self.log(instance),
                    password=self.secrets.of(f"{instance}.admin"),
                    name=instance,
                    settings=postgres.SHORT_LIVED_LOG if instance == "keystore" else None,
                )
                self.add(instance, part=part, where=f"{HOST}:{part.port}")
            password = partial(self.secret, f"{instance}.")
            self.add(f"{instance} roles", instance, work=partial(roles.apply, admin_dsn, plan, password))

    def secret(self, prefix: str, name: str) -> str:
        return self.secrets.of(prefix + name)

    def _kafka(self) -> None:
        addresses = self.addresses
        admin = (addresses.kafka_bootstrap, addresses.kafka_username, addresses.kafka_password)
        ours = self.settings.kafka_bootstrap is None
        if ours:
            part = kafka.Kafka(
                self.state / "kafka",
                self.port("kafka"),
                self.port("kafka_controller"),
                self.log("kafka"),
                password=addresses.kafka_password,
            )
            self.add("kafka", part=part, where=part.bootstrap)
        else:
            ask = partial(asyncio.to_thread, kafka.probe, kafka.admin_settings(*admin))
            self.add("kafka", work=_given("kafka", ask))
        plan = topics.plan()

        async def make() -> None:
            await topics.create_users(*admin, plan.principals, partial(self.secret, "kafka."))
            await topics.create_topics(*admin, plan, place="local" if ours else "production")

        self.add("topics", "kafka", work=make)

    def _others(self) -> None:
        addresses, settings = self.addresses, self.settings
        if settings.temporal_address:
            ask = partial(temporal.probe, addresses.temporal_address, addresses.temporal_namespace)
            self.add("temporal", work=_given("temporal", ask))
        else:
            clock = temporal.Temporal(self.state / "temporal", self.port("temporal"), self.log("temporal"))
            self.add("temporal", part=clock, where=clock.address)
        if settings.tryton_url:
            self.add("tryton", work=_given("tryton", partial(tryton.probe, settings.tryton_url)))
        else:
            hris = tryton.Tryton(
                self.state / "tryton",
                self.port("tryton"),
                self.log("tryton"),
                organisation(),
                password=addresses.tryton_password,
                hr_bridge_password=addresses.hr_bridge_password,
            )
            self.add("tryton", part=hris, where=hris.url)
        if settings.oidc_issuer:
            self.add("oidc", work=_given("oidc", partial(oidc.probe, settings.oidc_issuer)))
        else:
            self.add("oidc", part=oidc.Oidc(self.port("oidc"), self.log("oidc")), where=addresses.oidc_issuer)
        if settings.smtp_host:
            self.add("smtp", work=_given("smtp", partial(smtp.probe, settings.smtp_host, settings.smtp_port)))
        else:
            sink = smtp.Smtp(addresses.maildir, self.port("smtp"), self.log("smtp"))
            self.add("smtp", part=sink, where=f"{HOST}:{sink.port}")

    def _services(self) -> None:
        addresses, password = self.addresses, self.secrets.of
        self.add("keys", work=partial(asyncio.to_thread, make_keys, addresses, SERVICES))
        needs = {"hr_bridge": ("tryton",), "notifications": ("smtp",)}
        owners = {service: migration_environment(addresses, service, password) for service in self.services}
        databases = (f"{instance} roles" for instance in roles.plans())
        self.add("schemas", *databases, work=partial(migrate, self.log("migrations"), owners))
        for service in self.services:
            environment = service_environment(addresses, service, password)
            url = addresses.urls[service]
            part = ServicePart(service, url, self.log(service), environment)
            others = needs.get(service, ())
            self.add(service, "schemas", "keys", "topics", "temporal", *others, part=part, where=url)
        if "intake" in self.services:
            desk = IntakeDeskPart(addresses.intake_desk, self.log(INTAKE_DESK), desk_environment(addresses, password))
            self.add(INTAKE_DESK, "schemas", "keys", part=desk, where=addresses.intake_desk)
        if "ethics" in self.services:
            environment = service_environment(addresses, "ethics", password, principal="sentinel")
            sentinel = SentinelPart(addresses.urls["ethics"], self.log("sentinel"), environment)
            self.add("sentinel", "schemas", "keys", "topics", part=sentinel)


def _given(name: str, ask: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """A server that the settings point at must be there already."""

    async def check() -> None:
        try:
            await ask()
        except NotReady as reason:
            raise StackProblem(
                f"The {name} server that the settings point at does not answer ({reason}): start it, correct the "
                "setting, or unset it and let ours be started."
            ) from reason

    return check


async def _ask_postgres(admin_dsn: str) -> None:
    host = admin_dsn.rpartition("@")[2]
    try:
        connection = await asyncpg.connect(admin_dsn, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise NotReady(f"{host}: {type(error).__name__}") from None
    await connection.close()
