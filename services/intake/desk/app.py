"""The desk of intake put together: a process, an address and a cookie of its own, beside the portal's."""

from pathlib import Path

import policy
from chassis.database import Database
from chassis.keys import ServiceKeys
from chassis.keystore import Keystore
from chassis.web.app import App, create_app
from chassis.web.health import Check
from chassis.web.pages.staff import staff_pages
from chassis.web.run import Service
from chassis.web.sign_in import SignIn
from lifecycle.in_force import InForce
from policy.load import load
from services.intake.desk import entering, reissuing, releasing, sending, tasks
from services.intake.desk.settings import DeskSettings
from services.intake.intake import Intake

PACKAGES = ("services.intake.desk", "services.intake.web")


def build(settings: DeskSettings) -> Service:
    """Raises KeyFileUnusable, PolicyBroken, or ValueError for a missing setting."""
    database, keystore = Database(settings.database_dsn), Keystore.of(settings)
    intake = Intake(database, keystore, ServiceKeys.load(settings.keys_dir), load(settings.policy))
    appointments = InForce(intake)
    return Service(
        desk_app(settings, intake),
        everywhere=[appointments.follow],
        opening=[appointments.read],
        close=[keystore.close, database.close],
    )


def desk_app(settings: DeskSettings, intake: Intake) -> App:
    sign_in = SignIn(settings.oidc_issuer)
    pages, sessions = staff_pages(
        settings,
        intake.database,
        sign_in,
        packages=PACKAGES,
        tabs=tasks.TABS,
        routes=[
            *tasks.routes(intake, settings.peers, settings.portal_url),
            *entering.routes(intake),
            *sending.routes(intake),
            *reissuing.routes(intake, settings.peers),
            *releasing.routes(intake, settings.peers),
        ],
        catalogs=[Path(policy.__path__[0]) / "locale"],
    )
    checks = [
        Check("database", intake.database.check, needed=True),
        Check("keystore", intake.keystore.check, needed=True),
    ]
    return create_app(settings, [pages], checks=checks, sign_in=sign_in, sessions=sessions)
