"""Files for the browser: the kit fetched at set-up and our own, under names that change with what is in them."""

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from chassis.web.problems import not_found

_TYPES: Final = {".css": "text/css", ".js": "text/javascript"}
_OWN: Final = ("page.css", "desk-page.css", "leave.js")
_FOR_EVER: Final = "public, max-age=31536000, immutable"


class KitMissing(Exception):
    """The folder of the kit is not there."""


@dataclass(frozen=True)
class _Asset:
    media_type: str
    plain: bytes
    packed: bytes


class Assets:
    """`address("kit.css")` is where a page finds it. They lie in memory, packed once. Raises KitMissing."""

    def __init__(self, kit: Path) -> None:
        try:
            names: Mapping[str, str] = json.loads((kit / "manifest.json").read_text(encoding="utf-8"))
            found = {name: (stored, (kit / stored).read_bytes()) for name, stored in names.items()}
        except FileNotFoundError:
            raise KitMissing(f"There is no kit in {kit}: run `make install`, or set RECOURSE_KIT_DIR.") from None
        own = files("chassis.web.pages") / "static"
        for name in _OWN:
            contents = (own / name).read_bytes()
            stem, _, ending = name.rpartition(".")
            found[name] = (f"{stem}.{hashlib.sha256(contents).hexdigest()[:12]}.{ending}", contents)
        self._names = {name: stored for name, (stored, _) in found.items()}
        self._assets = {
            stored: _Asset(_TYPES[Path(stored).suffix], contents, gzip.compress(contents, 9, mtime=0))
            for stored, contents in found.values()
        }

    def address(self, name: str) -> str:
        return f"/static/{self._names[name]}"

    def handler(self) -> HTTPRouteHandler:
        @get("/static/{name:str}", include_in_schema=False)
        async def static(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
            asset = self._assets.get(name)
            if asset is None:
                raise not_found()
            packed = "gzip" in request.headers.get("accept-encoding", "")
            headers = {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
            if packed:
                headers["Content-Encoding"] = "gzip"
            return Response(asset.packed if packed else asset.plain, media_type=asset.media_type, headers=headers)

        return static
