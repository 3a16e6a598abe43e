"""Which cluster and namespace: the user's kubeconfig as kubectl reads it, and an identity that the cluster itself tells."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from rollback.errors import Usage
from rollback.model import Command
from rollback.platforms.kubernetes import lane
from rollback.platforms.kubernetes.kubectl import VARIABLES, find, get, kubectl
from rollback.platforms.kubernetes.refusals import refusal
from rollback.settings.model import EnvironmentSettings
from rollback.shell import Shell

_POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_CLUSTER = (
    "kube-system"  # its uid is the cluster's own: made once, never the same in another cluster
)


def place(settings: EnvironmentSettings, shell: Shell) -> dict[str, Any]:
    """Context and namespace from the settings, else the kubeconfig's. Raises Usage (context-missing, kubeconfig)."""
    if not _has_kubeconfig() and os.environ.get(
        "KUBERNETES_SERVICE_HOST"
    ):  # inside a pod kubectl uses its service account
        inside = _POD_NAMESPACE.read_text().strip() if _POD_NAMESPACE.exists() else "default"
        lane.start(shell, None)
        return {"context": "", "namespace": settings.namespace or inside}
    lane.start(shell, settings.context)
    chosen = ("--context", settings.context) if settings.context else ()
    command = Command(
        ("kubectl", *chosen, "config", "view", "--minify", "--output", "json"), 30, VARIABLES
    )
    answer = shell.ask(command)
    if answer.status:
        raise refusal(
            command,
            answer,
            {"context": settings.context, "namespace": settings.namespace or "default"},
        )
    try:
        contexts = msgspec.json.decode(answer.stdout, type=dict[str, Any]).get("contexts") or []
    except msgspec.DecodeError as error:  # some other program of that name, or a wrapper that talks
        raise refusal(
            command,
            answer,
            {"context": settings.context, "namespace": settings.namespace or "default"},
        ) from error
    if not contexts:
        raise Usage(
            "context-missing",
            "the kubeconfig names no current context",
            "set `context` in the settings, or `kubectl config use-context`",
        )
    lane.known_as(shell, settings.context, contexts[0]["name"])
    return {
        "context": contexts[0]["name"],
        "namespace": settings.namespace or contexts[0]["context"].get("namespace") or "default",
    }


def identity(shell: Shell, where: Mapping[str, Any]) -> tuple[str, str]:
    """(namespace object, its uid): kube-system, else the target namespace itself, which a narrow Role may allow. Raises Unreadable (forbidden)."""
    candidates = (_CLUSTER, where["namespace"])
    found = find(shell, where, f"/api/v1/namespaces/{_CLUSTER}")
    if found[0] is None:
        found += get(shell, where, f"/api/v1/namespaces/{where['namespace']}")
    return next(
        (name, one["metadata"]["uid"]) for name, one in zip(candidates, found, strict=False) if one
    )


def identity_command(details: Mapping[str, Any]) -> Command:
    return kubectl(
        details, "get", "namespace", details["identity"][0], "--output", "jsonpath={.metadata.uid}"
    )


def _has_kubeconfig() -> bool:
    return bool(os.environ.get("KUBECONFIG")) or Path.home().joinpath(".kube/config").exists()
