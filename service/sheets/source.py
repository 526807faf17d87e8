"""Opens a sheet: refuses what is too large or no text before reading it, and finds its encoding.

An encoding is never guessed by likelihood: a byte order mark says it, or the whole file is valid
UTF-8, or it is valid Windows-1252 and is shown to have been read so.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from service.domain.wording import ToldError, to_say, told

LARGEST = 200_000_000
"""Bytes of a sheet that is read, unless another limit is given."""

_AT_ONCE = 1 << 20
_LOOKED_AT = 1 << 16

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_PACKED = (
    (b"PK\x03\x04", to_say("a zip archive or a workbook (.xlsx, .ods)")),
    (b"PK\x05\x06", to_say("an empty zip archive")),
    (b"\x1f\x8b", to_say("packed with gzip")),
    (b"BZh", to_say("packed with bzip2")),
    (b"\xfd7zXZ\x00", to_say("packed with xz")),
    (b"\x28\xb5\x2f\xfd", to_say("packed with zstd")),
    (b"7z\xbc\xaf\x27\x1c", to_say("a 7z archive")),
    (b"Rar!", to_say("a rar archive")),
    (b"\xd0\xcf\x11\xe0", to_say("an old workbook (.xls)")),
    (b"%PDF", to_say("a PDF")),
    (b"SQLite format 3\x00", to_say("a database")),
)
NAMES = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 (little-endian)",
    "utf-16-be": "UTF-16 (big-endian)",
    "cp1252": "Windows-1252",
}
"""How the encodings that are found by themselves are shown."""


class SheetError(ToldError):
    """The file as a whole cannot be used; the text says why and what to do."""


@dataclass(frozen=True)
class Source:
    """A file that may be read: its size in bytes, its encoding, and a digest of its bytes.

    ``mark`` is how many bytes of byte order mark its text begins behind; ``is_same`` tells whether
    the file is still the one that was looked at.
    """

    name: str
    size: int
    encoding: str
    digest: str
    mark: int
    raw: Callable[[], IO[bytes]] = field(repr=False, compare=False)
    is_same: Callable[[], bool] = field(repr=False, compare=False)

    @property
    def encoding_name(self) -> str:
        """Return the encoding as people know it."""
        return NAMES.get(self.encoding, self.encoding)

    @contextmanager
    def opened(self) -> Iterator[IO[str]]:
        """Open the text, its line ends untouched and its byte order mark left out."""
        with self.raw() as raw:
            raw.seek(self.mark)
            with io.TextIOWrapper(raw, encoding=self.encoding, newline="") as text:
                yield text

    def refuse_change(self) -> None:
        """Raise ``SheetError`` where the file is no longer the one that was looked at."""
        if not self.is_same():
            raise SheetError(
                told("it was changed while it was read: import it again, as it is now")
            )

    def position(self, text: IO[str]) -> int:
        """Return roughly how many bytes of the file are read."""
        raw = getattr(text, "buffer", None)
        return raw.tell() if raw is not None else 0


def _state(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def open_source(path: Path, *, largest: int = LARGEST, encoding: str | None = None) -> Source:
    """Look at a file before anything of it is believed; ``SheetError`` for what cannot be read.

    Its size is judged before a byte is read. ``encoding`` overrides what would be found.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise SheetError(told("it is no plain file: name the CSV file itself"))
    if found.st_size > largest:
        raise SheetError(
            told(
                "it holds %(number)s bytes and at most %(largest)s are read: split it, or raise "
                "--max-size",
                number=f"{found.st_size:,}",
                largest=f"{largest:,}",
            )
        )
    state = _state(found)

    def is_same() -> bool:
        try:
            return _state(path.stat()) == state
        except OSError:
            return False

    return _looked_at(path.name, found.st_size, lambda: path.open("rb"), is_same, encoding)


def source_of(name: str, content: bytes, *, encoding: str | None = None) -> Source:
    """Look at a file that was sent here whole; ``SheetError`` for what cannot be read."""
    return _looked_at(name, len(content), lambda: io.BytesIO(content), lambda: True, encoding)


def _looked_at(
    name: str,
    size: int,
    raw: Callable[[], IO[bytes]],
    is_same: Callable[[], bool],
    encoding: str | None,
) -> Source:
    if size == 0:
        raise SheetError(told("it is empty"))
    with raw() as file:
        start = file.read(_LOOKED_AT)
        asked = _known(encoding) if encoding else None
        marked = _refuse_binary(start, asked)
        mark = 0
        if marked is not None and (asked is None or asked in (marked[1], "utf-16")):
            mark, asked = len(marked[0]), marked[1]
        file.seek(0)
        digest, known = _read_through(file, asked, mark)
    return Source(name, size, known, digest, mark, raw, is_same)


def _refuse_binary(start: bytes, encoding: str | None) -> tuple[bytes, str] | None:
    """Return the byte order mark it begins with and the encoding that this names."""
    for magic, what in _PACKED:
        if start.startswith(magic):
            raise SheetError(
                told("it is %(what)s: unpack it, or save the sheet as “CSV UTF-8”", what=told(what))
            )
    if start.startswith(_UTF_32):
        raise SheetError(
            told("it is UTF-32, which nothing else writes: save the sheet as “CSV UTF-8”")
        )
    for mark, name in _MARKS:
        if start.startswith(mark):
            return mark, name
    if b"\x00" in start and not (encoding or "").startswith("utf-16"):
        raise SheetError(
            told(
                "it holds NUL bytes, so it is no text, or UTF-16 without a byte order mark: save "
                "the sheet as “CSV UTF-8”, or say --encoding utf-16-le"
            )
        )
    return None


def _known(encoding: str) -> str:
    try:
        found = codecs.lookup(encoding)
    except LookupError:
        found = None
    # Some codecs turn bytes into bytes; those are no encodings of text.
    if found is None or not getattr(found, "_is_text_encoding", True):
        raise SheetError(
            told(
                "“%(name)s” is no encoding: name one such as utf-8, utf-16 or windows-1252",
                name=encoding,
            )
        )
    return found.name


def _read_through(file: IO[bytes], encoding: str | None, mark: int) -> tuple[str, str]:
    """Read the bytes once: their digest, and the encoding that all of them are valid in."""
    digest = hashlib.sha256()
    tried = [encoding] if encoding else ["utf-8", "cp1252"]
    decoders = {name: codecs.getincrementaldecoder(name)() for name in tried}
    digest.update(file.read(mark))
    while block := file.read(_AT_ONCE):
        digest.update(block)
        _feed(decoders, block)
    _feed(decoders, b"", final=True)
    if not decoders:
        if encoding:
            shown = NAMES.get(encoding, encoding)
            raise SheetError(
                told(
                    "it is not valid %(encoding)s throughout: say --encoding, or save the sheet as "
                    "“CSV UTF-8”",
                    encoding=shown,
                )
            )
        raise SheetError(
            told(
                "it is valid neither as UTF-8 nor as Windows-1252: say which it is with "
                "--encoding, or save the sheet as “CSV UTF-8”"
            )
        )
    return digest.hexdigest(), next(iter(decoders))


def _feed(
    decoders: dict[str, codecs.IncrementalDecoder], block: bytes, *, final: bool = False
) -> None:
    for name, decoder in list(decoders.items()):
        try:
            decoder.decode(block, final)
        except UnicodeError:
            del decoders[name]
