"""No service has the right to read a topic that it has no use for."""

import re
from pathlib import Path

import pytest

from contracts import topics
from contracts.topics import TOPICS, Topic

ROOT = Path(__file__).parents[3]
NAMES = {topic.name: name for name, topic in vars(topics).items() if isinstance(topic, Topic)}
BY_DESK = re.compile(r"intake\.(reports|applied)\.")
FOR_ANYBODY = {"desk.keys.v1", "audit.checkpoints.v1"}
"""Public keys, and the heads of the record: whoever keeps these can show that it was changed later."""


@pytest.mark.parametrize("name", sorted(TOPICS.keys() - FOR_ANYBODY))
def test_whoever_may_read_a_topic_takes_it(name: str) -> None:
    if BY_DESK.match(name):
        assert TOPICS[name].consumers == {name.split(".")[2]}
        return
    for service in TOPICS[name].consumers - {"sentinel"}:
        rooms = ROOT / "services" / service
        files = [rooms / "consumers.py", rooms / "service.py"]
        if (rooms / "desk.py").exists():
            files.append(ROOT / "lifecycle" / "process.py")
        assert any(NAMES[name] in file.read_text() for file in files if file.exists()), service
