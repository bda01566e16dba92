"""`python -m services.intake web|background|all|migrate`."""

from chassis.web.run import main
from services.intake.service import build
from services.intake.settings import IntakeSettings

if __name__ == "__main__":
    main("intake", build, IntakeSettings)
