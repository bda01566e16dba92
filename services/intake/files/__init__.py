"""Files that a person sends: what they are (ADR 60), a copy of them without what they tell of her, and how both are
kept (ADR 61).
"""
