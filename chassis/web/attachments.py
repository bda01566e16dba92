"""Files as answers: saved, never opened by the browser."""

from collections.abc import AsyncIterator
from typing import Final

from litestar.response import Stream

MEDIA_TYPE: Final = "application/octet-stream"
"""Of a file going in or out: what it is stands beside it, and no browser is to act on that."""


def attachment(name: str, size: int, parts: AsyncIterator[bytes]) -> Stream:
    """`name` is one of ours. Where a part does not come the answer breaks off, short of the length it gave."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(size)}
    return Stream(parts, media_type=MEDIA_TYPE, headers=headers)
