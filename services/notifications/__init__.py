"""Owns what was sent when, for which event."""
