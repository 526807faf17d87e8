"""The morning round: each recruiter reads who is overdue and rings some whom mail cannot reach."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import partial

from service.demo.company import AYLIN, MARIA, TOMASZ, Colleague
from service.demo.desk import Desk
from service.demo.diary import Diary

RUNG = 170
"""Of 256: how many of those whom only a call can reach are rung at all."""


def write_rounds(diary: Diary) -> None:
    """Write a round for each recruiter into every working day."""
    at = diary.calendar.next_opening(diary.start_at + timedelta(hours=12))
    while diary.within(at):
        for by in (MARIA, TOMASZ, AYLIN):
            diary.office(at + timedelta(minutes=by.number), partial(_ring, by=by))
        at = diary.calendar.next_opening(at + timedelta(hours=12))


def _ring(desk: Desk, *, by: Colleague) -> None:
    """Ring the applicants whose letters could not arrive; the others wait for the desk's day."""
    rung = set()
    for owed in desk.get(by, "/overdue?limit=100").get("items", []):
        by_letter = owed["call"] and owed["stage"] == "applied" and owed["owner_name"] == by.name
        if by_letter and owed["application_id"] not in rung and _is_rung(owed["name"]):
            rung.add(owed["application_id"])
            said = {
                "application_id": owed["application_id"],
                "channel": "phone",
                "outcome": "reached",
                "note": "Rang, as mail does not reach them.",
            }
            desk.post(by, "/contacts", said)


def _is_rung(name: str) -> bool:
    return hashlib.sha256(name.encode()).digest()[0] < RUNG
