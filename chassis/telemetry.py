"""Traces: one per hop, within one service. None goes over a wall, and what a reporter does has none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, cast

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter

from chassis.settings import Settings

UNTRACED: Final = frozenset({"intake"})
"""What a reporter does leaves no trace that could be laid beside anything else."""

MOST: Final = 32 * 1024 * 1024
"""Bytes of a file of traces; with the one before it, twice as many are kept."""

_tracer = trace.get_tracer("recourse")


def set_up(settings: Settings) -> None:
    """Sends spans to the OTLP endpoint, or into a file of the telemetry directory; with neither there are none."""
    exporter = _exporter(settings)
    if exporter is None or settings.service in UNTRACED:
        return
    provider = TracerProvider(resource=Resource({SERVICE_NAME: settings.service}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


@contextmanager
def span(name: str, **attributes: str) -> Iterator[None]:
    """A trace of its own around one hop, linked to nothing: one hop may write events about two matters, and whoever
    sees the log of events must not join their ids by what caused them.

    Attributes are facts of procedure (topic, type). An exception's text is not recorded: it may quote what failed.
    """
    with _tracer.start_as_current_span(
        name,
        context=Context(),
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ):
        yield


def _exporter(settings: Settings) -> SpanExporter | None:
    if settings.otlp_endpoint is not None:
        # Costly to import, and only some processes need it.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

        return OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint}/v1/traces")
    if settings.telemetry_dir is not None:
        return _to_file(settings.telemetry_dir / f"{settings.service}.jsonl")
    return None


class Rolling:
    """A file that is put aside as `….1` and begun anew once it is longer than `most` bytes: the folder may lie in
    memory, as that of a container does.
    """

    def __init__(self, path: Path, most: int = MOST) -> None:
        self._path, self._most = path, most
        path.parent.mkdir(parents=True, exist_ok=True)
        self._open()

    def _open(self) -> None:
        self._file = self._path.open("a", encoding="utf-8")
        self._path.chmod(0o600)

    def write(self, text: str) -> None:
        if self._file.tell() > self._most:
            self._file.close()
            self._path.replace(f"{self._path}.1")
            self._open()
        self._file.write(text)

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def _to_file(path: Path) -> SpanExporter:
    file = cast("IO[str]", Rolling(path))

    def line(finished: ReadableSpan) -> str:
        return f"{finished.to_json(indent=None)}\n"

    return ConsoleSpanExporter(out=file, formatter=line)
