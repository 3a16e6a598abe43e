"""Would Compose, here and now, make the very containers that run? Compared by the hash it writes on them, else by environment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rollback.model import Target
from rollback.platforms.docker_compose import candidates, commands, payload, sources, yaml_source
from rollback.platforms.docker_compose.containers import Container
from rollback.platforms.docker_compose.yaml_source import Source
from rollback.shell import Answer, Shell, last_line


def differences(target: Target, source: Source, running: Sequence[Container], shell: Shell) -> dict[str, str]:
    """Service -> what is different (names, never values); empty when nothing is. "" speaks of all services."""
    names = sources.names(source)
    moving = {one.service: one for one in reversed(running) if one.service in candidates.moving(target)}
    details = sources.with_profiles(target.details, source)
    references = {service: one.reference for service, one in moving.items()}
    for override in (payload.pins(references), payload.without_dependencies(references)):
        answer = _config(details, source, override, shell, names, "--hash", "*")
        if answer.status:
            return {"": last_line(answer.stderr)}
        hashes = dict(line.split(None, 1) for line in answer.stdout.splitlines() if " " in line)
        differing = {service: one for service, one in moving.items() if hashes.get(service, "").strip() != one.hash}
        if not differing or details["made_by"].startswith("1."):
            break
    return _explained(differing, hashes, details, source, shell) if differing else {}


def _config(details: Mapping[str, Any], source: Source, override: str, shell: Shell, names: Sequence[str], *words: str) -> Answer:
    with in_memory([*(text for _, text in source.files), override]) as paths:
        named = [*(path for path, _ in source.files), paths[-1]] if source.needs_neighbours() else paths
        return shell.ask(commands.compose(details, named, "config", *words, variables=names))


@contextmanager
def in_memory(texts: Sequence[str]) -> Iterator[list[str]]:
    """Paths under which a child can read texts that are on no disk."""
    handles = [os.memfd_create("compose", 0) for _ in texts]
    try:
        for handle, text in zip(handles, texts, strict=True):
            os.write(handle, text.encode())
        yield [f"/proc/{os.getpid()}/fd/{handle}" for handle in handles]
    finally:
        for handle in handles:
            os.close(handle)


def _explained(
    differing: Mapping[str, Container], hashes: Mapping[str, str], details: dict[str, Any], source: Source, shell: Shell
) -> dict[str, str]:
    """What differs, by name. Hashes of another Compose version prove nothing: then only the environment counts."""
    import yaml

    answer = _config(details, source, payload.pins({}), shell, sources.names(source))
    resolved = (yaml.safe_load(answer.stdout) or {}).get("services", {}) if answer.status == 0 else {}
    comparable = details["tool_version"].partition("-")[0] == details["made_by"]
    found = {}
    for service, one in differing.items():
        if service not in hashes:
            found[service] = "is not in the compose files"
            continue
        changed = _changed(resolved.get(service, {}).get("environment") or {}, one.environment)
        suspects = _suspects(source.services().get(service, {}), changed)
        if changed:
            found[service] = f"{', '.join(changed)} would change" + (f" (from {', '.join(suspects)})" if suspects else "")
        elif comparable:
            found[service] = "its settings are not those it was started with" + (f" (variables: {', '.join(suspects)})" if suspects else "")
    return found


def _changed(resolved: Mapping[str, Any], environment: Sequence[str]) -> list[str]:
    there = dict(entry.partition("=")[::2] for entry in environment)
    return sorted(name for name, value in resolved.items() if value is not None and there.get(name) != str(value).replace("$$", "$"))


def _suspects(keys: Mapping[str, Any], changed: Sequence[str]) -> list[str]:
    """Variables behind the changed names; without any, all that the service refers to outside its image."""
    environment = keys.get("environment") or {}
    pairs = environment.items() if isinstance(environment, dict) else (str(entry).partition("=")[::2] for entry in environment)
    behind = {name for key, value in pairs if key in changed for name, _ in yaml_source.variables(value)}
    rest = {name for name, _ in yaml_source.variables({key: value for key, value in keys.items() if key != "image"})}
    return sorted(behind if changed else rest)


def unset(target: Target, source: Source) -> dict[str, set[str]]:
    """Variables without a value or default -> the moving services that use them for more than their image."""
    there = {**sources.env_variables(target.details), **os.environ}
    needed = yaml_source.required(source.services(), candidates.moving(target))
    return {name: services for name, services in sorted(needed.items()) if name not in there}


