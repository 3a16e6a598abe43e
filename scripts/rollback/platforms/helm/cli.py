"""How helm is called: which version it is, and whether it looks at the same cluster as kubectl."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from rollback.errors import Unreadable, Usage
from rollback.model import Command
from rollback.platforms.kubernetes.kubectl import VARIABLES as KUBECTL_VARIABLES
from rollback.shell import Shell, last_line

_OWN = (
    "HELM_DRIVER",
    "HELM_CONFIG_HOME",
    "HELM_CACHE_HOME",
    "HELM_DATA_HOME",
    "HELM_PLUGINS",
    "HELM_BURST_LIMIT",
    "HELM_QPS",
)
_ELSEWHERE = (
    "HELM_KUBEAPISERVER",
    "HELM_KUBETOKEN",
    "HELM_KUBEASUSER",
    "HELM_KUBEASGROUPS",
    "HELM_KUBECAFILE",
    "HELM_KUBETLS_SERVER_NAME",
)
VARIABLES = (*KUBECTL_VARIABLES, *(name for name in _OWN if name in os.environ))
VERSION = Command(("helm", "version", "--template", "{{.Version}}"), 30, VARIABLES)


def version(shell: Shell) -> str:
    """Like v3.19.0. Raises Unreadable (tool-missing, helm-version), Usage (helm-elsewhere)."""
    if other := next((name for name in _ELSEWHERE if os.environ.get(name)), None):
        message = f"{other} is set: helm would use another connection than kubectl, and nothing could be proven"
        raise Usage(
            "helm-elsewhere", message, f"unset {other} and put it into a context of the kubeconfig"
        )
    answer = shell.ask(VERSION)
    found = answer.stdout.strip()
    if answer.status or not re.fullmatch(r"v[34](\.\d+)+\S*", found):
        said = found or last_line(answer.stderr)
        raise Unreadable(
            "helm-version", f"helm is not a version 3 or 4: {said[:80]}", "put Helm 3 or 4 on PATH"
        )
    return found


def helm(place: Mapping[str, Any], *args: str, timeout: float = 60) -> Command:
    """`place` names context and namespace, as for kubectl."""
    context = ("--kube-context", place["context"]) if place["context"] else ()
    return Command(("helm", *context, "--namespace", place["namespace"], *args), timeout, VARIABLES)
