"""Owns the people directory, what HR was asked to do and did."""
