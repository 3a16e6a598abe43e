"""Would Compose, here and now, start the very containers that run? Compared key by key; a difference has a name or is none."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from rollback.model import Target
from rollback.platforms.docker_compose import (
    attachments,
    candidates,
    definition,
    engine,
    files,
    variables,
)
from rollback.platforms.docker_compose import source as sources
from rollback.platforms.docker_compose.containers import Container
from rollback.platforms.docker_compose.definition import Resolved
from rollback.platforms.docker_compose.source import Source
from rollback.shell import Shell


class Difference(Struct, frozen=True):
    """`names` are keys of a service, never values. `edited`: only env files that were changed since the deploy differ."""

    service: str
    names: tuple[str, ...] = ()
    reason: str = ""
    edited: bool = False

    def __str__(self) -> str:
        return self.reason or f"{', '.join(self.names[:6])} would change"


def differences(
    target: Target, source: Source, running: Sequence[Container], shell: Shell
) -> list[Difference]:
    """What is different between this definition and the containers, for services that a rollback may touch."""
    resolved = definition.resolve(target.details, source, "now", shell)
    if resolved.problem:
        return [Difference("", reason=resolved.problem)]
    watched = {*candidates.moving(target), *target.details["sharers"]}
    newest = {
        container.service: container
        for container in reversed(running)
        if container.service in watched
    }
    of_images = _image_variables([container.image for container in newest.values()], shell)
    found = []
    for service, container in sorted(newest.items()):
        keys = resolved.services.get(service)
        if keys is None:
            found.append(Difference(service, reason="is not in the compose files"))
            continue
        own = of_images.get(container.image)
        if names := [*_environment(keys, container, own), *_settings(keys, container, resolved)]:
            found.append(_named(names, keys, container, target, source))
    return found


def _image_variables(images: Sequence[str], shell: Shell) -> dict[str, dict[str, str]]:
    """Image id -> the variables that it sets itself; an image that is gone is left out."""
    if not images:
        return {}
    ids = sorted(set(images))
    answer = shell.ask(
        engine.docker("image", "inspect", "--format", "{{.Id}} {{json .Config.Env}}", *ids)
    )
    rows = (line.partition(" ") for line in answer.stdout.splitlines())
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
    variables = f" (from {', '.join(behind)})" if behind else ""
    reason = f"{', '.join(names[:6])} would change{variables}"
    edited = all(name in _from_files(keys, source, service) for name in names) and _edited_since(
        container, target
    )
    return Difference(service, tuple(names), reason, edited)


def _environment(
    keys: Mapping[str, Any], container: Container, of_image: Mapping[str, str] | None
) -> Iterator[str]:
    """Names that would get another value, or none; what the image sets itself stays."""
    there = dict(entry.partition("=")[::2] for entry in container.environment if "=" in entry)
    wanted = {
        name: value for name, value in _pairs(keys.get("environment")).items() if value is not None
    }
    for name, value in sorted(wanted.items()):
        if there.get(name) != value:
            yield name
    if of_image is not None:
        yield from sorted(
            name
            for name, value in there.items()
            if value and name not in wanted and of_image.get(name) != value
        )


def _settings(keys: Mapping[str, Any], container: Container, resolved: Resolved) -> Iterator[str]:
    """Names of other keys; what Compose v1 writes in another form is not compared."""
    for name, here in (("command", container.command), ("entrypoint", container.entrypoint)):
        wanted = keys.get(name)
        if isinstance(wanted, list) and wanted and tuple(_plain(word) for word in wanted) != here:
            yield name
    if keys.get("user") and str(keys["user"]) != container.user:
        yield "user"
    if "restart" in keys and str(keys["restart"]).partition(":")[0] != (
        container.restart_policy or "no"
    ):
        yield "restart"
    if attachments.structured(keys.get("ports") or []) and not attachments.same_ports(
        keys, container
    ):
        yield "ports"
    mounts, mounted = set(attachments.mounts(keys, resolved)), attachments.mounted(container)
    lost = mounted - mounts if attachments.lists_all_mounts(keys, container) else set()
    if changed := sorted({target for _, _, target in (mounts - mounted) | lost}):
        yield f"volumes ({', '.join(changed[:3])})"
    joined = attachments.networks(keys, resolved)
    if joined and joined != set(container.networks):
        yield "networks"
    labels = _pairs(keys.get("labels"))
    if changed := sorted(
        name for name, value in labels.items() if container.labels.get(name) != value
    ):
        yield f"labels ({', '.join(changed[:3])})"


def _pairs(value: Any) -> dict[str, str | None]:
    """A mapping or a list of NAME=VALUE, with `$$` as Compose prints a dollar."""
    if isinstance(value, list):
        value = dict(str(entry).partition("=")[::2] for entry in value)
    pairs = value.items() if isinstance(value, dict) else ()
    return {str(name): None if text is None else _plain(text) for name, text in pairs}


def _plain(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.replace("$$", "$")


def _from_files(keys: Mapping[str, Any], source: Source, service: str) -> set[str]:
    """Names of a service's environment whose value comes from an env file, not from the compose files or the shell."""
    written = source.services().get(service, {})
    literal = _pairs(written.get("environment"))
    filled = source.variables.keys() - os.environ.keys()
    found = set()
    for name in _pairs(keys.get("environment")):
        behind = {variable for variable, _ in variables.variables(literal.get(name) or "")}
        if name not in literal or (behind and behind <= filled):
            found.add(name)
    return found


def _edited_since(container: Container, target: Target) -> bool:
    """Whether a file of variables was written after this container was made."""
    details = target.details
    made = datetime.fromisoformat(f"{container.created[:19]}+00:00").timestamp()
    for path in (*details["env_files"], *sources.variable_files(files.today(details).files)):
        try:
            if os.stat(path).st_mtime > made + 1:
                return True
        except OSError:
            continue
    return False


def _variables_behind(keys: Mapping[str, Any], names: Sequence[str]) -> set[str]:
    """Variables that the changed names are filled from."""
    environment = keys.get("environment") or {}
    pairs = (
        environment.items()
        if isinstance(environment, dict)
        else (str(entry).partition("=")[::2] for entry in environment)
    )
    return {
        variable
        for name, value in pairs
        if name in names
        for variable, _ in variables.variables(value)
    }


def unset(target: Target, source: Source) -> dict[str, set[str]]:
    """Variables without a value or default -> the moving services that use them for more than their image."""
    there = {**source.variables, **os.environ}
    needed = variables.required(source.services(), candidates.moving(target))
    return {name: services for name, services in sorted(needed.items()) if name not in there}
