"""The reference shows all of the API, runs nothing foreign, and explains every problem."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask, render_template
from werkzeug.test import TestResponse

from service.api.problem_text import ProblemText
from service.api.problem_texts import PROBLEM_TEXTS
from service.api.reference import POLICY
from service.api.reference_view import blocks_of, reference_of
from service.app import create_app, engine_of
from service.config import Config

_SERVICE = Path(__file__).resolve().parents[2] / "service"
_HOSTILE = '<script>alert("1")</script>&amp;'


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Makes applications whose database does not exist: the reference asks for none."""
    made: list[Flask] = []

    def make(**config: str) -> Flask:
        settings = {
            "home": tmp_path,
            "database_url": f"sqlite:///{tmp_path / 'missing' / 'never.db'}",
            "secret_key": "an invented secret key for tests only",
            "pages": "key",
            **config,
        }
        made.append(create_app(Config(**settings)))
        return made[-1]

    yield make
    for app in made:
        engine_of(app).dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """A Keepword whose other pages ask for a key."""
    return make_app()


def _get(app: Flask, path: str, **headers: str) -> TestResponse:
    return app.test_client().get(path, headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.7"})


def _status(app: Flask, path: str) -> int:
    with _get(app, path) as answer:
        return answer.status_code


def _operations(app: Flask) -> dict[str, tuple[str, str, dict[str, Any]]]:
    document = yaml.safe_load(_get(app, "/openapi.yaml").text)
    return {
        told["operationId"]: (method.upper(), path, told)
        for path, item in document["paths"].items()
        for method, told in item.items()
        if method != "parameters"
    }


def _articles(html: str) -> dict[str, str]:
    found = re.findall(r'<article class="operation" id="(\w+)".*?</article>', html, re.DOTALL)
    parts = re.findall(r'<article class="operation".*?</article>', html, re.DOTALL)
    return dict(zip(found, map(unescape, parts), strict=True))


def test_every_operation_is_shown_with_all_that_is_said_of_it(app: Flask) -> None:
    shown = _articles(_get(app, "/docs").text)
    operations = _operations(app)

    assert set(shown) == set(operations)
    for name, (method, path, told) in operations.items():
        said = re.sub(r"<[^>]*>", "", shown[name])
        wanted = [method, path, told["summary"].rstrip("."), told["x-scope"], *told["responses"]]
        wanted += [parameter["name"] for parameter in told["parameters"]]
        wanted += re.findall(r"{(\w+)}", path)
        assert [text for text in wanted if text not in said] == [], name


def test_the_lists_say_how_they_are_searched(app: Flask) -> None:
    shown = _articles(_get(app, "/docs").text)["list_promises"]

    assert "<h4>In the query</h4>" in shown
    assert "Only those that stand so now." in shown
    assert "whole number from 1 to 200; <code>50</code> where left out" in shown


def test_bodies_and_answers_are_shown_as_examples(app: Flask) -> None:
    shown = _articles(_get(app, "/docs").text)["make_promise"]

    assert '  "within": "4 business hours"' in shown
    assert '  "standing": "on_time"' in shown
    assert "Answer 201" in shown


def test_every_link_of_the_reference_leads_somewhere(app: Flask) -> None:
    html = _get(app, "/docs").text
    links = {unescape(link) for link in re.findall(r'(?:href|src)="([^"]*)"', html)}
    ids = set(re.findall(r'\bid="([^"]*)"', html))

    assert len(re.findall(r'\bid="', html)) == len(ids)
    assert {link[1:] for link in links if link.startswith("#")} <= ids
    elsewhere = {link for link in links if not link.startswith("#")}
    # Without a database the first page says that, so it is there.
    assert {link for link in elsewhere if _status(app, link) not in (200, 503)} == set()
    assert "/openapi.yaml" in elsewhere


def test_the_first_request_names_the_address_of_this_keepword(
    make_app: Callable[..., Flask],
) -> None:
    html = _get(make_app(base_url="https://keepword.example.com"), "/docs").text

    assert "Authorization: Bearer kw_…" in html
    assert "https://keepword.example.com/api/v1/overdue" in html


@pytest.mark.parametrize("path", ["/docs", "/problems/due-in-the-past", "/problems/nothing"])
def test_no_page_of_the_reference_runs_or_loads_anything_foreign(app: Flask, path: str) -> None:
    answer = _get(app, path)

    assert answer.headers["Content-Security-Policy"] == POLICY
    assert POLICY.startswith("default-src 'none'; ")
    assert "unsafe" not in POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert re.findall(r'(?:href|src)="(?:https?:)?//', answer.text) == []


def test_an_unchanged_reference_is_not_sent_again(app: Flask) -> None:
    first = _get(app, "/docs")
    again = _get(app, "/docs", **{"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "no-cache"
    assert again.status_code == 304


def test_whatever_the_description_says_is_escaped(app: Flask) -> None:
    told = {
        "operationId": "one",
        "tags": ["things"],
        "summary": f"{_HOSTILE} `{_HOSTILE}`",
        "description": f"{_HOSTILE}\n\n* {_HOSTILE}",
        "x-scope": _HOSTILE,
        "parameters": [
            {
                "name": _HOSTILE,
                "in": "query",
                "description": _HOSTILE,
                "schema": {"enum": [_HOSTILE]},
            }
        ],
        "requestBody": {"content": {"application/json": {"schema": {}, "example": _HOSTILE}}},
        "responses": {
            "200": {
                "description": _HOSTILE,
                "content": {"application/json": {"example": {_HOSTILE: _HOSTILE}}},
                "headers": {_HOSTILE: {"description": _HOSTILE}},
            }
        },
    }
    document = {
        "info": {"description": _HOSTILE},
        "tags": [{"name": "things", "description": _HOSTILE}],
        "paths": {f"/{_HOSTILE}": {"get": told}},
    }
    with app.test_request_context("/docs"):
        html = render_template(
            "reference/docs.html",
            reference=reference_of(document),
            problems={_HOSTILE: ProblemText(_HOSTILE, _HOSTILE, _HOSTILE)},
            base_url=_HOSTILE,
        )

    assert html.count("&lt;script&gt;alert(") >= 15
    assert "<script" not in html
    assert "&amp;amp;" in html


def test_paragraphs_and_lists_are_told_apart() -> None:
    blocks = blocks_of("One\nline.\n\n* first\n* second\n")

    assert [(block.is_list, block.texts) for block in blocks] == [
        (False, ("One line.",)),
        (True, ("first", "second")),
    ]


@pytest.mark.parametrize("slug", sorted(PROBLEM_TEXTS))
def test_every_problem_has_a_page_that_says_what_to_do(app: Flask, slug: str) -> None:
    answer = _get(app, f"/problems/{slug}")
    text = PROBLEM_TEXTS[slug]
    said = unescape(re.sub(r"<[^>]*>", "", answer.text))

    assert answer.status_code == 200
    assert f"{text.title} · Keepword" in said
    assert text.meaning.replace("`", "") in said
    assert text.remedy.replace("`", "") in said


def test_a_problem_nobody_answers_with_has_no_page(app: Flask) -> None:
    answer = _get(app, "/problems/%3Cscript%3E")

    assert answer.status_code == 404
    assert "There is no problem of this name" in answer.text
    assert "<script" not in answer.text


def test_the_type_of_an_answered_problem_leads_to_its_page(app: Flask) -> None:
    problem = _get(app, "/api/v1/overdue").json

    assert problem is not None
    assert _get(app, problem["type"]).status_code == 200


def test_the_problems_explained_are_those_the_code_answers_with() -> None:
    used: dict[str, str] = {}
    computed: set[str] = set()
    for path in sorted(_SERVICE.rglob("*.py")):
        place = path.relative_to(_SERVICE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for slug in _slugs(node):
                if isinstance(slug, ast.Constant):
                    used[str(slug.value)] = place
                else:
                    computed.add(place)

    assert {slug: at for slug, at in used.items() if slug not in PROBLEM_TEXTS} == {}
    assert set(PROBLEM_TEXTS) - set(used) == set()
    # Only here is a slug handed on, from a PromiseError or the table of statuses.
    assert computed == {"api/problems.py"}


def _slugs(node: ast.AST) -> list[ast.expr]:
    """Return the expressions of the slugs that a piece of code makes problems with."""
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_PHRASES":
        assert isinstance(node.value, ast.Dict)
        return [each.elts[0] for each in node.value.values if isinstance(each, ast.Tuple)]
    if not isinstance(node, ast.Call):
        return []
    place = {"PromiseError": 0, "ProblemError": 1, "invalid": 2}.get(ast.unparse(node.func))
    if place is None:
        return []
    names = {"PromiseError": "code"}.get(ast.unparse(node.func), "slug")
    named = [keyword.value for keyword in node.keywords if keyword.arg == names]
    return named or node.args[place : place + 1]
