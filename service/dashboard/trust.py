"""The strip on every page that tells whether what it shows can be trusted, and what needs a hand.

A page that looks calm while nothing runs would be worse than none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select

from service.clock import Clock
from service.config import Config
from service.dashboard.wording import ago, counted
from service.domain.feeds import Fault, Light
from service.domain.wording import when_words
from service.models import MailChannel
from service.queries.at_once import read_at_once
from service.queries.feed_health import FeedHealth, feed_queries, feeds_from
from service.queries.figures import (
    Pause,
    Unsent,
    pause_of,
    set_aside_query,
    unsent_of,
    unsettled_query,
)
from service.queries.loops import START_LOOPS, LoopState, beats_query, states_of
from service.queries.mail_health import (
    Rest,
    Silence,
    rest_of,
    silence_of,
    silence_query,
    silence_remedy,
    silence_text,
)
from service.queries.outbox import UNDECIDED
from service.queries.wordings import approve_command, approved_query, unapproved_of
from service.worker import STEPS
from service.workflows.check import SET_ASIDE, backlog_of, backlog_queries
from service.workflows.usual_hours import usual_working_time
from service.workflows.work import Work

_CHANNEL: Select[*tuple[Any, ...]] = select(
    MailChannel.paused_at,
    MailChannel.paused_reason,
    MailChannel.paused_by_provider,
    MailChannel.paused_by,
    MailChannel.failures,
    MailChannel.retry_at,
)


@dataclass(frozen=True)
class Sign:
    """One word of the strip; ``style`` is ``good``, ``plain``, ``care`` or ``broken``."""

    style: str
    shape: str
    text: str


@dataclass(frozen=True)
class Bar:
    """What does not work, across the page, with what mends it. ``style`` as a sign's."""

    style: str
    texts: Sequence[str]
    remedy: str


@dataclass(frozen=True)
class Trust:
    """The strip, the bars above everything, and what waits for a person's hand; ``letters`` counts
    those in the outbox that do, ``cut_off`` the connections whose news does not come in.
    """

    signs: Sequence[Sign]
    bars: Sequence[Bar]
    chores: Sequence[str]
    letters: int
    cut_off: int


class Watchman:
    """Looks at the heartbeats; knows since when this process runs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = clock.monotonic()

    def look(self, work: Work, config: Config) -> Trust:
        """Return what the strip says."""
        session, now = work.session, work.now
        running_for = timedelta(seconds=self._clock.monotonic() - self._since)
        bounds = {step.name: step.late_after for step in STEPS}
        # One statement for all of it: this is read for every page.
        read = read_at_once(
            session,
            {
                "beats": beats_query(bounds),
                "mail": unsettled_query(),
                "channel": _CHANNEL,
                "set_aside": set_aside_query(now, SET_ASIDE),
                "silence": silence_query(now),
                "approved": approved_query(),
                **feed_queries(session),
                **backlog_queries(now),
            },
        )
        loops = states_of(read["beats"], now, bounds, running_for)
        mail, paused, rest = _mail(read["mail"], read["channel"], now)
        feeds = feeds_from(session, read, now, usual_working_time(work))
        ((set_aside,),) = read["set_aside"]
        ((last_event_at, unheard),) = read["silence"]
        silence = silence_of(last_event_at, unheard, now)
        signs = [
            *(_checker(loop) for loop in loops if loop.name == "check"),
            Sign("plain", "", f"outbox {mail.outbox}"),
            _channel(config, paused, rest, silence),
            *(_spoke(each, now) for each in feeds if each.light is not Light.OFF),
        ]
        late = [_late(loop) for loop in loops if loop.late]
        bars = [Bar("broken", late, START_LOOPS)] if late else []
        waits = backlog_of(read, now)
        if waits is not None:
            bars.append(Bar("care", [f"The checker waits: {waits}."], "It goes on by itself."))
        if paused is not None:
            since = when_words(paused.at, config.time_zone, now)
            why = f": {paused.reason}" if paused.reason else ""
            bars.append(
                Bar(
                    "care",
                    [f"Mail is paused since {since}{why}."],
                    "Nothing is lost: every letter waits until it is resumed.",
                )
            )
        elif rest is not None:
            bars.append(_rests(rest, config.time_zone, now))
        if silence is not None:
            bars.append(Bar("care", [silence_text(silence)], silence_remedy(config.base_url)))
        bars += [bar for each in feeds for bar in _cut_off(each)]
        letters = sum(mail.by_state[state] for state in UNDECIDED)
        chores = list(_chores(mail, feeds, unapproved_of(read["approved"]), set_aside))
        cut_off = sum(any(each.grave for each in health.faults) for health in feeds)
        return Trust(signs, bars, chores, letters, cut_off)


def _checker(loop: LoopState) -> Sign:
    if loop.age_in is None:
        text = "checker has not run yet"
        return Sign("broken", "●", text) if loop.late else Sign("care", "◐", text)
    text = f"checker ran {ago(loop.age_in)}"
    return Sign("broken", "●", text) if loop.late else Sign("good", "✓", text)


def _late(loop: LoopState) -> str:
    since = "has not run yet" if loop.age_in is None else f"last ran {ago(loop.age_in)}"
    return f"{loop.title} {since}. {loop.consequence}"


def _rests(rest: Rest, zone: str, now: datetime) -> Bar:
    until = f" until {when_words(rest.until, zone, now)}" if rest.until else ""
    failed = "failed" if rest.failures == 1 else f"failed {rest.failures} times in a row"
    return Bar(
        "care",
        [f"The mail provider {failed}, so mail rests{until}."],
        "Nothing is lost: it is tried again by itself, first with one letter.",
    )


def _mail(
    letters: list[tuple[Any, ...]], channels: list[tuple[Any, ...]], now: datetime
) -> tuple[Unsent, Pause | None, Rest | None]:
    """Return what has yet to leave, and whether mail is paused or rests."""
    paused = rest = None
    for at, reason, by_provider, by, failures, retry_at in channels:
        if at is not None:
            paused = pause_of(at, reason, by_provider=by_provider, by=by)
        if failures > 0:
            rest = rest_of(failures, retry_at, now)
    return unsent_of(letters), paused, rest


def _channel(
    config: Config, paused: Pause | None, rest: Rest | None, silence: Silence | None
) -> Sign:
    if paused is not None:
        return Sign("care", "◐", "mail paused")
    if rest is not None:
        return Sign("care", "◐", "mail rests")
    if silence is not None:
        return Sign("care", "◐", "SendGrid reports nothing back")
    if config.mail == "capture":
        return Sign("plain", "○", "mail is kept here, nothing is sent")
    return Sign("good", "✓", "SendGrid well")


def _spoke(health: FeedHealth, now: datetime) -> Sign:
    heard = health.feed.last_authentic_at or health.feed.last_synced_at
    if heard is None:
        text = f"{health.name} has not spoken yet"
        return Sign("care", "◐", text)
    how = "last spoke" if health.feed.last_authentic_at else "was last asked"
    text = f"{health.name} {how} {ago((now - heard).total_seconds())}"
    if any(each.grave for each in health.faults):
        return Sign("care", "◐", text)
    return Sign("plain", "", text)


def _cut_off(health: FeedHealth) -> Iterator[Bar]:
    """Say what keeps a connection's news from coming in; what waits here is said elsewhere."""
    for each in health.faults:
        if each.grave and each.fault is not Fault.BACKLOG:
            yield Bar("care", [each.text], each.remedy)


def _chores(
    mail: Unsent,
    feeds: Sequence[FeedHealth],
    unworded: Sequence[str],
    set_aside: int,
) -> Iterator[str]:
    if blocked := mail.by_state["blocked"]:
        yield counted(
            blocked,
            "letter is stopped until somebody looks",
            "letters are stopped until somebody looks",
        )
    if uncertain := mail.by_state["uncertain"]:
        yield counted(
            uncertain, "letter may or may not have gone out", "letters may or may not have gone out"
        )
    if unconfirmed := mail.by_state["unconfirmed"]:
        yield counted(
            unconfirmed,
            "letter left a day ago and nothing was heard of it",
            "letters left a day ago and nothing was heard of them",
        )
    if failed := mail.by_state["failed"] + mail.by_state["dropped"]:
        yield counted(failed, "letter could not be sent", "letters could not be sent")
    for health in feeds:
        for each in health.faults:
            if not each.grave:
                yield f"{each.text} {each.remedy}"
    for kind in unworded:
        yield (
            f"No {kind.replace('-', ' ')} can be written, its wording was withdrawn: "
            f"“{approve_command(kind)}”"
        )
    if set_aside:
        yield (
            counted(set_aside, "promise could not be checked", "promises could not be checked")
            + " and will be tried again"
        )
