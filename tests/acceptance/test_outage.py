"""Three days without a provider: nothing is lost, nothing doubled, nothing stale goes out, and
the end of it is no stampede.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from service.app import engine_of
from service.clock import FakeClock
from service.domain.contacts import Channel
from service.mail.sendgrid import SendGridTransport
from service.mail.single_post import PostClient, Timeouts
from service.models import Application, Decision, Message
from service.workflows.contacts import log_inbound
from service.workflows.decide import reject, withdraw_decision
from service.workflows.erase import erase_candidate
from service.workflows.messages import Wish, write_letter
from service.workflows.promise_changes import lock_application
from service.workflows.work import Work
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.sendgrid_behaviours import (
    Behaviour,
    answer,
    drip,
    hang_up,
    rate_limited,
    reset,
    silent,
)
from tests.harness import MONDAY, Employer, add_application, add_user, make_employer

OUTAGE = timedelta(hours=72)
STEP = timedelta(minutes=10)

STORM: tuple[Callable[[datetime], Behaviour], ...] = (
    lambda _now: answer(500),
    lambda _now: answer(503, page=b"<html>bad gateway</html>"),
    lambda now: rate_limited(int((now + timedelta(minutes=3)).timestamp())),
    lambda _now: rate_limited(),
    lambda _now: answer(502),
    lambda _now: reset(accepted=False),
    lambda _now: hang_up(accepted=False),
    lambda _now: reset(accepted=False),
    lambda _now: hang_up(accepted=False),
)
"""What the provider does to each request while it is down: nothing of it is ever accepted."""

SLOW = {20: silent(accepted=False), 40: drip(accepted=False), 300: silent(accepted=False)}
"""Steps at which it says nothing, or never ends: each costs the test a whole timeout."""

WORDS = {"promised_what": "a call"}


class Outage:
    """An employer that goes on writing letters while the world goes on changing."""

    def __init__(self, employer: Employer, double: SendGridDouble) -> None:
        self.employer = employer
        self.double = double
        self.chance = random.Random(20260302)  # noqa: S311 - the same days on every run
        self.fine: list[str] = []
        self.stale: dict[str, str] = {}
        with employer.work() as work:
            self.owner_id = add_user(work).id

    def step(self) -> None:
        """Let ten minutes pass, with whatever the provider does in them."""
        self.employer.pass_time(minutes=STEP.total_seconds() / 60)

    def write_fine(self) -> None:
        """Write a letter that will still be true in four days."""
        with self.employer.work() as work:
            application = add_application(work)
            day = (work.now + timedelta(days=20)).date()
            self.fine.append(self._holding(work, application, day.isoformat()).id)

    def write_stale(self, how: str) -> None:
        """Write a letter that something will overtake."""
        with self.employer.work() as work:
            application = add_application(work, email=f"stale.{len(self.stale)}@example.com")
            if how == "date passed":
                day = (work.now + timedelta(days=1)).date()
                letter = self._holding(work, application, day.isoformat())
            else:
                decision = self._decide(work, application)
                wish = Wish("rejection-application", {}, self.owner_id, decision=decision)
                letter = write_letter(work, application, wish)
            self.stale[letter.id] = how

    def overtake(self) -> None:
        """Change the world of every letter that is to become untrue."""
        for message_id, how in self.stale.items():
            with self.employer.work() as work:
                message = work.session.get_one(Message, message_id)
                application = lock_application(work, message.application_id or "")
                self._change(work, application, message, how)

    def _change(self, work: Work, application: Application, message: Message, how: str) -> None:
        match how:
            case "decision withdrawn":
                decision = work.session.get_one(Decision, message.decision_id)
                withdraw_decision(work, application, decision)
            case "replied":
                log_inbound(
                    work, application, channel=Channel.PHONE, at=work.now, note="rang again"
                )
            case "erased":
                erase_candidate(work, application.candidate, "asked for it")
            case "hired after all":
                application.stage = "hired"
            case "no mail wanted":
                application.candidate.can_email = False

    def _decide(self, work: Work, application: Application) -> Decision:
        return reject(
            work,
            application,
            reason="another person fits better",
            decided_by_id=self.owner_id,
            decided_at=work.now,
            source="keepword",
        )

    def _holding(self, work: Work, application: Application, day: str) -> Message:
        wish = Wish("holding", {**WORDS, "next_word_by": day}, self.owner_id)
        return write_letter(work, application, wish)

    def states(self, ids: Any) -> Counter[str]:
        with self.employer.session() as session:
            return Counter(session.scalars(select(Message.state).where(Message.id.in_(list(ids)))))


HOWS = ("decision withdrawn", "replied", "erased", "hired after all", "no mail wanted",
        "date passed")  # fmt: skip


def test_three_days_without_a_provider(database_url: str, tmp_path: Path) -> None:
    clock = FakeClock(MONDAY)
    with SendGridDouble(now=clock.now) as double:
        # Long enough for a machine that has other things to do: a sound answer is not to be lost.
        timeouts = Timeouts(connect=5, write=5, read=3, pool=5, overall=6)
        pool = PostClient(double.base_url, clock=clock, timeouts=timeouts)
        transport = SendGridTransport(double.api_key, clock=clock, pool=pool)
        employer = make_employer(database_url, tmp_path, transport=transport, clock=clock)
        outage = Outage(employer, double)
        for _ in range(3):
            outage.write_fine()
        employer.turn()
        assert outage.states(outage.fine) == {"accepted": 3}

        suffer(outage)

        lost_answers = outage.states(outage.fine)["uncertain"]
        double.otherwise = Behaviour()
        double.forget()
        settle(outage)
        states = outage.states(outage.fine)
        stale = outage.states(outage.stale)
        first = [len(each) for each in batches(double) if each[0].to_address in late(outage)]
        transport.close()
        engine_of(employer.app).dispose()

    recipients = Counter(mail.custom_args["kw_mid"] for mail in double.accepted)
    # Nothing is lost: every letter went, or is shown as one that nobody knows about.
    gone = states["accepted"] + states["unconfirmed"]
    assert (gone, states["uncertain"]) == (len(outage.fine) - lost_answers, lost_answers)
    assert gone + lost_answers == states.total()
    assert set(recipients.values()) == {1}
    # Not one letter an hour was given up to find out whether the provider is back.
    assert lost_answers <= 72
    # Nothing stale went, and whoever wrote it is told why.
    assert not recipients.keys() & outage.stale.keys()
    assert not stale.keys() & {"accepted", "delivered", "ready", "held"}
    # And no stampede: one letter, then ten, then more.
    assert first[0] == 1
    assert first[1] <= 10


def suffer(outage: Outage) -> None:
    """Live through the outage, writing letters in office hours and overtaking some."""
    end = outage.employer.now + OUTAGE
    for how in HOWS:
        for _ in range(3):
            outage.write_stale(how)
    overtaken = False
    for number in itertools.count():
        if outage.employer.now >= end:
            break
        outage.double.forget()
        storm = outage.chance.choice(STORM)(outage.employer.now)
        outage.double.otherwise = SLOW.get(number, storm)
        if 9 <= outage.employer.now.hour < 17 and outage.chance.random() < 0.5:
            outage.write_fine()
        if not overtaken and outage.employer.now > end - timedelta(hours=30):
            outage.overtake()
            overtaken = True
        outage.step()


def settle(outage: Outage) -> None:
    """Give the provider, back again, a working day."""
    for _ in range(int(timedelta(hours=10) / STEP)):
        outage.step()


def late(outage: Outage) -> set[str]:
    """The addresses of what was written during the outage."""
    with outage.employer.session() as session:
        found = select(Message.to_address).where(Message.id.in_(outage.fine[3:]))
        return set(session.scalars(found))


def batches(double: SendGridDouble) -> list[list[Any]]:
    """What was accepted, request by request, in order."""
    found: dict[str, list[Any]] = {}
    for mail in double.accepted:
        found.setdefault(mail.request_id, []).append(mail)
    return list(found.values())
