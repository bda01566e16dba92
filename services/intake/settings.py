"""Settings that intake alone has."""

from chassis.web.pages.settings import PersonSettings
from services.intake.files.receiving import LARGEST, MOST


class IntakeSettings(PersonSettings):
    work_domains: tuple[str, ...] = ()
    """Domains of the organisation's own mail: who chooses an address there is asked once more."""
    text_gateway: str = ""
    """Notifications' setting: texts can be chosen where there is one."""
    help_url: str = ""
    """Where browsers find the directory of help; by default on the site itself, where a proxy leads to it."""
    file_bytes: int = LARGEST
    """How large one file may be."""
    files_per_route: int = MOST
