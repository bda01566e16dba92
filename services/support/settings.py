"""Settings that the support cell alone has."""

from chassis.web.pages.settings import PersonSettings


class SupportSettings(PersonSettings):
    portal_url: str = ""
    """Where browsers find the portal; by default on the same site, where a proxy leads to it."""
