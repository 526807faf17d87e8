"""Every step that may stand still has words for what does not happen meanwhile."""

from __future__ import annotations

from service.queries.loops import LOOPS, LoopState
from service.steps import STEPS


def test_a_late_loop_says_what_it_is_and_what_does_not_happen() -> None:
    assert set(LOOPS) == {step.name for step in STEPS}
    for name in LOOPS:
        state = LoopState(name, None, None, late=True)
        assert state.title != f"The loop {name}"
        assert state.consequence.endswith(".")
