"""Do this kubectl and this server understand each other? One minor version apart is what Kubernetes promises."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rollback.errors import Unreadable
from rollback.model import Command, Finding
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import kubectl

PATH = "/version"  # of the server
OLDEST = 20  # 1.20: `patch --patch-file`
_INSTALL = "install a kubectl of the cluster's version"


def question(location: Location) -> Command:
    return kubectl(location, "version", "--client", "--output", "json", timeout=20)


def findings(
    client: Mapping[str, Any] | None, server: Mapping[str, Any] | None
) -> Iterator[Finding]:
    """Raises Unreadable (kubectl-too-old). What cannot be read says nothing: the dry run of the change says more."""
    ours, theirs = minor((client or {}).get("clientVersion") or {}), minor(server or {})
    if ours is not None and ours < OLDEST:
        message = f"kubectl is 1.{ours}; it takes 1.{OLDEST} or newer"
        raise Unreadable("kubectl-too-old", message, _INSTALL)
    if ours is not None and theirs is not None and abs(ours - theirs) > 1:
        message = f"kubectl is 1.{ours}, the cluster is 1.{theirs}: more than one minor version apart is not supported"
        yield Finding("warning", "kubectl-skew", message, _INSTALL)


def minor(version: Mapping[str, Any]) -> int | None:
    """Of a version like v1.29.3-gke.100: the one field that every vendor fills."""
    found = re.match(r"v1\.(\d+)\.", str(version.get("gitVersion", "")))
    return int(found[1]) if found else None
