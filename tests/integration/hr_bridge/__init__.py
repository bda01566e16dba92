"""The bridge to the HR system, before a real one."""
