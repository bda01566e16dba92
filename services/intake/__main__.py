"""`python -m services.intake web|background|all|migrate`, or `… desk`: the second application, a process of its own."""

import sys

from chassis.web.run import main
from services.intake.desk.app import build as build_desk
from services.intake.desk.settings import DeskSettings
from services.intake.service import build
from services.intake.settings import IntakeSettings

if __name__ == "__main__":
    if sys.argv[1:] == ["desk"]:
        main("intake", build_desk, DeskSettings, "web")
    else:
        main("intake", build, IntakeSettings)
