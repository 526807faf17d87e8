"""Every operation of the API, with every kind of key, made from the document that describes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import yaml

from service.auth.keys import SCOPES
from service.db import db
from tests.harness import make_employer


def test_every_operation_asks_for_its_scope(
    new_database: Callable[..., str], tmp_path: Path
) -> None:
    employer = make_employer(new_database("sqlite", started=True), tmp_path)
    client = employer.app.test_client()
    keys = {scope: employer.key(scope) for scope in SCOPES}
    paths = yaml.safe_load(client.get("/openapi.yaml").get_data())["paths"]
    described = {
        (path, method.upper()): operation.get("x-scope")
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method != "parameters"
    }
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in employer.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert len(routes) > 70
    assert {route for route, scope in described.items() if scope in SCOPES} == routes
    wrong = []
    for (path, method), scope in described.items():
        real = re.sub(r"{\w+}", "none", path)
        for given in (None, *SCOPES):
            headers = {} if given is None else {"Authorization": f"Bearer {keys[given]}"}
            status = client.open(real, method=method, json={}, headers=headers).status_code
            if given is None:
                fine = status == 401
            elif SCOPES.index(given) < SCOPES.index(scope):
                fine = status == 403
            else:
                fine = status not in (401, 403) and status < 500
            if not fine:
                wrong.append((method, path, given, status))
    with employer.app.app_context():
        db.engine.dispose()

    assert not wrong, "\n".join(map(str, wrong))
