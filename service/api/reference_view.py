"""Turns the OpenAPI document into what the reference shows: groups, operations, fields, answers.

Pure: the same document always gives the same view, and nothing here is HTML.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]

_METHODS = ("get", "post", "put", "patch", "delete")
_DEEPEST = 4
"""Levels of a body that are listed field by field; the deepest, a policy, has four."""
_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "null": "null",
}
_FORMATS = {"date-time": "instant", "date": "date", "email": "email address", "uri": "address"}


@dataclass(frozen=True)
class Block:
    """A paragraph, or the items of a list."""

    is_list: bool
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """What a request may carry: a parameter, a header or a field of the body."""

    name: str
    where: str
    required: bool
    kind: str
    meaning: str


@dataclass(frozen=True)
class Reply:
    """One status an operation answers with; ``headers`` are names with their meaning."""

    status: str
    meaning: str
    example: str | None
    headers: tuple[tuple[str, str], ...]

    @property
    def succeeded(self) -> bool:
        """Tell whether this is what was asked for."""
        return self.status < "3"


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    id: str
    method: str
    path: str
    summary: str
    about: tuple[Block, ...]
    scope: str
    fields: tuple[Field, ...]
    example: str | None
    replies: tuple[Reply, ...]


@dataclass(frozen=True)
class Group:
    """The operations of one tag."""

    name: str
    anchor: str
    about: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Reference:
    """The whole reference."""

    about: tuple[Block, ...]
    groups: tuple[Group, ...]


def reference_of(document: Document) -> Reference:
    """Return the view of an OpenAPI 3.1 document whose keys are texts."""
    by_tag: dict[str, list[Operation]] = {tag["name"]: [] for tag in document["tags"]}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                operation = _operation(document, path, method, item)
                by_tag[item[method]["tags"][0]].append(operation)
    groups = tuple(
        Group(
            tag["name"],
            "group-" + tag["name"].replace(" ", "-"),
            tag.get("description", ""),
            tuple(by_tag[tag["name"]]),
        )
        for tag in document["tags"]
    )
    return Reference(blocks_of(document["info"].get("description", "")), groups)


def blocks_of(text: str) -> tuple[Block, ...]:
    """Return a text's paragraphs and lists; a line that starts with an asterisk is an item."""
    blocks: list[Block] = []
    for part in text.strip().split("\n\n"):
        lines = [line.strip() for line in part.splitlines() if line.strip()]
        if not lines:
            continue
        if all(line.startswith("* ") for line in lines):
            blocks.append(Block(True, tuple(line.removeprefix("* ") for line in lines)))
        else:
            blocks.append(Block(False, (" ".join(lines),)))
    return tuple(blocks)


def _operation(document: Document, path: str, method: str, item: Document) -> Operation:
    told = item[method]
    fields = [
        _parameter(document, each)
        for each in [*item.get("parameters", ()), *told.get("parameters", ())]
    ]
    example = None
    body = told.get("requestBody")
    if body is not None:
        content = next(iter(body["content"].values()))
        fields += _body_fields(document, content["schema"])
        example = _pretty(content)
    return Operation(
        id=told["operationId"],
        method=method.upper(),
        path=path,
        summary=told["summary"],
        about=blocks_of(told.get("description", "")),
        scope=told["x-scope"],
        fields=tuple(fields),
        example=example,
        replies=tuple(
            _reply(document, status, reply) for status, reply in sorted(told["responses"].items())
        ),
    )


def _parameter(document: Document, parameter: Document) -> Field:
    told = _resolved(document, parameter)
    schema = told.get("schema", {})
    required = bool(told.get("required", False))
    return Field(
        told["name"], told["in"], required, _kind(document, schema), told.get("description", "")
    )


def _body_fields(
    document: Document, schema: Document, prefix: str = "", depth: int = 1
) -> Iterator[Field]:
    told = _resolved(document, schema)
    required = told.get("required", ())
    fields = told.get("properties", {}).items()
    # What must be there is read first; the rest keeps its order.
    for name, field in sorted(fields, key=lambda each: each[0] not in required):
        whole = _resolved(document, field)
        if whole.get("readOnly"):
            continue
        meaning = field.get("description") or whole.get("description", "")
        kind = _kind(document, field)
        yield Field(f"{prefix}{name}", "body", name in required, kind, meaning)
        if depth < _DEEPEST:
            inner, mark = (whole["items"], "[]") if "items" in whole else (whole, "")
            yield from _body_fields(document, inner, f"{prefix}{name}{mark}.", depth + 1)


def _reply(document: Document, status: str, reply: Document) -> Reply:
    told = _resolved(document, reply)
    content: Document = next(iter(told.get("content", {}).values()), {})
    headers = tuple(
        (name, header.get("description", "")) for name, header in told.get("headers", {}).items()
    )
    return Reply(status, told.get("description", ""), _pretty(content), headers)


def _kind(document: Document, schema: Document) -> str:
    """Say in words what values a schema takes."""
    told = _resolved(document, schema)
    if "anyOf" in told:
        return " or ".join(dict.fromkeys(_kind(document, each) for each in told["anyOf"]))
    types = told.get("type", ())
    types = [types] if isinstance(types, str) else list(types)
    nullable = "null" in types or None in told.get("enum", ())
    if "enum" in told:
        words = ["one of " + ", ".join(f"`{each}`" for each in told["enum"] if each is not None)]
    elif "array" in types:
        words = ["list of: " + _kind(document, told.get("items", {}))]
    elif told.get("format") in _FORMATS:
        words = [_FORMATS[told["format"]]]
    else:
        words = [_WORDS.get(each, each) for each in types if each != "null"]
    if "minimum" in told and "maximum" in told:
        words[-1:] = [f"{''.join(words[-1:])} from {told['minimum']} to {told['maximum']}"]
    if nullable:
        words.append("null")
    kind = " or ".join(words) or "anything"
    if schema.get("default") is not None:
        kind += f"; `{json.dumps(schema['default'], ensure_ascii=False)}` where left out"
    return kind


def _resolved(document: Document, value: Document) -> Document:
    reference = value.get("$ref")
    if reference is None:
        return value
    found: Any = document
    for key in reference.removeprefix("#/").split("/"):
        found = found[key]
    return _resolved(document, found)


def _pretty(content: Document) -> str | None:
    if "example" not in content:
        return None
    return json.dumps(content["example"], indent=2, ensure_ascii=False)
