"""Settings of the services that have pages for people who need help."""

from chassis.settings import Settings
from chassis.web.pages.page import NAME


class PersonSettings(Settings):
    portal_name: str = NAME
    """What the pages call the site: nothing that tells a glance what it is about."""
    leave_to: str = "https://www.wikipedia.org/"
    """Where leaving goes: a quick, dull site that anybody may have open, and that greets nobody by name."""
