"""What may come as a sheet: no sheets, odd encodings, hostile cells, the largest, a slow line."""

from __future__ import annotations

import base64
import io
import random
import re
import sqlite3
import zipfile
from typing import Any

from service.dashboard.sheet_form import LARGEST, MOST_ROWS
from service.parts import parts
from tests.harness import Employer
from tests.integration.settings_desk import SQLITE
from tests.integration.sheet_desk import GOOD, people, press, send, text_of
from tests.signing_in import client_of, person, token_of


@SQLITE
def test_each_file_that_is_no_sheet_is_told_what_it_is(employer: Employer) -> None:
    client = employer.app.test_client()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    cases = {
        packed.getvalue(): "a zip archive or a workbook (.xlsx, .ods): unpack it",
        b"name,email,job\nA\0B,a@example.com,Gilder\n": "NUL bytes",
        b"": "This file is empty.",
        b"name,email,job\n": "nobody in it",
        b'name,email,job\n"Eve,eve@example.com,Gilder\n': "a quotation mark is opened and never",
        b"who,what\nEve,Gilder\n": "No heading of it is known",
        b"name,job\nEve,Gilder\n": "no column holds a mail address",
        GOOD.replace("job", "Kontakt").encode(): "No column says which job",
    }
    for content, said in cases.items():
        answer = send(client, content)
        assert answer.status_code == 422
        assert said.casefold() in text_of(answer).casefold()
        assert "--" not in text_of(answer)
    encodings = ("utf-16", "cp1252", "utf-8-sig")
    for number, encoding in enumerate(encodings):
        row = f"name,email,job\nZoë Müller,zoe{number}@example.com,Gilder\n".encode(encoding)
        assert press(client, send(client, row), "take").status_code == 303

    assert people(employer) == ["Zoë"] * len(encodings)


@SQLITE
def test_a_sheet_in_another_encoding_or_without_a_job_is_answered_on_the_page(
    employer: Employer,
) -> None:
    client = employer.app.test_client()
    blind = "Wer,Kontakt\nZoë,zoe@example.com\n".encode("utf-16-le")

    first = send(client, blind)
    assert "choose UTF-16 below" in text_of(first)
    second = press(client, first, "look", encoding="utf-16-le")
    assert "No heading of it is known" in text_of(second)
    means = "What the heading “{}” means"
    third = press(
        client,
        second,
        "look",
        job="Gilder",
        **{means.format("Wer"): "name", means.format("Kontakt"): "email"},
    )
    assert "1 application, 1 new person, 1 new job" in text_of(third)
    # Read in another way its headings are others; what was said of the old ones is no fault.
    wrong = press(client, third, "look", encoding="windows-1252")
    assert "there is no column" not in text_of(wrong)
    assert press(client, third, "take").status_code == 303
    assert people(employer) == ["Zoë"]


@SQLITE
def test_what_is_too_large_for_a_page_is_refused_with_the_way_out(employer: Employer) -> None:
    client = employer.app.test_client()
    rows = "".join(f"P,p{number}@example.com\n" for number in range(MOST_ROWS + 1))

    heavy = send(client, b"x" * (LARGEST + 1))
    vast = send(client, b"x" * (2 * LARGEST))
    long = send(client, "name,email\n" + rows, job="Gilder")

    for answer in (heavy, vast):
        assert answer.status_code == 413
        assert "keepword import people.csv" in text_of(answer)
    assert long.status_code == 422
    assert "It has more than 5,000 rows" in text_of(long)
    assert people(employer) == []


@SQLITE
def test_what_stands_in_a_sheet_makes_nothing_of_the_page(employer: Employer) -> None:
    sheet = (
        'name,email,job,stage,"""><b class=x>%(word)s"\n'
        'Zoë,zoe@example.com,Gilder,"\'""><i>%s{{ 7777*7 }}",\n'
    )
    looked = send(employer.app.test_client(), sheet, '<u>"people.csv')
    html = looked.get_data(as_text=True)

    assert looked.status_code == 200
    assert not re.search(r"<b class|<i>|<u>|54439", html)
    assert '"><b class=x>%(word)s' in text_of(looked)
    # What was said of such a word and heading reaches them.
    answers = {"What “'\"><i>%s{{ 7777*7 }}” means": "interview"}
    answers['What the heading “"><b class=x>%(word)s” means'] = "-"
    again = press(employer.app.test_client(), looked, "look", **answers)
    assert "1 application, 1 new person, 1 new job" in text_of(again)
    assert "left out" in text_of(again)


@SQLITE
def test_the_largest_sheet_is_carried_even_where_it_cannot_be_packed(employer: Employer) -> None:
    noise = random.Random(7)  # noqa: S311 - no secret, the same each time
    cells = (base64.b64encode(noise.randbytes(90_000)).decode() for _ in range(16))
    sheet = "email,job,notes\n" + "".join(
        f"p{number}@example.com,Gilder,{cell}\n" for number, cell in enumerate(cells)
    )
    assert LARGEST * 0.9 < len(sheet) <= LARGEST
    client = employer.app.test_client()

    again = press(client, send(client, sheet), "look")

    assert again.status_code == 200
    assert press(client, again, "take").status_code == 303
    assert len(people(employer)) == 16


class _WatchedLine(io.BytesIO):
    """A body on its way; while it comes, somebody else must be able to write."""

    def __init__(self, body: bytes, file: str) -> None:
        super().__init__(body)
        self.writes = 0
        self._file = file

    def readinto(self, buffer: Any) -> int:
        self._write()
        return super().readinto(buffer)

    def read(self, size: int | None = -1) -> bytes:
        self._write()
        return super().read(size)

    def _write(self) -> None:
        other = sqlite3.connect(self._file, timeout=0, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
        finally:
            other.close()
        self.writes += 1


@SQLITE
def test_a_sheet_on_a_slow_line_keeps_nobody_from_writing(employer: Employer) -> None:
    client = client_of(employer, person(employer))
    token = token_of(client, "/people/import")
    file = parts(employer.app).config.database_url.removeprefix("sqlite:///")
    line = _WatchedLine(f"token={token}&sheet=x".encode(), file)

    answer = client.post(
        "/people/import/look",
        input_stream=line,
        content_length=len(line.getvalue()),
        content_type="application/x-www-form-urlencoded",
    )

    assert answer.status_code == 422
    assert line.writes > 0
