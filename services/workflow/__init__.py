"""Owns what the organisation does: its procedures, appointments, and which policy is in force."""
