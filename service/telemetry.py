"""What Keepword tells of its own work to whoever collects traces, where somebody asked for that.

A span says what was done, how long it took and how it ended, in the facts listed here and no
others: no query, no path as it was asked for, no address, no words of a person, no error's text, no
SQL. While nobody collects, each of these functions looks at one name and returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from typing import Final, Protocol


class Fact(StrEnum):
    """All that a span may tell. Names with a standard meaning are OpenTelemetry's own."""

    METHOD = "http.request.method"
    ROUTE = "http.route"
    """The pattern of an address, such as ``/jobs/<job_id>``, and never the address itself."""
    STATUS = "http.response.status_code"
    ERROR = "error.type"
    """The kind of an exception; its text may quote a person."""
    STEP = "keepword.step"
    LANE = "keepword.lane"
    DELIVERY = "keepword.delivery"
    """A delivery's public id: the request that stored it and the step that works it in have it."""
    CONNECTION = "keepword.connection"
    """A connection's public id."""
    BATCH = "keepword.batch"
    LETTERS = "keepword.letters"
    OUTCOME = "keepword.outcome"
    STATEMENTS = "keepword.sql.statements"
    """How many statements the database was given, and how many seconds they took together."""
    STATEMENT_SECONDS = "keepword.sql.seconds"


class Kind(StrEnum):
    """Which side of an exchange a span is."""

    SERVER = "server"
    CLIENT = "client"
    CONSUMER = "consumer"
    INTERNAL = "internal"


Value = str | int | float
Facts = Mapping[Fact, Value]


@dataclass(frozen=True)
class Place:
    """Where in which trace something happens, as log lines name it."""

    trace_id: str
    span_id: str


class Span(Protocol):
    """One piece of work under way."""

    def tell(self, fact: Fact, value: Value | None) -> None:
        """Tell a fact about it; ``None`` tells nothing."""
        ...

    def failed(self, fault: str) -> None:
        """Tell that it failed, by the kind of what was wrong."""
        ...

    def did(self, report: object) -> None:
        """Tell what a step's report counts. One that counts nothing has nothing to tell."""
        ...

    def idle(self) -> None:
        """Leave it out, unless it turns out that it did something, or anything inside it did."""
        ...


class Tracing(Protocol):
    """Keeps spans and hands them on. Safe to share between threads."""

    def span(
        self, name: str, kind: Kind, facts: Facts, seen: str | None
    ) -> AbstractContextManager[Span]:
        """Begin a span inside the innermost one of this thread."""
        ...

    def innermost(self) -> Span | None:
        """Return the innermost span of this thread."""
        ...

    def here(self) -> Place | None:
        """Return where this thread is."""
        ...

    def close(self) -> None:
        """Hand on what is kept, or give it up after a moment."""
        ...


class _Untold:
    """A span while nobody collects."""

    def tell(self, fact: Fact, value: Value | None) -> None:
        """Tell nobody."""

    def failed(self, fault: str) -> None:
        """Tell nobody."""

    def did(self, report: object) -> None:
        """Tell nobody."""

    def idle(self) -> None:
        """Tell nobody."""


_UNTOLD: Final[Span] = _Untold()
_NOBODY: Final = nullcontext(_UNTOLD)
_NO_FACTS: Final[Facts] = {}


class _Collecting:
    """Who collects in this process: traces are the process's, as its log is."""

    tracing: Tracing | None = None


def start(tracing: Tracing) -> None:
    """Have spans kept from here on. In a process that forks, only after that."""
    stop()
    _Collecting.tracing = tracing


def stop() -> None:
    """Hand on what is kept and keep nothing more. Does nothing where nobody collects."""
    tracing, _Collecting.tracing = _Collecting.tracing, None
    if tracing is not None:
        tracing.close()


def span(
    name: str, kind: Kind = Kind.INTERNAL, facts: Facts = _NO_FACTS, *, seen: str | None = None
) -> AbstractContextManager[Span]:
    """Do something inside a span. What is raised in it is told by its kind, and goes on.

    ``seen`` is the ``traceparent`` of a request: the span is linked to what it names, and begins a
    trace of its own all the same, so that nobody outside says what is collected here.
    """
    tracing = _Collecting.tracing
    return _NOBODY if tracing is None else tracing.span(name, kind, facts, seen)


def tell(fact: Fact, value: Value | None) -> None:
    """Tell a fact about the innermost span of this thread, if there is one."""
    innermost().tell(fact, value)


def innermost() -> Span:
    """Return the innermost span of this thread, or one that nobody hears of."""
    tracing = _Collecting.tracing
    return _UNTOLD if tracing is None else tracing.innermost() or _UNTOLD


def here() -> Place | None:
    """Return where in which trace this thread is, if in any."""
    tracing = _Collecting.tracing
    return None if tracing is None else tracing.here()


PACKAGES: Final = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http")


def missing(packages: tuple[str, ...] = PACKAGES) -> str | None:
    """Say what to install before anything can be collected; ``None`` where nothing is missing."""
    if all(_is_installed(package) for package in packages):
        return None
    return (
        "OTEL_EXPORTER_OTLP_ENDPOINT asks for traces, but OpenTelemetry is not installed: "
        "pip install “.[telemetry]” in its checkout, or set OTEL_SDK_DISABLED=true"
    )


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        # Not even what it lies in.
        return False
