"""Text that tries to be more than text, in every place where somebody else may write.

The columns come from the tables themselves: a new one is filled too, unless ``foreign_columns``
says why nobody outside fills it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import unquote_plus

from sqlalchemy import JSON, Column, LargeBinary, String, Table, select, update
from sqlalchemy.orm import Session

from service.dashboard.unseen import unseen_shown
from service.db import Base
from tests.foreign_columns import NOBODY
from tests.reading_pages import parts_of, without_own_scripts

BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "javascript:")
"""How a payload begins: as a spreadsheet's formulas do, and as a dangerous address does."""

HOSTILE: Final = (
    "<script>alert(1)</script>",
    "' onmouseover='alert(1)",
    "</title><script>alert(1)</script>",
    "<!-- --><iframe srcdoc='<script>alert(1)</script>'>",
    "&lt;b&gt;\u202egnirts",
)
"""Single payloads, for the words that a form sends back."""

_CORPUS: Final = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)' style='position:fixed'",
    "</title></textarea><iframe srcdoc='<script>alert(1)</script>'>",
    "<!--",
    "{{ 7*7 }}{% raw %}${7*7}",
    "-k3f9.name-",
    "%(name)s %s",
    '"; DROP TABLE candidate; --',
    "data:text/html,<script>alert(1)</script>",
    "&lt;b&gt;&amp;#60;",
    "\u202egnirts\u2066",
    "one\r\ntwo\u2028three\u0085",
)


_Filled = Callable[[Any, str], Any]


def _inside(name: str) -> _Filled:
    return lambda stored, payload: {**(stored or {}), name: payload}


_DOCUMENTS: Final[Mapping[str, _Filled]] = {
    "connection.settings": _inside("subdomain"),
    "connection.stage_map": lambda _stored, payload: {payload: "screening"},
    "connection.sync_marks": _inside("page"),
    "delivery.headers": _inside("X-Sent-By"),
    "delivery_answer.headers": _inside("X-Sent-By"),
    "import_run.options": lambda _stored, payload: {"columns": {payload: payload}},
    "mail_event.raw": _inside("reason"),
    "message.values": lambda stored, payload: dict.fromkeys(stored or {"next_step": ""}, payload),
    "policy_version.terms": _inside("wording"),
    "promise.terms": _inside("wording"),
    "promise.trace": lambda stored, payload: [{**step, "text": payload} for step in stored],
    "timeline.data": _inside("reason"),
}
"""Where in a JSON document there is text of somebody's own."""

MARK: Final = re.compile(r"zq(\d{3})r(\d+)z")


def columns_to_fill() -> dict[str, Column[Any]]:
    """Return every column of text that somebody outside may fill, by table and name."""
    found = {}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            name = f"{table.name}.{column.name}"
            text = isinstance(column.type, (String, JSON, LargeBinary))
            if text and not _is_id(column) and name not in NOBODY:
                found[name] = column
    return found


def _is_id(column: Column[Any]) -> bool:
    foreign = column.name == "external_id"
    ours = column.name in ("id", "digest") or column.name.endswith("_id")
    return column.primary_key or bool(column.foreign_keys) or (ours and not foreign)


def payload_of(number: int, row: int) -> str:
    """Return what is put into one column of one row; the mark in it tells which."""
    mark = f"zq{number:03}r{row}z"
    return f"{BEGINNINGS[row % len(BEGINNINGS)]}{mark} {' '.join(_CORPUS)} end{mark}"


def mark_of(payload: str) -> str:
    """Return the mark that a payload carries."""
    found = MARK.search(payload)
    assert found is not None
    return found[0]


def harmless(payload: str) -> str:
    """Return a payload's words alone: what a page looks like that nobody attacks."""
    return re.sub(r"[^\w\s]", "", payload)


def fill(session: Session, made: Callable[[str], str]) -> None:
    """Write its payload, as ``made`` turns it, into every column of every row."""
    for number, (name, column) in enumerate(columns_to_fill().items()):
        table = column.table
        assert isinstance(table, Table)
        keys = list(table.primary_key.columns)
        rows = session.execute(select(*keys, column).order_by(*keys)).all()
        for row, (*ids, stored) in enumerate(rows):
            payload = made(payload_of(number, row))
            value: Any = payload
            if name in _DOCUMENTS:
                value = _DOCUMENTS[name](stored, payload)
            elif isinstance(column.type, LargeBinary):
                value = payload.encode()
            assert isinstance(value, (str, bytes)) or name in _DOCUMENTS, name
            where = [key == id_ for key, id_ in zip(keys, ids, strict=True)]
            session.execute(update(table).where(*where).values({column.name: value}))
    session.commit()


_ADDRESSES: Final = frozenset({"href", "src", "action", "formaction", "poster", "data", "cite"})
_OURS: Final = re.compile(r"(/(?!/)|#|\?|tel:\+?\d*$|mailto:|https://)")


class Page(HTMLParser):
    """A page as a browser takes it apart: its texts, its values, and its bones."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.bones: list[tuple[str, ...]] = []
        self.values: list[tuple[str, str, str]] = []
        self.feed(without_own_scripts(html))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Which of several is chosen hangs on how names are sorted.
        self.bones.append((tag, *(name for name, _ in attrs if name != "selected")))
        self.values += [(tag, name, value or "") for name, value in attrs]
        self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.bones.append((f"/{tag}",))
        self.texts.append("")

    def handle_comment(self, data: str) -> None:  # noqa: ARG002 - the parser gives it
        self.bones.append(("comment",))

    def handle_data(self, data: str) -> None:
        if self.texts:
            self.texts[-1] += data

    def faults(self) -> Iterator[str]:
        """Yield what foreign text has made of the page."""
        for tag, name, value in self.values:
            if name.startswith("on") or name in ("style", "srcdoc"):
                yield f"<{tag} {name}={value!r}>"
            if name in _ADDRESSES and not _OURS.match(value):
                yield f"<{tag} {name}={value!r}>"
        if any(bone[0] == "script" for bone in self.bones):
            yield "a script that is no file of ours"

    def said(self) -> Iterator[str]:
        """Yield every text and every value that is read or sent."""
        yield from self.texts
        for _tag, name, value in self.values:
            yield unquote_plus(value) if name in _ADDRESSES else value


def not_as_put_in(texts: Iterator[str], put_in: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield marks that stand in a text whose payload is not there as itself, with that text.

    White space may be drawn together, what nobody sees may be shown by its number, and the label
    of a drawing may end in an ellipsis.
    """
    for text in texts:
        for found in MARK.finditer(text):
            payload, drawn = put_in[found[0]], _drawn(text)
            shapes = [_drawn(shape) for shape in (payload, unseen_shown(payload))]
            cut = drawn[drawn.index(shapes[0][:2]) :].removesuffix("…") if "…" in drawn else None
            if not any(shape in drawn or (cut and shape.startswith(cut)) for shape in shapes):
                yield found[0], text


def _drawn(text: str) -> str:
    return " ".join(text.split())


def assert_stays_text(html: str, hostile: str) -> None:
    """Fail where a text is not on the page as itself, or has become more than text."""
    assert hostile.split("\u202e")[0] in "".join(parts_of(html))
    page = Page(html)
    assert list(page.faults()) == []
    assert not {bone[0] for bone in page.bones} & {"script", "svg", "img", "iframe"}
