"""The connections: how each feed is, what to do at the ATS, its stages, and what it delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from service.ats.base import Guide
from service.ats.registry import UnknownAdapterError, adapter_named
from service.clock import instant_text
from service.dashboard.candidate_words import stage_words
from service.dashboard.navigation import Destination, add_destination
from service.dashboard.rows import Moment
from service.dashboard.site import blueprint, may, message, needs, page, said, visitor, zone
from service.dashboard.unseen import unseen_shown
from service.dashboard.wording import READER, ago, when_words
from service.domain.changes import CLOSED_STAGES, Stage
from service.domain.feeds import Fault, Light
from service.domain.rights import Right
from service.models import Connection, Delivery
from service.parts import Parts, parts
from service.queries.extent import knows_everybody
from service.queries.feed_health import FaultWords, FeedHealth, feed_health
from service.queries.feed_words import working_words
from service.queries.stage_labels import stage_labels
from service.queries.traffic import connection_named, deliveries, delivery_of
from service.workflows.usual_hours import usual_working_time

add_destination(
    Destination(
        "pages.connections",
        lazy_gettext("Connections"),
        50,
        Right.SEE_FEEDS,
        lambda trust: (trust.cut_off, lazy_gettext("cut off")),
        ("pages.connection", "pages.delivery"),
    )
)

DELIVERIES = 50
"""Deliveries on one page, the newest first."""

LARGEST_SHOWN = 200_000
"""Bytes of a body shown on a page; the API gives all of it."""

STAGES = tuple(stage.value for stage in Stage if stage not in CLOSED_STAGES)

_LIGHTS = {
    Light.WELL: ("good", "✓"),
    Light.NEW: ("plain", "○"),
    Light.CARE: ("care", "◐"),
    Light.BROKEN: ("care", "◐"),
    Light.OFF: ("plain", "○"),
}
_FEEDS: Final = {
    Light.WELL: lazy_gettext("well"),
    Light.NEW: lazy_gettext("waiting for its first delivery"),
    Light.CARE: lazy_gettext("needs a look"),
    Light.OFF: lazy_gettext("switched off"),
}
_BROKEN: Final = {
    Fault.REFUSED: lazy_gettext("its signatures fail"),
    Fault.SILENT: lazy_gettext("silent"),
}
_STATES = {
    "done": ("good", "✓", lazy_gettext("worked in")),
    "ignored": ("plain", "○", lazy_gettext("nothing to do")),
    "received": ("plain", "○", lazy_gettext("waits to be worked in")),
    "failed": ("care", "◐", lazy_gettext("could not be worked in")),
}


@dataclass(frozen=True)
class FeedView:
    """One connection's feed, ready for the page."""

    name: str
    label: str
    style: str
    shape: str
    light: str
    heard: str
    asked: str
    counts: str
    quiet: str
    faults: Sequence[FaultWords]
    failed: int
    spoke: bool
    off: bool


@dataclass(frozen=True)
class DeliveryView:
    """One delivery in a list."""

    id: str
    what: str
    style: str
    shape: str
    state: str
    why: str
    received: Moment
    copies: str


@blueprint.get("/connections")
@needs(Right.SEE_FEEDS)
def connections() -> Response:
    """Show how every feed is."""
    running = parts()
    return page(
        running, "connections.html", feeds=[_feed_view(running, each) for each in _health(running)]
    )


@blueprint.get("/connections/<name>")
@needs(Right.SEE_FEEDS)
def connection(name: str) -> Response:
    """Show one connection: its faults first, then its stages, what it delivered, and its guide."""
    running = parts()
    session = running.work(actor="page", source="page").session
    row = connection_named(session, name)
    if row is None:
        return no_connection()
    health = next(each for each in _health(running) if each.name == name)
    only = {"state": "failed"} if request.args.get("show") == "failed" else {}
    found = deliveries(session, after=None, limit=DELIVERIES, connection_id=row.id, **only)
    return page(
        running,
        "connection.html",
        shown=unseen_shown,
        acts=True,
        said=said(running),
        feed=_feed_view(running, health),
        guide=_guide(row),
        url=f"{running.config.base_url}/hooks/ats/{name}",
        labels=stage_labels(session, row, READER),
        mapped=row.stage_map,
        stage_words=stage_words,
        stages=STAGES,
        deliveries=[_delivery_view(running, each) for each in found.rows],
        only_failed=bool(only),
        limit=DELIVERIES,
    )


@blueprint.get("/connections/<name>/deliveries/<delivery_id>")
@needs(Right.SEE_FEEDS)
def delivery(name: str, delivery_id: str) -> Response:
    """Show one delivery and what became of it.

    Its content names people, of whichever job: it is for those who may act and know of everybody.
    """
    running = parts()
    session = running.work(actor="page", source="page").session
    row = connection_named(session, name)
    found = delivery_of(session, row.id, delivery_id) if row else None
    if found is None:
        return message(
            404, _("There is no such delivery"), _("It may belong to another connection.")
        )
    return page(
        running,
        "delivery.html",
        shown=unseen_shown,
        acts=True,
        said=said(running),
        name=name,
        delivery=_delivery_view(running, found),
        may_read=may(Right.FEEDS) and knows_everybody(session, visitor().reach),
        headers=sorted(found.headers.items()),
        text=found.body[:LARGEST_SHOWN].decode("utf-8", "replace"),
        cut=len(found.body) > LARGEST_SHOWN,
        emptied=found.emptied_at is not None,
    )


def no_connection() -> Response:
    """Say that there is no such connection."""
    return message(
        404,
        _("There is no connection of this name"),
        _("Whoever runs this Keepword adds one on its machine with:"),
        command="keepword connection add",
    )


def _health(running: Parts) -> list[FeedHealth]:
    work = running.work(actor="page", source="page")
    return feed_health(work.session, work.now, usual_working_time(work), READER)


def _guide(row: Connection) -> Guide | None:
    try:
        return adapter_named(row.vendor).guide
    except UnknownAdapterError:
        return None


def _label(vendor: str) -> str:
    try:
        return adapter_named(vendor).label
    except UnknownAdapterError:
        return vendor


def _feed_view(running: Parts, health: FeedHealth) -> FeedView:
    feed, now = health.feed, running.now()
    style, shape = _LIGHTS[health.light]
    counts = []
    if feed.waiting:
        counts.append(ngettext("%(num)s delivery waits", "%(num)s deliveries wait", feed.waiting))
    if feed.failed:
        counts.append(_("%(number)s failed", number=feed.failed))
    if feed.unmapped:
        counts.append(ngettext("%(num)s stage to map", "%(num)s stages to map", feed.unmapped))
    if feed.unwritten:
        counts.append(
            ngettext("%(num)s note to look at", "%(num)s notes to look at", feed.unwritten)
        )
    return FeedView(
        health.name,
        _label(health.vendor),
        style,
        shape,
        _light(health),
        _since(_("last spoke %(ago)s"), feed.last_authentic_at, now) or _("has not spoken yet"),
        _since(_("last asked what changed %(ago)s"), feed.last_synced_at, now),
        ", ".join(counts),
        working_words(health.quiet_after, READER),
        health.faults,
        feed.failed,
        spoke=feed.active and feed.last_authentic_at is not None,
        off=not feed.active,
    )


def _light(health: FeedHealth) -> str:
    if health.light is not Light.BROKEN:
        return str(_FEEDS[health.light])
    return str(_BROKEN.get(health.faults[0].fault, _("its news is not worked in")))


def _since(how: str, at: datetime | None, now: datetime) -> str:
    return how % {"ago": ago((now - at).total_seconds())} if at else ""


def _delivery_view(running: Parts, found: Delivery) -> DeliveryView:
    style, shape, state = _STATES.get(found.state, ("care", "◐", found.state))
    now = running.now()
    if found.state == "received" and found.attempts:
        style, shape, state = "care", "◐", _("is tried again")
    received = Moment(instant_text(found.received_at), when_words(found.received_at, zone(), now))
    return DeliveryView(
        found.id,
        _("found by asking: %(what)s", what=found.found) if found.found else "webhook",
        style,
        shape,
        state,
        found.error or found.outcome or "",
        received,
        _("came %(number)s times", number=found.duplicates + 1) if found.duplicates else "",
    )
