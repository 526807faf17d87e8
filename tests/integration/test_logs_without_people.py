"""The log of a whole small story, at its most talkative, names nobody and gives nothing away."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from service.app import engine_of
from service.cli.logs import Formatter
from service.logs import CUT, json_formatter, scrubbed
from service.mail.base import Envelope
from service.models import User
from service.workflows.connections import add_connection
from service.workflows.messages import Wish, write_letter
from tests.harness import (
    Employer,
    RecordingTransport,
    add_application,
    add_notices,
    add_user,
    make_employer,
)

SECRET = "whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5"
CANARIES = (
    "Quillfeather",
    "tweety.quill",
    "5550177",
    "555 0177",
    "Y2FuYXJ5",
    "sunflower-subject",
    "millet-body",
    "hush-password",
)
FORMS: dict[str, Callable[[], logging.Formatter]] = {"text": Formatter, "json": json_formatter}


class Clumsy(RecordingTransport):
    """A carrier whose fault quotes whom it wrote to and what."""

    def send(self, group: object, batch_id: str) -> object:
        """Fail as loudly as a library might."""
        assert isinstance(group, tuple | list), batch_id
        letter: Envelope = group[0]
        logging.getLogger("keepword.mail").warning("gave up on %s", letter.to_address)
        quoted = f"{letter.to_name} {letter.to_address} {letter.subject} {letter.text}"
        raise RuntimeError(quoted)


@pytest.fixture(params=["text", "json"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """Everything that is logged, by whomever, from DEBUG on."""
    if request.param == "json":
        pytest.importorskip("structlog")
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(FORMS[request.param]())
    root, ours = logging.getLogger(), logging.getLogger("keepword")
    before = root.level, ours.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    ours.setLevel(logging.DEBUG)
    yield out
    root.removeHandler(handler)
    root.setLevel(before[0])
    ours.setLevel(before[1])


def tell_the_story(employer: Employer) -> None:
    client = employer.app.test_client()
    person = {
        "first_name": "Tweety",
        "last_name": "Quillfeather",
        "email": "tweety.quill@example.com",
    }
    with employer.work() as work:
        add_connection(work, "main", "generic", [SECRET], rejections_by="keepword")
        application = add_application(
            work, first_name="Tweety", last_name="Quillfeather", email="tweety.quill@example.com"
        )
        application.candidate.phones[0].number = "+1 416 5550177"
        add_notices(work, 2)
        add_user(work, "Jo Quillfeather", email="jo.tweety.quill@example.com")
        with suppress(Exception):
            write_letter(work, application, Wish("no-such-kind", {"x": "millet-body"}))
    for body, headers in (
        (json.dumps({"type": "applied", "data": person}), {"webhook-signature": f"v1,{SECRET}"}),
        ("{" + json.dumps(person), {}),
    ):
        client.post("/hooks/ats/main", data=body, headers=headers)
    client.get("/api/v1/candidates?email=tweety.quill@example.com&phone=555%200177")
    client.post(
        "/api/v1/applications",
        json=person | {"subject": "sunflower-subject", "password": "hush-password"},
        headers={"Authorization": f"Bearer {SECRET}"},
    )
    client.get(f"/welcome/{SECRET}")
    log = logging.getLogger("keepword.story")
    with employer.session() as session:
        session.add_all(
            User(email="tweety.quill@example.com", name="Quillfeather", created_at=employer.now)
            for _ in range(2)
        )
        try:
            session.commit()
        except SQLAlchemyError:
            log.exception("two of them")
            session.rollback()
    quoted = "Quillfeather, +1 416 555 0177, millet-body"
    try:
        raise ValueError(quoted)
    except ValueError:
        log.exception("a fault that quotes")
    log.debug("posted to https://jo:hush-password@example.com/x?subject=sunflower-subject")
    log.info("fields", extra={"subject": "sunflower-subject", "phone": "5550177"})
    log.info("nested", extra={"about": {"last_name": "Quillfeather", "count": 3}})
    for _ in range(2):
        try:
            employer.pass_time(hours=3)
        except RuntimeError:
            log.exception("a turn")


def test_a_whole_story_at_debug_names_nobody(
    written: io.StringIO, new_database: Callable[..., str], tmp_path: Path
) -> None:
    url = new_database("sqlite", started=True)
    employer = make_employer(url, tmp_path, transport=Clumsy())

    tell_the_story(employer)

    engine_of(employer.app).dispose()
    found = written.getvalue()
    assert "gave up on" in found, "the story was heard"
    assert "IntegrityError" in found
    assert "RuntimeError" in found
    for canary in CANARIES:
        assert canary.lower() not in found.lower(), canary


def test_a_line_of_json_says_when_how_grave_who_and_where() -> None:
    pytest.importorskip("structlog")
    try:
        raise KeyError("Quillfeather")
    except KeyError as error:
        fault = (type(error), error, error.__traceback__)
    record = logging.LogRecord(
        "keepword.test", logging.ERROR, __file__, 1, "the step %s failed", ("check",), fault
    )
    record.token, record.rows = "abc", 3

    line = json.loads(json_formatter().format(record))

    assert line.pop("at").endswith("Z")
    assert "test_logs_without_people.py" in line.pop("where")
    assert line == {
        "event": "the step check failed",
        "level": "error",
        "logger": "keepword.test",
        "failure": "KeyError",
        "token": CUT,
        "rows": 3,
    }


def test_what_is_not_about_a_person_stays() -> None:
    for said in (
        "the step check failed with KeyError at 2026-03-02T09:00:00.000Z",
        "listening on 127.0.0.1:8000, revision 0006, 1,000,000 rows in 12.5 s",
        "message msg_0123456789abcdef is uncertain: lease ended",
        'File "service/db.py", line 200, in claim',
        "take 10 of 2026-03-02 / 2026-03-09",
    ):
        assert scrubbed(said) == said
