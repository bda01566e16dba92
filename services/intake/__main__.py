"""`python -m services.intake web|background|all|migrate`."""

from chassis.settings import Settings
from chassis.web.run import main
from services.intake.service import build

if __name__ == "__main__":
    main("intake", build, Settings)
