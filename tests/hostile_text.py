"""Checks that what people wrote is shown as itself and makes nothing of a page."""

from __future__ import annotations

from html.parser import HTMLParser

from tests.reading_pages import parts_of, without_own_scripts


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src", "action")}


def assert_stays_text(html: str, hostile: str) -> None:
    """Fail where a text is not on the page as itself, or has become more than text."""
    assert hostile.split("\u202e")[0] in "".join(parts_of(html))
    found = _Tags()
    found.feed(without_own_scripts(html))
    assert not found.tags & {"script", "svg", "img", "iframe"}
    assert not {name for name in found.attributes if name.startswith("on")}
    assert not found.attributes & {"style", "srcdoc"}
    assert all(link.startswith(("/", "#", "tel:")) for link in found.links)
