"""Owns the tamper-evident record."""
