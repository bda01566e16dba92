"""Settings that intake alone has."""

from chassis.settings import Settings
from chassis.web.pages.page import NAME


class IntakeSettings(Settings):
    portal_name: str = NAME
    """What the pages call the site: nothing that tells a glance what it is about."""
    leave_to: str = "https://www.wikipedia.org/"
    """Where leaving goes: a quick, dull site that anybody may have open, and that greets nobody by name."""
    help_url: str = ""
    """Where browsers find the directory of help; by default on the site itself, where a proxy leads to it."""
