"""Prints the closing of a job: what it would do, and how far it has come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from service.cli.showing import clean, local, table
from service.domain.closing_terms import Part
from service.queries.closings import Progress
from service.workflows.closing_plan import ClosingPlan, Planned
from service.workflows.composing import full_name

_TITLES = {
    Part.MAIL: "Told by mail",
    Part.CALL_FIRST: "Called first",
    Part.SECOND_CHOICE: "Second choice",
    Part.TOLD_ALREADY: "Told already",
    Part.LEFT_OUT: "Left out",
}


def show_plan(plan: ClosingPlan, now: datetime) -> None:
    """Print everybody, part by part, and every letter."""
    letters = {letter.application.id: letter for letter in plan.letters}
    for part, title in _TITLES.items():
        people = [each for each in plan.planned if each.part is part]
        click.echo(f"{title}: {len(people)}")
        if people:
            table(
                ["application", "candidate", "job", "why", "call", "letter goes"],
                [
                    (
                        each.application.id,
                        _name(each),
                        each.application.job.title,
                        each.reason,
                        _number(each) if part is Part.CALL_FIRST else None,
                        local(letter.goes_at, plan.zone)
                        if (letter := letters.get(each.application.id))
                        else None,
                    )
                    for each in people
                ],
            )
    for letter in plan.letters:
        click.echo(f"\n--- {clean(letter.to_name)} <{clean(letter.to_address)}>")
        click.echo(f"{clean(letter.rendered.subject)}\n")
        click.echo("\n".join(clean(line) for line in letter.rendered.text.splitlines()))
    click.echo(f"\n{plan.sentence(now)}")


def plan_document(plan: ClosingPlan, now: datetime) -> dict[str, Any]:
    """Return the plan for programs."""
    letters = {letter.application.id: letter for letter in plan.letters}
    people = []
    for each in plan.planned:
        letter = letters.get(each.application.id)
        people.append(
            {
                "application_id": each.application.id,
                "name": _name(each),
                "job_title": each.application.job.title,
                "part": each.part,
                "reason": each.reason,
                "phone": _number(each),
                "letter": {
                    "kind": letter.kind,
                    "to_address": letter.to_address,
                    "subject": letter.rendered.subject,
                    "text": letter.rendered.text,
                    "goes_at": letter.goes_at,
                    "waits": letter.waits,
                }
                if letter
                else None,
            }
        )
    return {
        "job_id": plan.job.id,
        "outcome": plan.wish.outcome,
        "letters": len(plan.letters),
        "sentence": plan.sentence(now),
        "parts": {part.value: number for part, number in plan.counts.items()},
        "people": people,
    }


def show_progress(progress: Progress) -> None:
    """Print how far a closing has come."""
    undone = " (taken back)" if progress.closing.undone_at else ""
    click.echo(f"{progress.closing.id}{undone}")
    table(
        ["part", "people"], [(_TITLES[Part(part)], count) for part, count in progress.parts.items()]
    )
    if progress.written:
        found = [(step, count) for step, count in progress.letters.items() if count]
        table(["letters", "number"], found)
    if progress.calls_open:
        click.echo(f"Calls that nobody has made yet: {progress.calls_open}.")


def progress_document(progress: Progress) -> dict[str, Any]:
    """Return how far a closing has come, for programs."""
    closing = progress.closing
    return {
        "id": closing.id,
        "job_id": closing.job_id,
        "outcome": closing.outcome,
        "created_at": closing.created_at,
        "undone_at": closing.undone_at,
        "parts": progress.parts,
        "letters_written": progress.written,
        "letters": progress.letters,
        "goes_from": progress.goes_from,
        "goes_until": progress.goes_until,
        "calls_open": progress.calls_open,
    }


def _name(each: Planned) -> str:
    return full_name(each.application.candidate) or "(no name)"


def _number(each: Planned) -> str | None:
    phones = each.application.candidate.phones
    return phones[0].number if phones else None
