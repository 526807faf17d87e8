"""What a long-lived process has loaded is not walked again by the garbage collector."""

from __future__ import annotations

import gc

from service.cli.running import spare_what_is_loaded


def test_what_is_loaded_is_kept_from_the_collector() -> None:
    kept: list[object] = []
    before = gc.get_freeze_count()
    try:
        spare_what_is_loaded()
        assert gc.get_freeze_count() > before
        assert not any(each is kept for each in gc.get_objects())
    finally:
        gc.unfreeze()
    assert any(each is kept for each in gc.get_objects())
