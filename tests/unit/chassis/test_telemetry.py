"""Hops are traces of their own, joined to none; no trace begins at a reporter, and none goes along with an event."""

import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from chassis.telemetry import Rolling

ROOT = Path(__file__).parents[3]
# A process of its own, since a process has one tracer provider for good.
PROGRAM = """
import sys
from pathlib import Path
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from chassis import telemetry
from chassis.settings import Settings

telemetry.set_up(Settings(
    service=sys.argv[1], database_dsn="", kafka_bootstrap="", temporal_address="", oidc_issuer="", http_port=0,
    keys_dir=".", service_keys=".", telemetry_dir=Path(sys.argv[2]),
))
carrier = {}
try:
    with telemetry.span("around"), telemetry.span("apply", topic="t"):
        TraceContextTextMapPropagator().inject(carrier)
        raise ValueError("canary-of-a-reporter")
except ValueError:
    print(carrier.get("traceparent", ""))
"""


def spans(service: str, folder: Path, **environment: str) -> tuple[str, list[dict]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, service, str(folder)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    file = folder / f"{service}.jsonl"
    text = file.read_text() if file.exists() else ""
    assert "canary-of-a-reporter" not in text
    return done.stdout.strip(), [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("service", ["workflow", "hr_bridge"])
def test_a_hop_is_a_trace_of_its_own_and_leads_to_no_other(tmp_path: Path, service: str) -> None:
    here, [apply, around] = spans(service, tmp_path)
    assert apply["context"]["trace_id"].removeprefix("0x") in here
    assert apply["context"]["trace_id"] != around["context"]["trace_id"]
    assert (apply["parent_id"], apply["links"]) == (None, [])
    assert apply["attributes"] == {"topic": "t"}
    assert (tmp_path / f"{service}.jsonl").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("service", ["intake"])
def test_what_a_reporter_does_leaves_no_trace(tmp_path: Path, service: str) -> None:
    assert spans(service, tmp_path) == ("", [])


@pytest.mark.parametrize(("service", "asked"), [("workflow", ["/v1/traces"]), ("intake", [])])
def test_a_collector_that_is_named_gets_the_spans_instead_of_the_file(
    tmp_path: Path, service: str, asked: list[str]
) -> None:
    paths: list[str] = []

    class Collector(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            paths.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        collector = f"http://127.0.0.1:{server.server_address[1]}"
        _, written = spans(service, tmp_path, RECOURSE_OTLP_ENDPOINT=collector)
        server.shutdown()
        thread.join()
    assert (paths, written) == (asked, [])


def test_a_file_of_traces_does_not_grow_for_ever(tmp_path: Path) -> None:
    file = Rolling(tmp_path / "t" / "workflow.jsonl", most=100)
    for number in range(100):
        file.write(f"{number:09}\n")
        file.flush()
    file.close()
    kept = sorted((tmp_path / "t").iterdir())
    assert [one.name for one in kept] == ["workflow.jsonl", "workflow.jsonl.1"]
    assert all(one.stat().st_size <= 110 and one.stat().st_mode & 0o777 == 0o600 for one in kept)
    lines = [line for one in reversed(kept) for line in one.read_text().splitlines()]
    assert [int(line) for line in lines] == list(range(100 - len(lines), 100))
