"""Calls of kubectl: commands, bulk reads through `get --raw`, and typed refusals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from rollback.errors import RollbackError
from rollback.model import Command
from rollback.platforms._cluster import proxy, shapes
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.refusals import refusal
from rollback.shell import Answer, Shell

# objects in one answer: 1,000 Deployments are one page, and a page is a few megabytes
PAGE = 2500
# what kubectl and its credential plugins may need beyond what every script gets
# (KUBECONFIG, proxies). Set or not: whoever starts or resumes a run may be logged in another way
# than the plan was.
VARIABLES = (
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_SERVICE_PORT",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "CLOUDSDK_CONFIG",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "AZURE_CONFIG_DIR",
)


def kubectl(location: Location, *args: str, timeout: float = 60) -> Command:
    """Return a command that names context and namespace: the current context may change."""
    context = ("--context", location.context) if location.context else ()
    return Command(
        ("kubectl", *context, "--namespace", location.namespace, *args), timeout, VARIABLES
    )


def raw(location: Location, path: str) -> Command:
    # ten times cheaper than `get -o json` for long lists: kubectl decodes and prints nothing
    return kubectl(location, "get", "--raw", path)


def ask_all(
    shell: Shell, location: Location, commands: Sequence[Command]
) -> list[Answer | RollbackError]:
    """Run independent reads side by side.

    Raw reads share one connection where there is a proxy; any other runs its own kubectl.
    """

    def quick(command: Command) -> Answer | None:
        return (
            proxy.ask(shell, location.context, command.argv[-1], command.timeout)
            if command.argv[-2] == "--raw"
            else None
        )

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(quick, commands))
    rest = iter(
        shell.ask_all(
            [command for command, answer in zip(commands, answers, strict=True) if answer is None]
        )
    )
    return [answer if answer is not None else next(rest) for answer in answers]


def get(shell: Shell, location: Location, *paths: str) -> list[Any]:
    """Read the objects or lists of several API paths side by side.

    Raises the typed refusal of the first that failed.
    """
    answers = ask_all(shell, location, [raw(location, path) for path in paths])
    return [
        _read(location, path, answer, shapes.of_any)
        for path, answer in zip(paths, answers, strict=True)
    ]


def find(shell: Shell, location: Location, *paths: str) -> list[Any | None]:
    """Read like get(), for optional reads: None where it was refused or the kind is unknown."""
    answers = ask_all(shell, location, [raw(location, path) for path in paths])
    return list(map(decoded, answers))


def items(shell: Shell, location: Location, *paths: str) -> list[list[dict[str, Any]]]:
    """Read all objects of several lists, page by page where a list is long."""
    lists = _lists(shell, location, *(_page(path) for path in paths))
    return [
        _all_pages(shell, location, path, first) for path, first in zip(paths, lists, strict=True)
    ]


def _all_pages(
    shell: Shell, location: Location, path: str, page: dict[str, Any]
) -> list[dict[str, Any]]:
    objects = list(page["items"])
    while token := page["metadata"].get("continue"):
        (page,) = _lists(shell, location, _page(path, token))
        objects += page["items"]
    return objects


def _page(path: str, token: str = "") -> str:
    joint = "&" if "?" in path else "?"
    return f"{path}{joint}limit={PAGE}" + (f"&continue={token}" if token else "")


def _lists(shell: Shell, location: Location, *paths: str) -> list[Any]:
    answers = ask_all(shell, location, [raw(location, path) for path in paths])
    return [
        _read(location, path, answer, shapes.of_list)
        for path, answer in zip(paths, answers, strict=True)
    ]


def _read(
    location: Location,
    path: str,
    answer: Answer | RollbackError,
    decode: Callable[[str, str], Any],
) -> Any:
    if isinstance(answer, RollbackError):
        raise answer
    if answer.status:
        raise refusal(raw(location, path), answer, location)
    try:
        return decode(path, answer.stdout)
    except msgspec.DecodeError as error:
        raise refusal(raw(location, path), answer, location) from error


def decoded(answer: Answer | RollbackError) -> Any:
    """Decode an optional read: None where it was refused."""
    if isinstance(answer, RollbackError) or answer.status:
        return None
    return msgspec.json.decode(answer.stdout)
