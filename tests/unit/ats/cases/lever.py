"""Lever under the contract: its signature is in the body, over two of its members."""

from __future__ import annotations

import json

from service.ats.lever_events import HANDLERS
from tests.doubles import lever_bodies as lever
from tests.unit.ats.cases import NOW, Case


def _signed(body: bytes) -> object:
    members = json.loads(body)
    # Hexadecimal digits are the same in either case.
    return members["token"], members["triggeredAt"], members["signature"].lower()


def _at_the_cases_time(raw: bytes) -> bytes:
    return json.dumps(json.loads(raw) | {"triggeredAt": lever.millis(NOW)}).encode()


CASE = Case(
    "lever",
    secret="an invented signature token",
    other_secret="the token of another event",
    event=_at_the_cases_time(lever.body("candidateStageChange", toStageId="s-1")),
    event_at=("event",),
    more_events=tuple(
        _at_the_cases_time(lever.body(event, interviewId="i-1")) for event in HANDLERS
    ),
    signature_at=("signature",),
    signed=_signed,
    settings={"api_key": "an invented key", "perform_as": "u-1"},
    records=(
        lever.said(lever.OPPORTUNITY).body,
        lever.said(lever.opportunity(archived=lever.archived(), stage="s-1", owner="u-1")).body,
        lever.said([lever.interview()]).body,
        lever.said({"id": "r-1", "text": "Underqualified", "type": "non-hired"}).body,
    ),
    page=json.dumps({"data": [lever.OPPORTUNITY], "hasNext": True, "next": "[123,4]"}).encode(),
    written=lever.said({"id": "n-1"}).body,
)
