"""The shipped files are found in a checkout and in a wheel, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.resources import ResourceMissingError, openapi_file, resource_folder


def make_checkout(root: Path) -> Path:
    (root / "service").mkdir(parents=True)
    (root / "pyproject.toml").write_text("", encoding="utf-8")
    (root / "migrations").mkdir()
    (root / "templates" / "email").mkdir(parents=True)
    (root / "openapi.yaml").write_text("openapi: 3.1.0\n", encoding="utf-8")
    return root / "service"


def make_wheel(root: Path) -> Path:
    shipped = root / "service" / "_shipped"
    (shipped / "migrations").mkdir(parents=True)
    (shipped / "templates" / "email").mkdir(parents=True)
    (shipped / "openapi.yaml").write_text("openapi: 3.1.0\n", encoding="utf-8")
    return root / "service"


def test_this_checkout_holds_the_mail_templates() -> None:
    folder = resource_folder("templates/email")

    assert (folder / "_layout.html").is_file()


def test_a_checkout_keeps_its_files_beside_the_package(tmp_path: Path) -> None:
    package = make_checkout(tmp_path / "checkout")

    assert resource_folder("migrations", package=package) == tmp_path / "checkout" / "migrations"
    assert (
        resource_folder("templates/email", package=package)
        == tmp_path / "checkout" / "templates" / "email"
    )
    assert openapi_file(package=package) == tmp_path / "checkout" / "openapi.yaml"


def test_a_wheel_keeps_its_files_inside_the_package(tmp_path: Path) -> None:
    package = make_wheel(tmp_path)
    shipped = package / "_shipped"

    assert resource_folder("migrations", package=package) == shipped / "migrations"
    assert resource_folder("templates/email", package=package) == shipped / "templates" / "email"
    assert openapi_file(package=package) == shipped / "openapi.yaml"


def test_a_wheel_is_not_misled_by_a_strangers_folder_beside_it(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "service"
    package.mkdir(parents=True)
    (tmp_path / "site-packages" / "migrations").mkdir()

    with pytest.raises(ResourceMissingError):
        resource_folder("migrations", package=package)


@pytest.mark.parametrize("name", ["migrations", "templates/email"])
def test_a_missing_folder_is_named_with_the_remedy(tmp_path: Path, name: str) -> None:
    with pytest.raises(ResourceMissingError) as caught:
        resource_folder(name, package=tmp_path)

    assert name in str(caught.value)
    assert "Install the wheel again" in str(caught.value)


def test_a_folder_called_openapi_yaml_is_not_the_file(tmp_path: Path) -> None:
    package = make_checkout(tmp_path)
    (tmp_path / "openapi.yaml").unlink()
    (tmp_path / "openapi.yaml").mkdir()

    with pytest.raises(ResourceMissingError, match=r"openapi\.yaml"):
        openapi_file(package=package)
