"""`python -m services.ombuds web|background|all|migrate`."""

from chassis.settings import Settings
from chassis.web.run import main
from services.ombuds.service import build

if __name__ == "__main__":
    main("ombuds", build, Settings)
