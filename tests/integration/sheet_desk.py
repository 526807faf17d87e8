"""Sends a sheet as a browser does, and presses the buttons of the pages that answer."""

from __future__ import annotations

import html
import re

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from service.models import Candidate
from tests.harness import Employer
from tests.reading_pages import words_of
from tests.signing_in import token_of

GOOD = "name,email,job\nAmara Okafor,amara@example.com,Bookbinder\n"

_EDGE = "between-the-parts-of-a-form"
_FIELD = re.compile(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"')
_SELECT = re.compile(r'<select name="([a-z]+)"(?: aria-label="([^"]*)")?>(.*?)</select>', re.DOTALL)
_TYPED = re.compile(r'<input name="([a-z]+)" list="jobs" value="([^"]*)"')
_TICKED = re.compile(r'<input type="checkbox" name="([a-z]+)" value="([a-z]+)" checked>')
_CHOSEN = re.compile(r'<option value="([^"]*)" selected>')


def send(
    client: FlaskClient, content: bytes | str, name: str = "people.csv", **form: str
) -> TestResponse:
    """Upload a sheet."""
    sent = content.encode() if isinstance(content, str) else content
    form = {"token": token_of(client, "/people/import"), **form}
    # Written here, since the client of the tests leaves large bodies in files that stay open.
    head = "".join(
        f'--{_EDGE}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in form.items()
    )
    head += f'--{_EDGE}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = head.encode() + sent + f"\r\n--{_EDGE}--\r\n".encode()
    return client.post(
        "/people/import/look", data=body, content_type=f"multipart/form-data; boundary={_EDGE}"
    )


def fields_of(page: TestResponse, answers: dict[str, str] | None = None) -> dict[str, list[str]]:
    """Return what the form of a look sends; ``answers`` chooses in a select by its label."""
    text, left = page.get_data(as_text=True), dict(answers or {})
    fields: dict[str, list[str]] = {}
    for name, value in _FIELD.findall(text.split("<main", 1)[1]):
        fields.setdefault(name, []).append(html.unescape(value))
    for name, label, options in _SELECT.findall(text):
        chosen = _CHOSEN.findall(options)
        said = left.pop(html.unescape(label), None) or left.pop(name, None)
        fields.setdefault(name, []).append(said or (chosen[0] if chosen else ""))
    for name, value in [*_TYPED.findall(text), *_TICKED.findall(text)]:
        fields[name] = [html.unescape(value)]
    for name, said in left.items():
        fields[name] = [said]
    return fields


def press(client: FlaskClient, page: TestResponse, button: str, **more: str) -> TestResponse:
    """Press a button of a look: ``look``, ``take`` or ``refused``."""
    answers = {label: said for label, said in more.items() if label != "refused"}
    fields = fields_of(page, answers)
    fields |= {"refused": [more["refused"]]} if "refused" in more else {}
    return client.post(f"/people/import/{button}", data=fields)


def people(employer: Employer) -> list[str]:
    """Return the first names of everybody here."""
    with employer.session() as session:
        return sorted(name or "" for name in session.scalars(select(Candidate.first_name)))


def text_of(answer: TestResponse) -> str:
    """Return what a page says, its cells apart."""
    return words_of(answer.get_data(as_text=True).replace("<", " <"))
