"""Wheels made from the packages that run the tests, so that installing can be tested for real and without a network."""

from __future__ import annotations

import re
import zipfile
from contextlib import suppress
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path


def make(folder: Path, requirements: Path) -> Path:
    """Every package of the requirements, and those that they need, as the wheel it came from."""
    waiting = [_name(line) for line in requirements.read_text().splitlines() if line]
    done: set[str] = set()
    folder.mkdir()
    while waiting:
        name = waiting.pop()
        if name not in done:
            done.add(name)
            with suppress(PackageNotFoundError):  # needed on other Pythons only
                package = distribution(name)
                _wheel(package, folder)
                waiting += [
                    _name(line) for line in package.requires or [] if "extra ==" not in line
                ]
    return folder


def _name(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]


def _wheel(package: Distribution, folder: Path) -> None:
    tags = re.findall(r"^Tag: (.*)$", package.read_text("WHEEL") or "", re.M)
    tag = max(tags)  # py3 where the same wheel is for py2, too
    name = package.metadata["Name"].replace("-", "_")
    with zipfile.ZipFile(folder / f"{name}-{package.version}-{tag}.whl", "w") as wheel:
        for file in package.files or []:
            if (
                ".." not in file.parts
                and file.suffix != ".pyc"
                and file.name not in ("INSTALLER", "REQUESTED", "direct_url.json")
            ):
                wheel.write(file.locate(), str(file))
