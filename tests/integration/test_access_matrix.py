"""Every page and every form, as everybody: each is told what they may know, and nothing else.

The matrix is made from the routes themselves: one that is added later is in it, and one that does
not say what it asks fails it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import Rule

from service.dashboard.queue_many import ACTS
from service.dashboard.site import OPEN, OWN
from service.db import db
from service.domain.rights import Right
from tests.harness import make_employer
from tests.integration.access_world import AccessWorld, Reader

FINE = {200, 204, 303, 400, 409, 422}

OF_A_TEAM = {
    "application_id",
    "batch_id",
    "candidate_id",
    "closing_id",
    "import_id",
    "job_id",
    "message_id",
    "promise_id",
}
"""The places in an address that name a matter of one team."""

AWAITED_ALONE = {"pages.answer_for"}
"""Only whoever is awaited finds these."""

SEES_WHOLE_JOBS = {"pages.closing"}
"""These tell of everybody who applied, so they are not for who sees single people of a job."""

FOR_SESSIONS = {"pages.note_here"}
"""These are about who is signed in."""

NO_PLACE = {"secret": "none", "token": "none", "passkey_id": "none", "session_id": "none"}


@pytest.fixture(scope="module")
def world(sqlite_started: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccessWorld]:
    folder, file = tmp_path_factory.mktemp("access"), sqlite_started.with_name("access.db")
    file.write_bytes(sqlite_started.read_bytes())
    employer = make_employer(f"sqlite:///{file}", folder)
    made = AccessWorld(employer, str(file))
    yield made
    made.close()
    with employer.app.app_context():
        db.engine.dispose()


def routes(world: AccessWorld) -> list[tuple[Rule, str]]:
    """Return every route of the pages with each way it is asked."""
    return [
        (rule, method)
        for rule in world.employer.app.url_map.iter_rules()
        if rule.endpoint.startswith("pages.") and rule.endpoint != "pages.static"
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def asked_by(world: AccessWorld, rule: Rule) -> Right | str | None:
    if rule.endpoint in OPEN:
        return "open"
    asks: Right | str | None = getattr(
        world.employer.app.view_functions[rule.endpoint], "asks", None
    )
    return asks


def test_every_route_says_what_it_asks(world: AccessWorld) -> None:
    silent = [rule.rule for rule, _ in routes(world) if asked_by(world, rule) is None]

    assert len(routes(world)) > 100
    assert silent == []


def path_of(world: AccessWorld, rule: Rule, **others: str) -> str:
    """Return the address with real ids in its places; a place nobody thought of is a KeyError."""
    ids = {**world.ids, **NO_PLACE, **others}
    if rule.endpoint == "pages.numbers_file":
        ids["name"] = "kept-by-week"
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: ids[found[1]], rule.rule)


def wanted(reader: Reader, rule: Rule, method: str, asks: Right | str | None) -> set[int]:
    """Return the statuses that this reader may be answered with."""
    if asks == OWN and not reader.is_key:
        return FINE | {404} if rule.arguments else FINE
    if asks == OWN or (reader.is_key and rule.endpoint in FOR_SESSIONS):
        # A key has no account, and is not somebody who sits here.
        return {303, 403, 404}
    if asks not in reader.rights:
        return {404} if method == "GET" else {403}
    reaches = reader.reaches or not OF_A_TEAM & rule.arguments
    if rule.endpoint in AWAITED_ALONE:
        reaches = reader.is_awaited
    if rule.endpoint in SEES_WHOLE_JOBS:
        reaches = reaches and not reader.is_awaited
    return FINE if reaches else {404}


def test_everybody_gets_the_right_answer_everywhere(world: AccessWorld) -> None:
    wrong, in_vain = [], []
    for rule, method in routes(world):
        asks, path = asked_by(world, rule), path_of(world, rule)
        for reader in (world.nobody, *world.readers):
            if method == "GET":
                answer = reader.get(path)
                for what, led_to in offered(world, path, answer):
                    needed = asked_by(world, led_to)
                    if isinstance(needed, Right) and needed not in reader.rights:
                        in_vain.append((reader.name, path, what))
            else:
                answer = reader.post(path, application_id=world.ids["application_id"])
                if answer.status_code not in (403, 404):
                    world.put_back()
            answer.close()
            if asks == "open":
                fine = answer.status_code < 500
            elif reader is world.nobody:
                there = answer.headers.get("Location", "").startswith("/sign-in")
                fine = answer.status_code == 401 or (answer.status_code == 303 and there)
            else:
                fine = answer.status_code in wanted(reader, rule, method, asks)
            if not fine:
                wrong.append((reader.name, method, path, answer.status_code, str(asks)))

    assert not wrong, "\n".join(map(str, wrong))
    # No page leads anybody to what they may not see or send.
    assert not in_vain, "\n".join(map(str, in_vain))


def offered(world: AccessWorld, path: str, answer: Any) -> Iterator[tuple[str, Rule]]:
    """Yield where the links and forms of a page lead, with the route behind each."""
    if answer.status_code != 200 or not answer.content_type.startswith("text/html"):
        return
    html = answer.get_data(as_text=True)
    targets = {("GET", to) for to in re.findall(r'<a\b[^>]* href="(/[^"?#]*)', html)}
    for form in re.findall(r'<form\b[^>]*method="post"[^>]*>', html):
        named = re.search(r'action="([^"?#]+)', form)
        targets.add(("POST", named[1] if named else path))
    find = world.employer.app.url_map.bind("").match
    for method, to in sorted(targets):
        rule, _places = find(to, method=method, return_rule=True)
        yield f"{method} {to}", rule


def test_what_lies_outside_a_reach_is_as_if_it_were_not_there(world: AccessWorld) -> None:
    outsiders = [each for each in world.readers if not each.reaches]
    told = []
    for rule, method in routes(world):
        asks = asked_by(world, rule)
        for reader in outsiders:
            if asks not in reader.rights or not OF_A_TEAM & rule.arguments:
                continue
            ask: Callable[..., Any] = reader.get if method == "GET" else reader.post
            real = ask(path_of(world, rule))
            none = ask(path_of(world, rule, **dict.fromkeys(OF_A_TEAM, "none")))
            if _plain(real) != _plain(none) or b"Quillfeather" in real.data:
                told.append((reader.name, method, rule.rule))

    assert not told, "\n".join(map(str, told))


def _plain(answer: Any) -> tuple[int, str]:
    text: str = answer.get_data(as_text=True)
    return answer.status_code, re.sub(r'nonce="[^"]*"', "", text)


def test_no_list_names_or_counts_what_lies_outside_a_reach(world: AccessWorld) -> None:
    lists = ["/", "/?tab=mail", "/people", "/people?q=Quillfeather", "/jobs?which=all", "/outbox"]
    lists += ["/numbers", "/people/new", "/people/import"]
    delivery = f"/connections/main/deliveries/{world.ids['delivery_id']}"
    for name in ("recruiter of another team", "other hiring manager", "key of another team"):
        reader = world.named(name)
        for path in [*lists, delivery]:
            text = reader.get(path).get_data(as_text=True)
            for word in ("Quillfeather", "quillfeather", "Glass Blower"):
                if "q=" not in path or word == "Glass Blower":
                    assert word not in text, (name, path)
            assert "stopped until somebody looks" not in text
        assert 'class="count"' not in reader.get("/").get_data(as_text=True)
    for path in lists:
        text = world.named("recruiter of the team").get(path).get_data(as_text=True)
        assert "Quillfeather" in text or "Glass Blower" in text, path
    inside = world.named("recruiter of the team").get("/").get_data(as_text=True)
    assert "1 letter is stopped until somebody looks" in inside
    assert "outbox 1" in inside
    assert "outbox 0" in world.named("recruiter of another team").get("/").get_data(as_text=True)
    assert "outbox" not in world.named("awaited hiring manager").get("/").get_data(as_text=True)
    seen = world.named("administrator").get(delivery).get_data(as_text=True)
    assert "Quillfeather" in seen


def test_ids_of_another_team_inside_a_form_mean_nothing(world: AccessWorld) -> None:
    tomas, ids = world.named("recruiter of another team"), world.ids
    world.put_back()
    ref = f"{ids['application_id']}:{ids['version']}:{ids['promise_id']}:1"
    wish = {"who": ref, "kind": "callback", "when": "tomorrow", "telling": "silent"}
    wish |= {"why": "As agreed", "owner": ids["user_id"], "how": "reached", "wording": "A call"}
    wish |= {"decided_by": ids["user_id"]}
    for act in ACTS:
        for step in ("", "preview", "confirm"):
            kind = {"kind": "status-update", "next_word_by": "2026-03-06"} if act == "write" else {}
            answer = tomas.post("/queue/act", **(wish | kind), act=act, step=step)
            assert answer.status_code == (409 if step == "confirm" else 200), (act, step)
            shown = answer.get_data(as_text=True)
            assert "Quillfeather" not in shown
            assert "Glass Blower" not in shown
            assert ("there is no such person any more" in shown) == bool(step), (act, step)
    now = world.employer.now.isoformat()
    for closing in ({"closing_id": ids["closing_id"]}, {}):
        cancelled = tomas.post("/outbox/cancel", as_of=now, **closing)
        assert "said=0+letters+are+cancelled." in cancelled.headers["Location"]
    over = tomas.post(f"/account/absences/{ids['absence_id']}/end")
    assert over.status_code == 422

    assert not world.has_changed()


def test_no_form_is_taken_without_our_token_or_from_another_site(world: AccessWorld) -> None:
    admin = world.named("administrator")
    taken = []
    for rule, method in routes(world):
        if method == "GET":
            continue
        path = path_of(world, rule)
        for token, says in (
            ("", {}),
            ("0" * 64, {}),
            (admin.token, {"Origin": "https://evil.example.com"}),
            (admin.token, {"Origin": "null"}),
            (admin.token, {"Sec-Fetch-Site": "same-site"}),
        ):
            answer = admin.client.post(
                path, data={"token": token}, headers={**(admin.headers or {}), **says}
            )
            if answer.status_code != 403:
                taken.append((rule.rule, says, answer.status_code))

    assert not taken, "\n".join(map(str, taken))


def test_no_page_changes_anything_or_is_kept_or_runs_what_is_not_ours(world: AccessWorld) -> None:
    admin = world.named("administrator")
    world.put_back()
    wrong = []
    for rule, method in routes(world):
        if method != "GET":
            continue
        answer = admin.get(path_of(world, rule))
        policy = answer.headers["Content-Security-Policy"]
        if answer.headers["Cache-Control"] != "no-store" or not (
            "script-src 'nonce-" in policy or "sandbox" in policy
        ):
            wrong.append((rule.rule, dict(answer.headers)))
        if world.has_changed():
            wrong.append((rule.rule, {"changed": "yes"}))
            world.put_back()

    assert not wrong, "\n".join(map(str, wrong))
