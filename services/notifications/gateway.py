"""What an operator says of the gateway for text messages; apart, since the operator's commands read it too."""

from typing import Annotated

from pydantic import Field

TextGateway = Annotated[str, Field(pattern=r"^$|^[^\s@{}]*\{number\}[^\s@{}]*@[A-Za-z0-9.-]+$")]
"""Where a mail has to go to become a text message, with `{number}` for country code and number in digits, without plus:
`{number}@text.example.org`. Empty where the organisation has no such gateway.
"""
