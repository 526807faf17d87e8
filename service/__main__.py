"""``python -m service``: the same command line as ``keepword``."""

from __future__ import annotations

from service.cli import main

if __name__ == "__main__":
    main()
