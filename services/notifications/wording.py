"""What a mail says: that there is something to look at, and nothing else.

One text for every notice. A text of its own for each kind would tell whoever sees the mail what it is about, and so
would a link, an id, or the name of an office (domain.md 2.10, invariant 7).
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Wording:
    subject: str
    text: str


NEUTRAL: Final = Wording(
    subject="Something new for you",
    text=(
        "Hello,\n"
        "\n"
        "there is something new for you at work.\n"
        "Please sign in as usual when it suits you.\n"
        "\n"
        "This mail was sent automatically. Answers to it are not read.\n"
    ),
)
