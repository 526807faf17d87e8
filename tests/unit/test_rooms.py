"""The shells ask ``service.queries`` and act through ``service.workflows``: none writes SQL."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import service

ROOT = Path(service.__file__).parent
SHELLS = ("api", "cli", "dashboard", "health", "hooks")
STATEMENTS = frozenset({"select", "insert", "update", "delete", "union", "union_all", "exists"})
WRITES = frozenset({"add", "add_all", "merge", "query"})


def _faults(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            for name in node.names:
                if name.name in STATEMENTS or name.name in {"orm", "dialects", "*"}:
                    yield f"line {node.lineno} imports {name.name}"
                if "dialects" in (node.module or ""):
                    yield f"line {node.lineno} knows a dialect"
        if isinstance(node, ast.Import) and any(
            name.name.split(".")[0] == "sqlalchemy" for name in node.names
        ):
            yield f"line {node.lineno} imports sqlalchemy whole"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = ast.unparse(node.func.value)
            is_session = of.endswith(("session", "session()")) or of == "db"
            if is_session and node.func.attr in {*WRITES, "delete"}:
                yield f"line {node.lineno} calls {of}.{node.func.attr}"
            if of == "db" and node.func.attr in STATEMENTS:
                yield f"line {node.lineno} calls db.{node.func.attr}"


def test_no_shell_writes_sql_or_adds_rows_itself() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {fault}"
        for shell in SHELLS
        for path in (ROOT / shell).rglob("*.py")
        for fault in _faults(path.read_text(encoding="utf-8"))
    }

    assert sorted(found) == []


def test_the_scan_sees_what_it_looks_for() -> None:
    source = (
        "from sqlalchemy import Engine, select\n"
        "from sqlalchemy.dialects import sqlite\n"
        "import sqlalchemy\n"
        "work.session.add(row)\n"
        "db.session().delete(row)\n"
        "answer.headers.update(kept)\n"
        "work.session.get(User, user_id)\n"
    )

    assert sorted({fault.split()[1] for fault in _faults(source)}) == ["1", "2", "3", "4", "5"]
