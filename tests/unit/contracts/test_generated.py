"""The generated messages are those of proto/, and proto/ takes back nothing it once promised."""

import subprocess
import sys
from pathlib import Path

import pytest

from contracts.topics import TOPICS, Delivery, applied_to, cases_of, reports_to
from ops.generate_contracts import ROOT, SOURCES, generate

BUF = Path(sys.executable).parent / "buf"


def test_the_committed_messages_are_current(tmp_path: Path) -> None:
    generate(tmp_path)
    fresh = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*_pb2.py*")}
    committed = {path.relative_to(ROOT): path.read_text() for path in (ROOT / "contracts").rglob("*_pb2.py*")}
    assert fresh == committed, "run `make proto` and commit what it wrote"


@pytest.mark.parametrize("arguments", [["lint"], ["breaking", "--against", "baseline.binpb"]])
def test_buf_finds_nothing(arguments: list[str]) -> None:
    done = subprocess.run([BUF, *arguments], cwd=SOURCES, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_topics_name_their_writers_and_readers() -> None:
    assert reports_to("workflow").producers == {"intake"}
    assert reports_to("workflow").consumers == {"workflow"}
    assert reports_to("workflow").acknowledged
    assert cases_of("ombuds").producers == {"ombuds"}
    for topic in TOPICS.values():
        if topic.name.endswith(".cases.v1"):
            (service,) = topic.producers
            assert topic.acknowledged
            assert (applied_to(service).producers, applied_to(service).consumers) == ({"intake"}, {service})
    assert TOPICS["hr.people.v1"].delivery is Delivery.LATEST
    assert "intake" in TOPICS["desk.keys.v1"].producers
    with pytest.raises(KeyError):
        reports_to("audit")
