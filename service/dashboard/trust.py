"""The strip on every page that tells whether what it shows can be trusted, and what needs a hand.

A page that looks calm while nothing runs would be worse than none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.clock import Clock
from service.config import Config
from service.dashboard.wording import ago, counted
from service.domain.wording import when_words
from service.queries.figures import (
    ConnectionFigures,
    MailFigures,
    answer_command,
    connection_figures,
    mail_figures,
    promise_figures,
)
from service.queries.loops import START_LOOPS, LoopState, loop_states
from service.queries.mail_health import (
    Rest,
    Silence,
    channel_rest,
    silence_remedy,
    silence_text,
    webhook_silence,
)
from service.queries.outbox import UNDECIDED
from service.queries.wordings import approve_command, unapproved
from service.worker import STEPS
from service.workflows.check import SET_ASIDE, backlog


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
    those in the outbox that do.
    """

    signs: Sequence[Sign]
    bars: Sequence[Bar]
    chores: Sequence[str]
    letters: int


class Watchman:
    """Looks at the heartbeats; knows since when this process runs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = clock.monotonic()

    def look(self, session: Session, config: Config, now: datetime) -> Trust:
        """Return what the strip says."""
        running_for = timedelta(seconds=self._clock.monotonic() - self._since)
        bounds = {step.name: step.late_after for step in STEPS}
        loops = loop_states(session, now, bounds, running_for)
        mail, connections = mail_figures(session, now, settled=False), connection_figures(session)
        set_aside = promise_figures(session, now, SET_ASIDE).set_aside
        rest, silence = channel_rest(session, now), webhook_silence(session, now)
        signs = [
            *(_checker(loop) for loop in loops if loop.name == "check"),
            Sign("plain", "", f"outbox {mail.outbox}"),
            _channel(config, mail, rest, silence),
            *(_spoke(connection, now) for connection in connections if connection.active),
        ]
        late = [_late(loop) for loop in loops if loop.late]
        bars = [Bar("broken", late, START_LOOPS)] if late else []
        waits = backlog(session, now)
        if waits is not None:
            bars.append(Bar("care", [f"The checker waits: {waits}."], "It goes on by itself."))
        if mail.paused is not None:
            since = when_words(mail.paused.at, config.time_zone, now)
            why = f": {mail.paused.reason}" if mail.paused.reason else ""
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
        letters = sum(mail.by_state[state] for state in UNDECIDED)
        chores = list(_chores(mail, connections, unapproved(session), set_aside, now))
        return Trust(signs, bars, chores, letters)


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


def _channel(config: Config, mail: MailFigures, rest: Rest | None, silence: Silence | None) -> Sign:
    if mail.paused is not None:
        return Sign("care", "◐", "mail paused")
    if rest is not None:
        return Sign("care", "◐", "mail rests")
    if silence is not None:
        return Sign("care", "◐", "SendGrid reports nothing back")
    if config.mail == "capture":
        return Sign("plain", "○", "mail is kept here, nothing is sent")
    return Sign("good", "✓", "SendGrid well")


def _spoke(connection: ConnectionFigures, now: datetime) -> Sign:
    if connection.last_authentic_at is None:
        return Sign("care", "◐", f"{connection.name} has not spoken yet")
    text = f"{connection.name} last spoke {_heard(connection, now)}"
    return Sign("care", "◐", text) if connection.fell_silent(now) else Sign("plain", "", text)


def _heard(connection: ConnectionFigures, now: datetime) -> str:
    at = connection.last_authentic_at
    return "never" if at is None else ago((now - at).total_seconds())


def _chores(
    mail: MailFigures,
    connections: Sequence[ConnectionFigures],
    unworded: Sequence[str],
    set_aside: int,
    now: datetime,
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
    for connection in connections:
        if connection.failed:
            yield (
                counted(connection.failed, "delivery", "deliveries")
                + f" from {connection.name} could not be worked in"
            )
        if connection.fell_silent(now):
            yield (
                f"{connection.name} last spoke {_heard(connection, now)}: "
                "see in the ATS whether its webhook is still switched on"
            )
        if connection.unanswered:
            yield (
                f"Nobody has said who sends the rejections of {connection.name}, so Keepword "
                f"sends none: “{answer_command(connection.name)}”, or with “ats”"
            )
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
