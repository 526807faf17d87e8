"""What the documentation says is tried: the API's requests in their order, the README's command."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from service.cli.due import due
from tests.harness import add_user, make_employer
from tests.served import Client, serving

ROOT = Path(__file__).resolve().parents[2]
_REQUEST = re.compile(r"```http\n(GET|POST) (\S+)\n(.*?)```", re.DOTALL)


def test_the_requests_of_the_api_page_work_in_their_order(
    new_database: Callable[[str], str], tmp_path: Path
) -> None:
    employer = make_employer(new_database("sqlite"), tmp_path)
    with employer.work() as work:
        maria = add_user(work).id
    made: dict[str, str] = {}
    sent = 0
    with serving(employer) as base_url:
        api = Client(base_url, employer.key("admin", user_id=maria))
        for method, path, rest in _REQUEST.findall((ROOT / "docs/api.md").read_text("utf-8")):
            body, _, name = rest.partition("=> ")
            for known, value in made.items():
                path, body = (text.replace(f"{{{known}}}", value) for text in (path, body))
            answer = api.send(method, path, json.loads(body) if body.strip() else None)
            assert answer.status in (200, 201), (method, path, answer.body)
            if name:
                made[name.strip()] = answer.body["id"]
            sent += 1
        api.close()

    assert sent >= 12
    assert "promise" in made


def test_the_readmes_calendar_says_what_the_readme_says(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    document = re.search(r"\$ cat berlin.json\n(.*?)\n\$ ", readme, re.DOTALL)
    assert document is not None
    calendar = tmp_path / "berlin.json"
    calendar.write_text(document.group(1), encoding="utf-8")

    result = CliRunner().invoke(
        due,
        ["--calendar", str(calendar), "--from", "2026-04-02T16:30", "--in", "1 business hour",
         "--json"],
    )  # fmt: skip

    assert json.loads(result.stdout)["due_local"] == "2026-04-07T09:30:00+02:00"
