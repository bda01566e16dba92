"""docs/lifecycles.md is drawn from the tables."""

from ops.lifecycle_docs import FILE, LIFECYCLES, document


def test_the_committed_file_is_current() -> None:
    assert FILE.read_text(encoding="utf-8") == document(), "run: python -m ops.lifecycle_docs"


def test_every_action_and_clock_of_every_table_is_in_it() -> None:
    text = document()
    for lifecycle in LIFECYCLES:
        for action in lifecycle.by_action:
            assert f"| {action} |" in text
        for clock in lifecycle.clocks:
            assert f"| {clock.key} |" in text
