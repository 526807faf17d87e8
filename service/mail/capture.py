"""Keeps every mail where it was written: nothing leaves the machine.

This is the default transport, so that a trial or a demo can never reach a real candidate.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.mail.base import CannotTell, Captured, Envelope, Sorted, Sought


class CaptureTransport:
    """Answers ``Captured`` to every mail; the outbox row is the mail, there to be read."""

    name = "capture"

    def sort(self, envelopes: Sequence[Envelope]) -> Sorted:
        """Put everything into one group: nothing limits what is not sent."""
        return Sorted((tuple(envelopes),) if envelopes else ())

    def send(self, group: Sequence[Envelope], batch_id: str) -> Captured:
        """Send nothing: the rendered mail already lies in its row."""
        del group, batch_id  # the row has it; a second copy would only have to be erased as well
        return Captured()

    def probe(self) -> Captured:
        """Say that mail would be kept."""
        return Captured()

    def look_up(self, sought: Sought) -> CannotTell:
        """Know nothing of letters that something else once sent."""
        del sought
        return CannotTell("mail is captured and not sent, so there is no log to look into")
