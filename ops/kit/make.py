"""The folder of the kit: `kit.<hash>.css` for every page, `desk.<hash>.css` beside it at desks, letters for PDFs, and
the licences of all.
"""

import hashlib
import json
from pathlib import Path

from ops.kit import archives
from ops.kit.sheets import made_ours
from ops.local_stack.paths import KIT, ROOT

HERE = Path(__file__).resolve().parent
NOTICE = ROOT / "NOTICE"
MANIFEST = "manifest.json"
FONTS = "fonts"
_MADE_FROM = "made-from"


def made_from() -> str:
    """A hash of everything that decides what the folder holds."""
    digest = hashlib.sha256()
    for path in (archives.LOCK, NOTICE, *sorted([*HERE.glob("*.py"), *HERE.glob("*.css")])):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_there(folder: Path = KIT) -> bool:
    stamp = folder / _MADE_FROM
    current = stamp.is_file() and stamp.read_text(encoding="ascii") == made_from()
    return current and (folder / MANIFEST).is_file()


def make(folder: Path = KIT, kept: Path = archives.KEPT) -> None:
    """Make the folder, or bring it up to date while it is in use: the manifest changes last. Raises StackProblem."""
    locked, fonts = archives.locked(), archives.fonts()
    archives.fetch([*locked, *fonts], kept)
    kit, desk = (one.read_sheet(kept) for one in locked)
    sheets = {
        "kit.css": made_ours(kit, with_variables=True) + _added("kit.css"),
        "desk.css": made_ours(desk, with_variables=False) + _added("desk.css"),
    }
    names = {}
    folder.mkdir(parents=True, exist_ok=True)
    for name, sheet in sheets.items():
        text = f'@charset "UTF-8";{sheet}'
        stem, _, ending = name.rpartition(".")
        names[name] = f"{stem}.{hashlib.sha256(text.encode()).hexdigest()[:12]}.{ending}"
        (folder / names[name]).write_text(text, encoding="utf-8")
    for font in fonts:
        for name in font.files:
            place = folder / FONTS / Path(name).name
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(font.read(kept, name))
    (folder / "NOTICES.txt").write_text(NOTICE.read_text(encoding="utf-8"), encoding="utf-8")
    partial = folder / f"{MANIFEST}.partial"
    partial.write_text(json.dumps(names, indent=2) + "\n", encoding="utf-8")
    partial.replace(folder / MANIFEST)
    for old in folder.glob("*.css"):
        if old.name not in names.values():
            old.unlink()
    (folder / _MADE_FROM).write_text(made_from(), encoding="ascii")


def _added(name: str) -> str:
    return made_ours((HERE / name).read_text(encoding="utf-8"), with_variables=True)
