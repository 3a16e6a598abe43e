"""Do this kubectl and this server understand each other? One minor version apart is what Kubernetes promises."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rollback.errors import Unreadable
from rollback.model import Command, Finding
from rollback.platforms.kubernetes.kubectl import kubectl

PATH = "/version"  # of the server
OLDEST = 20  # 1.20: `patch --patch-file`


def question(place: Mapping[str, Any]) -> Command:
    return kubectl(place, "version", "--client", "--output", "json", timeout=20)


def findings(
    client: Mapping[str, Any] | None, server: Mapping[str, Any] | None
) -> Iterator[Finding]:
    """Raises Unreadable (kubectl-too-old). What cannot be read says nothing: the dry run of the change tells more."""
    mine, theirs = minor((client or {}).get("clientVersion") or {}), minor(server or {})
    if mine is not None and mine < OLDEST:
        raise Unreadable(
            "kubectl-too-old",
            f"kubectl is 1.{mine}; it takes 1.{OLDEST} or newer",
            "install a kubectl of the cluster's version",
        )
    if mine is not None and theirs is not None and abs(mine - theirs) > 1:
        message = (
            f"kubectl is 1.{mine}, the cluster is 1.{theirs}: more than one apart is not supported"
        )
        yield Finding(
            "warning", "kubectl-skew", message, "install a kubectl of the cluster's version"
        )


def minor(version: Mapping[str, Any]) -> int | None:
    """Like v1.29.3-gke.100: the one field that every vendor fills."""
    found = re.match(r"v1\.(\d+)\.", str(version.get("gitVersion", "")))
    return int(found[1]) if found else None
