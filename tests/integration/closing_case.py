"""A job with people at every point of their way, to be closed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from service.domain.closing_terms import Outcome, Part
from service.models import (
    Application,
    ClosingEntry,
    Interview,
    Job,
    JobClosing,
    Message,
    Promise,
    User,
)
from service.workflows.close_job import Closed, close_job
from service.workflows.closing_plan import ClosingPlan, ClosingWish, plan_closing
from service.workflows.decide import reject
from service.workflows.messages import Wish, write_letter
from service.workflows.rule_promises import arm_silence
from service.workflows.work import Work
from tests.harness import Employer, add_application, add_user

UNTIL = date(2026, 3, 20)


class Closing:
    """Maria closes the job of a bookbinder on a Monday morning."""

    def __init__(self, employer: Employer) -> None:
        self.employer = employer
        with employer.work() as work:
            maria = add_user(work)
            job = Job(title="Bookbinder", status="open", created_at=work.now, owner_id=maria.id)
            work.session.add(job)
            work.session.flush()
            self.maria, self.job = maria.id, job.id

    def applicant(self, name: str = "Amara", **fields: Any) -> str:
        """Let somebody apply; return the application's id."""
        with self.employer.work() as work:
            return self.apply(work, name, **fields).id

    def apply(self, work: Work, name: str, **fields: Any) -> Application:
        owner = work.session.get_one(User, self.maria)
        job = work.session.get_one(Job, fields.pop("job_id", self.job))
        made = add_application(work, first_name=name, owner=owner, job=job, **fields)
        arm_silence(work, made)
        return made

    def another_job(self, title: str = "Typesetter") -> str:
        with self.employer.work() as work:
            job = Job(title=title, status="open", created_at=work.now)
            work.session.add(job)
            work.session.flush()
            return job.id

    def also_applies(self, application_id: str, job_id: str, **fields: Any) -> str:
        """Let the same person apply once more; return the new application's id."""
        with self.employer.work() as work:
            first = work.session.get_one(Application, application_id)
            second = Application(
                candidate_id=first.candidate_id,
                job_id=job_id,
                stage=fields.pop("stage", "applied"),
                stage_at=work.now,
                applied_at=work.now + timedelta(seconds=1),
                owner_id=first.owner_id,
                created_at=work.now,
                **fields,
            )
            work.session.add(second)
            work.session.flush()
            return second.id

    def wish(self, outcome: Outcome = Outcome.FILLED, **fields: Any) -> ClosingWish:
        sets = {
            name: frozenset(fields.pop(name, ()))
            for name in ("second_choice", "mail_anyway", "leave_out")
        }
        return ClosingWish(outcome, fields.pop("by_user_id", self.maria), **sets, **fields)

    def plan(self, **fields: Any) -> ClosingPlan:
        with self.employer.work() as work:
            return plan_closing(work, work.session.get_one(Job, self.job), self.wish(**fields))

    def close(self, confirm: int | None = None, **fields: Any) -> Closed:
        with self.employer.work() as work:
            return close_job(work, self.job, self.wish(**fields), confirm)

    def placed(self, **fields: Any) -> dict[str, tuple[str, str]]:
        """Return part and reason by application."""
        plan = self.plan(**fields)
        return {each.application.id: (each.part, each.reason) for each in plan.planned}

    def part(self, application_id: str, **fields: Any) -> tuple[str, str]:
        return self.placed(**fields)[application_id]

    def messages(self, closing_id: str | None = None) -> list[Message]:
        with self.employer.session() as session:
            query = (
                select(Message)
                .order_by(Message.created_at, Message.id)
                .options(selectinload(Message.form))
            )
            if closing_id is not None:
                query = query.where(Message.closing_id == closing_id)
            return list(session.scalars(query))

    def entries(self, closing_id: str) -> dict[str, ClosingEntry]:
        with self.employer.session() as session:
            found = session.scalars(
                select(ClosingEntry).where(ClosingEntry.closing_id == closing_id)
            )
            return {entry.application_id: entry for entry in found}

    def application(self, application_id: str) -> Application:
        with self.employer.session() as session:
            return session.get_one(Application, application_id)

    def closing(self, closing_id: str) -> JobClosing:
        with self.employer.session() as session:
            return session.get_one(JobClosing, closing_id)

    def job_status(self) -> str:
        with self.employer.session() as session:
            return session.get_one(Job, self.job).status

    def reject(self, application_id: str, *, days_ago: int = 0) -> str:
        """Decide against somebody; return the decision's id."""
        with self.employer.work() as work:
            decision = reject(
                work,
                work.session.get_one(Application, application_id),
                reason="experience",
                decided_by_id=self.maria,
                decided_at=work.now - timedelta(days=days_ago),
                source="test",
            )
            return decision.id

    def write(self, application_id: str, kind: str = "rejection-application") -> str:
        """Write a final letter; return its id."""
        with self.employer.work() as work:
            application = work.session.get_one(Application, application_id)
            return write_letter(work, application, Wish(kind, {}, self.maria)).id

    def change(self, application_id: str, **fields: object) -> None:
        """Change an application behind everybody's back."""
        with self.employer.work() as work:
            application = work.session.get_one(Application, application_id)
            for name, value in fields.items():
                setattr(application, name, value)

    def interview(self, application_id: str, **fields: object) -> None:
        """Record an interview as a bare row."""
        with self.employer.work() as work:
            work.session.add(
                Interview(
                    application_id=application_id,
                    external_id=f"i-{application_id}",
                    created_at=work.now,
                    **fields,
                )
            )

    def promises(self, application_id: str) -> list[tuple[str, str, str]]:
        """Return kind, state and wording of what was promised to an application."""
        with self.employer.session() as session:
            found = session.scalars(select(Promise).where(Promise.application_id == application_id))
            return sorted((p.kind, p.state, p.wording) for p in found)


def counted(plan: ClosingPlan, parts: Iterable[Part] = Part) -> dict[str, int]:
    """Return the parts that somebody fell into."""
    return {part.value: plan.counts[part] for part in parts if plan.counts[part]}
