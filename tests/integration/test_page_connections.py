"""The connections' pages: what needs a hand, what came, and what a person does about it."""

from __future__ import annotations

from sqlalchemy import select

from service.models import Application, Connection, Delivery, ProfileEntry
from service.workflows.connections import add_connection
from tests.harness import Employer, add_application
from tests.integration.test_page_access import basic
from tests.integration.test_page_actions import press, said
from tests.reading_metrics import delivery
from tests.reading_pages import html_of, page_of, without_own_scripts

SCRIPT = b'{"action": "<script>parent.taken = 1</script>"}'


def connect(employer: Employer) -> None:
    with employer.work() as work:
        add_connection(work, "main", "greenhouse", ["a secret"], rejections_by="keepword")


def store(employer: Employer, identity: str, **fields: object) -> str:
    with employer.work() as work:
        found = work.session.scalars(select(Connection)).one()
        row = delivery(found, identity, employer, **fields)
        row.body = SCRIPT
        work.session.add(row)
        work.session.flush()
        return row.id


def state_of(employer: Employer, id_: str) -> str:
    with employer.session() as session:
        return session.scalars(select(Delivery.state).where(Delivery.id == id_)).one()


def test_without_a_connection_the_page_says_how_one_is_added(employer: Employer) -> None:
    assert "No ATS is connected yet" in page_of(employer, "/connections")
    assert "keepword connection add" in page_of(employer, "/connections")


def test_a_new_connection_says_what_to_do_at_the_ats(employer: Employer) -> None:
    connect(employer)

    assert "main Greenhouse · has not spoken yet" in page_of(employer, "/connections")
    page = page_of(employer, "/connections/main")
    assert "waiting for its first delivery" in page
    assert "/hooks/ats/main" in page
    assert "Create New Web Hook" in page
    assert "candidate_stage_change" in page
    assert "a secret" not in html_of(employer, "/connections/main")


def test_what_failed_is_shown_alone_and_tried_again(employer: Employer) -> None:
    connect(employer)
    failed = store(employer, "a", state="failed", error="/payload: is missing")
    done = store(employer, "b", state="done")

    both = html_of(employer, "/connections/main")
    alone = html_of(employer, "/connections/main?show=failed")

    assert failed in both
    assert done in both
    assert failed in alone
    assert done not in alone
    assert "/payload: is missing" in alone
    assert said(employer, "/connections/main/replay") == "✓ 1 delivery is tried again."
    assert state_of(employer, failed) == "received"
    assert state_of(employer, done) == "done"


def test_one_delivery_is_shown_as_text_and_worked_in_again(employer: Employer) -> None:
    connect(employer)
    id_ = store(employer, "a", state="done", outcome="nothing new")
    path = f"/connections/main/deliveries/{id_}"

    html = html_of(employer, path)

    assert "<script" not in without_own_scripts(html)
    assert "&lt;script&gt;parent.taken" in html
    assert "nothing new" in html
    assert "worked in anew" in said(employer, f"{path}/replay")
    assert state_of(employer, id_) == "received"


def test_the_content_of_a_delivery_is_for_those_who_may_act(employer: Employer) -> None:
    connect(employer)
    id_ = store(employer, "a", state="done")
    path = f"/connections/main/deliveries/{id_}"
    reader = basic(employer.key("read"))

    answer = employer.app.test_client().get(path, headers={"Host": "keepword.example", **reader})

    assert answer.status_code == 200
    assert b"parent.taken" not in answer.data
    assert "those who may act and see every team" in answer.get_data(as_text=True)
    away = {"Host": "keepword.example", "Origin": "http://keepword.example", **reader}
    refused = employer.app.test_client().post(f"{path}/replay", data={"token": "x"}, headers=away)
    assert refused.status_code == 403
    assert state_of(employer, id_) == "done"


def test_a_delivery_of_another_connection_is_not_shown(employer: Employer) -> None:
    connect(employer)
    id_ = store(employer, "a", state="done")
    with employer.work() as work:
        add_connection(work, "other", "greenhouse", ["s"], rejections_by="keepword")

    client = employer.app.test_client()
    assert client.get(f"/connections/other/deliveries/{id_}").status_code == 404
    assert client.get("/connections/nobody").status_code == 404


def test_an_unknown_stage_is_a_to_do_until_somebody_says_what_it_means(employer: Employer) -> None:
    connect(employer)
    with employer.work() as work:
        application = add_application(work)
        application.connection_id = work.session.scalars(select(Connection.id)).one()
        application.ats_stage, application.unmapped = "Zaubertrank", True
        id_ = application.id
    assert "1 stage to map" in page_of(employer, "/connections")
    assert "1 person waits for its meaning" in page_of(employer, "/connections/main")

    form = {"label": "Zaubertrank", "was": ""}
    told = said(employer, "/connections/main/stages", **form, stage="interview")

    assert told == "✓ 1 stage is mapped. 1 application moved."
    with employer.session() as session:
        found = session.get_one(Application, id_)
        assert (found.stage, found.unmapped) == ("interview", False)

    # A page from before that takes nothing back: the choice is made anew, knowing of it.
    stale = said(employer, "/connections/main/stages", **form, stage="offer")
    assert stale == "◐ Somebody else changed this meanwhile: look again."
    shown = html_of(employer, "/connections/main")
    assert 'name="was" value="interview"' in shown


def test_a_stage_that_is_none_of_ours_is_refused(employer: Employer) -> None:
    connect(employer)

    told = said(employer, "/connections/main/stages", label="Anything", was="", stage="rejected")

    assert told.startswith("◐ A stage must be one of")


def test_a_form_from_elsewhere_changes_nothing(employer: Employer) -> None:
    connect(employer)
    id_ = store(employer, "a", state="failed")

    answer = press(employer, "/connections/main/replay", {"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert state_of(employer, id_) == "failed"


def test_notes_for_profiles_that_need_somebody_are_counted_and_said(employer: Employer) -> None:
    connect(employer)
    with employer.work() as work:
        found = work.session.scalars(select(Connection)).one()
        application = add_application(work, connection_id=found.id, external_id="1")
        for state in ("failed", "uncertain", "done"):
            work.session.add(
                ProfileEntry(
                    connection_id=found.id,
                    application_id=application.id,
                    dedupe_key=f"kept:{state}",
                    state=state,
                    next_attempt_at=work.now,
                    created_at=work.now,
                )
            )

    assert "2 notes to look at" in page_of(employer, "/connections")
    page = page_of(employer, "/connections/main")
    assert "2 notes for profiles at main need somebody's eye." in page
    assert "keepword connection entries main" in page


def test_characters_that_nobody_sees_are_shown_in_what_an_ats_sent(employer: Employer) -> None:
    connect(employer)
    with employer.work() as work:
        found = work.session.scalars(select(Connection)).one()
        add_application(
            work,
            connection_id=found.id,
            external_id="1",
            ats_stage="On\u202eetis \u200bday 👩\u200d🔬",
        )
        row = delivery(found, "a", employer, state="failed", error="no \u202estage")
        row.body = '{"name": "A\u202emara\x07"}\r\n'.encode()
        work.session.add(row)
        work.session.flush()
        id_ = row.id

    page, one = (
        html_of(employer, "/connections/main"),
        html_of(employer, f"/connections/main/deliveries/{id_}"),
    )
    assert "On⟨U+202E⟩etis ⟨U+200B⟩day 👩\u200d🔬</label>" in page
    assert 'value="On\u202eetis' in page
    assert "no ⟨U+202E⟩stage" in page
    assert "A⟨U+202E⟩mara⟨U+0007⟩" in one
    assert "\u202e" not in one


def test_a_removed_connection_says_how_it_is_taken_in_again(employer: Employer) -> None:
    connect(employer)
    assert "of silence would be strange" not in page_of(employer, "/connections/main")
    with employer.work() as work:
        work.session.scalars(select(Connection)).one().active = False

    page = page_of(employer, "/connections/main")
    assert "switched off" in page
    assert "keepword connection restore main" in page
    assert "None has come yet." in page
