"""Where the project's code lies, and which services mount it."""

from __future__ import annotations

import re
from functools import cache

from rollback.detection.files import FileIndex, folder, join
from rollback.platforms.docker_compose.detection.patterns import CODE, MOUNT
from rollback.platforms.docker_compose.detection.service_scan import Service


def mounted(part: Service) -> list[str]:
    return [short or long for short, long in MOUNT.findall(part.text)]


def is_source(files: FileIndex, path: str, mount: str) -> bool:
    """Whether the mounted folder holds code; configuration, data and certificates do not count."""
    place = join(folder(path), re.sub(r"^\$\{?PWD\}?", ".", mount))
    return place in code_folders(files) or place == folder(path)


@cache
def code_folders(files: FileIndex) -> set[str]:
    """Return every folder with code somewhere below it."""
    folders: set[str] = set()
    for place in files.folders(*CODE):
        while place not in folders:
            folders.add(place)
            place = folder(place) if place != "." else "."
    return folders
