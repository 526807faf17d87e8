"""The metrics, in Prometheus's terms: read from the database at each scrape, kept nowhere.

Several processes on one database therefore all tell the same, and no label names a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from service.domain.feeds import Fault
from service.domain.lateness import BEYOND, cumulative
from service.models import Heartbeat
from service.queries.feed_health import FeedHealth, feed_health
from service.queries.figures import (
    ConnectionFigures,
    MailFigures,
    PromiseFigures,
    connection_figures,
    mail_figures,
    promise_figures,
)
from service.queries.holds import count_held
from service.queries.leases import claims_lost, expired_leases
from service.queries.loops import LoopState, last_check, loop_states
from service.queries.mail_health import channel_rest, webhook_silence
from service.queries.wordings import unapproved
from service.steps import STEPS
from service.workflows.check import LATENESS, SET_ASIDE, backlog
from service.workflows.erase_by_rule import RULE
from service.workflows.usual_hours import usual_working_time
from service.workflows.work import Work


def metrics_text(work: Work, running_for: timedelta) -> bytes:
    """Return everything in the text format; raises ``SQLAlchemyError`` where it cannot be read."""
    session, now = work.session, work.now
    bounds = {step.name: step.late_after for step in STEPS}
    report = last_check(session)
    families = [
        *_promises(promise_figures(session, now, SET_ASIDE)),
        *_loops(loop_states(session, now, bounds, running_for), now),
        _gauge(
            "checker_lateness_seconds",
            "How late the worst flag of the checker's last run was raised.",
            float(report.get("lateness_in", 0.0)),
        ),
        _gauge(
            "checker_waits",
            "1 while unprocessed news keeps the checker from flagging anybody.",
            float(backlog(session, now) is not None),
        ),
        *_lateness(session.get(Heartbeat, LATENESS)),
        *_leases(expired_leases(session, now), claims_lost(session)),
        *_connections(connection_figures(session), now),
        *_feeds(feed_health(session, now, usual_working_time(work)), now),
        *_mail(mail_figures(session, now)),
        *_people(work),
        _gauge(
            "mail_channel_resting",
            "1 while mail rests after failures of the provider; it goes on by itself.",
            float(channel_rest(session, now) is not None),
        ),
        _gauge(
            "mail_webhook_silent",
            "1 while mail goes out and no event about any has come for a day.",
            float(webhook_silence(session, now) is not None),
        ),
        _gauge(
            "letters_without_wording",
            "Kinds of letter that cannot be written: no wording of them is approved.",
            len(unapproved(session)),
        ),
    ]
    registry = CollectorRegistry()
    registry.register(_Snapshot(families))
    return generate_latest(registry)


class _Snapshot(Collector):
    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"keepword_{name}", text, value=value)


def _promises(found: PromiseFigures) -> Iterator[Metric]:
    yield _gauge("promises_open", "Promises that stand, paused ones included.", found.open)
    yield _gauge("promises_overdue", "Promises that have passed unkept.", found.overdue)
    yield _gauge(
        "promises_overdue_oldest_age_seconds",
        "How long the longest overdue promise has been so; 0 where none is.",
        found.oldest_overdue_in,
    )
    yield _gauge(
        "promises_set_aside",
        "Promises the checker could not judge and will try again.",
        found.set_aside,
    )


def _loops(loops: Sequence[LoopState], now: datetime) -> Iterator[Metric]:
    age = GaugeMetricFamily(
        "keepword_loop_age_seconds",
        "How long ago each loop left its heartbeat; absent where it never ran.",
        labels=["loop"],
    )
    late = GaugeMetricFamily(
        "keepword_loop_late", "1 where a loop is silent for longer than it may be.", labels=["loop"]
    )
    for loop in loops:
        late.add_metric([loop.name], float(loop.late))
        if loop.last_at is not None:
            age.add_metric([loop.name], (now - loop.last_at).total_seconds())
    yield from (age, late)


def _lateness(kept: Heartbeat | None) -> Iterator[Metric]:
    data = kept.data if kept is not None else {}
    histogram = HistogramMetricFamily(
        "keepword_flag_lateness_seconds",
        "How late overdue promises were flagged, over all runs of the checker.",
    )
    buckets = [
        # As Prometheus's own clients write a bound.
        (bound if bound == BEYOND else f"{bound}.0", flags)
        for bound, flags in cumulative(data)
    ]
    histogram.add_metric([], buckets, float(data.get("total", 0.0)))
    yield histogram


def _leases(found: Mapping[str, int], lost: Mapping[str, int]) -> Iterator[Metric]:
    expired = GaugeMetricFamily(
        "keepword_leases_expired",
        "Work that was taken and not finished in time, and waits to be taken over.",
        labels=["work"],
    )
    for kind, count in found.items():
        expired.add_metric([kind], count)
    taken = CounterMetricFamily(
        "keepword_claims_lost",
        "Claims that a worker found in another's hands, since its lease had run out.",
        labels=["step"],
    )
    for step, count in lost.items():
        taken.add_metric([step], count)
    yield from (expired, taken)


def _connections(found: Sequence[ConnectionFigures], now: datetime) -> Iterator[Metric]:
    deliveries = GaugeMetricFamily(
        "keepword_deliveries",
        "Deliveries from an ATS that wait to be worked in, or failed.",
        labels=["connection", "state"],
    )
    refused = CounterMetricFamily(
        "keepword_deliveries_refused",
        "Deliveries refused because their signature did not match.",
        labels=["connection"],
    )
    silence = GaugeMetricFamily(
        "keepword_connection_silence_seconds",
        "How long ago a connection last delivered anything authentic; absent before the first.",
        labels=["connection"],
    )
    unanswered = GaugeMetricFamily(
        "keepword_connection_rejections_unanswered",
        "1 where nobody has said who sends rejections; until then Keepword sends none.",
        labels=["connection"],
    )
    for connection in found:
        unanswered.add_metric([connection.name], float(connection.unanswered))
        deliveries.add_metric([connection.name, "waiting"], connection.waiting)
        deliveries.add_metric([connection.name, "failed"], connection.failed)
        refused.add_metric([connection.name], connection.refused)
        if connection.last_authentic_at is not None:
            silence.add_metric(
                [connection.name], (now - connection.last_authentic_at).total_seconds()
            )
    yield from (deliveries, refused, silence, unanswered)


def _feeds(found: Sequence[FeedHealth], now: datetime) -> Iterator[Metric]:
    faults = GaugeMetricFamily(
        "keepword_connection_fault",
        "1 where this is wrong with a connection's feed.",
        labels=["connection", "fault"],
    )
    lag = GaugeMetricFamily(
        "keepword_deliveries_oldest_waiting_age_seconds",
        "How long the oldest delivery that was never tried has waited; 0 where none does.",
        labels=["connection"],
    )
    quiet = GaugeMetricFamily(
        "keepword_connection_quiet_after_seconds",
        "The working time after which a connection's silence counts as strange.",
        labels=["connection"],
    )
    for health in found:
        for fault in Fault:
            faults.add_metric([health.name, fault.value], float(health.has(fault)))
        oldest = health.feed.oldest_waiting_at
        lag.add_metric([health.name], (now - oldest).total_seconds() if oldest else 0.0)
        quiet.add_metric([health.name], health.quiet_after.total_seconds())
    yield from (faults, lag, quiet)


def _people(work: Work) -> Iterator[Metric]:
    known = work.session.get(Heartbeat, RULE)
    said = known.data if known is not None else {}
    erased = CounterMetricFamily(
        "keepword_people_erased_by_rule", "People whom the rule has erased since it was set."
    )
    erased.add_metric([], float(said.get("erased", 0)))
    yield erased
    yield _gauge(
        "people_due_for_erasure",
        "People whose time was over when the rule last looked, and who were still there.",
        float(said.get("due", 0) if work.office.people_days else 0),
    )
    yield _gauge(
        "people_on_legal_hold",
        "People whom nobody erases while it stands.",
        count_held(work.session),
    )


def _mail(found: MailFigures) -> Iterator[Metric]:
    states = GaugeMetricFamily("keepword_messages", "Mail by its state.", labels=["state"])
    for state, count in sorted(found.by_state.items()):
        states.add_metric([state], count)
    yield states
    yield _gauge(
        "messages_oldest_ready_age_seconds",
        "How long the oldest mail that may leave has waited; 0 where none does.",
        found.oldest_ready_in,
    )
    yield _gauge(
        "outbox_messages",
        "Mail that has yet to leave: held, ready, being sent, or waiting to be tried again.",
        found.outbox,
    )
    yield _gauge(
        "messages_uncertain",
        "Mail that may or may not have left: an event or a person settles it.",
        found.by_state["uncertain"],
    )
    yield _gauge(
        "messages_unconfirmed",
        "Mail the provider took a day ago or more and has told nothing of since.",
        found.by_state["unconfirmed"],
    )
    yield _gauge(
        "mail_events_unfolded", "Events about mail that wait to be worked in.", found.unfolded
    )
    yield _gauge("mail_channel_paused", "1 while no mail leaves.", float(found.paused is not None))
