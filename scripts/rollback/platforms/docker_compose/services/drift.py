"""Would Compose start exactly the running containers? Name what would change."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rollback.model import Target
from rollback.platforms.docker_compose import details
from rollback.platforms.docker_compose.beside import Beside
from rollback.platforms.docker_compose.definition import files, resolved, variables
from rollback.platforms.docker_compose.definition import source as sources
from rollback.platforms.docker_compose.definition.source import Source
from rollback.platforms.docker_compose.details import Difference
from rollback.platforms.docker_compose.engine import client
from rollback.platforms.docker_compose.engine.containers import Container
from rollback.platforms.docker_compose.services import keys as compared
from rollback.platforms.docker_compose.services import roles
from rollback.shell import Shell

_NAMED = 6  # keys in a message


def differences(
    target: Target, source: Source, running: Sequence[Container], shell: Shell
) -> list[Difference]:
    """Return differences between this definition and the containers it may touch."""
    project = details.of(target)
    watched = {*roles.moving(project.services), *project.services.sharers}
    newest = {
        container.service: container
        for container in reversed(running)
        if container.service in watched
    }
    images = [container.image for container in newest.values()]
    with Beside() as beside:
        images_read = beside.start(_image_variables, images, shell)
        wanted = resolved.resolve(project, source, "now", shell)
    if wanted.problem:
        return [Difference("", reason=wanted.problem)]
    of_images, rows = images_read.result(), []
    for service, container in sorted(newest.items()):
        keys = wanted.services.get(service)
        if keys is None:
            rows.append(Difference(service, reason="is not in the compose files"))
            continue
        of_image = of_images.get(container.image)
        if names := list(compared.changed(keys, container, wanted, of_image)):
            rows.append(_named(names, keys, container, target, source))
    return rows


def unset(target: Target, source: Source) -> dict[str, set[str]]:
    """Return variable without value or default -> moving services using it beyond their image."""
    known = {**source.variables, **os.environ}
    needed = variables.required(source.services(), roles.moving(details.of(target).services))
    return {name: services for name, services in sorted(needed.items()) if name not in known}


def _image_variables(images: Sequence[str], shell: Shell) -> dict[str, dict[str, str]]:
    """Return image id -> the variables it sets itself, without removed images."""
    if not images:
        return {}
    form = "{{.Id}} {{json .Config.Env}}"
    question = client.docker("image", "inspect", "--format", form, *sorted(set(images)))
    rows = (line.partition(" ") for line in shell.ask(question).stdout.splitlines())
    return {
        id: dict(str(entry).partition("=")[::2] for entry in json.loads(text) or ())
        for id, _, text in rows
        if text
    }


def _named(
    names: list[str], keys: Mapping[str, Any], container: Container, target: Target, source: Source
) -> Difference:
    service = container.service
    behind = sorted(_variables_behind(source.services().get(service, {}), names))
    origin = f" (from {', '.join(behind)})" if behind else ""
    reason = f"{', '.join(names[:_NAMED])} would change{origin}"
    only_files = _from_files(keys, source, service).issuperset(names)
    return Difference(
        service, tuple(names), reason, only_files and _edited_since(container, target)
    )


def _from_files(keys: Mapping[str, Any], source: Source, service: str) -> set[str]:
    """Return names of a service's environment whose value comes from an env file only."""
    written = compared.pairs(source.services().get(service, {}).get("environment"))
    filled = source.variables.keys() - os.environ.keys()
    names = set()
    for name in compared.pairs(keys.get("environment")):
        behind = {variable for variable, _ in variables.variables(written.get(name) or "")}
        if name not in written or (behind and behind <= filled):
            names.add(name)
    return names


def _edited_since(container: Container, target: Target) -> bool:
    """Whether a file of variables was written after this container was made."""
    project = details.of(target)
    made = datetime.fromisoformat(f"{container.created[:19]}+00:00").timestamp()
    for path in (*project.env_files, *sources.variable_files(files.today(project).files)):
        try:
            if os.stat(path).st_mtime > made + 1:
                return True
        except OSError:
            continue
    return False


def _variables_behind(keys: Mapping[str, Any], names: Sequence[str]) -> set[str]:
    """Return the variables that fill in the changed names."""
    environment = keys.get("environment") or {}
    pairs = (
        environment.items()
        if isinstance(environment, dict)
        else (str(entry).partition("=")[::2] for entry in environment)
    )
    values = [value for name, value in pairs if name in names]
    return {variable for value in values for variable, _ in variables.variables(value)}
