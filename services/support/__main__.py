"""`python -m services.support web|background|all|migrate`."""

from chassis.settings import Settings
from chassis.web.run import main
from services.support.service import build

if __name__ == "__main__":
    main("support", build, Settings)
