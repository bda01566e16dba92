"""How a decided measure reaches the HR system, and how it is taken back."""
