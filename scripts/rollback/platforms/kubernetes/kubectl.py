"""How kubectl is called: one private word for commands, bulk reads through `get --raw`, refusals told apart."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from rollback.errors import RollbackError
from rollback.model import Command
from rollback.platforms.kubernetes import lane, shapes
from rollback.platforms.kubernetes.refusals import refusal
from rollback.shell import Answer, Shell

PAGE = 2500  # objects in one answer: a namespace of 1,000 Deployments is one page, and a page is a few megabytes
# what kubectl and its credential plugins may need beyond what every script is given (KUBECONFIG, proxies)
_KNOWN = (
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
VARIABLES = tuple(name for name in _KNOWN if name in os.environ)


def kubectl(place: Mapping[str, Any], *args: str, timeout: float = 60) -> Command:
    """`place` names context and namespace; they are always said, so a changed current context changes nothing."""
    context = ("--context", place["context"]) if place["context"] else ()
    return Command(
        ("kubectl", *context, "--namespace", place["namespace"], *args), timeout, VARIABLES
    )


def raw(place: Mapping[str, Any], path: str) -> Command:
    # ten times cheaper than `get -o json` for long lists: kubectl does not decode and print the objects again
    return kubectl(place, "get", "--raw", path)


def ask_all(
    shell: Shell, place: Mapping[str, Any], commands: Sequence[Command]
) -> list[Answer | RollbackError]:
    """Independent reads side by side: raw ones over one connection where that can be had, any other by a kubectl of its own."""

    def quick(command: Command) -> Answer | None:
        return (
            lane.ask(shell, place["context"], command.argv[-1], command.timeout)
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


def get(shell: Shell, place: Mapping[str, Any], *paths: str) -> list[Any]:
    """Objects or lists of several API paths, read side by side. Raises the typed refusal of the first that failed."""
    answers = ask_all(shell, place, [raw(place, path) for path in paths])
    return [
        _read(place, path, answer, shapes.of_any)
        for path, answer in zip(paths, answers, strict=True)
    ]


def find(shell: Shell, place: Mapping[str, Any], *paths: str) -> list[Any | None]:
    """Like get, but None where an answer was refused or the kind is unknown: for reads that only add to the picture."""
    answers = ask_all(shell, place, [raw(place, path) for path in paths])
    return [
        None
        if isinstance(answer, RollbackError) or answer.status
        else msgspec.json.decode(answer.stdout)
        for answer in answers
    ]


def items(shell: Shell, place: Mapping[str, Any], *paths: str) -> list[list[dict[str, Any]]]:
    """All objects of several lists, page by page where a list is long."""
    lists = _lists(shell, place, *(_page(path) for path in paths))
    return [_all_pages(shell, place, path, first) for path, first in zip(paths, lists, strict=True)]


def _all_pages(
    shell: Shell, place: Mapping[str, Any], path: str, page: dict[str, Any]
) -> list[dict[str, Any]]:
    found = list(page["items"])
    while token := page["metadata"].get("continue"):
        (page,) = _lists(shell, place, _page(path, token))
        found += page["items"]
    return found


def _page(path: str, token: str = "") -> str:
    joint = "&" if "?" in path else "?"
    return f"{path}{joint}limit={PAGE}" + (f"&continue={token}" if token else "")


def _lists(shell: Shell, place: Mapping[str, Any], *paths: str) -> list[Any]:
    answers = ask_all(shell, place, [raw(place, path) for path in paths])
    return [
        _read(place, path, answer, shapes.of_list)
        for path, answer in zip(paths, answers, strict=True)
    ]


def _read(
    place: Mapping[str, Any],
    path: str,
    answer: Answer | RollbackError,
    decode: Callable[[str, str], Any],
) -> Any:
    if isinstance(answer, RollbackError):
        raise answer
    if answer.status:
        raise refusal(raw(place, path), answer, place)
    try:
        return decode(path, answer.stdout)
    except msgspec.DecodeError as error:
        raise refusal(raw(place, path), answer, place) from error
