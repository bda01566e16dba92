"""Whom this service trusts when it asks another over HTTPS."""

import ssl
from functools import cache

import httpx


@cache
def authorities() -> ssl.SSLContext:
    """For `verify=` of a client that lives for one question: to read them takes longer than most questions."""
    return httpx.create_ssl_context(trust_env=False)
