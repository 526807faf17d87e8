"""The environment that peers are installed in, from a lock file of their own.

Nothing of theirs is a dependency of Keepword or of its tests.
"""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_LOCK = _HERE / "requirements.lock"


def ask_peer(home: Path, program: str, *arguments: object) -> Any:
    """Run one of the programs here under the peers' Python; return the JSON it prints."""
    ran = subprocess.run(  # noqa: S603 - our own program
        [str(_python(home)), str(_HERE / f"{program}.py"), *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(ran.stdout)


def _python(home: Path) -> Path:
    """Make the environment, once for each run and lock file."""
    folder = home / f"peers-{sha256(_LOCK.read_bytes()).hexdigest()[:12]}"
    python = folder / "bin" / "python"
    ready = folder / ".ready"
    if not ready.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)  # noqa: S603 - our own program
        subprocess.run(  # noqa: S603 - our own program
            [
                str(python),
                *("-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
                *("--no-compile", "--require-hashes", "-r", str(_LOCK)),
            ],
            check=True,
        )
        ready.touch()
    return python
