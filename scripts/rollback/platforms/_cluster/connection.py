"""The cluster and namespace: from the kubeconfig as kubectl reads it, and proven by the cluster."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

import msgspec

from rollback.errors import Usage
from rollback.model import Command, Guard, Line
from rollback.platforms._cluster import proxy
from rollback.platforms._cluster.details import ClusterDetails, Location
from rollback.platforms._cluster.kubectl import VARIABLES, find, get, kubectl
from rollback.platforms._cluster.refusals import refusal
from rollback.shell import Shell

_POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_CLUSTER = "kube-system"  # its uid is made once and differs in every cluster


class ClusterSettings(Protocol):
    """The keys of every adapter that works in a cluster."""

    @property
    def context(self) -> str | None: ...
    @property
    def namespace(self) -> str | None: ...


def locate(settings: ClusterSettings, shell: Shell) -> Location:
    """Return context and namespace: from the settings, else from the kubeconfig.

    Raises Usage (context-missing, kubeconfig).
    """
    if not _has_kubeconfig() and os.environ.get("KUBERNETES_SERVICE_HOST"):
        return _inside_a_pod(settings, shell)
    proxy.start(shell, settings.context)
    context = _context(settings, shell)
    proxy.known_as(shell, settings.context, context["name"])
    namespace = settings.namespace or context["context"].get("namespace") or "default"
    return Location(context["name"], namespace)


def must_exist(shell: Shell, location: Location) -> None:
    """Raises Usage (namespace-missing).

    The API answers with an empty list for a namespace that does not exist.
    """
    if find(shell, location, f"/api/v1/namespaces/{location.namespace}")[0] is None:
        context = location.context or "(none)"
        message = (
            f"context {context}: namespace {location.namespace} does not exist,"
            " or you may not read it"
        )
        raise Usage("namespace-missing", message, "correct `namespace` in the settings")


def identity(shell: Shell, location: Location) -> tuple[str, str]:
    """Return (name of a namespace, its uid). Raises Unreadable (forbidden).

    That is kube-system, else the target namespace itself, which a narrow Role may allow.
    """
    (kube_system,) = find(shell, location, f"/api/v1/namespaces/{_CLUSTER}")
    if kube_system is not None:
        return _CLUSTER, kube_system["metadata"]["uid"]
    (target,) = get(shell, location, f"/api/v1/namespaces/{location.namespace}")
    return location.namespace, target["metadata"]["uid"]


def identity_guard(component: str, details: ClusterDetails) -> Guard:
    """Guard that this is still the cluster that the plan was made for."""
    name, uid = details.identity
    subject = f"the cluster of context {details.context or '(none)'} (uid of namespace {name})"
    look = kubectl(details, "get", "namespace", name, "--output", "jsonpath={.metadata.uid}")
    return Guard(f"{component}.cluster", subject, look, (Line(uid, uid),))


def _inside_a_pod(settings: ClusterSettings, shell: Shell) -> Location:
    """Without a kubeconfig kubectl uses the service account of its pod."""
    inside = _POD_NAMESPACE.read_text().strip() if _POD_NAMESPACE.exists() else "default"
    proxy.start(shell, None)
    return Location("", settings.namespace or inside)


def _context(settings: ClusterSettings, shell: Shell) -> dict[str, Any]:
    chosen = ("--context", settings.context) if settings.context else ()
    words = ("config", "view", "--minify", "--output", "json")
    command = Command(("kubectl", *chosen, *words), 30, VARIABLES)
    answer = shell.ask(command)
    location = Location(settings.context or "", settings.namespace or "default")
    if answer.status:
        raise refusal(command, answer, location)
    try:
        config = msgspec.json.decode(answer.stdout, type=dict[str, Any])
    except msgspec.DecodeError as error:  # another program of that name, or a wrapper that talks
        raise refusal(command, answer, location) from error
    if not config.get("contexts"):
        fix = "set `context` in the settings, or `kubectl config use-context`"
        raise Usage("context-missing", "the kubeconfig has no current context", fix)
    return config["contexts"][0]  # type: ignore[no-any-return]


def _has_kubeconfig() -> bool:
    return bool(os.environ.get("KUBECONFIG")) or Path.home().joinpath(".kube/config").exists()
