"""What a colleague does about one applicant in Keepword, through its API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from service.clock import instant_text
from service.demo.company import OPENINGS, RUTH, Colleague
from service.demo.desk import Desk
from service.demo.people import Applicant

REFUSED = (422,)
"""The answer to what cannot be: a promise in the past, a contact in the future."""

UNLESS_SETTLED = (200, 201, 409)
"""The answers to moving or releasing a promise, which another call may have kept meanwhile."""

UNLESS_UNREACHABLE = (201, 422)
"""The answers to writing: mail to this person may have bounced by now."""


@dataclass(frozen=True)
class Hands:
    """One colleague at work on one application, at the instant it is."""

    desk: Desk
    person: Applicant
    by: Colleague

    def call(self, outcome: str, note: str | None = None, *, keeps: Iterable[str] = ()) -> None:
        """Log a call, naming the promises it was for."""
        self._contact({"outcome": outcome, "note": note, "meant_for": self._ids(keeps)})

    def tell_decision(self, note: str) -> None:
        """Ring and tell the decision: the call names the promise to tell it."""
        open_ones = self.desk.get(
            self.by, f"/promises?application_id={self._application()}&state=open&kind=decision"
        )
        ids = [each["id"] for each in open_ones.get("items", [])]
        self._contact({"outcome": "reached", "note": note, "meant_for": ids})

    def call_in_the_future(self) -> None:
        """Log a call that has not been made yet; it is refused."""
        at = instant_text(self.desk.clock.now() + timedelta(days=2))
        self._contact({"outcome": "reached", "at": at}, expect=REFUSED)

    def enquiry(self, channel: str, note: str) -> None:
        """Note that the applicant asked."""
        self._post("/enquiries", {"channel": channel, "note": note})

    def promise(self, name: str, kind: str, wording: str, within: str) -> None:
        """Promise something; ``name`` is what the story calls it later."""
        made = self._post("/promises", {"kind": kind, "wording": wording, "within": within})
        if "id" in made:
            self.desk.promises[name] = made["id"]

    def promise_in_the_past(self) -> None:
        """Promise a call for yesterday; it is refused."""
        due_at = instant_text(self.desk.clock.now() - timedelta(days=1))
        document = {"kind": "callback", "wording": "A call", "due_at": due_at}
        self._post("/promises", document, expect=REFUSED)

    def reschedule(self, name: str, within: str, *, told: bool) -> None:
        """Move a promise's date, with or without telling the applicant."""
        document = {"within": within, "reason": "The panel meets later.", "candidate_told": told}
        for id_ in self._ids((name,)):
            moved = self.desk.post(
                self.by, f"/promises/{id_}/reschedule", document, expect=UNLESS_SETTLED
            )
            self.desk.promises[name] = moved.get("id", id_)

    def release(self, name: str, reason: str) -> None:
        """Let a promise go."""
        for id_ in self._ids((name,)):
            self.desk.post(
                self.by, f"/promises/{id_}/release", {"reason": reason}, expect=UNLESS_SETTLED
            )

    def reject(self, reason: str) -> None:
        """Decide against the applicant in Keepword."""
        self._post("/decisions", {"outcome": "rejected", "reason": reason})

    def withdraw_decision(self) -> None:
        """Take the decision back."""
        stands = self.desk.get(self.by, f"/decisions?application_id={self._application()}")
        for each in stands.get("items", [])[:1]:
            back_to = {"stage": "applied"}
            self.desk.post(self.by, f"/decisions/{each['id']}/withdraw", back_to)

    def write(self, letter: str) -> None:
        """Write a letter that tells the decision; where mail cannot arrive, ring instead."""
        if not self._post("/messages", {"kind": letter}, expect=UNLESS_UNREACHABLE):
            self.tell_decision("Mail does not reach them, so told on the phone.")

    def invite(self, reply_by: datetime) -> None:
        """Write and ask for a date for the interview."""
        values = {
            "scheduling_link": f"https://calendar.example.com/{self.person.number}",
            "reply_by": reply_by.date().isoformat(),
        }
        document = {"kind": "interview-scheduling", "values": values}
        if not self._post("/messages", document, expect=UNLESS_UNREACHABLE):
            self.call("reached", "Mail does not reach them, so agreed on a date on the phone.")

    def _contact(self, document: dict[str, Any], **how: Any) -> None:
        said = {key: value for key, value in document.items() if value}
        self._post("/contacts", {"channel": "phone", **said}, **how)

    def _application(self) -> str:
        return self.desk.application_id(self.by, self.person.application)

    def _post(self, path: str, document: dict[str, Any], **how: Any) -> dict[str, Any]:
        named = {"application_id": self._application(), **document}
        return self.desk.post(self.by, path, named, **how)

    def _ids(self, names: Iterable[str]) -> list[str]:
        # A promise that could not be given is nobody's to keep or to move.
        return [self.desk.promises[name] for name in names if name in self.desk.promises]


def name_hiring_managers(desk: Desk, user_ids: dict[str, str]) -> None:
    """Say whose decision each job awaits: Greenhouse gives ids of its own and no address."""
    managers = {opening.title: user_ids[opening.manager.name] for opening in OPENINGS}
    for job in desk.get(RUTH, "/jobs").get("items", []):
        if job["hiring_manager_id"] is None:
            change = {"hiring_manager_id": managers[job["title"]]}
            desk.change(RUTH, f"/jobs/{job['id']}", change, job["version"])
