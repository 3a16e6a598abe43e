"""What Helm has stored of its releases: one Secret (or ConfigMap) for each revision. Values stay in memory."""

from __future__ import annotations

import base64
import gzip
import os
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import msgspec
from msgspec import Struct

from rollback.errors import Unreadable, Usage
from rollback.platforms.kubernetes.kubectl import get, items, kubectl
from rollback.platforms.kubernetes.refusals import refusal
from rollback.shell import Shell
from rollback.text import clean

_DRIVERS = {
    "": "secrets",
    "secret": "secrets",
    "secrets": "secrets",
    "configmap": "configmaps",
    "configmaps": "configmaps",
}
_ELSEWHERE = {
    "sql": (
        "keeps the history in a database, which is not read here",
        "roll back with helm itself: helm history RELEASE, then helm rollback",
    ),
    "memory": (
        "keeps the history nowhere: there is nothing to go back to",
        "unset HELM_DRIVER if the releases were deployed without it",
    ),
}


class Label(Struct, frozen=True):
    """One revision as its labels tell it."""

    release: str
    number: int
    status: str


class Stored(Struct, frozen=True):
    """One revision of a release. `hooks` and `config` as Helm stored them; `deployed_at` UTC, ISO 8601 with Z."""

    number: int
    status: str
    description: str
    deployed_at: str
    chart: Mapping[str, Any]
    manifest: str
    hooks: Sequence[Mapping[str, Any]] = ()
    config: Mapping[str, Any] = {}
    apply_method: str = ""


def kind() -> str:
    """The resource that holds the revisions. Raises Usage (helm-driver)."""
    driver = os.environ.get("HELM_DRIVER", "").lower()
    if driver not in _DRIVERS:
        where, fix = _ELSEWHERE.get(
            driver, ("keeps the history in an unknown place", "correct or unset HELM_DRIVER")
        )
        raise Usage("helm-driver", f"HELM_DRIVER={clean(driver, 20)} {where}", fix)
    return _DRIVERS[driver]


def labels(shell: Shell, place: Mapping[str, Any]) -> list[Label]:
    """Every revision in the namespace, newest first, from the table output, which carries no content. Raises the typed refusal."""
    command = kubectl(
        place,
        "get",
        kind(),
        "--selector=owner=helm",
        "--label-columns=name,version,status",
        "--no-headers",
    )
    answer = shell.ask(command)
    if answer.status:
        raise refusal(command, answer, place)
    rows = [line.split()[-3:] for line in answer.stdout.splitlines()]
    found = [
        Label(name, int(number), status)
        for name, number, status in (row for row in rows if len(row) == 3)
        if number.isdecimal()
    ]
    return sorted(found, key=lambda one: -one.number)


def revisions(
    shell: Shell, place: Mapping[str, Any], releases: Sequence[str]
) -> list[list[Stored]]:
    """For each release its revisions, newest first. Raises the typed refusal, Unreadable (helm-storage)."""
    base = f"/api/v1/namespaces/{place['namespace']}/{kind()}"
    lists = items(
        shell, place, *(f"{base}?labelSelector=owner%3Dhelm%2Cname%3D{name}" for name in releases)
    )
    return [sorted(map(_decoded, found), key=lambda one: -one.number) for found in lists]


def newest(shell: Shell, place: Mapping[str, Any], releases: Sequence[str]) -> list[Stored | None]:
    """For each release its newest revision. Raises the typed refusal, Unreadable (helm-storage)."""
    last: dict[str, int] = {}
    for one in labels(shell, place):
        last.setdefault(one.release, one.number)
    base = f"/api/v1/namespaces/{place['namespace']}/{kind()}"
    there = [name for name in releases if name in last]
    found = dict(
        zip(
            there,
            get(
                shell, place, *(f"{base}/sh.helm.release.v1.{name}.v{last[name]}" for name in there)
            ),
            strict=True,
        )
    )
    return [_decoded(found[name]) if name in found else None for name in releases]


def _decoded(raw: Mapping[str, Any]) -> Stored:
    try:
        data = base64.b64decode(raw["data"]["release"])
        if kind() == "secrets":  # the API encodes what Helm had encoded
            data = base64.b64decode(data)
        return _stored(
            msgspec.json.decode(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
        )
    except (KeyError, ValueError, OSError, EOFError) as error:
        message = f"{raw['metadata']['name']} does not hold a Helm release ({type(error).__name__})"
        raise Unreadable("helm-storage", message, "see whether `helm history` reads it") from None


def _stored(one: Mapping[str, Any]) -> Stored:
    info = one["info"]
    return Stored(
        one["version"],
        info["status"],
        info.get("description") or "",
        _time(info["last_deployed"]),
        (one.get("chart") or {}).get("metadata") or {},
        one.get("manifest") or "",
        one.get("hooks") or (),
        one.get("config") or {},
        one.get("apply_method") or "",
    )


def _time(text: str) -> str:
    """Go prints up to nine digits of a second, and the deployer's own zone."""
    moment = datetime.fromisoformat(re.sub(r"\.\d+", "", text).replace("Z", "+00:00"))
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
