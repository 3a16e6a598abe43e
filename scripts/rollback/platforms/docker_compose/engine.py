"""The Docker engine and the Compose binary: which ones answer here, and what their refusals mean."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from typing import Any

from rollback.errors import Unreadable
from rollback.model import Command
from rollback.shell import Shell, last_line

# what leads a docker client to its engine; names only, each program takes the values from its own environment
ROUTE = (
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "DOCKER_API_VERSION",
    "SSH_AUTH_SOCK",
)

_REFUSALS = (
    (
        "permission denied",
        "docker-forbidden",
        "run this as a user who may use the engine (group docker), or with sudo",
    ),
    ("tls", "docker-tls", "check DOCKER_CERT_PATH and the engine's certificate"),
    ("x509", "docker-tls", "check DOCKER_CERT_PATH and the engine's certificate"),
    ("context", "docker-context", "list them with: docker context ls"),
    ("", "docker-unreachable", "start the engine, or check DOCKER_HOST and the docker context"),
)


def given(names: Iterable[str]) -> tuple[str, ...]:
    """Those of the variables that are set here."""
    return tuple(name for name in dict.fromkeys(names) if name in os.environ)


def docker(*words: str, timeout: float = 60) -> Command:
    return Command(("docker", *words), timeout, given(ROUTE))


def read(shell: Shell, *words: str) -> str:
    """Standard output of a reading docker command. Raises Unreadable (docker-*)."""
    answer = shell.ask(docker(*words))
    if answer.status:
        raise refusal(answer.stderr or answer.stdout)
    return answer.stdout


def refusal(said: str) -> Unreadable:
    reason = last_line(said)
    code, fix = next((code, fix) for mark, code, fix in _REFUSALS if mark in reason.lower())
    return Unreadable(code, f"the Docker engine cannot be read: {reason}", fix)


def identify(shell: Shell) -> str:
    """The engine's id; it survives restarts. Raises Unreadable (tool-missing, docker-*, podman-unsupported)."""
    version: Any = shell.ask(docker("version", "--format", "{{json .}}"))
    if "podman" in (version.stdout + version.stderr).lower():
        message = "this is Podman: its compose projects are recognised, but not rolled back"
        raise Unreadable("podman-unsupported", message, "roll back with podman itself")
    if version.status:
        raise refusal(version.stderr)
    id = read(shell, "info", "--format", "{{.ID}}").strip()
    if not id:
        raise Unreadable("docker-unreachable", "the engine tells no id", "check: docker info")
    return id


def compose_tool(shell: Shell, made_by: str) -> tuple[tuple[str, ...], str]:
    """The binary of the generation that made the containers, by absolute path, and its version: the other one would rename and recreate all of them.

    Raises Unreadable (compose-missing) naming what is here instead."""
    old = made_by.startswith("1.")
    for words in (("docker-compose",),) if old else (("docker", "compose"), ("docker-compose",)):
        version = _version(shell, words)
        if version and version.startswith("1.") == old:
            return (shutil.which(words[0]) or words[0], *words[1:]), version
    wanted = "docker-compose 1.x" if old else "the Compose v2 plugin"
    message = f"the containers were made by Compose {made_by}, and {wanted} is not here; the other generation would recreate everything"
    raise Unreadable(
        "compose-missing",
        message,
        f"install {wanted}, or run this where the project is deployed from",
    )


def _version(shell: Shell, words: Sequence[str]) -> str:
    if shutil.which(words[0]) is None:
        return ""
    answer = shell.ask(Command((*words, "version", "--short"), variables=given(ROUTE)))
    return answer.stdout.strip().lstrip("v") if answer.status == 0 else ""
