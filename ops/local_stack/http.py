"""HTTP to the parts: no proxy of the machine between us and them, and certificates loaded once."""

import ssl
from functools import cache

import httpx


@cache
def _certificates() -> ssl.SSLContext:
    # A client of its own would load them again for every question, which costs more than all the questions do.
    return ssl.create_default_context()


def client(timeout: float = 5.0) -> httpx.AsyncClient:
    """For use as an async context manager; `timeout` is in seconds."""
    return httpx.AsyncClient(timeout=timeout, trust_env=False, verify=_certificates())
