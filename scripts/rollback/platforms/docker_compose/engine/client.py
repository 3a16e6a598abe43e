"""The Docker engine and the Compose binary: which ones answer, and what errors mean."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence

from rollback.errors import RollbackError, Unreadable
from rollback.model import Command
from rollback.shell import Answer, Shell, last_line

# names of the variables that select a docker client's engine; values stay in the environment
CONNECTION = (
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


def set_here(names: Iterable[str]) -> tuple[str, ...]:
    """Return those of the variables that are set here."""
    return tuple(name for name in dict.fromkeys(names) if name in os.environ)


def docker(*words: str, timeout: float = 60) -> Command:
    return Command(("docker", *words), timeout, set_here(CONNECTION))


def read(shell: Shell, *words: str) -> str:
    """Return the output of a reading docker command. Raises Unreadable (docker-*)."""
    return _output(shell.ask(docker(*words)))


def read_all(shell: Shell, *questions: Sequence[str]) -> list[str]:
    """Return the outputs of several docker commands, run at once. Raises Unreadable (docker-*)."""
    answers = shell.ask_all([docker(*words) for words in questions])
    return [_output(answer) for answer in answers]


def _output(answer: Answer | RollbackError) -> str:
    if isinstance(answer, RollbackError):
        raise answer
    if answer.status:
        raise refusal(answer.stderr or answer.stdout)
    return answer.stdout


def refusal(output: str) -> Unreadable:
    """Return the error that Docker's error message stands for."""
    reason = last_line(output)
    code, fix = next((code, fix) for mark, code, fix in _REFUSALS if mark in reason.lower())
    return Unreadable(code, f"cannot read the Docker engine: {reason}", fix)


def identify(shell: Shell) -> str:
    """Return the engine's id, which survives restarts.

    Raises Unreadable (tool-missing, docker-*, podman-unsupported).
    """
    version, info = shell.ask_all(
        [docker("version", "--format", "{{json .}}"), docker("info", "--format", "{{.ID}}")]
    )
    if isinstance(version, RollbackError):
        raise version
    if "podman" in (version.stdout + version.stderr).lower():
        message = "docker is Podman here: its Compose projects are recognised, but not supported"
        raise Unreadable("podman-unsupported", message, "roll back with podman itself")
    if version.status:
        raise refusal(version.stderr)
    id = _output(info).strip()
    if not id:
        raise Unreadable(
            "docker-unreachable", "the Docker engine reports no id", "check: docker info"
        )
    return id


def compose_tool(shell: Shell, made_by: str) -> tuple[tuple[str, ...], str]:
    """Return path and version of the Compose that made the containers (v1 or v2).

    The other generation would rename and recreate all of them. Raises Unreadable (compose-missing).
    """
    old = made_by.startswith("1.")
    for words in (("docker-compose",),) if old else (("docker", "compose"), ("docker-compose",)):
        version = _version(shell, words)
        if version and version.startswith("1.") == old:
            return (shutil.which(words[0]) or words[0], *words[1:]), version
    raise _missing(made_by, "docker-compose 1.x" if old else "the Compose v2 plugin")


def _missing(made_by: str, wanted: str) -> Unreadable:
    message = (
        f"Compose {made_by} made the containers, but {wanted} is not installed here; "
        "the other generation would recreate everything"
    )
    fix = f"install {wanted}, or run this where the project is deployed from"
    return Unreadable("compose-missing", message, fix)


def _version(shell: Shell, words: Sequence[str]) -> str:
    if shutil.which(words[0]) is None:
        return ""
    answer = shell.ask(Command((*words, "version", "--short"), variables=set_here(CONNECTION)))
    return answer.stdout.strip().lstrip("v") if answer.status == 0 else ""
