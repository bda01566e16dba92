"""`python -m services.workflow web|background|all|migrate`."""

from chassis.settings import Settings
from chassis.web.run import main
from services.workflow.service import build

if __name__ == "__main__":
    main("workflow", build, Settings)
