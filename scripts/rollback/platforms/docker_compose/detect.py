"""Docker Compose: files that run the application itself; a developer's database and tools are no deployment."""

from __future__ import annotations

import re
from functools import cache

from rollback.detection.files import FileIndex, folder, join
from rollback.model import Evidence
from rollback.detection.pipelines import scripts, steps
from rollback.platforms.docker_compose.images import bare_language, beside_the_application
from rollback.platforms.docker_compose.scan import Service, services
from rollback.platforms.docker_compose.signs import (
    CODE,
    DEVELOPER,
    DEVELOPMENT,
    HELPER,
    KEPT_UP,
    LIVE,
    MOUNT,
    OUTPUT,
    PRODUCTION,
    REMOTE,
    SAID,
    SOURCES,
    UP,
)

MARKERS = (
    "*compose*.yml",
    "*compose*.yaml",
    "**/*compose*/*.yml",
    "**/*compose*/*.yaml",
    "production.y*ml",
    "prod.y*ml",
)


def detect(files: FileIndex) -> list[Evidence]:
    found = [
        Evidence(80, path, ("deploy step runs docker compose on a host",))
        for path in steps(files, UP)
        if path in steps(files, REMOTE)
    ]
    found += [
        Evidence(65, path, ("deploy script runs docker compose",))
        for path in scripts(files, UP)
        if "deploy" in path
    ]
    for path in files.matching(*MARKERS):
        if parts := services(files.text(path)):
            found.append(_judge(files, path, parts))
    return found


def _judge(files: FileIndex, path: str, parts: list[Service]) -> Evidence:
    own = [part for part in parts if not _is_beside(part)]
    purpose = _purpose(path, files.text(path))
    if purpose == "production":
        return (
            Evidence(80, path, ("compose file for production",))
            if own
            else Evidence(45, path, ("infrastructure only",))
        )
    if purpose == "development":
        return Evidence(30, path, ("named as a developer's compose file",))
    if not own:
        return _ready_images(files, path, parts)
    running = [part for part in own if not _is_development(files, path, part)]
    if 2 * len(running) <= len(own) or _is_for_developing(own, running):
        return Evidence(35, path, ("its services mount the source or run development commands",))
    return _application(path, running)


def _is_for_developing(own: list[Service], running: list[Service]) -> bool:
    """What is built here tells: all of it in development, or some of it and nothing that is kept up."""
    built = [part for part in own if part.built]
    commanded = any(DEVELOPMENT.search(part.text) and not HELPER.match(part.name) for part in built)
    kept_up = any(KEPT_UP.search(part.text) for part in running)
    return bool(built) and (
        not any(part in running for part in built) or (commanded and not kept_up)
    )


def _is_beside(part: Service) -> bool:
    """A database or a tool, also under an image of the project's own making."""
    return beside_the_application(part.name if part.built else part.image) or (
        not part.built and beside_the_application(part.name)
    )


def _purpose(path: str, text: str) -> str:
    """What its head says; else what the name says, the file's own before its folders'."""
    head = " ".join(
        line.strip("# ").lower()
        for line in text.partition("\nservices:")[0].splitlines()
        if line.startswith("#")
    )
    if said := SAID.search(head):
        return "development" if said["development"] else "production"
    for word in reversed(path.lower().split("/")):
        if DEVELOPER.search(word):
            return "development"
        if PRODUCTION.search(word):
            return "production"
    return ""


def _application(path: str, running: list[Service]) -> Evidence:
    kept_up = any(KEPT_UP.search(part.text) for part in running)
    pulled = any(part.image and not part.built for part in running)
    return Evidence(
        60 + 10 * kept_up + 5 * pulled,
        path,
        (f"runs {', '.join(part.name for part in running[:3])}",),
    )


def _ready_images(files: FileIndex, path: str, parts: list[Service]) -> Evidence:
    """A stack of well-known images is a deployment only where there is no source it could serve during development."""
    has_source = any(folder(source) in (".", folder(path)) for source in files.matching(*SOURCES))
    if not has_source and len(parts) > 1 and KEPT_UP.search(files.text(path)):
        return Evidence(60, path, ("a stack of ready images, and no source beside it",))
    return Evidence(30, path, ("starts only databases and tools",))


def _is_development(files: FileIndex, path: str, part: Service) -> bool:
    helper = HELPER.match(part.name) or (bare_language(part.image) and not part.built)
    if helper or DEVELOPMENT.search(part.text):
        return True
    if KEPT_UP.search(part.text):
        return False
    mounted = [one or other for one, other in MOUNT.findall(part.text)]
    if not part.built:
        return any(
            place.strip("./") == "" for place in mounted
        )  # the whole project over a ready image
    return bool(LIVE.search(part.text) or OUTPUT.search(part.text)) or any(
        _is_source(files, path, place) for place in mounted
    )


def _is_source(files: FileIndex, path: str, mounted: str) -> bool:
    """Does the mounted folder hold the program's code? Configuration, data and certificates are mounted in production too."""
    place = join(folder(path), re.sub(r"^\$\{?PWD\}?", ".", mounted))
    return place in _code_folders(files) or place == folder(path)


@cache
def _code_folders(files: FileIndex) -> set[str]:
    """Every folder with code somewhere below it."""
    found: set[str] = set()
    for place in files.folders(*CODE):
        while place not in found:
            found.add(place)
            place = folder(place) if place != "." else "."
    return found
