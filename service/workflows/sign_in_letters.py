"""Writes the letter that brings a colleague their one-time link to choose a password."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from service.mail.templates import Value
from service.models import Message, User
from service.workflows.enqueue import enqueue_staff
from service.workflows.sealed_links import sealed, without_secret
from service.workflows.work import Work

INVITATION, RESET = "sign-in-invitation", "sign-in-reset"


def write_sign_in_letter(
    work: Work, user: User, kind: str, link_id: str, url: str, expires_at: datetime
) -> Message:
    """Put the letter into the outbox, once for each link; its row never says the link itself."""
    zone = user.time_zone or work.office.time_zone
    until = f"{expires_at.astimezone(ZoneInfo(zone)):%A %-d %B, %H:%M} ({zone})"
    values: dict[str, Value] = {"sign_in_url": without_secret(url), "valid_until": until}
    kept = sealed(work.office.box, url)
    return enqueue_staff(work, user, kind, f"{kind}:{link_id}", values, kept=kept)
