"""Judges the HTML of a letter that somebody edited: words, headings, lists and links, no more.

Nothing in it can run, load or point anywhere that a value chooses: a variable stands in text, or
is the whole target of a link that its own rule has checked. What is refused is named.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from types import MappingProxyType
from typing import Final

from service.domain.wording import to_say, told
from service.mail.compiling import inlined_page
from service.mail.template_text import TAG
from service.mail.templates import TemplateSource
from service.mail.variables import TemplateError

_TEXT_ELEMENTS: Final = ("b", "br", "em", "i", "small", "span", "strong", "u")
_BLOCKS: Final = ("blockquote", "h1", "h2", "hr", "li", "ol", "p", "ul")
_ELEMENTS: Final = frozenset({"a", *_TEXT_ELEMENTS, *_BLOCKS})
_ATTRIBUTES: Final = MappingProxyType(
    {"a": frozenset({"href"}), "ul": frozenset({"role"}), "ol": frozenset({"role"})}
)
_ANYWHERE: Final = frozenset({"class", "lang", "dir"})
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9 -]{0,60}")
# A variable may be a link's whole target only where its own rule keeps it harmless.
_LINKS: Final = frozenset(
    {"mailto:{{sender_email}}", "mailto:{{help_email}}", "{{scheduling_link}}", "{{page_url}}"}
    | {"{{sign_in_url}}"}
)
_FIXED_LINK: Final = re.compile(
    r"(https://[A-Za-z0-9.-]+(/[^\s{}\"'<>\\]*)?|mailto:[^\s{}\"'<>\\?&]+)"
)


def check_markup(source: TemplateSource) -> None:
    """Raise ``TemplateError`` for the first thing in the HTML that a letter may not hold."""
    where = f"{source.kind}/body.html"
    _Body(source.html, where, styled=False)
    # Browsers mend odd markup before they read it. What the inliner wrote is mended already, so
    # judging it too leaves no gap between what was judged and what is shown.
    page = inlined_page(source)
    head, _, rest = page.partition("<body")
    body = rest.partition(">")[2].rpartition("</body>")[0]
    empty = TemplateSource(source.kind, source.layout, source.subject, source.text, "<p>x</p>")
    own = inlined_page(empty)
    if head != own.partition("<body")[0]:
        raise TemplateError(
            where, None, to_say("changes the page's head; leave that to the layout")
        )
    _Body(body, where, styled=True)


class _Body(HTMLParser):
    """Raises at the first element, attribute, link or comment that is not on the lists above."""

    def __init__(self, html: str, where: str, *, styled: bool) -> None:
        # So that &lt; is told from a “<” that begins nothing.
        super().__init__(convert_charrefs=False)
        self._where = where
        # The inlined page holds the layout's wrapper and styles, which the source may not.
        self._elements = _ELEMENTS | {"div"} if styled else _ELEMENTS
        self._more = {"style", "role"} if styled else set[str]()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self._elements:
            raise self._fault(
                told("holds <%(tag)s>; a letter has words, lists and links only", tag=_shown(tag))
            )
        allowed = _ANYWHERE | self._more | _ATTRIBUTES.get(tag, frozenset())
        for name, value in attrs:
            if name not in allowed:
                raise self._fault(
                    told(
                        "has %(name)s on <%(tag)s>; the layout decides how it looks",
                        name=_shown(name),
                        tag=tag,
                    )
                )
            self._judge(name, value or "")

    def _judge(self, name: str, value: str) -> None:
        if name == "href":
            if value not in _LINKS and not _FIXED_LINK.fullmatch(value):
                raise self._fault(
                    told(
                        "has a link that leads nowhere safe; write https://…, mailto:… or one of "
                        "%(links)s",
                        links=", ".join(sorted(_LINKS)),
                    )
                )
        elif name == "style":
            if TAG.search(value) or "url(" in value.lower():
                raise self._fault(to_say("has a style that a value could change; remove it"))
        elif value and not _PLAIN.fullmatch(value):
            raise self._fault(told("has a %(name)s that is no plain word", name=name))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._elements:
            raise self._fault(
                told("holds </%(tag)s>; a letter has words, lists and links only", tag=_shown(tag))
            )

    def handle_comment(self, _data: str) -> None:
        raise self._fault(to_say("holds a comment; a letter is read by its reader only"))

    def handle_decl(self, _decl: str) -> None:
        raise self._fault(to_say("holds a declaration; leave that to the layout"))

    def unknown_decl(self, _data: str) -> None:
        raise self._fault(to_say("holds a declaration; leave that to the layout"))

    def handle_pi(self, _data: str) -> None:
        raise self._fault(to_say("holds an instruction; remove what begins with <?"))

    def handle_data(self, data: str) -> None:
        if "<" in data:
            raise self._fault(to_say("has a “<” that begins no element; write &lt;"))

    def _fault(self, remedy: str) -> TemplateError:
        return TemplateError(self._where, None, remedy)


def _shown(name: str) -> str:
    """Return a name for a message: short, and nothing but what a name can hold."""
    return re.sub(r"[^A-Za-z0-9:_-]", "", name)[:40] or "something unnamed"
