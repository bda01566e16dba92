"""`python -m services.support web|background|all|migrate`."""

from chassis.web.run import main
from services.support.service import build
from services.support.settings import SupportSettings

if __name__ == "__main__":
    main("support", build, SupportSettings)
