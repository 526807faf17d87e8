"""What may be read at all, and in which encoding."""

from __future__ import annotations

import codecs
import gzip
import zipfile
from pathlib import Path

import pytest

from service.sheets.source import SheetError, open_source

TEXT = "name,email,job\nBéla Kovács,bela@example.com,Bookbinder\n"


def file_of(folder: Path, data: bytes) -> Path:
    path = folder / "people.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "encoding", "shown"),
    [
        (TEXT.encode(), "utf-8", "UTF-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8", "UTF-8"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16-le", "UTF-16 (little-endian)"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be", "UTF-16 (big-endian)"),
        (TEXT.encode("cp1252"), "cp1252", "Windows-1252"),
    ],
)
def test_an_encoding_is_found_and_shown(
    tmp_path: Path, data: bytes, encoding: str, shown: str
) -> None:
    source = open_source(file_of(tmp_path, data))

    assert (source.encoding, source.encoding_name) == (encoding, shown)
    with source.opened() as text:
        assert text.read() == TEXT


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8"),
        (TEXT.encode("iso-8859-2"), "latin2"),
    ],
)
def test_an_encoding_that_is_named_is_taken(tmp_path: Path, data: bytes, encoding: str) -> None:
    source = open_source(file_of(tmp_path, data), encoding=encoding)

    with source.opened() as text:
        assert text.read() == TEXT


@pytest.mark.parametrize("encoding", ["klingon", "base64", "rot13"])
def test_what_is_no_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(SheetError, match="is no encoding"):
        open_source(file_of(tmp_path, TEXT.encode()), encoding=encoding)


def test_a_file_that_is_not_in_the_encoding_named_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="not valid UTF-8 throughout"):
        open_source(file_of(tmp_path, TEXT.encode("cp1252")), encoding="utf-8")


def test_bytes_that_are_no_text_in_any_encoding_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="neither as UTF-8 nor as Windows-1252"):
        open_source(file_of(tmp_path, b"name,email\n\x81\x8d\n"))


def test_a_character_cut_off_at_the_end_is_no_utf_8(tmp_path: Path) -> None:
    assert open_source(file_of(tmp_path, "é".encode()[:1] + b"\n")).encoding == "cp1252"


def test_packed_files_are_refused_by_their_first_bytes(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", b"\0" * 1_000_000)
    with pytest.raises(SheetError, match="workbook"):
        open_source(bomb)
    with pytest.raises(SheetError, match="gzip"):
        open_source(file_of(tmp_path, gzip.compress(b"\0" * 1_000_000)))
    with pytest.raises(SheetError, match="PDF"):
        open_source(file_of(tmp_path, b"%PDF-1.7\n"))


def test_two_gigabytes_are_refused_by_their_size_alone(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(2_000_000_000)

    with pytest.raises(SheetError, match=r"2,000,000,000 bytes .* --max-size"):
        open_source(path)


def test_nul_bytes_an_empty_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="NUL"):
        open_source(file_of(tmp_path, b"name,email\n\0\0\0"))
    with pytest.raises(SheetError, match="empty"):
        open_source(file_of(tmp_path, b""))
    with pytest.raises(SheetError, match="no plain file"):
        open_source(tmp_path)
    with pytest.raises(SheetError, match="UTF-32"):
        open_source(file_of(tmp_path, codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le")))
