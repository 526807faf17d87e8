"""Hands spans to OpenTelemetry: batches by OTLP over HTTP, from a thread that alone waits for it.

Whoever works never waits for the collector: while it does not answer, spans are dropped. Needs the
extra ``telemetry``; the standard variables say where to, how much and how (OTEL_EXPORTER_OTLP_*,
OTEL_TRACES_SAMPLER, OTEL_BSP_*, OTEL_SERVICE_NAME).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Link, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from sqlalchemy import Engine, event

from service.clock import SystemClock
from service.telemetry import Fact, Facts, Kind, Place, Span, Value

CLOSE_WITHIN = timedelta(seconds=2)
"""How long a process that ends waits for a collector: a service manager gives it ten seconds."""

log = logging.getLogger("keepword.traces")

_CLOCK = SystemClock()
_PARENT: Final = "traceparent"


class _Told:
    """A span under way, and whether it is worth handing on."""

    def __init__(self, kept: trace.Span) -> None:
        self.kept = kept
        self.worth = True
        self.statements = 0
        self.seconds = 0.0

    def tell(self, fact: Fact, value: Value | None) -> None:
        """Tell a fact about it."""
        if value is not None:
            self.kept.set_attribute(fact, value)

    def failed(self, fault: str) -> None:
        """Tell that it failed."""
        self.worth = True
        self.kept.set_attribute(Fact.ERROR, fault)
        self.kept.set_status(Status(StatusCode.ERROR))

    def did(self, report: object) -> None:
        """Tell what a report counts."""
        counts = vars(report) if hasattr(report, "__dict__") else {"number": report}
        for name, number in counts.items():
            if type(number) is int and number > 0:
                self.worth = True
                self.kept.set_attribute(f"keepword.did.{name}", number)

    def idle(self) -> None:
        """Leave it out unless something is told of it."""
        self.worth = False


_INNERMOST: ContextVar[_Told | None] = ContextVar("keepword_span", default=None)


class OpenTelemetry:
    """Spans for a processor of OpenTelemetry's, and what they cost the database."""

    def __init__(self, processor: SpanProcessor) -> None:
        self._provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("keepword")
        event.listen(Engine, "before_cursor_execute", _statement_begins)
        event.listen(Engine, "after_cursor_execute", _statement_ended)

    @contextmanager
    def span(self, name: str, kind: Kind, facts: Facts, seen: str | None) -> Iterator[Span]:
        """Begin a span inside the innermost one of this thread."""
        kept = self._tracer.start_span(
            name,
            kind=SpanKind[kind.name],
            attributes={fact.value: value for fact, value in facts.items()},
            links=_links(seen),
            record_exception=False,
            set_status_on_exception=False,
        )
        outer = _INNERMOST.get()
        told = _Told(kept)
        token = _INNERMOST.set(told)
        try:
            # Neither may record an exception: its text may quote a person.
            with trace.use_span(kept, record_exception=False, set_status_on_exception=False):
                yield told
        except BaseException as error:
            told.failed(type(error).__name__)
            raise
        finally:
            _INNERMOST.reset(token)
            if told.statements:
                told.tell(Fact.STATEMENTS, told.statements)
                told.tell(Fact.STATEMENT_SECONDS, round(told.seconds, 6))
            if told.worth:
                if outer is not None:
                    outer.worth = True
                # One that is never ended is never handed on.
                kept.end()

    def innermost(self) -> Span | None:
        """Return the innermost span of this thread."""
        return _INNERMOST.get()

    def here(self) -> Place | None:
        """Return where this thread is."""
        context = trace.get_current_span().get_span_context()
        if not context.is_valid:
            return None
        return Place(trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id))

    def close(self) -> None:
        """Hand on what is kept, or give it up after a moment."""
        event.remove(Engine, "before_cursor_execute", _statement_begins)
        event.remove(Engine, "after_cursor_execute", _statement_ended)
        ending = threading.Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(CLOSE_WITHIN.total_seconds())


def by_otlp() -> OpenTelemetry:
    """Return what hands spans to the collector that the standard variables name."""
    # Imported here: it loads an HTTP client that nothing else needs.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    # It would say of every batch that nobody takes it.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    return OpenTelemetry(BatchSpanProcessor(TellingOnce(OTLPSpanExporter())))


class TellingOnce(SpanExporter):
    """Hands spans to another, and logs once that nobody takes them and once that they are again."""

    def __init__(self, to: SpanExporter) -> None:
        self._to = to
        self._deaf = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand spans on."""
        result = self._to.export(spans)
        deaf = result is not SpanExportResult.SUCCESS
        if deaf and not self._deaf:
            log.warning("the collector takes no traces; they are dropped")
        elif self._deaf and not deaf:
            log.warning("the collector takes traces again")
        self._deaf = deaf
        return result

    def shutdown(self) -> None:
        """Let the other end."""
        self._to.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have the other hand on what it keeps."""
        return self._to.force_flush(timeout_millis)


def _resource() -> Resource:
    """Return what is said of this process: by default that it is Keepword, and of which version."""
    try:
        ours = version("keepword")
    except PackageNotFoundError:
        ours = "unknown"
    named = Resource.create({SERVICE_VERSION: ours})
    if str(named.attributes.get(SERVICE_NAME, "unknown_service")).startswith("unknown_service"):
        return named.merge(Resource({SERVICE_NAME: "keepword"}))
    return named


def _links(seen: str | None) -> list[Link]:
    """Return a link to what a request's header names, where it names anything."""
    if not seen:
        return []
    told = TraceContextTextMapPropagator().extract({_PARENT: seen})
    context = trace.get_current_span(told).get_span_context()
    return [Link(context)] if context.is_valid else []


def _statement_begins(
    _connection: Any, _cursor: Any, _statement: str, _values: Any, context: Any, _many: object
) -> None:
    if context is not None and _INNERMOST.get() is not None:
        context.keepword_began = _CLOCK.monotonic()


def _statement_ended(
    _connection: Any, _cursor: Any, _statement: str, _values: Any, context: Any, _many: object
) -> None:
    told, began = _INNERMOST.get(), getattr(context, "keepword_began", None)
    if told is not None and began is not None:
        told.statements += 1
        told.seconds += _CLOCK.monotonic() - began
