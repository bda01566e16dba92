"""What the desk of intake is told beside what every service is told."""

from chassis.settings import Settings


class DeskSettings(Settings):
    portal_url: str = ""
    """Where a person comes back with the code that she was given."""
