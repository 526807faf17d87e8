"""Two ways of working a page: with a mouse, and with nothing but a keyboard.

The keyboard never jumps: it goes from control to control as Tab does, and at each the ring of
focus must be seen inside the window.
"""

from __future__ import annotations

from datetime import date
from typing import Protocol

from playwright.sync_api import Locator, Page

FARTHEST = 250
"""Tabs to anything on a page before we say that it cannot be reached."""


class Hand(Protocol):
    """What a person does to a page, named by what they read there."""

    def follow(self, name: str) -> None:
        """Go where a link of this name leads."""

    def press(self, name: str) -> None:
        """Press a button of this name."""

    def write(self, label: str, text: str) -> None:
        """Put a text into a field."""

    def set_day(self, label: str, day: date) -> None:
        """Put a day into a field of dates."""

    def choose(self, label: str) -> None:
        """Choose one of several."""

    def unfold(self, name: str) -> None:
        """Open what is folded away under this name."""

    def act_on(self, person: str, key: str, name: str) -> None:
        """Begin an act about somebody in the queue; ``key`` is its shortcut."""

    def undo(self) -> None:
        """Take back what was just done."""


class Mouse:
    """Points and clicks; types where a text is wanted. It needs no script of the page's."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def follow(self, name: str) -> None:
        """Click the link."""
        self.page.get_by_role("link", name=name).first.click()

    def press(self, name: str) -> None:
        """Click the button."""
        self.page.get_by_role("button", name=name).first.click()

    def write(self, label: str, text: str) -> None:
        """Click into the field and type."""
        self.page.get_by_label(label).fill(text)

    def set_day(self, label: str, day: date) -> None:
        """Choose the day."""
        self.page.get_by_label(label).fill(day.isoformat())

    def choose(self, label: str) -> None:
        """Click the choice."""
        self.page.get_by_role("radio", name=label).check()

    def unfold(self, name: str) -> None:
        """Click the summary."""
        self.page.locator("summary", has_text=name).first.click()

    def act_on(self, person: str, key: str, name: str) -> None:  # noqa: ARG002 - for keyboards
        """Click the act, which may lie in the row's menu."""
        row = self.page.locator("li[data-row]", has_text=person)
        link = row.get_by_role("link", name=name)
        if not link.is_visible():
            row.locator(".menu > summary").click()
        link.click()

    def undo(self) -> None:
        """Click the button."""
        self.press("Undo")


class Keyboard:
    """Tab, arrows, Enter, Space and the shortcuts that the page names; never a click."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def follow(self, name: str) -> None:
        """Tab to the link and press Enter."""
        self._go_to(self.page.get_by_role("link", name=name).first)
        self.page.keyboard.press("Enter")

    def press(self, name: str) -> None:
        """Tab to the button and press Space."""
        self._go_to(self.page.get_by_role("button", name=name).first)
        self.page.keyboard.press("Space")

    def write(self, label: str, text: str) -> None:
        """Tab to the field and type over what stands there."""
        self._go_to(self.page.get_by_label(label))
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def set_day(self, label: str, day: date) -> None:
        """Type month, day and year: the browser is told to speak American English."""
        self._go_to(self.page.get_by_label(label))
        self.page.keyboard.type(f"{day:%m%d%Y}")

    def choose(self, label: str) -> None:
        """Tab to the group and go down it; Space where the first is not chosen yet."""
        wanted = self.page.get_by_role("radio", name=label)
        self._go_to(self.page.locator(f"input[name={wanted.get_attribute('name')}]"))
        for _ in range(20):
            if self._is_at(wanted):
                break
            self.page.keyboard.press("ArrowDown")
            self._check_seen()
        if not wanted.is_checked():
            self.page.keyboard.press("Space")
        assert wanted.is_checked()

    def unfold(self, name: str) -> None:
        """Tab to the summary and press Enter."""
        self._go_to(self.page.locator("summary", has_text=name).first)
        self.page.keyboard.press("Enter")

    def act_on(self, person: str, key: str, name: str) -> None:  # noqa: ARG002 - the key says it
        """Go down the queue to the person and press the key of the act."""
        row = self.page.locator("li[data-row]", has_text=person).locator("[data-open]")
        for _ in range(self.page.locator("li[data-row]").count()):
            self.page.keyboard.press("j")
            self._check_seen()
            if self._is_at(row):
                break
        assert self._is_at(row)
        self.page.keyboard.press(key)

    def undo(self) -> None:
        """Press the key of undoing."""
        self.page.keyboard.press("z")

    def step(self) -> bool:
        """Go to the next control, which must be seen; return whether there is one."""
        self.page.keyboard.press("Tab")
        self._check_seen()
        return not self.page.evaluate("document.activeElement === document.body")

    def _go_to(self, wanted: Locator) -> None:
        wanted.first.wait_for()
        for _ in range(FARTHEST):
            if self._is_at(wanted):
                return
            self.step()
        raise AssertionError(f"Tab does not reach {wanted}")

    def _is_at(self, wanted: Locator) -> bool:
        found = wanted.evaluate_all("(found) => found.includes(document.activeElement)")
        return bool(found)

    def _check_seen(self) -> None:
        """Fail where who uses the keyboard cannot see where they are."""
        wrong = self.page.evaluate(
            """() => {
              const at = document.activeElement;
              if (!at || at === document.body) return '';
              const style = getComputedStyle(at), box = at.getBoundingClientRect();
              const name = `${at.tagName} ${at.name ?? ''} ${at.textContent.slice(0, 40)}`;
              if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2)
                return `no ring on ${name}`;
              if (box.bottom <= 0 || box.right <= 0 || box.top >= innerHeight
                  || box.left >= innerWidth) return `out of sight: ${name}`;
              const x = (Math.max(0, box.left) + Math.min(innerWidth, box.right)) / 2;
              const y = (Math.max(0, box.top) + Math.min(innerHeight, box.bottom)) / 2;
              const over = document.elementFromPoint(x, y);
              return over && !at.contains(over) && !over.contains(at) ? `covered: ${name}` : '';
            }"""
        )
        assert wrong == "", wrong
