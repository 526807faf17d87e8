"""The pause switch of the whole company: a person stops all mail, and a person lets it go on."""

from __future__ import annotations

from service.models import MailChannel
from service.workflows.channel import CHANNEL, pause_channel, resume_channel
from service.workflows.work import Work


def pause_mail(work: Work, why: str) -> None:
    """Stop all mail in the actor's name; every letter keeps its place."""
    pause_channel(work.session, work.now, why, by_provider=False)
    work.session.flush()
    work.session.get_one(MailChannel, CHANNEL).paused_by = work.actor


def resume_mail(work: Work) -> None:
    """Let mail go out again, whoever or whatever paused it."""
    resume_channel(work.session)
