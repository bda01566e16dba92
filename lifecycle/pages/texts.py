"""How the texts of desks are named: `<lifecycle>.<kind>.<key>`, or `<kind>.<key>` for all procedures of a service."""

from collections.abc import Mapping


def under(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    """`texts` by their full names: `name` is the kind, with the lifecycle before it where it is one procedure's."""
    return {f"{name}.{key}": text for key, text in texts.items()}
