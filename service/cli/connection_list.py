"""``keepword connection list`` and ``show``: what each connection is, and what is to do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click

from service.ats.registry import adapter_named
from service.cli import connection_answers as answers
from service.cli.connection_address import (
    address_fault,
    guide_document,
    guide_lines,
    hook_path,
    hook_url,
    shown_url,
)
from service.cli.running import Opened, opened
from service.cli.showing import as_json, clean, local, note, table
from service.config import Config
from service.models import Connection
from service.queries.connection_counts import ConnectionCounts, connection_counts
from service.queries.feed_health import FeedHealth, feed_health
from service.queries.traffic import all_connections
from service.workflows.connection_secrets import live_count, live_until
from service.workflows.connection_settings import missing_for_api
from service.workflows.usual_hours import usual_working_time

WAITING = "waiting for the first delivery"


@click.command("list")
@answers.as_document
def list_all(*, as_document: bool) -> None:
    """List all connections with what waits, failed, was refused and is to do."""
    with opened() as keepword:
        session, config, now = keepword.session, keepword.core.config, keepword.now
        rows = all_connections(session)
        counts = connection_counts(session, [row.id for row in rows])
        feeds = _feeds(keepword)
    if as_document:
        found = [document(config, row, counts[row.id], now, feeds[row.id]) for row in rows]
        as_json({"connections": found})
        return
    if not rows:
        click.echo("No ATS is connected yet: keepword connection add")
        return
    table(
        [
            "name",
            "vendor",
            "how it is",
            "rejections by",
            "waiting",
            "failed",
            "refused",
            "to map",
            "notes to look at",
            "last heard",
            "last synced",
        ],
        [
            (
                row.name,
                row.vendor,
                feeds[row.id].words,
                row.rejections_by or "not answered: say who sends rejections",
                counts[row.id].waiting,
                counts[row.id].failed,
                row.refused_count,
                counts[row.id].unmapped_labels,
                feeds[row.id].feed.unwritten,
                local(row.last_authentic_at, config.time_zone) or "never",
                local(row.last_synced_at, config.time_zone) or "never",
            )
            for row in rows
        ],
    )
    _tell_faults(feeds[row.id] for row in rows)


@click.command("show")
@click.argument("name")
@answers.as_document
def show(name: str, *, as_document: bool) -> None:
    """Show NAME: how it stands, what is to do here, and what to do at the vendor's side."""
    with opened() as keepword:
        session, config, now = keepword.session, keepword.core.config, keepword.now
        row = answers.named(session, name)
        counts = connection_counts(session, [row.id])[row.id]
        feed = _feeds(keepword)[row.id]
    found = document(config, row, counts, now, feed)
    if as_document:
        as_json(found)
        return
    for what, value in _lines(config, row, counts, now, feed):
        if value not in (None, ""):
            click.echo(f"{what:15} {clean(str(value))}")
    _tell_faults([feed])
    click.echo("")
    for line in guide_lines(adapter_named(row.vendor), shown_url(config, row.name)):
        click.echo(line)
    fault = address_fault(config)
    if fault is not None:
        note(fault)


def _feeds(keepword: Opened) -> dict[str, FeedHealth]:
    """Return every connection's health, by its id."""
    work = keepword.work()
    found = feed_health(work.session, work.now, usual_working_time(work))
    return {each.connection_id: each for each in found}


def _tell_faults(feeds: Iterable[FeedHealth]) -> None:
    for each in (fault for feed in feeds for fault in feed.faults):
        said = f" It said: {each.detail}." if each.detail else ""
        note(clean(f"To do: {each.text}{said} {each.remedy}"))


def document(
    config: Config, row: Connection, counts: ConnectionCounts, now: datetime, health: FeedHealth
) -> dict[str, Any]:
    """Return all there is to know of a connection, but its secrets."""
    return {
        "id": row.id,
        "name": row.name,
        "vendor": row.vendor,
        "active": row.active,
        "state": _state(row),
        "url": hook_url(config, row.name),
        "path": hook_path(row.name),
        "rejections_by": row.rejections_by,
        "live_secrets": live_count(row, now),
        "old_secrets_until_at": live_until(row, now),
        "settings": row.settings,
        "credentials": sorted(row.credentials),
        "missing": missing_for_api(row),
        "write_back": row.write_back,
        "sync_every_minutes": row.sync_every_minutes,
        "next_sync_at": row.next_sync_at,
        "last_synced_at": row.last_synced_at,
        "watermark_at": row.watermark_at,
        "sync_fault": row.sync_fault,
        "api_fault": row.api_fault,
        "api_fault_at": row.api_fault_at,
        "first_authentic_at": row.first_authentic_at,
        "last_authentic_at": row.last_authentic_at,
        "refused": row.refused_count,
        "last_refused_at": row.last_refused_at,
        **vars(counts),
        "light": health.light.value,
        "profile_entries_for_a_person": health.feed.unwritten,
        "faults": [
            {
                "code": each.fault.value,
                "text": each.text,
                "remedy": each.remedy,
                "detail": each.detail or None,
            }
            for each in health.faults
        ],
        "guide": guide_document(adapter_named(row.vendor)),
    }


def _state(row: Connection) -> str:
    if not row.active:
        return "removed"
    return "live" if row.first_authentic_at is not None else WAITING


def _lines(
    config: Config, row: Connection, counts: ConnectionCounts, now: datetime, health: FeedHealth
) -> list[tuple[str, object]]:
    zone = config.time_zone
    until = live_until(row, now)
    old = f", the old one until {local(until, zone)}" if until is not None else ""
    missing = missing_for_api(row)
    every = row.sync_every_minutes
    todo = f"{counts.unmapped_labels} stages: keepword connection stages {row.name}"
    return [
        ("name", row.name),
        ("vendor", adapter_named(row.vendor).label),
        ("how it is", health.words),
        ("last heard", local(row.last_authentic_at, zone)),
        ("rejections by", row.rejections_by or "not answered: say who sends rejections"),
        ("secrets", f"{live_count(row, now)} live{old}"),
        (
            "refused",
            f"{row.refused_count}, the last {local(row.last_refused_at, zone)}"
            if row.refused_count
            else None,
        ),
        ("waiting", counts.waiting),
        ("failed", counts.failed),
        ("to map", todo if counts.unmapped_labels else None),
        ("notes", f"{health.feed.unwritten} to look at" if health.feed.unwritten else None),
        ("settings", ", ".join(f"{k}={v}" for k, v in sorted(row.settings.items()))),
        ("credentials", ", ".join(sorted(row.credentials))),
        ("missing", ", ".join(missing)),
        ("syncs", "never" if every is None else f"every {every} minutes"),
        ("last synced", local(row.last_synced_at, zone)),
        ("sync fault", row.sync_fault),
        ("API fault", row.api_fault),
        ("writes back", "yes" if row.write_back else "no"),
    ]
