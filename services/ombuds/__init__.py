"""Owns informal resolution with ombudsperson and focal points: the person's side."""
