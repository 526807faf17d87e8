"""Reads the pages as a person does, and makes what they are to show."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from service.domain.policies import Kind
from service.models import Heartbeat, Message, User
from service.steps import STEPS
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import Employer, add_application, add_user


class Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def words_of(html: str) -> str:
    """Return the text of a page with single spaces, as a person reads it."""
    reader = Text()
    reader.feed(html)
    return re.sub(r"\s+([,:])", r"\1", " ".join("".join(reader.parts).split()))


def without_own_scripts(html: str) -> str:
    """Return a page without the scripts that are our own files: no other may be in it."""
    return re.sub(r'<script [^>]*\bsrc="/static/[^"]*"[^>]*></script>', "", html)


def html_of(employer: Employer, path: str = "/") -> str:
    answer = employer.app.test_client().get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def page_of(employer: Employer, path: str = "/") -> str:
    return words_of(html_of(employer, path))


def promise_call(
    employer: Employer,
    *,
    by: User | None = None,
    wording: str = "A call about the panel date",
    within: str = "1 business hour",
    **fields: Any,
) -> tuple[str, str]:
    """Promise somebody a call; return the ids of the application and the promise."""
    with employer.work() as work:
        application = add_application(work, owner=by, stage="interview", **fields)
        promise = make_spoken(
            work,
            application,
            Spoken(Kind.CALLBACK, wording, within=within, promised_by_id=by.id if by else None),
        )
        return application.id, promise.id


def colleague(employer: Employer, name: str = "Maria Keller") -> User:
    with employer.work() as work:
        return add_user(work, name)


def turn_loops(employer: Employer, *but: str) -> None:
    with employer.session() as session:
        for step in STEPS:
            if step.name not in but:
                session.merge(Heartbeat(name=f"loop:{step.name}", at=employer.now, data={}))
        session.commit()


def letter(work: Any, state: str, **fields: Any) -> Message:
    message = Message(
        **{
            "kind": "holding",
            "automatic": False,
            "dedupe_key": f"test:{work.session.query(Message).count()}",
            "to_address": "amara@example.com",
            "to_name": "Amara Okafor",
            "from_address": "hiring@example.com",
            "from_name": "Example Works",
            "template_version": "1",
            "values": {},
            "subject": "Where we stand",
            "own_text": "Dear Amara,\n\nwe are not done yet.",
            "own_html": "<p>Dear Amara</p><script>parent.document.title='taken'</script>",
            "state": state,
            "created_at": work.now,
            **fields,
        }
    )
    work.session.add(message)
    work.session.flush()
    return message


def parts_of(html: str) -> list[str]:
    reader = Text()
    reader.feed(html)
    return reader.parts
