"""`python -m services.audit web|background|all|migrate`."""

from chassis.web.run import main
from services.audit.service import build
from services.audit.settings import AuditSettings

if __name__ == "__main__":
    main("audit", build, AuditSettings)
