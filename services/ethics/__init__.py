"""Owns the protected people and the sentinel that watches HR actions."""
