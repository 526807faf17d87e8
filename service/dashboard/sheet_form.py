"""A sheet on its way through the form: what was sent, what was answered, and how it is carried on.

Nothing of it is kept here between two looks: the page carries the file in its own form, packed and
sealed for this visitor, so any process can go on with it and none has to forget it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath, PureWindowsPath
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from service.dashboard.forms import Forms
from service.domain.changes import Stage
from service.sheets.columns import Field, folded
from service.sheets.dates import Order
from service.sheets.rows import SEPARATORS
from service.sheets.source import Source, source_of
from service.sheets.wanted import Wanted

LARGEST = 2_000_000
"""Bytes of a sheet that a page takes: it travels with every look."""

MOST_ROWS = 5_000
"""Rows of a sheet that a page takes: about two seconds in which nobody else writes on SQLite."""

CARRIED = 3_500_000
"""Bytes of a form that carries the largest sheet, should nothing of it be packed smaller."""

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16 (big-endian)",
    "windows-1252": "Windows-1252",
    "windows-1250": "Windows-1250 (Central Europe)",
    "iso-8859-15": "ISO 8859-15",
    "mac-roman": "Mac Roman",
}
"""What can be chosen where the encoding that was found is not the right one."""

LEAVE_OUT = "-"
"""The choice that leaves a heading out."""

_LONGEST = 200
_MOST = 1000


class NotCarriedError(ValueError):
    """What the form carries is not what a page of ours gave this visitor."""


@dataclass(frozen=True)
class Sent:
    """A file as it was sent: its name, for people alone, and its bytes."""

    name: str
    content: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """Return what tells these bytes from all others."""
        return hashlib.sha256(self.content).hexdigest()

    def packed(self) -> str:
        """Return the bytes as a form carries them."""
        return base64.urlsafe_b64encode(zlib.compress(self.content)).decode()

    def seal(self, forms: Forms, who: str) -> str:
        """Return what proves that this visitor sent us just this."""
        return forms.derived("sheet", who, self.name, self.digest)

    @classmethod
    def uploaded(cls, name: str, content: bytes) -> Sent:
        """Return a file that was uploaded; of its path only the name is kept."""
        last = PureWindowsPath(PurePath(_line(name)).name).name.strip()
        return cls(last or "people.csv", content)

    @classmethod
    def carried(cls, form: Mapping[str, str], forms: Forms, who: str) -> Sent:
        """Return what a form carries; ``NotCarriedError`` where it is not of our sealing."""
        try:
            packed = base64.urlsafe_b64decode(form.get("sheet", "").encode("ascii"))
            unpacking = zlib.decompressobj()
            content = unpacking.decompress(packed, LARGEST + 1)
        except (ValueError, binascii.Error, zlib.error):
            raise NotCarriedError from None
        sent = cls(form.get("name", ""), content)
        seal = form.get("seal", "").encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(seal, sent.seal(forms, who).encode()):
            raise NotCarriedError
        return sent


@dataclass(frozen=True)
class Answers:
    """What a person said of their sheet beyond what it says itself."""

    job: str = ""
    order: Order | None = None
    acknowledge: bool = False
    encoding: str | None = None
    separator: str | None = None
    headings: Mapping[str, str] = field(default_factory=dict)
    """By heading: what it means, or ``LEAVE_OUT``."""
    stages: Mapping[str, Stage] = field(default_factory=dict)

    @classmethod
    def given(cls, form: MultiDict[str, str]) -> Answers:
        """Read the answers; what is none of the choices counts as not answered."""
        orders, encoding = {each.value: each for each in Order}, form.get("encoding", "")
        marks = {name: mark for mark, name in SEPARATORS.items()}
        meanings = {LEAVE_OUT, *(each.value for each in Field)}
        stages = {each.value: each for each in Stage}
        said = list(zip(form.getlist("heading"), form.getlist("meaning"), strict=False))
        words = list(zip(form.getlist("word"), form.getlist("stage"), strict=False))
        return cls(
            job=_line(form.get("job", "")),
            order=orders.get(form.get("dates", "")),
            acknowledge="acknowledge" in form,
            encoding=encoding if encoding in ENCODINGS else None,
            separator=marks.get(form.get("separator", "")),
            # Sorted: a look shows them in another order than the one before it.
            headings={h: m for h, m in sorted(said[:_MOST]) if h.strip() and m in meanings},
            stages={w: stages[s] for w, s in sorted(words[:_MOST]) if s in stages},
        )

    def source(self, sent: Sent) -> Source:
        """Look at the file; raises ``SheetError``."""
        return source_of(sent.name, sent.content, encoding=self.encoding)

    def wanted(self, now: datetime, zone: ZoneInfo) -> Wanted:
        """Return how the sheet is to be read."""
        return Wanted(
            now=now,
            zone=zone,
            separator=self.separator,
            order=self.order,
            job=self.job or None,
            stages=self.stages,
            names={h: Field(m) for h, m in self.headings.items() if m != LEAVE_OUT},
            without=tuple(h for h, m in self.headings.items() if m == LEAVE_OUT),
            most_rows=MOST_ROWS,
        )

    def meaning_of(self, heading: str) -> str:
        """Return what was said of a heading, "" for nothing."""
        said = {folded(name): meaning for name, meaning in self.headings.items()}
        return said.get(folded(heading), "")


def _line(text: str) -> str:
    """Return what was typed as one line that any database can hold."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(plain.split())[:_LONGEST]
