"""Keeps every mail where it was written: nothing leaves the machine.

This is the default transport, so that a trial or a demo can never reach a real candidate.
"""

from __future__ import annotations

from service.mail.base import Captured, Envelope


class CaptureTransport:
    """Answers ``Captured`` to every mail; the outbox row is the mail, there to be read."""

    name = "capture"

    def send(self, envelope: Envelope) -> Captured:
        """Send nothing: the rendered mail already lies in its row."""
        del envelope  # the row has it; a second copy would only have to be erased as well
        return Captured()
