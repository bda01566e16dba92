"""`python -m services.intake web|background|all|migrate`."""

from chassis.settings import Settings
from chassis.web.run import main
from services.intake.service import build

main("intake", build, Settings)
