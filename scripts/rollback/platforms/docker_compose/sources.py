"""The texts of a project's compose files: today's from disk, or those of a git ref."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rollback.errors import Unreadable
from rollback.model import Command
from rollback.platforms.docker_compose import yaml_source
from rollback.platforms.docker_compose.git_source import GIT
from rollback.platforms.docker_compose.yaml_source import Source
from rollback.shell import Shell


def read(details: Mapping[str, Any], ref: str | None, shell: Shell) -> Source:
    """Raises Unreadable (no-compose-file) when a file is not there, or was not at that time."""
    return Source(tuple((path, _text(details["directory"], path, ref, shell)) for path in details["files"]), env_variables(details))


def names(source: Source) -> list[str]:
    """Variables that the files refer to, or hand through: each call of Compose needs them."""
    found: dict[str, None] = {}
    for keys in source.services().values():
        found |= dict.fromkeys(name for name, _ in yaml_source.variables(keys)) | dict.fromkeys(sorted(yaml_source.passed_through(keys)))
    return list(found)


def with_profiles(details: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """The services that run belong to the project whatever profile they hide behind."""
    hidden = (str(one) for service, keys in source.services().items() if service in details["running"] for one in keys.get("profiles") or ())
    return {**details, "profiles": list(dict.fromkeys((*details["profiles"], *hidden)))}


def _text(folder: str, path: str, ref: str | None, shell: Shell) -> str:
    if ref:
        return shell.read(Command((*GIT, "-C", folder, "show", f"{ref}:./{os.path.relpath(path, folder)}")))
    try:
        return Path(path).read_text()
    except (OSError, ValueError) as error:
        raise Unreadable("no-compose-file", f"{path} cannot be read: {error}", "set `files` in .claude/deployment-rollback.yml") from None


def env_variables(details: Mapping[str, Any]) -> dict[str, str]:
    """What the env files say: .env beside the compose file, unless others are named."""
    found: dict[str, str] = {}
    for path in details["env_files"] or (os.path.join(details["directory"], ".env"),):
        try:
            found |= yaml_source.env_file(Path(path).read_text(errors="replace"))
        except OSError:
            continue
    return found
