"""How a program is started beside a Service of the cluster: in one of its pods."""

from __future__ import annotations

import re

from rollback.model import Command
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import find, kubectl
from rollback.shell import Shell

_HOST = re.compile(r"(?P<name>[a-z0-9-]+)(?:\.(?P<namespace>[a-z0-9-]+)(?:\.svc(?:\..+)?)?)?")


def exec_command(location: Location, host: str, shell: Shell) -> Command | None:
    """Return `kubectl exec -i service/NAME --` for a Service with pods; None for any other host."""
    match = _HOST.fullmatch(host)
    if match is None:
        return None
    there = Location(location.context, match["namespace"] or location.namespace)
    (service,) = find(
        shell, there, f"/api/v1/namespaces/{there.namespace}/services/{match['name']}"
    )
    if not service or not service["spec"].get("selector"):
        return None
    return kubectl(there, "exec", "-i", f"service/{match['name']}", "--")
