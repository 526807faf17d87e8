"""The description in the repository is the one the code gives, and it is a valid one."""

from __future__ import annotations

from pathlib import Path

import yaml
from openapi_spec_validator import validate

from service.api import openapi_text
from service.app import create_app
from service.config import Config

_DESCRIPTION = Path(__file__).resolve().parents[2] / "openapi.yaml"


def _text(home: Path, **config: str) -> str:
    settings = {
        "home": home,
        "database_url": f"sqlite:///{home / 'never.db'}",
        "secret_key": "an invented secret key for tests only",
        **config,
    }
    return openapi_text(create_app(Config(**settings)))


def test_the_description_in_the_repository_is_current(tmp_path: Path) -> None:
    written = _DESCRIPTION.read_text(encoding="utf-8")

    assert _text(tmp_path) == written, "run `keepword openapi`"


def test_the_description_depends_on_no_configuration(tmp_path: Path) -> None:
    elsewhere = _text(tmp_path, base_url="https://keepword.example.org", company="Example Works")

    assert _text(tmp_path) == elsewhere


def test_the_description_is_valid_openapi(tmp_path: Path) -> None:
    validate(yaml.safe_load(_text(tmp_path)))


def test_every_operation_is_described_with_an_example(tmp_path: Path) -> None:
    document = yaml.safe_load(_text(tmp_path))
    lacking = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            answers = [
                operation["responses"][code] for code in operation["responses"] if code < "3"
            ]
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            whole = (
                operation.get("summary")
                and operation.get("description")
                and answers
                and all("example" in a["content"]["application/json"] for a in answers)
                and (not body or "example" in body)
            )
            if not whole:
                lacking.append(f"{method} {path}")

    assert lacking == []


def test_every_parameter_and_field_is_described(tmp_path: Path) -> None:
    document = yaml.safe_load(_text(tmp_path))
    lacking = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, told in schema.get("properties", {}).items()
        if "description" not in told and "$ref" not in told
    ]
    lacking += [
        f"{path} {parameter['name']}"
        for path, item in document["paths"].items()
        for operation in [item, *(item[m] for m in item if m != "parameters")]
        for parameter in operation.get("parameters", [])
        if "description" not in parameter
    ]

    assert lacking == []
