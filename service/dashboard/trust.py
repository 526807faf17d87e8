"""The strip on every page that tells whether what it shows can be trusted, and what needs a hand.

A page that looks calm while nothing runs would be worse than none. Letters and promises are counted
within the reader's reach, and what needs a hand is told to whoever may look at it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from service.clock import Clock
from service.config import Config
from service.dashboard.access import Visitor
from service.dashboard.chores import Chore, check_chores, feed_chores, letter_chores, rule_chores
from service.dashboard.wording import READER, ago, when_words
from service.domain.feeds import Fault, Light
from service.domain.rights import Right
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
from service.queries.loops import LOOPS, LoopState, beats_query, start_loops, states_of
from service.queries.mail_health import (
    Rest,
    Silence,
    channel_query,
    rest_of,
    silence_of,
    silence_query,
    silence_remedy,
    silence_text,
)
from service.queries.outbox import UNDECIDED
from service.queries.wordings import approved_query, unapproved_of
from service.steps import STEPS
from service.workflows.check import SET_ASIDE, backlog_of, backlog_queries
from service.workflows.usual_hours import usual_working_time
from service.workflows.work import Work

_BY_COMMAND: Final = frozenset(
    {Fault.REFUSED, Fault.API, Fault.INCOMPLETE, Fault.SYNC_FAILED, Fault.SYNC_LATE}
)
"""Faults that a command mends: every page leads to the connection's, which has the command."""


@dataclass(frozen=True)
class Sign:
    """One word of the strip; ``style`` is ``good``, ``plain``, ``care`` or ``broken``.

    ``url`` leads to where more of it is told, "" where the reader may not look there.
    """

    style: str
    shape: str
    text: str
    url: str = ""


@dataclass(frozen=True)
class Bar:
    """What does not work, across the page, with what mends it. ``style`` as a sign's.

    ``url`` leads to where the remedy is told, "" where ``remedy`` is all there is to say.
    """

    style: str
    texts: Sequence[str]
    remedy: str
    url: str = ""


@dataclass(frozen=True)
class Trust:
    """The strip, the bars above everything, and what waits for a person's hand; ``letters`` counts
    those in the outbox that do, ``cut_off`` the connections whose news does not come in.
    """

    signs: Sequence[Sign]
    bars: Sequence[Bar]
    chores: Sequence[Chore]
    letters: int
    cut_off: int


class Watchman:
    """Looks at the heartbeats; knows since when this process runs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = clock.monotonic()

    def look(self, work: Work, config: Config, who: Visitor) -> Trust:
        """Return what the strip says to who reads it."""
        session, now = work.session, work.now
        zone = who.time_zone or config.time_zone
        running_for = timedelta(seconds=self._clock.monotonic() - self._since)
        bounds = {step.name: step.late_after for step in STEPS}
        # One statement for all of it: this is read for every page.
        read = read_at_once(
            session,
            {
                "beats": beats_query(bounds),
                "mail": unsettled_query(who.reach),
                "channel": channel_query(),
                "set_aside": set_aside_query(now, SET_ASIDE, who.reach),
                "silence": silence_query(now),
                "approved": approved_query(),
                **feed_queries(session),
                **backlog_queries(now),
            },
        )
        loops = states_of(read["beats"], now, bounds, running_for)
        mail, paused, rest = _mail(read["mail"], read["channel"], now)
        feeds = feeds_from(session, read, now, usual_working_time(work), READER)
        ((set_aside,),) = read["set_aside"]
        ((last_event_at, unheard),) = read["silence"]
        silence = silence_of(last_event_at, unheard, now)
        signs = [
            *(_checker(loop) for loop in loops if loop.name == "check"),
            *(
                [
                    Sign(
                        "plain",
                        "",
                        _("outbox %(number)s", number=mail.outbox),
                        url_for("pages.outbox"),
                    )
                ]
                if who.may(Right.SEE_MAIL)
                else []
            ),
            _channel(config, paused, rest, silence),
            *(_spoke(each, now, who) for each in feeds if each.light is not Light.OFF),
        ]
        late = [_late(loop) for loop in loops if loop.late]
        bars = [Bar("broken", late, READER.say(start_loops(config.broker_url)))] if late else []
        waits = backlog_of(read, now, READER)
        if waits is not None:
            bars.append(
                Bar(
                    "care",
                    [_("The checker waits: %(what)s.", what=waits)],
                    _("It goes on by itself."),
                )
            )
        if paused is not None:
            since = when_words(paused.at, zone, now)
            text = _("Mail is paused since %(when)s.", when=since)
            if paused.reason:
                text = _("Mail is paused since %(when)s: %(why)s.", when=since, why=paused.reason)
            bars.append(
                Bar(
                    "care",
                    [text],
                    _("Nothing is lost: every letter waits until it is resumed."),
                )
            )
        elif rest is not None:
            bars.append(_rests(rest, zone, now))
        if silence is not None:
            bars.append(
                Bar(
                    "care", [silence_text(silence, READER)], silence_remedy(config.base_url, READER)
                )
            )
        bars += [bar for each in feeds for bar in _cut_off(each, who)]
        letters = sum(mail.by_state[state] for state in UNDECIDED)
        chores = [
            *(letter_chores(mail) if who.may(Right.SEE_MAIL) else ()),
            *(feed_chores(feeds) if who.may(Right.SEE_FEEDS) else ()),
            *(rule_chores(unapproved_of(read["approved"])) if who.may(Right.SEE_SETTINGS) else ()),
            *check_chores(set_aside),
        ]
        cut_off = sum(any(each.grave for each in health.faults) for health in feeds)
        return Trust(signs, bars, chores, letters, cut_off)


def _checker(loop: LoopState) -> Sign:
    if loop.age_in is None:
        text = _("checker has not run yet")
        return Sign("broken", "●", text) if loop.late else Sign("care", "◐", text)
    text = _("checker ran %(ago)s", ago=ago(loop.age_in))
    return Sign("broken", "●", text) if loop.late else Sign("good", "✓", text)


def _late(loop: LoopState) -> str:
    title = _("The loop %(name)s", name=loop.name)
    if loop.name in LOOPS:
        title = READER.say(loop.title)
    said = _("%(loop)s has not run yet.", loop=title)
    if loop.age_in is not None:
        said = _("%(loop)s last ran %(ago)s.", loop=title, ago=ago(loop.age_in))
    return f"{said} {READER.say(loop.consequence)}" if loop.consequence else said


def _rests(rest: Rest, zone: str, now: datetime) -> Bar:
    said = ngettext(
        "The mail provider failed, so mail rests.",
        "The mail provider failed %(num)s times in a row, so mail rests.",
        rest.failures,
    )
    if rest.until:
        said = ngettext(
            "The mail provider failed, so mail rests until %(when)s.",
            "The mail provider failed %(num)s times in a row, so mail rests until %(when)s.",
            rest.failures,
            when=when_words(rest.until, zone, now),
        )
    remedy = _("Nothing is lost: it is tried again by itself, first with one letter.")
    return Bar("care", [said], remedy)


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
        return Sign("care", "◐", _("mail paused"))
    if rest is not None:
        return Sign("care", "◐", _("mail rests"))
    if silence is not None:
        return Sign("care", "◐", _("SendGrid reports nothing back"))
    if config.mail == "capture":
        return Sign("plain", "○", _("mail is kept here, nothing is sent"))
    return Sign("good", "✓", _("SendGrid well"))


def _spoke(health: FeedHealth, now: datetime, who: Visitor) -> Sign:
    url = url_for("pages.connection", name=health.name) if who.may(Right.SEE_FEEDS) else ""
    heard = health.feed.last_authentic_at or health.feed.last_synced_at
    if heard is None:
        return Sign("care", "◐", _("%(name)s has not spoken yet", name=health.name), url)
    since = ago((now - heard).total_seconds())
    if health.feed.last_authentic_at:
        text = _("%(name)s last spoke %(ago)s", name=health.name, ago=since)
    else:
        text = _("%(name)s was last asked %(ago)s", name=health.name, ago=since)
    if any(each.grave for each in health.faults):
        return Sign("care", "◐", text, url)
    return Sign("plain", "", text, url)


def _cut_off(health: FeedHealth, who: Visitor) -> Iterator[Bar]:
    """Say what keeps a connection's news from coming in; what waits here is said elsewhere."""
    there = url_for("pages.connection", name=health.name, _anchor="faults")
    for each in health.faults:
        if each.grave and each.fault is not Fault.BACKLOG:
            if each.fault not in _BY_COMMAND:
                yield Bar("care", [each.text], each.remedy)
            elif who.may(Right.SEE_FEEDS):
                yield Bar("care", [each.text], each.remedy, there)
            else:
                told = _("Whoever looks after the connections sees what to do.")
                yield Bar("care", [each.text], told)
