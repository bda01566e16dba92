"""`make proto`: writes the generated messages under contracts/ from the hand-written files under proto/."""

from pathlib import Path

import grpc_tools
from grpc_tools import protoc

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "proto"


def generate(target: Path) -> None:
    """Writes `contracts/<area>/v1/*_pb2.py(i)` below `target`. Raises RuntimeError when protoc refuses a file."""
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    files = sorted(str(path.relative_to(SOURCES)) for path in SOURCES.rglob("*.proto"))
    arguments = [f"-I{SOURCES}", f"-I{well_known}", f"--python_out={target}", f"--pyi_out={target}"]
    if protoc.main(["protoc", *arguments, *files]) != 0:
        raise RuntimeError("protoc refused a file under proto/; its message above names file and line")


if __name__ == "__main__":
    generate(ROOT)
