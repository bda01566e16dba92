"""`python -m services.notifications web|background|all|migrate`."""

from chassis.web.run import main
from services.notifications.service import build
from services.notifications.settings import NotificationsSettings

main("notifications", build, NotificationsSettings)
