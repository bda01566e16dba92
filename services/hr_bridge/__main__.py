"""`python -m services.hr_bridge web|background|all|migrate`."""

from chassis.web.run import main
from services.hr_bridge.service import build
from services.hr_bridge.settings import HrBridgeSettings

if __name__ == "__main__":
    main("hr_bridge", build, HrBridgeSettings)
