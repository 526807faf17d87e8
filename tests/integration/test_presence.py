"""Who else looks at a person now: seen by others for a minute, and in nobody's way."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from service.auth.sessions import IDLE
from service.models import ApiKey, Application, Presence, User
from tests.harness import Employer
from tests.reading_pages import promise_call, words_of
from tests.signing_in import PASSWORD, client_of, person, token_of

HERE = "Maria Keller is looking at this now"


def waiting_person(employer: Employer, by: User) -> tuple[str, str]:
    """Promise somebody a call; return the application's id and where their page is."""
    application_id, _ = promise_call(employer, by=by)
    with employer.session() as session:
        return (
            application_id,
            f"/people/{session.get_one(Application, application_id).candidate_id}",
        )


def asks(html: str) -> str:
    """Return where the page's own element asks who is there."""
    found = re.search(r'hx-post="([^"]+/here[^"]*)"', html)
    assert found is not None
    return found[1].replace("&amp;", "&")


def announce(client: Any, path: str, where: str) -> Any:
    return client.post(where, headers={"X-Keepword-Token": token_of(client, path)})


def test_others_see_for_a_minute_who_looks_at_a_person(employer: Employer) -> None:
    maria, sam = person(employer, email="m@example.com"), person(employer, name="Sam Stand")
    application, path = waiting_person(employer, maria)
    employer.pass_time(hours=1)
    hers, his = client_of(employer, maria), client_of(employer, sam)

    where = asks(hers.get(path).get_data(as_text=True))
    mine = announce(hers, path, where)
    page = his.get(path).get_data(as_text=True)
    call = his.get(f"/applications/{application}/call").get_data(as_text=True)
    queue = his.get("/?tab=all").get_data(as_text=True)
    shown = announce(his, path, asks(page))
    again = announce(his, path, asks(shown.get_data(as_text=True)))

    # One is not told of oneself.
    assert "is looking" not in words_of(mine.get_data(as_text=True))
    for html in (page, call, queue, shown.get_data(as_text=True)):
        assert HERE in words_of(html)
    # What is shown already is not said once more.
    assert (again.status_code, again.get_data()) == (204, b"")
    assert "Sam Stand is looking" in words_of(hers.get("/?tab=all").get_data(as_text=True))

    employer.clock.advance(timedelta(seconds=61))
    gone = announce(his, path, asks(shown.get_data(as_text=True)))
    assert "is looking" not in gone.get_data(as_text=True)
    employer.clock.advance(timedelta(minutes=10))
    announce(his, path, where)
    with employer.session() as session:
        kept = session.scalars(select(Presence.user_id)).all()
    assert sorted(kept) == sorted([maria.id, sam.id])


def test_presence_is_refused_to_strangers_and_keeps_no_session_alive(employer: Employer) -> None:
    maria = person(employer, teams=("Berlin",))
    outside = person(employer, "hiring_manager", name="Hanna Outside")
    person(employer, "administrator", name="Ruth", password=PASSWORD)
    _, path = waiting_person(employer, maria)
    hers, others = client_of(employer, maria), client_of(employer, outside)
    token = {"X-Keepword-Token": token_of(hers, path), "HX-Request": "true"}

    assert announce(others, "/account", f"{path}/here").status_code == 404
    assert announce(hers, path, "/people/nobody/here").status_code == 404
    assert hers.post(f"{path}/here").status_code == 403
    # A program in her name is not she.
    secret = employer.key("admin", user_id=maria.id)
    with employer.session() as session:
        (key_id,) = session.scalars(select(ApiKey.id))
    given = employer.app.extensions["keepword.forms"].token(key_id, employer.now)
    here = {"X-Keepword-Token": given}
    program = employer.app.test_client().post(f"{path}/here", headers=here, auth=("any", secret))
    assert program.status_code == 404
    for _ in range(5):
        employer.clock.advance(IDLE / 4)
        last = hers.post(f"{path}/here", headers=token)
    # The page asked all the time, and nobody did anything: the session is over all the same.
    assert (last.status_code, last.get_data(), "HX-Redirect" in last.headers) == (401, b"", False)
