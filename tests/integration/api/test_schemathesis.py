"""Every operation against its own description: no 500, nothing that is not documented."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode

from service.db import db
from tests.harness import Employer, make_employer
from tests.integration.api.seeding import Seeded, seed

_DESCRIPTION = Path(__file__).resolve().parents[3] / "openapi.yaml"
_OPERATIONS = [
    (method.upper(), path)
    for path, item in yaml.safe_load(_DESCRIPTION.read_text(encoding="utf-8"))["paths"].items()
    for method in item
    if method in ("get", "post", "patch", "delete")
]
load_all_checks()
_CHECKS = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "unsupported_method",
    ]
)
EXAMPLES = 12


@pytest.fixture(scope="module")
def employer(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Employer]:
    """One employer for the whole module: what a request leaves behind, the next one meets."""
    home = tmp_path_factory.mktemp("api")
    shutil.copyfile(sqlite_template, home / "api.db")
    made = make_employer(f"sqlite:///{home / 'api.db'}", home)
    yield made
    with made.app.app_context():
        db.engine.dispose()


@pytest.fixture
def seeded(employer: Employer) -> Seeded:
    """Fresh rows for each operation, whatever the one before did to its own."""
    return seed(employer)


@pytest.fixture
def key(employer: Employer, seeded: Seeded) -> str:
    return employer.key("admin", user_id=seeded.ids["user_id"])


@pytest.fixture(scope="module")
def description(employer: Employer) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.yaml", employer.app)


@pytest.mark.parametrize(("method", "path"), _OPERATIONS, ids=lambda part: str(part))
def test_an_operation_answers_as_described(
    method: str, path: str, description: Any, key: str, seeded: Seeded
) -> None:
    operation = description[path][method]

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def answers(data: st.DataObject) -> None:
        source = data.draw(st.sampled_from(["example", "positive", "negative"]))
        sense = GenerationMode.NEGATIVE if source == "negative" else GenerationMode.POSITIVE
        case = data.draw(operation.as_strategy(generation_mode=sense))
        if source == "example" and "requestBody" in operation.definition.raw:
            case.body = _example(operation)
        if source == "example" or data.draw(st.booleans()):
            _make_real(case, seeded.ids)
        case.headers["Authorization"] = f"Bearer {key}"
        if source == "example":
            case.query = {}
            case.headers["If-Match"] = "*"
        response = case.call()
        case.validate_response(response, checks=_CHECKS)

    answers()


def _example(operation: Any) -> dict[str, Any]:
    """Return the body that the description shows, as a program would write it."""
    content = operation.definition.raw["requestBody"]["content"]["application/json"]
    return copy.deepcopy(content["example"])


def _make_real(case: Any, ids: dict[str, str]) -> None:
    """Put ids of real rows where the generated ones would only find nothing."""
    for name in list(case.path_parameters or {}):
        case.path_parameters[name] = ids[name]
    for part in (case.query, case.body):
        if isinstance(part, dict):
            for name in set(part) & set(ids):
                part[name] = ids[name]
            if "meant_for" in part:
                part["meant_for"] = [ids["promise_id"]]
