"""Adds and changes jobs by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.domain.changes import JobStatus
from service.models import Job
from service.workflows.work import Work

FIELDS = ("title", "owner_id", "hiring_manager_id", "calendar_id")


def add_job(work: Work, facts: Mapping[str, Any]) -> Job:
    """Add a job; ``facts`` holds ``title`` and any other of ``FIELDS`` and ``status``."""
    job = Job(title=facts["title"], status=JobStatus.OPEN, created_at=work.now)
    work.session.add(job)
    return edit_job(work, job, facts)


def edit_job(work: Work, job: Job, facts: Mapping[str, Any]) -> Job:
    """Change what ``facts`` mentions. A new calendar counts for promises made from now on."""
    for name in FIELDS:
        if name in facts:
            setattr(job, name, facts[name])
    if facts.get("status", job.status) != job.status:
        job.status, job.status_at = facts["status"], work.now
    work.session.flush()
    return job
