"""A service's keys compared with its container: what would change has a name, never a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rollback.platforms.docker_compose.definition.resolved import Resolved
from rollback.platforms.docker_compose.engine.containers import Container
from rollback.platforms.docker_compose.services import attachments

_NAMED = 3  # paths or labels in a name


def changed(
    keys: Mapping[str, Any],
    container: Container,
    wanted: Resolved,
    of_image: Mapping[str, str] | None,
) -> Iterator[str]:
    """Yield names of variables and keys; what Compose v1 writes in another form is not compared.

    `of_image` are the variables that the image sets itself, None when it is gone.
    """
    yield from _environment(keys, container, of_image)
    yield from _process(keys, container)
    yield from _attachments(keys, container, wanted)
    labels = pairs(keys.get("labels"))
    yield from _group(
        "labels", (name for name in labels if container.labels.get(name) != labels[name])
    )


def _environment(
    keys: Mapping[str, Any], container: Container, of_image: Mapping[str, str] | None
) -> Iterator[str]:
    """Return variables that would change or disappear; those of the image stay."""
    current = dict(entry.partition("=")[::2] for entry in container.environment if "=" in entry)
    wanted = {
        name: value for name, value in pairs(keys.get("environment")).items() if value is not None
    }
    yield from sorted(name for name, value in wanted.items() if current.get(name) != value)
    if of_image is not None:
        yield from sorted(
            name
            for name, value in current.items()
            if value and name not in wanted and of_image.get(name) != value
        )


def _process(keys: Mapping[str, Any], container: Container) -> Iterator[str]:
    for name, now in (("command", container.command), ("entrypoint", container.entrypoint)):
        words = keys.get(name)
        if isinstance(words, list) and words and tuple(map(_plain, words)) != now:
            yield name
    if keys.get("user") and str(keys["user"]) != container.user:
        yield "user"
    policy = container.restart_policy or "no"
    if "restart" in keys and str(keys["restart"]).partition(":")[0] != policy:
        yield "restart"


def _attachments(keys: Mapping[str, Any], container: Container, wanted: Resolved) -> Iterator[str]:
    ports = keys.get("ports") or []
    if attachments.structured(ports) and not attachments.same_ports(keys, container):
        yield "ports"
    mounts, mounted = set(attachments.mounts(keys, wanted)), attachments.mounted(container)
    lost = mounted - mounts if attachments.lists_all_mounts(keys, container) else set()
    yield from _group("volumes", {path for _, _, path in (mounts - mounted) | lost})
    joined = attachments.networks(keys, wanted)
    if joined and joined != set(container.networks):
        yield "networks"


def _group(key: str, names: Iterable[str]) -> Iterator[str]:
    """Return one name for a group: `volumes (/data, /cache)`."""
    listed = sorted(names)
    if listed:
        yield f"{key} ({', '.join(listed[:_NAMED])})"


def pairs(value: Any) -> dict[str, str | None]:
    """Read a mapping or a list of NAME=VALUE, with `$$` as Compose prints a dollar."""
    if isinstance(value, list):
        value = dict(str(entry).partition("=")[::2] for entry in value)
    items = value.items() if isinstance(value, dict) else ()
    return {str(name): None if text is None else _plain(text) for name, text in items}


def _plain(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.replace("$$", "$")
