"""What goes over from a way that she has to another, beside answers, which have their own names. Pure."""

from typing import Final

MESSAGE: Final = "in_my_words"
"""A message of hers, as the answer that it becomes: the new desk learns no more than that she wrote it."""
FILE: Final = "file"
PEOPLE: Final = "people"
