"""Recognise Docker Compose by files that run the application itself.

A developer's database and tools are no deployment.
"""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from rollback.detection.files import FileIndex, folder, join
from rollback.model import Evidence
from rollback.detection.calls import called
from rollback.detection.pipelines import scripts, steps, tasks
from rollback.platforms.docker_compose.detection.own_images import (
    is_own,
    is_set_by_a_deploy,
    namespaced,
)
from rollback.platforms.docker_compose.detection.code import code_folders, is_source, mounted
from rollback.platforms.docker_compose.detection.service_scan import Service, services
from rollback.platforms.docker_compose.detection.started import (
    is_started,
    listed,
    together,
    with_base,
)
from rollback.platforms.docker_compose.detection.patterns import (
    DEPLOYING,
    DEVELOPER,
    DEVELOPMENT,
    HELPER,
    KEPT_UP,
    LIVE,
    MAKE_UP,
    OUTPUT,
    PRODUCTION,
    REMOTE,
    SERVED,
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
        Evidence(80, path, ("deploy step runs docker compose on a host",), deploys=True)
        for path in steps(files, UP)
        if path in steps(files, REMOTE)
    ]
    if tasks(files, r"docker[ -]compose"):
        evidence += [
            Evidence(75, path, ("deploy step runs make up on a host",), deploys=True)
            for path in steps(files, MAKE_UP)
            if path in steps(files, REMOTE)
        ]
    evidence += [
        Evidence(65, path, ("deploy script runs docker compose",), deploys=True)
        for path in scripts(files, UP)
        if "deploy" in path
    ]
    evidence += [
        Evidence(65, path, ("calls a workflow named for Compose",), deploys=True)
        for path in called(files, r"[\w-]*compose[\w-]*")
    ]
    alone = files.matching(*MARKERS)
    if parts := together(files, paths := listed(files)):
        alone = [path for path in alone if path not in paths]
        evidence.append(_judge_together(files, paths, parts))
    for path in alone:
        if parts := services(files.text(path)):
            evidence.append(_judge(files, path, parts))
    return evidence


def _judge_together(files: FileIndex, paths: list[str], parts: list[Service]) -> Evidence:
    """Judge what COMPOSE_FILE puts together: by the file on top, which says what it is for."""
    top = paths[-1]
    if _purpose(top, files.text(top)) == "development":
        return Evidence(30, top, ("named as a developer's compose file",))
    started = [part for part in parts if is_started(part)]
    judged = _judge_services(files, paths[0], started, _purpose(top, files.text(top)))
    return replace(judged, reasons=(*judged.reasons, "COMPOSE_FILE in .env names it"))


def _judge(files: FileIndex, path: str, parts: list[Service]) -> Evidence:
    purpose = _purpose(path, files.text(path))
    if purpose == "development":
        return Evidence(30, path, ("named as a developer's compose file",))
    if purpose == "production":
        parts = with_base(files, path, parts)
    if not (started := [part for part in parts if is_started(part)]):
        return Evidence(30, path, ("starts nothing without a profile",))
    return _judge_services(files, path, started, purpose)


def _judge_services(files: FileIndex, path: str, parts: list[Service], purpose: str) -> Evidence:
    applications = [part for part in parts if _is_application(files, path, part)]
    if not applications:
        return _ready_images(files, path, parts)
    if purpose == "production":
        if DEPLOYING.search(path.lower()) and not any(_serves(part) for part in applications):
            return Evidence(35, path, ("runs tools for deploying",))
        lasting = any(_is_lasting(files, part) for part in applications)
        gives_way: Literal["", "steps"] = "" if lasting else "steps"
        return Evidence(80, path, ("compose file for production",), gives_way=gives_way, asks=True)
    running = [part for part in applications if not _is_development(files, path, part)]
    if (
        2 * len(running) <= len(applications)
        or _is_for_developing(applications, running)
        or _is_surrounded(parts, applications)
    ):
        return Evidence(35, path, ("its services mount the source or run development commands",))
    return _application(files, path, running)


def _serves(part: Service) -> bool:
    return bool(KEPT_UP.search(part.text) or SERVED.search(part.text))


def _is_surrounded(parts: list[Service], applications: list[Service]) -> bool:
    """Whether mostly what the application calls is started, and nothing restarts itself."""
    kept_up = any(KEPT_UP.search(part.text) for part in applications)
    return not kept_up and len(parts) - len(applications) > 3 * len(applications)


def _is_application(files: FileIndex, path: str, part: Service) -> bool:
    """Whether the project's code is in it: built from it, pushed by it, or mounted into it."""
    if part.built:
        context = join(folder(path), part.context)
        return not code_folders(files) or context in code_folders(files)
    return is_own(files, part.image) or any(
        is_source(files, path, place) for place in mounted(part)
    )


def _is_for_developing(applications: list[Service], running: list[Service]) -> bool:
    """Whether all built services are in development, or some are and nothing restarts itself."""
    built = [part for part in applications if part.built]
    commanded = any(DEVELOPMENT.search(part.text) and not HELPER.match(part.name) for part in built)
    kept_up = any(KEPT_UP.search(part.text) for part in running)
    return bool(built) and (
        not any(part in running for part in built) or (commanded and not kept_up)
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


def _application(files: FileIndex, path: str, running: list[Service]) -> Evidence:
    kept_up = any(KEPT_UP.search(part.text) for part in running)
    published = any(_is_published(files, part) for part in running)
    names = ", ".join(part.name for part in running[:3])
    if not (kept_up or published):
        return Evidence(45, path, (f"runs {names}, but nothing keeps them up",))
    return Evidence(
        60 + 10 * kept_up + 5 * published,
        path,
        (f"runs {names}",),
        gives_way=_gives_way(files, path, running, kept_up),
        asks=True,
    )


def _gives_way(
    files: FileIndex, path: str, running: list[Service], kept_up: bool
) -> Literal["", "steps", "any"]:
    """Return which other evidence shows that this file is how a developer runs it."""
    if _is_overridden(files, path):
        return "any"
    if any(part.built for part in running) or not kept_up:
        return "steps"
    return ""


def _is_lasting(files: FileIndex, part: Service) -> bool:
    return bool(KEPT_UP.search(part.text)) or (not part.built and _is_published(files, part))


def _is_published(files: FileIndex, part: Service) -> bool:
    """Whether its image comes from elsewhere; without a namespace it is built on the spot.

    A tag that a deploy sets comes from a deploy.
    """
    if not part.built and is_set_by_a_deploy(part.image):
        return True
    return namespaced(part.image) and is_own(files, part.image)


def _is_overridden(files: FileIndex, path: str) -> bool:
    """Whether `up` here reads a second file, which mounts the source for developing."""
    overrides = files.matching("*compose.override.yml", "*compose.override.yaml")
    beside = [other for other in overrides if folder(other) == folder(path)]
    return any(
        is_source(files, other, place)
        for other in beside
        for part in services(files.text(other))
        for place in mounted(part)
    )


def _ready_images(files: FileIndex, path: str, parts: list[Service]) -> Evidence:
    """Return evidence for others' images only if there is no source for them to serve."""
    has_source = bool(files.matching(*SOURCES))
    kept_up = bool(KEPT_UP.search(files.text(path)))
    if not has_source and (kept_up or any(namespaced(part.image) for part in parts)):
        reason = "ready images, and no source beside them"
        return Evidence(60 + 10 * kept_up, path, (reason,), asks=True)
    return Evidence(30, path, ("starts only databases and tools",))


def _is_development(files: FileIndex, path: str, part: Service) -> bool:
    if HELPER.match(part.name) or DEVELOPMENT.search(part.text):
        return True
    if not part.built and KEPT_UP.search(part.text):
        return False
    if any(is_source(files, path, place) for place in mounted(part)):
        return True
    return bool(part.built and (LIVE.search(part.text) or OUTPUT.search(part.text)))
