"""Version skew: Kubernetes supports a kubectl one minor version apart from the server."""

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
    """Report version skew. Raises Unreadable (kubectl-too-old).

    A version that cannot be read is not reported: the dry run shows more.
    """
    client_minor = minor((client or {}).get("clientVersion") or {})
    server_minor = minor(server or {})
    if client_minor is not None and client_minor < OLDEST:
        message = f"kubectl is 1.{client_minor}; 1.{OLDEST} or newer is required"
        raise Unreadable("kubectl-too-old", message, _INSTALL)
    if client_minor is None or server_minor is None:
        return
    if abs(client_minor - server_minor) > 1:
        message = (
            f"kubectl is 1.{client_minor}, the cluster is 1.{server_minor}:"
            " more than one minor version apart is not supported"
        )
        yield Finding("warning", "kubectl-skew", message, _INSTALL)


def minor(version: Mapping[str, Any]) -> int | None:
    """Return 29 for v1.29.3-gke.100: gitVersion is the one field that every vendor fills."""
    match = re.match(r"v1\.(\d+)\.", str(version.get("gitVersion", "")))
    return int(match[1]) if match else None
