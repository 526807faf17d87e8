"""Bodies that no adapter can make anything of, whatever its vendor's format."""

from __future__ import annotations

JUNK = {
    "empty": b"",
    "not json": b"hello",
    "not utf-8": b'{"a":"\xff"}',
    "utf-16": '{"a":1}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"action":"ping"}',
    "cut off": b'{"action":"ping"',
    "two values": b"{} {}",
    "an array": b"[]",
    "a number": b"1",
    "null": b"null",
    "an empty object": b"{}",
    "NaN": b'{"action":NaN,"type":NaN}',
    "infinity": b'{"action":-Infinity}',
    "an overflowing number": b'{"action":1e999}',
    "a number of 5000 digits": b'{"action":' + b"9" * 5000 + b"}",
    "a key twice": b'{"action":"ping","type":"ping","action":"ping","type":"ping"}',
    "nested 65 levels": b'{"action":"ping","type":"ping","x":' + b"[" * 65 + b"]" * 65 + b"}",
    "nested 100000 levels": b"[" * 100_000,
    "nested 100000 objects": b'{"a":' * 100_000,
}

UNSTORABLE = {
    "a NUL": b'{"action":"pi\\u0000ng","type":"pi\\u0000ng"}',
    "a NUL in a key": b'{"action":"ping","type":"ping","\\u0000":1}',
    "half a surrogate pair": b'{"action":"ping","type":"ping","x":"\\ud800"}',
}
"""Bodies with texts that no database column takes, and that name no event that there is."""
