"""Recognise Docker Compose by files that run the application itself.

A developer's database and tools are no deployment.
"""

from __future__ import annotations

import re
from functools import cache

from rollback.detection.files import FileIndex, folder, join
from rollback.model import Evidence
from rollback.detection.pipelines import scripts, steps
from rollback.platforms.docker_compose.detection.known_images import (
    bare_language,
    beside_the_application,
)
from rollback.platforms.docker_compose.detection.service_scan import Service, services
from rollback.platforms.docker_compose.detection.patterns import (
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
    PURPOSE,
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
    evidence = [
        Evidence(80, path, ("deploy step runs docker compose on a host",))
        for path in steps(files, UP)
        if path in steps(files, REMOTE)
    ]
    evidence += [
        Evidence(65, path, ("deploy script runs docker compose",))
        for path in scripts(files, UP)
        if "deploy" in path
    ]
    for path in files.matching(*MARKERS):
        if parts := services(files.text(path)):
            evidence.append(_judge(files, path, parts))
    return evidence


def _judge(files: FileIndex, path: str, parts: list[Service]) -> Evidence:
    applications = [part for part in parts if not _is_beside(part)]
    purpose = _purpose(path, files.text(path))
    if purpose == "production":
        return (
            Evidence(80, path, ("compose file for production",))
            if applications
            else Evidence(45, path, ("infrastructure only",))
        )
    if purpose == "development":
        return Evidence(30, path, ("named as a developer's compose file",))
    if not applications:
        return _ready_images(files, path, parts)
    running = [part for part in applications if not _is_development(files, path, part)]
    if 2 * len(running) <= len(applications) or _is_for_developing(applications, running):
        return Evidence(35, path, ("its services mount the source or run development commands",))
    return _application(path, running)


def _is_for_developing(applications: list[Service], running: list[Service]) -> bool:
    """Whether all built services are in development, or some are and nothing restarts itself."""
    built = [part for part in applications if part.built]
    commanded = any(DEVELOPMENT.search(part.text) and not HELPER.match(part.name) for part in built)
    kept_up = any(KEPT_UP.search(part.text) for part in running)
    return bool(built) and (
        not any(part in running for part in built) or (commanded and not kept_up)
    )


def _is_beside(part: Service) -> bool:
    """Whether it is a database or a tool, even from an image of the project's own."""
    return beside_the_application(part.name if part.built else part.image) or (
        not part.built and beside_the_application(part.name)
    )


def _purpose(path: str, text: str) -> str:
    """Return a file's purpose by its top comment, else its name, else its folders."""
    head = " ".join(
        line.strip("# ").lower()
        for line in text.partition("\nservices:")[0].splitlines()
        if line.startswith("#")
    )
    if match := PURPOSE.search(head):
        return "development" if match["development"] else "production"
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
    """Return evidence for stock images only if there is no source for them to serve."""
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
    mounted = [short or long for short, long in MOUNT.findall(part.text)]
    if not part.built:
        return any(
            place.strip("./") == "" for place in mounted
        )  # the whole project over a ready image
    return bool(LIVE.search(part.text) or OUTPUT.search(part.text)) or any(
        _is_source(files, path, place) for place in mounted
    )


def _is_source(files: FileIndex, path: str, mounted: str) -> bool:
    """Whether the mounted folder holds code; configuration, data and certificates do not count."""
    place = join(folder(path), re.sub(r"^\$\{?PWD\}?", ".", mounted))
    return place in _code_folders(files) or place == folder(path)


@cache
def _code_folders(files: FileIndex) -> set[str]:
    """Return every folder with code somewhere below it."""
    folders: set[str] = set()
    for place in files.folders(*CODE):
        while place not in folders:
            folders.add(place)
            place = folder(place) if place != "." else "."
    return folders
