"""The first page: what this is, where help is, what the access code is for. No script, no cookie, nothing kept."""

import base64
import hashlib
from pathlib import Path
from typing import Final

from litestar import MediaType, Response, get

_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:1.125rem/1.55 system-ui,sans-serif;margin:0;padding:1.5rem}"
    "main{max-width:40rem;margin:0 auto}"
    "h1{font-size:1.75rem;line-height:1.2}"
    "h2{font-size:1.25rem;margin-top:2rem}"
    "li{margin-bottom:.5rem}"
)
_PAGE: Final = (
    Path(__file__).with_name("landing.html").read_text(encoding="utf-8").replace("/*style*/", _STYLE).encode()
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@get("/", include_in_schema=False)
async def landing() -> Response[bytes]:
    return Response(_PAGE, media_type=MediaType.HTML, headers={"Content-Security-Policy": _POLICY})
