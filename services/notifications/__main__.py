"""`python -m services.notifications web|background|all|migrate`."""

from chassis.web.run import main
from services.notifications.service import build
from services.notifications.settings import NotificationsSettings

if __name__ == "__main__":
    main("notifications", build, NotificationsSettings)
