"""Finds the files that lie beside the package in a checkout and inside it in a wheel.

Nothing else in Keepword knows where ``migrations/``, ``templates/email/`` and ``openapi.yaml`` are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

ResourceFolder = Literal["migrations", "templates/email"]

_PACKAGE = Path(__file__).resolve().parent


class ResourceMissingError(FileNotFoundError):
    """A file that Keepword ships with is not where it was installed; names the places looked at."""


def resource_folder(name: ResourceFolder, *, package: Path = _PACKAGE) -> Path:
    """Return the existing folder ``name``, absolute.

    ``package`` is the directory of the ``service`` package; only tests pass another one.
    Raises ``ResourceMissingError`` when the installation lacks the folder.
    """
    for place in _places(name, package):
        if place.is_dir():
            return place
    raise _missing(name, package)


def openapi_file(*, package: Path = _PACKAGE) -> Path:
    """Return the existing ``openapi.yaml``, absolute; ``ResourceMissingError`` when there is none.

    ``package`` is the directory of the ``service`` package; only tests pass another one.
    """
    for place in _places("openapi.yaml", package):
        if place.is_file():
            return place
    raise _missing("openapi.yaml", package)


def _places(name: str, package: Path) -> list[Path]:
    # The wheel's own copy comes first: what lies beside the package in site-packages
    # belongs to others, and a folder called "migrations" there is likely. Beside it counts
    # only in a checkout, which its pyproject.toml gives away.
    places = [package / "_shipped" / name]
    if (package.parent / "pyproject.toml").is_file():
        places.append(package.parent / name)
    return places


def _missing(name: str, package: Path) -> ResourceMissingError:
    looked = ", ".join(str(place) for place in _places(name, package))
    return ResourceMissingError(
        f"{name} is missing from this installation of Keepword (looked at {looked}). "
        "Install the wheel again, or run from a complete checkout."
    )
