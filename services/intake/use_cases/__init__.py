"""One function per verb of intake."""
