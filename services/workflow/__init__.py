"""Owns what the organisation does: formal reports and interim measures."""
