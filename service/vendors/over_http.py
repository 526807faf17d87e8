"""Asks the vendors' APIs over HTTP: one request, once, within the rate, with the right headers.

Credentials leave for the connection's own host and its token's address alone, by TLS; no redirect
is followed. Neither they nor anything that was asked or answered is logged or part of an error.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from service.ats.asking import Answer, Ask, TokenRequest
from service.clock import Clock
from service.single_request import (
    HttpAnswer,
    PerhapsSentError,
    ServerClient,
    SurelyNotSentError,
    Timeouts,
)
from service.telemetry import Fact, Kind, span
from service.vendors.addresses import safe_base, target_of
from service.vendors.answers import is_busy, is_unusable, wait_asked_for
from service.vendors.base import Answered, AskError, Busy, Denied, Outcome, Reach, Unreachable
from service.vendors.pace import Pace
from service.vendors.tokens import NoTokenError, Token, read_token

MAX_ANSWER_BYTES = 8 * 1024 * 1024
"""How much of one answer is taken: a page of the largest records, with room."""

TIMEOUTS = Timeouts(connect=5.0, write=10.0, read=20.0, pool=5.0, overall=30.0)
"""Seconds. An API that needs longer for one record or one page is in trouble."""

_CALLED = "the vendor's API"
_SHORTEST_REST = timedelta(seconds=1)
_FORBIDDEN_REST = timedelta(minutes=1)


@dataclass
class _Way:
    """What is kept of one connection between its requests."""

    settings: Mapping[str, str]
    pace: Pace
    client: ServerClient
    token: Token | None = None


class HttpVendors:
    """The vendors' APIs as they are. Safe to share between threads.

    What fails lets its connection rest, for longer and longer; what a vendor asks for by
    ``Retry-After`` is obeyed. New settings begin anew. Rates are kept to within this process:
    where several ask one vendor, its own 429 is what divides the rest.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        timeouts: Timeouts = TIMEOUTS,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        chance: random.Random | None = None,
    ) -> None:
        self._clock = clock
        self._timeouts = timeouts
        self._max_bytes = max_answer_bytes
        self._chance = chance or random.SystemRandom()
        self._ways: dict[str, _Way] = {}
        self._lock = threading.Lock()

    def ask(self, reach: Reach, ask: Ask) -> Outcome:
        """Make one request, once. Raises ``AskError`` for one that must not be made."""
        facts = {Fact.CONNECTION: reach.connection_id, Fact.METHOD: ask.method}
        with span("ask vendor", Kind.CLIENT, facts) as told:
            outcome = self._ask(reach, ask)
            told.tell(Fact.OUTCOME, type(outcome).__name__.lower())
            told.tell(Fact.STATUS, _status_of(outcome))
            if isinstance(outcome, Busy) and outcome.throttled:
                # Nothing was asked.
                told.idle()
            return outcome

    def _ask(self, reach: Reach, ask: Ask) -> Outcome:
        target = target_of(ask)
        way = self._way(reach)
        resting = way.pace.resting()
        if resting is not None:
            left, why = resting
            return Busy(self._clock.now() + left, why)
        wait = way.pace.take()
        if wait is not None:
            why = "the vendor's rate allows no more requests at this moment"
            return Busy(self._clock.now() + wait, why, throttled=True)
        given = self._token(reach, way, anew=False)
        if not isinstance(given, _Given):
            return given
        answer = self._send(reach, way, ask, target, given.text)
        if isinstance(answer, HttpAnswer) and answer.status == 401 and given.kept:
            # A token that was kept may have been withdrawn before its end; a new one will tell.
            given = self._token(reach, way, anew=True)
            if not isinstance(given, _Given):
                return given
            answer = self._send(reach, way, ask, target, given.text)
        return self._judged(reach, way, answer) if isinstance(answer, HttpAnswer) else answer

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            for way in self._ways.values():
                way.client.close()
            self._ways.clear()

    def _way(self, reach: Reach) -> _Way:
        with self._lock:
            known = self._ways.get(reach.connection_id)
            if known is not None and known.settings == reach.settings:
                return known
            if known is not None:
                known.client.close()
            made = _Way(
                dict(reach.settings),
                Pace(reach.api.rate, self._clock),
                self._client(safe_base(reach.api.base_url(reach.settings))),
            )
            self._ways[reach.connection_id] = made
            return made

    def _client(self, base_url: str) -> ServerClient:
        try:
            return ServerClient(
                base_url,
                called=_CALLED,
                clock=self._clock,
                max_answer_bytes=self._max_bytes,
                timeouts=self._timeouts,
            )
        except ValueError as error:
            raise AskError(str(error)) from None

    def _token(self, reach: Reach, way: _Way, *, anew: bool) -> _Given | Outcome:
        request = reach.api.token_request(reach.settings)
        if request is None:
            return _Given(None, kept=False)
        if way.token is not None and not anew and way.token.good(self._clock):
            return _Given(way.token.text, kept=True)
        way.token = None
        answer = self._fetch_token(way, request)
        if not isinstance(answer, HttpAnswer):
            return answer
        if answer.status in {400, 401, 403}:
            # RFC 6749, 5.2: wrong client credentials are answered 400 or 401.
            return self._denied(way, answer.status, "the vendor gives no token for the credentials")
        fault = self._fault(way, answer, perhaps_sent=False)
        if fault is not None:
            return fault
        try:
            way.token = read_token(answer.body, self._clock)
        except NoTokenError:
            why = f"the vendor's token address answered {answer.status} without a token"
            return self._unreachable(way, why, perhaps_sent=False, status=answer.status)
        return _Given(way.token.text, kept=False)

    def _fetch_token(self, way: _Way, request: TokenRequest) -> HttpAnswer | Outcome:
        parts = urlsplit(safe_base(request.url))
        client = self._client(f"{parts.scheme}://{parts.netloc}")
        usual = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "Keepword",
        }
        headers = _merged(usual, dict(request.headers))
        try:
            return client.request(
                "POST", parts.path or "/", urlencode(request.form).encode(), headers
            )
        except (SurelyNotSentError, PerhapsSentError) as fault:
            return self._unreachable(way, str(fault), perhaps_sent=False)
        finally:
            client.close()

    def _send(
        self, reach: Reach, way: _Way, ask: Ask, target: str, token: str | None
    ) -> HttpAnswer | Outcome:
        usual = {"Accept": "application/json", "User-Agent": "Keepword"}
        if ask.json is not None:
            usual["Content-Type"] = "application/json"
        headers = _merged(usual, reach.api.headers(reach.settings, token))
        payload = b"" if ask.json is None else ask.json.encode()
        try:
            return way.client.request(ask.method, target, payload, headers)
        except SurelyNotSentError as fault:
            return self._unreachable(way, str(fault), perhaps_sent=False)
        except PerhapsSentError as fault:
            return self._unreachable(way, str(fault), perhaps_sent=True)

    def _judged(self, reach: Reach, way: _Way, answer: HttpAnswer) -> Outcome:
        if answer.status == 401:
            way.token = None
            return self._denied(way, 401, "the vendor's API refuses the credentials (401)")
        fault = self._fault(way, answer, perhaps_sent=True)
        if fault is not None:
            return fault
        way.pace.answered()
        if answer.status == 403:
            # What may not be asked says nothing of what else may: only this question rests.
            why = "the credentials may not ask the vendor's API this (403): a permission is missing"
            return Denied(403, why, self._clock.now() + _FORBIDDEN_REST)
        kept = {
            name: answer.headers[name] for name in reach.api.page_headers if name in answer.headers
        }
        return Answered(Answer(answer.status, answer.body, self._clock.now(), kept))

    def _fault(self, way: _Way, answer: HttpAnswer, *, perhaps_sent: bool) -> Outcome | None:
        """What is wrong with an answer, whatever was asked; ``None`` where it can be used."""
        if is_busy(answer.status):
            why = "the vendor's API takes no more requests for now (429)"
            return Busy(self._clock.now() + self._rest(way, why, answer), why)
        if is_unusable(answer.status):
            why = f"the vendor's API answered {answer.status}"
            if 300 <= answer.status < 400:
                why += ", a redirect, which is not followed"
            rest = self._rest(way, why, answer)
            return Unreachable(why, self._clock.now() + rest, perhaps_sent, answer.status)
        if not answer.whole:
            why = "the vendor's API sent an answer that is cut off or too large"
            return self._unreachable(way, why, perhaps_sent=perhaps_sent, status=answer.status)
        return None

    def _denied(self, way: _Way, status: int, why: str) -> Denied:
        return Denied(status, why, self._clock.now() + self._rest(way, why))

    def _unreachable(
        self, way: _Way, why: str, *, perhaps_sent: bool, status: int | None = None
    ) -> Unreachable:
        return Unreachable(why, self._clock.now() + self._rest(way, why), perhaps_sent, status)

    def _rest(self, way: _Way, why: str, answer: HttpAnswer | None = None) -> timedelta:
        asked = wait_asked_for(answer.headers, self._clock.now()) if answer is not None else None
        return way.pace.failed(
            why, self._chance.random(), max(asked or _SHORTEST_REST, _SHORTEST_REST)
        )


def _status_of(outcome: Outcome) -> int | None:
    if isinstance(outcome, Answered):
        return outcome.answer.status
    return None if isinstance(outcome, Busy) else outcome.status


def _merged(usual: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Both, the vendor's own instead of the usual ones, however their names are written."""
    names = {name.lower() for name in own}
    return {**{name: usual[name] for name in usual if name.lower() not in names}, **own}


@dataclass(frozen=True)
class _Given:
    """A token to send, if any; ``kept`` tells that it was not got just now."""

    text: str | None
    kept: bool
