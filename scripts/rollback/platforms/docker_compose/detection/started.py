"""Which services `docker compose up` starts, and as what: file upon file, without profiles."""

from __future__ import annotations

import os
import re

from rollback.detection.files import FileIndex, folder
from rollback.platforms.docker_compose.detection.patterns import PRODUCTION
from rollback.platforms.docker_compose.detection.service_scan import Service, services

_BASES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_LISTED = re.compile(r"^(?:export\s+)?COMPOSE_FILE\s*=\s*[\"']?([^\s\"'#]+)", re.MULTILINE)
_EMPTY = re.compile(r"\$\{\w+:?-\}")  # a variable that is empty by default
_PROFILE = re.compile(r"[^\s\[\],\"'-][^\s\[\],\"']*")  # a name in a list of profiles


def listed(files: FileIndex) -> list[str]:
    """Return the files that COMPOSE_FILE names in the .env of the root: they are one project."""
    named = _LISTED.search(files.text(".env"))
    paths = re.split(r"[:;]", named[1]) if named else []
    return [os.path.normpath(path) for path in paths if path]


def together(files: FileIndex, paths: list[str]) -> list[Service]:
    """Return the services of several files, each on top of those before it."""
    known: dict[str, Service] = {}
    for path in paths:
        for part in services(files.text(path)):
            known[part.name] = _over(known.get(part.name), part)
    return list(known.values())


def with_base(files: FileIndex, path: str, parts: list[Service]) -> list[Service]:
    """Return the services as they are where a file only adds to the file beside it."""
    adding = {part.name for part in parts if not (part.image or part.built)}
    if not adding:
        return parts
    bases = (
        services(files.text(base))
        for base in files.matching(*_BASES)
        if base != path and folder(base) == folder(path)
    )
    known = {part.name: part for part in next(bases, [])}
    if not adding <= known.keys():
        return parts
    return [_over(known.pop(part.name, None), part) for part in parts] + list(known.values())


def _over(base: Service | None, part: Service) -> Service:
    if base is None:
        return part
    return Service(
        part.name,
        part.image or base.image,
        part.context or base.context,
        part.profiles or base.profiles,
        f"{base.text}\n{part.text}",
    )


def is_started(part: Service) -> bool:
    """Whether `up` starts it: profiles are asked for by name, as one for production would be."""
    names = _PROFILE.findall(_EMPTY.sub("", part.profiles))
    return not names or any(PRODUCTION.search(name) for name in names)
