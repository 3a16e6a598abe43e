"""The helm client: version, variables, and whether it connects to the same cluster as kubectl."""

from __future__ import annotations

import os
import re

from rollback.errors import Unreadable, Usage
from rollback.model import Command
from rollback.platforms._cluster.kubectl import VARIABLES as KUBECTL_VARIABLES
from rollback.shell import Shell, last_line

_KNOWN = (
    "HELM_DRIVER",
    "HELM_CONFIG_HOME",
    "HELM_CACHE_HOME",
    "HELM_DATA_HOME",
    "HELM_PLUGINS",
    "HELM_BURST_LIMIT",
    "HELM_QPS",
)
# with one of these helm may connect elsewhere than kubectl
_CONNECTION = (
    "HELM_KUBEAPISERVER",
    "HELM_KUBETOKEN",
    "HELM_KUBEASUSER",
    "HELM_KUBEASGROUPS",
    "HELM_KUBECAFILE",
    "HELM_KUBETLS_SERVER_NAME",
)
VARIABLES = (*KUBECTL_VARIABLES, *(name for name in _KNOWN if name in os.environ))
VERSION = Command(("helm", "version", "--template", "{{.Version}}"), 30, VARIABLES)


def version(shell: Shell) -> str:
    """Return the version, e.g. v3.19.0.

    Raises Unreadable (tool-missing, helm-version), Usage (helm-elsewhere).
    """
    _refuse_other_connection()
    answer = shell.ask(VERSION)
    printed = answer.stdout.strip()
    if answer.status or not re.fullmatch(r"v[34](\.\d+)+\S*", printed):
        output = printed or last_line(answer.stderr)
        message = f"helm is not version 3 or 4: {output[:80]}"
        raise Unreadable("helm-version", message, "put Helm 3 or 4 on PATH")
    return printed


def _refuse_other_connection() -> None:
    name = next((name for name in _CONNECTION if os.environ.get(name)), None)
    if name:
        message = (
            f"{name} is set: helm would not use the connection of kubectl, and nothing could be "
            "proven"
        )
        fix = f"unset {name} and put it into a context of the kubeconfig"
        raise Usage("helm-elsewhere", message, fix)
