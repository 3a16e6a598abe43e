"""How a program is started on a host of the cluster's network: in a pod of its Service."""

from __future__ import annotations

from rollback.model import Command, Target
from rollback.platforms._cluster.exec import exec_command
from rollback.platforms.kubernetes.details import of
from rollback.shell import Shell


def database_client(target: Target, host: str, shell: Shell) -> Command | None:
    return exec_command(of(target), host, shell)
