"""Hands letters to SendGrid's Mail Send API and says what is known about them afterwards.

SendGrid has no idempotency key, so an answer that was lost is ``Uncertain``, never a reason to
send again; and neither the key, an address nor a body is ever logged or put into a reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from service.clock import Clock
from service.mail.base import (
    Envelope,
    LogAnswer,
    Refused,
    RefusedSome,
    RetryLater,
    SendAnswer,
    Sorted,
    Sought,
    TooLarge,
    Uncertain,
)
from service.mail.sendgrid_answers import judge, judge_probe
from service.mail.sendgrid_batch import TooLargeError, batch_body
from service.mail.sendgrid_body import probe_body, request_body
from service.mail.sendgrid_limits import UnsendableError, check_letter
from service.mail.sendgrid_log import look_up
from service.mail.sendgrid_sort import sort_letters
from service.mail.single_post import (
    HttpAnswer,
    PerhapsSentError,
    PostClient,
    SurelyNotSentError,
    Timeouts,
)
from service.telemetry import Fact, Facts, Kind, Span, span, tell

DEFAULT_BASE_URL = "https://api.sendgrid.com"
"""For global accounts; EU subusers use ``https://api.eu.sendgrid.com``."""

DEFAULT_PROBE_FROM = "keepword@example.com"
"""A sender nobody has; an account that checks its senders wants the employer's own instead."""

SEND_PATH = "/v3/mail/send"

_Said = TypeVar("_Said", SendAnswer, LogAnswer)


class SendGridTransport:
    """A ``Transport`` over one pooled HTTP client; safe to share between threads.

    ``pool`` lets several transports share connections; without it one is made for ``base_url``
    with ``timeouts`` (seconds). ``probe_from`` is the sender in requests that only ask whether
    mail would be taken. Raises ``ValueError`` for a key, URL or sender that cannot work.
    """

    name = "sendgrid"

    def __init__(
        self,
        api_key: str,
        *,
        clock: Clock,
        base_url: str = DEFAULT_BASE_URL,
        pool: PostClient | None = None,
        timeouts: Timeouts | None = None,
        probe_from: str = DEFAULT_PROBE_FROM,
    ) -> None:
        if not re.fullmatch(r"[!-~]+", api_key):
            # Not shown: it is a secret even when it is mistyped.
            raise ValueError("the SendGrid API key is empty or holds a space or a line break")
        self._clock = clock
        self._probe = probe_body(probe_from)
        self._pool = pool or PostClient(base_url, clock=clock, timeouts=timeouts)
        self._headers = {
            "Authorization": f"Bearer {api_key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "keepword",
        }

    def sort(self, envelopes: Sequence[Envelope]) -> Sorted:
        """Put letters together for as few requests as may be; see ``sendgrid_sort``."""
        return sort_letters(envelopes)

    def send(self, group: Sequence[Envelope], batch_id: str) -> SendAnswer:
        """Post one request for the group; see ``sendgrid_answers`` for what an answer means.

        The letters are checked once more, so that a group ``sort`` did not make is refused here.
        """
        facts: Facts = {Fact.BATCH: batch_id, Fact.LETTERS: len(group)}
        with span("send mail", Kind.CLIENT, facts) as told:
            return _ended(told, self._send(group, batch_id))

    def _send(self, group: Sequence[Envelope], batch_id: str) -> SendAnswer:
        try:
            body = _body(group, batch_id)
        except TooLargeError as fault:
            return TooLarge(str(fault))
        except UnsendableError as fault:
            faults = _faults(group) if len(group) > 1 else {}
            return RefusedSome(faults) if faults else Refused(str(fault))
        answer = self._post(body)
        if not isinstance(answer, HttpAnswer):
            return answer
        return judge(answer, group, self._clock.now())

    def probe(self) -> SendAnswer:
        """Have SendGrid judge a mail in its sandbox, which sends nothing and costs nothing."""
        with span("probe mail", Kind.CLIENT) as told:
            answer = self._post(self._probe)
            if isinstance(answer, HttpAnswer):
                return _ended(told, judge_probe(answer, self._clock.now()))
            return _ended(told, answer)

    def look_up(self, sought: Sought) -> LogAnswer:
        """Search SendGrid's Email Logs, which the key must be allowed to read."""
        with span("look mail up", Kind.CLIENT, {Fact.BATCH: sought.batch_id}) as told:
            return _ended(told, look_up(self._pool, self._headers, sought))

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()

    def _post(self, body: bytes) -> HttpAnswer | RetryLater | Uncertain:
        try:
            answer = self._pool.post(SEND_PATH, body, self._headers)
        except SurelyNotSentError as fault:
            return RetryLater(str(fault))
        except PerhapsSentError as fault:
            return Uncertain(str(fault))
        tell(Fact.STATUS, answer.status)
        return answer


def _ended(told: Span, answer: _Said) -> _Said:
    """Tell how it ended, by the kind of the answer alone: its words may quote an address."""
    told.tell(Fact.OUTCOME, type(answer).__name__.lower())
    return answer


def _body(group: Sequence[Envelope], batch_id: str) -> bytes:
    if not group:
        raise UnsendableError("there is no letter to send")
    # One letter goes whole: nothing of it has to be replaced, so nothing limits its values.
    return batch_body(group, batch_id) if len(group) > 1 else request_body(group[0], batch_id)


def _faults(group: Sequence[Envelope]) -> dict[str, str]:
    """Return the letters that could not even go singly, and why."""
    faults = {}
    for letter in group:
        try:
            check_letter(letter)
        except UnsendableError as fault:
            faults[letter.message_id] = str(fault)
    return faults
