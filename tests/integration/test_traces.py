"""Traces of a whole small story: what belongs together is found together, and nobody is named."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("opentelemetry.sdk", reason="an extra: pip install .[telemetry]")

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from sqlalchemy.orm import Session

from service import telemetry
from service.app import engine_of, session_of
from service.ats.registry import adapter_named
from service.clock import FakeClock
from service.logs import json_formatter
from service.mail.sendgrid import SendGridTransport
from service.parts import parts
from service.steps import STEPS, Tools, step_named
from service.telemetry import Fact
from service.tracing import OpenTelemetry, TellingOnce
from service.turning import Turner
from service.workflows.connections import add_connection
from tests.doubles import greenhouse_bodies as greenhouse
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.vendor_api import VendorApiDouble
from tests.harness import MONDAY, Employer, add_notices, make_employer
from tests.integration.hints import connect, hint, run_fetch, run_ingest, tell_things
from tests.integration.test_logs_without_people import CANARIES, tell_the_story

SECRET = "an invented webhook secret"
SEEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
"""What some proxy's own trace says of a request; the form is the W3C's (Trace Context, 3.2)."""


@pytest.fixture
def kept() -> Iterator[InMemorySpanExporter]:
    """Everything that is handed on, as it ends."""
    exporter = InMemorySpanExporter()
    telemetry.start(OpenTelemetry(SimpleSpanProcessor(exporter)))
    yield exporter
    telemetry.stop()


@pytest.fixture
def sendgrid() -> Iterator[SendGridDouble]:
    with SendGridDouble() as double:
        yield double


@pytest.fixture
def employer(
    new_database: Callable[..., str], tmp_path: Path, sendgrid: SendGridDouble
) -> Iterator[Employer]:
    clock = FakeClock(MONDAY)
    carrier = SendGridTransport(sendgrid.api_key, clock=clock, base_url=sendgrid.base_url)
    url = new_database("sqlite", started=True)
    made = make_employer(url, tmp_path, clock=clock, transport=carrier)
    yield made
    carrier.close()
    engine_of(made.app).dispose()


def turn(employer: Employer, *names: str) -> None:
    """Turn steps as a worker does."""
    turner = Turner(lambda: session_of(employer.app))
    for name in names:
        turner.turn(step_named(name), parts(employer.app).tools)


def named(kept: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in kept.get_finished_spans() if span.name == name]


def told(span: ReadableSpan, fact: Fact) -> object:
    return (span.attributes or {}).get(fact)


def test_a_whole_story_names_nobody_and_tells_only_what_is_listed(
    employer: Employer, kept: InMemorySpanExporter, api: VendorApiDouble
) -> None:
    tell_the_story(employer)
    connect(employer, api, "hints")
    tell_things(api, first_name="Quillfeather")
    hint(employer, name="hints")
    run_ingest(employer)
    run_fetch(employer)
    turn(employer, *(step.name for step in STEPS))

    def stumbles(_session: Session, _tools: Tools) -> object:
        raise ValueError("Tweety Quillfeather, tweety.quill@example.com")

    failing = replace(step_named("digest"), run=stumbles)
    Turner(lambda: session_of(employer.app)).turn(failing, parts(employer.app).tools)

    spans = kept.get_finished_spans()
    names = {span.name for span in spans}
    assert names >= {
        "POST /hooks/ats/<name>",
        "GET /api/v1/candidates",
        "GET /welcome/<token>",
        "hint",
        "ask vendor",
        "send mail",
        "step digest",
    }
    everything = "".join(span.to_json() for span in spans).lower()
    for canary in (*CANARIES, "example.com", "127.0.0.1", "select ", "tweety", "mira"):
        assert canary.lower() not in everything, canary
    listed = set(Fact)
    for span in spans:
        others = {name for name in span.attributes or {} if name not in listed}
        assert all(name.startswith("keepword.did.") for name in others), others
        assert (span.events, span.status.description) == ((), None)
    (failed,) = named(kept, "step digest")
    assert failed.status.status_code is StatusCode.ERROR
    assert told(failed, Fact.ERROR) == "ValueError"
    (asked,) = named(kept, "ask vendor")
    assert (told(asked, Fact.OUTCOME), told(asked, Fact.STATUS)) == ("answered", 200)
    assert {told(each, Fact.OUTCOME) for each in named(kept, "send mail")} == {"accepted"}


def test_a_delivery_leads_from_its_request_to_the_step_that_worked_it_in(
    employer: Employer, kept: InMemorySpanExporter
) -> None:
    with employer.work() as work:
        add_connection(work, "main", "greenhouse", [SECRET], rejections_by="keepword")
        add_notices(work, 1)
    body = greenhouse.body("new_candidate_application", greenhouse.application())
    signed = dict(adapter_named("greenhouse").sign(body, SECRET, datetime.now(UTC), "one"))
    client = employer.app.test_client()
    for _ in range(2):
        # The second is known already, and nothing new of it is worked in.
        client.post("/hooks/ats/main", data=body, headers=signed | {"traceparent": SEEN})
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(json_formatter())
    logging.getLogger("keepword").addHandler(handler)

    def speaks(session: Session, tools: Tools) -> object:
        logging.getLogger("keepword.test").warning("heard")
        return step_named("ingest").run(session, tools)

    step = replace(step_named("ingest"), run=speaks)
    Turner(lambda: session_of(employer.app)).turn(step, parts(employer.app).tools)
    logging.getLogger("keepword.test").warning("outside")
    logging.getLogger("keepword").removeHandler(handler)
    # Nothing is left to do, so nothing is told of these.
    turn(employer, "ingest", "digest", "fetch")

    first, again = named(kept, "POST /hooks/ats/<name>")
    (step_span,) = named(kept, "step ingest")
    (delivery,) = named(kept, "delivery")
    public_id = str(told(first, Fact.DELIVERY))
    assert public_id.startswith("dlv_")
    assert (told(delivery, Fact.DELIVERY), told(again, Fact.DELIVERY)) == (public_id, None)
    assert delivery.parent is not None
    assert delivery.parent.span_id == step_span.context.span_id
    assert (step_span.attributes or {})["keepword.did.done"] == 1
    assert (named(kept, "step digest"), named(kept, "step fetch")) == ([], [])
    # Whoever asks from outside begins no trace of ours, and is led to all the same.
    assert first.parent is None
    assert [format(link.context.trace_id, "032x") for link in first.links] == [SEEN[3:35]]
    assert told(first, Fact.STATUS) == 200
    assert told(first, Fact.STATEMENTS)
    inside, outside = (json.loads(line) for line in out.getvalue().splitlines())
    assert inside["trace_id"] == format(step_span.context.trace_id, "032x")
    assert inside["span_id"] == format(step_span.context.span_id, "016x")
    assert "trace_id" not in outside


def test_a_collector_that_takes_nothing_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    said = [SpanExportResult.FAILURE] * 3 + [SpanExportResult.SUCCESS] * 2

    class Moody(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            assert not spans
            return said.pop(0)

    exporter = TellingOnce(Moody())
    while said:
        exporter.export(())

    assert [record.getMessage() for record in caplog.records] == [
        "the collector takes no traces; they are dropped",
        "the collector takes traces again",
    ]


def test_without_a_collector_nothing_is_kept_and_all_goes_on() -> None:
    with telemetry.span("nothing", facts={Fact.STEP: "check"}) as span:
        span.tell(Fact.STATUS, 200)
        span.did({"done": 1})
        span.idle()
        telemetry.tell(Fact.DELIVERY, "dlv_1")
    telemetry.stop()

    assert telemetry.here() is None
    assert telemetry.missing() is None
    said = telemetry.missing(("no_such_package.of_any_kind",))
    assert said is not None
    assert "pip install “.[telemetry]”" in said
