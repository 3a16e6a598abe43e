"""What Helm has stored of its releases: a Secret (or ConfigMap) for each revision.

Values stay in memory.
"""

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
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import get, items, kubectl
from rollback.platforms._cluster.refusals import refusal
from rollback.shell import Shell
from rollback.text import clean

_RESOURCES = {
    "": "secrets",
    "secret": "secrets",
    "secrets": "secrets",
    "configmap": "configmaps",
    "configmaps": "configmaps",
}
_UNREADABLE_DRIVERS = {
    "sql": (
        "keeps the history in a database, which is not read here",
        "roll back with helm itself: helm history RELEASE, then helm rollback",
    ),
    "memory": (
        "keeps no history: there is no revision to roll back to",
        "unset HELM_DRIVER if the releases were deployed without it",
    ),
}
_UNKNOWN_DRIVER = ("is not a storage driver of Helm", "correct or unset HELM_DRIVER")
_GZIP = b"\x1f\x8b"


class Label(Struct, frozen=True):
    """A revision as its labels describe it."""

    release: str
    number: int
    status: str


class Revision(Struct, frozen=True):
    """A revision of a release.

    `hooks` and `config` as Helm stored them; `deployed_at` UTC, ISO 8601 with Z.
    """

    number: int
    status: str
    description: str
    deployed_at: str
    chart: Mapping[str, Any]
    manifest: str
    hooks: Sequence[Mapping[str, Any]] = ()
    config: Mapping[str, Any] = {}
    apply_method: str = ""

    @property
    def hook_events(self) -> Sequence[str]:
        """The events of all its hooks, e.g. "pre-rollback", one for each time a hook runs."""
        return [event for hook in self.hooks for event in hook.get("events") or ()]


def resource() -> str:
    """Return the resource that holds the revisions. Raises Usage (helm-driver)."""
    driver = os.environ.get("HELM_DRIVER", "").lower()
    if driver not in _RESOURCES:
        problem, fix = _UNREADABLE_DRIVERS.get(driver, _UNKNOWN_DRIVER)
        raise Usage("helm-driver", f"HELM_DRIVER={clean(driver, 20)} {problem}", fix)
    return _RESOURCES[driver]


def labels(shell: Shell, location: Location) -> list[Label]:
    """List every revision in the namespace, newest first, without its content.

    Raises the typed refusal.
    """
    columns = ("--label-columns=name,version,status", "--no-headers")
    command = kubectl(location, "get", resource(), "--selector=owner=helm", *columns)
    answer = shell.ask(command)
    if answer.status:
        raise refusal(command, answer, location)
    rows = [line.split()[-3:] for line in answer.stdout.splitlines()]
    labels = [
        Label(name, int(number), status)
        for name, number, status in (row for row in rows if len(row) == 3)
        if number.isdecimal()
    ]
    return sorted(labels, key=lambda label: -label.number)


def revisions(shell: Shell, location: Location, releases: Sequence[str]) -> list[list[Revision]]:
    """Read for each release its revisions, newest first.

    Raises the typed refusal, Unreadable (helm-storage).
    """
    paths = [f"{_base(location)}?labelSelector=owner%3Dhelm%2Cname%3D{name}" for name in releases]
    lists = items(shell, location, *paths)
    return [sorted(map(decode, stored), key=lambda revision: -revision.number) for stored in lists]


def newest(shell: Shell, location: Location, releases: Sequence[str]) -> list[Revision | None]:
    """Read for each release its newest revision.

    Raises the typed refusal, Unreadable (helm-storage).
    """
    numbers: dict[str, int] = {}
    for label in labels(shell, location):
        numbers.setdefault(label.release, label.number)
    names = [name for name in releases if name in numbers]
    paths = [f"{_base(location)}/sh.helm.release.v1.{name}.v{numbers[name]}" for name in names]
    stored = dict(zip(names, get(shell, location, *paths), strict=True))
    return [decode(stored[name]) if name in stored else None for name in releases]


def decode(raw: Mapping[str, Any]) -> Revision:
    """Read the revision in a Secret or ConfigMap of Helm. Raises Unreadable (helm-storage)."""
    try:
        data = base64.b64decode(raw["data"]["release"])
        if resource() == "secrets":  # the API encodes what Helm had already encoded
            data = base64.b64decode(data)
        text = gzip.decompress(data) if data[:2] == _GZIP else data
        return _revision(msgspec.json.decode(text))
    except (KeyError, ValueError, OSError, EOFError) as error:
        message = f"{raw['metadata']['name']} does not hold a Helm release ({type(error).__name__})"
        raise Unreadable("helm-storage", message, "check that `helm history` can read it") from None


def _base(location: Location) -> str:
    return f"/api/v1/namespaces/{location.namespace}/{resource()}"


def _revision(release: Mapping[str, Any]) -> Revision:
    info = release["info"]
    return Revision(
        release["version"],
        info["status"],
        info.get("description") or "",
        _time(info["last_deployed"]),
        (release.get("chart") or {}).get("metadata") or {},
        release.get("manifest") or "",
        release.get("hooks") or (),
        release.get("config") or {},
        release.get("apply_method") or "",
    )


def _time(text: str) -> str:
    """Go prints up to nine digits of a second, in the deployer's time zone."""
    without_fraction = re.sub(r"\.\d+", "", text).replace("Z", "+00:00")
    moment = datetime.fromisoformat(without_fraction).astimezone(timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
