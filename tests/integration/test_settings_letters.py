"""The letters in the settings: written, previewed, judged, approved and withdrawn."""

from __future__ import annotations

import html as entities
import re

from flask.testing import FlaskClient
from sqlalchemy import select

from service.models import TemplateVersion
from tests.harness import Employer, add_application
from tests.integration.settings_desk import HOSTILE, SQLITE, administrator, read, said, send, shown
from tests.reading_pages import words_of
from tests.signing_in import client_of, person

PATH = "/settings/letters/holding"


def words(client: FlaskClient, path: str = PATH) -> dict[str, str]:
    """Return what stands in the fields of the desk."""
    html = shown(client, path)
    parts = {"subject": re.findall(r'name="subject" value="([^"]*)"', html)[0]}
    for name in ("text", "html"):
        found = re.search(rf'<textarea name="{name}"[^>]*>\n(.*?)</textarea>', html, re.DOTALL)
        assert found is not None
        parts[name] = found[1]
    return {name: entities.unescape(text) for name, text in parts.items()}


def states(employer: Employer) -> list[tuple[int, str]]:
    with employer.session() as session:
        rows = session.scalars(
            select(TemplateVersion)
            .where(TemplateVersion.kind == "holding")
            .order_by(TemplateVersion.number)
        )
        return [(row.number, row.state) for row in rows]


def row_of(client: FlaskClient, path: str) -> str:
    return re.findall(r'name="row" value="(\d+)"', shown(client, path))[0]


@SQLITE
def test_every_kind_is_listed_with_what_is_in_force(employer: Employer) -> None:
    text = read(administrator(employer), "/settings/letters")
    assert "rejection application" in text
    assert "version 1 in force" in text


def test_a_draft_is_kept_approved_and_withdrawn(employer: Employer) -> None:
    client = administrator(employer)
    wish = words(client) | {"subject": "Where we stand with {{job_title}} now", "note": "Shorter"}
    kept = send(client, f"{PATH}/draft", PATH, **wish)
    assert "kept as version 2" in said(kept)
    assert states(employer) == [(1, "approved"), (2, "draft")]

    draft = f"{PATH}?version=2"
    assert "Shorter" in read(client, draft)
    approved = send(client, f"{PATH}/2/approve", draft, row=row_of(client, draft))
    assert "is in force" in said(approved)
    assert states(employer) == [(1, "retired"), (2, "approved")]

    nameless = send(client, f"{PATH}/2/withdraw", draft, row=row_of(client, draft), why=" ")
    assert said(nameless) == "Say why: colleagues read it later."
    gone = send(client, f"{PATH}/2/withdraw", draft, row=row_of(client, draft), why="Too long")
    assert "withdrawn" in said(gone)
    assert states(employer) == [(1, "retired"), (2, "withdrawn")]
    assert "none in force" in read(client, "/settings/letters")
    assert "Too long" in read(client, draft)


@SQLITE
def test_a_stale_page_judges_nothing(employer: Employer) -> None:
    client = administrator(employer)
    stale = send(client, f"{PATH}/1/withdraw", PATH, row="99", why="Wrong")
    assert "Somebody else changed this meanwhile" in said(stale)
    assert states(employer) == [(1, "approved")]


@SQLITE
def test_the_same_words_are_no_new_version(employer: Employer) -> None:
    client = administrator(employer)
    same = send(client, f"{PATH}/draft", PATH, **words(client))
    assert same.status_code == 422
    assert "These are the words of version 1" in words_of(same.get_data(as_text=True))


@SQLITE
def test_what_is_wrong_stands_beside_its_field_and_is_kept(employer: Employer) -> None:
    client = administrator(employer)
    wish = words(client) | {"subject": "About {{salary}}"}
    for step in ("draft", "preview"):
        answer = send(client, f"{PATH}/{step}", PATH, **wish)
        html = answer.get_data(as_text=True)
        assert 'id="subject-fault"' in html, step
        assert 'value="About {{salary}}"' in html, step
    running = words(client)
    running["html"] += "<script>alert(1)</script>"
    refused = send(client, f"{PATH}/draft", PATH, **running)
    assert refused.status_code == 422
    assert 'id="html-fault"' in refused.get_data(as_text=True)
    assert states(employer) == [(1, "approved")]


def test_a_preview_is_read_as_a_person_and_keeps_nothing(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work, first_name="Lucía", last_name="Fernández").id
    client = administrator(employer)
    assert "Hello Amara," in read(client, PATH)
    wish = words(client) | {"reader": application}
    whole = send(client, f"{PATH}/preview", PATH, **wish)
    text = words_of(whole.get_data(as_text=True))
    assert "Hello Lucía," in text
    assert "Not kept yet" in text
    assert states(employer) == [(1, "approved")]


@SQLITE
def test_htmx_is_given_the_part_alone(employer: Employer) -> None:
    client = administrator(employer)
    token = re.findall(r'name="token" value="([0-9a-f]+)"', shown(client, PATH))[0]
    answer = client.post(
        f"{PATH}/preview",
        data=words(client),
        headers={"HX-Request": "true", "X-Keepword-Token": token},
    )
    html = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "<html" not in html
    assert "Hello Amara," in html


@SQLITE
def test_the_frame_can_run_load_and_lead_to_nothing(employer: Employer) -> None:
    client = administrator(employer)
    page = shown(client, PATH)
    assert re.search(
        r'<iframe class="letter" name="letter" sandbox title="[^"]+" src="[^"]+">', page
    )
    framed = [client.get(f"{PATH}/1/frame"), send(client, f"{PATH}/frame", PATH, **words(client))]
    for answer in framed:
        assert answer.status_code == 200
        assert "Hello Amara," in answer.get_data(as_text=True)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert policy.endswith("sandbox")


@SQLITE
def test_a_persons_name_is_text_in_every_preview(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work, first_name=HOSTILE).id
    client = administrator(employer)
    wish = words(client) | {"reader": application}
    for step in ("preview", "frame"):
        html = send(client, f"{PATH}/{step}", PATH, **wish).get_data(as_text=True)
        assert "<script>alert(1)" not in html, step
        assert "&lt;script&gt;alert(1)" in html, step


@SQLITE
def test_who_may_not_change_a_letter_only_reads_it(employer: Employer) -> None:
    administrator(employer)
    for role in ("recruiter", "viewer"):
        client = client_of(employer, person(employer, role))
        text = read(client, PATH)
        assert "Hello Amara," in text
        assert "Keep as a draft" not in text
        for step in ("draft", "preview", "frame", "1/approve", "1/withdraw"):
            assert client.post(f"{PATH}/{step}").status_code == 403, step
    client = client_of(employer, person(employer, "hiring_manager"))
    assert client.get(PATH).status_code == 404
    assert client.get(f"{PATH}/1/frame").status_code == 404


@SQLITE
def test_there_is_no_letter_of_an_unknown_kind_or_version(employer: Employer) -> None:
    client = administrator(employer)
    for path in ("/settings/letters/bill", f"{PATH}?version=7", f"{PATH}?version=x"):
        assert client.get(path).status_code == 404, path
    for number in ("7", "9" * 30):
        assert client.get(f"{PATH}/{number}/frame").status_code == 404
    assert send(client, "/settings/letters/bill/draft", PATH).status_code == 404
    assert send(client, f"{PATH}/7/approve", PATH).status_code == 404
    unknown = send(client, f"{PATH}/preview", PATH, **(words(client) | {"reader": "app_none"}))
    assert unknown.status_code == 404
