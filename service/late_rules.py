"""Lets a route make what builds its address when an address is first built, not at every start.

Two functions a route are compiled from syntax trees of their own: with some hundred routes that
is most of a start, and a command or a worker builds no address at all.
"""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.routing import Rule

_Builder = Callable[..., tuple[str, str]]


class LateRule(Rule):
    """A route like any other. Should werkzeug come to compile in another way, it simply does."""

    def _compile_builder(self, append_unknown: bool = True) -> _Builder:  # noqa: FBT001 - werkzeug's own
        compile_now = super()._compile_builder
        made: list[_Builder] = []

        def build(rule: LateRule, **values: object) -> tuple[str, str]:
            if not made:
                made.append(compile_now(append_unknown))
            return made[0](rule, **values)

        return build
