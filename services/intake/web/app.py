"""Intake's application: the public side, the side for the desks' services, the first page."""

from collections.abc import Mapping
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from litestar import Router
from litestar.di import Provide
from litestar.openapi.spec import SecurityScheme

from chassis.desk_keys import desk_key
from chassis.web.app import App, create_app
from chassis.web.health import Check, reachable
from chassis.web.sign_in import SignIn
from services.intake.intake import Intake
from services.intake.settings import IntakeSettings
from services.intake.use_cases.protect import WATCHES_FOR_RETALIATION
from services.intake.web import files, internal, passing, public
from services.intake.web.pages.routes import portal
from services.intake.web.problems_of_intake import HANDLERS


def intake_app(settings: IntakeSettings, intake: Intake, publics: Mapping[str, Ed25519PublicKey]) -> App:
    routes = Router(
        path="",
        route_handlers=[*public.ROUTES, *files.ROUTES, *internal.ROUTES, *passing.ROUTES],
        dependencies={
            "intake": Provide(lambda: intake, sync_to_thread=False),
            "publics": Provide(lambda: publics, sync_to_thread=False),
        },
        exception_handlers=HANDLERS,
    )
    checks = [
        Check("database", intake.database.check, needed=True),
        Check("keystore", intake.keystore.check, needed=True),
        Check("desk_keys", partial(_desk_keys, intake), needed=True),
        Check("kafka", reachable(settings.kafka_bootstrap)),
    ]
    scheme = SecurityScheme(
        type="http", scheme="AccessCode", description="The code shown when the first report was lodged."
    )
    pages, sessions = portal(settings, intake)
    return create_app(
        settings,
        [routes, pages],
        checks=checks,
        sessions=[sessions],
        sign_in=SignIn(settings.oidc_issuer),
        security_schemes={public.SECURITY_SCHEME: scheme},
    )


async def _desk_keys(intake: Intake) -> None:
    """Nothing can be sealed to a desk whose key has not come yet."""
    async with intake.database.transaction() as session:
        for desk in intake.policy.desks.values():
            await desk_key(session, desk.service, desk.key)
        await desk_key(session, *WATCHES_FOR_RETALIATION)
