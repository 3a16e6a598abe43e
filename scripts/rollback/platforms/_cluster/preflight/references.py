"""What a pod template names has to exist: by name and key, never by content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from rollback.model import Finding


class Reference(Struct, frozen=True):
    """An object that a template names; `key` where it needs one key of it.

    `for_pulling`: the kubelet starts the pod without it, and pulls the image without a login.
    """

    kind: str
    name: str
    key: str | None = None
    for_pulling: bool = False


def references(template: Mapping[str, Any]) -> list[Reference]:
    """What must exist before a pod of this template can start; optional references are left out."""
    spec = template.get("spec") or {}
    return list(dict.fromkeys([*_of_containers(spec), *_of_volumes(spec), *_of_pod(spec)]))


def pull_secret_missing(release: str, reference: Reference) -> Finding:
    """`release`: "revision 2 of deployment/shop"."""
    message = (
        f"{release} pulls its images with Secret {reference.name}, which does not exist:"
        " a node that has them starts it, any other may not pull them"
    )
    return Finding("warning", "pull-secret-missing", message, "restore it")


def _of_containers(spec: Mapping[str, Any]) -> Iterator[Reference]:
    for part in ("initContainers", "containers"):
        for container in spec.get(part) or ():
            for source in container.get("envFrom") or ():
                yield from _required("ConfigMap", source.get("configMapRef"))
                yield from _required("Secret", source.get("secretRef"))
            for variable in container.get("env") or ():
                value = variable.get("valueFrom") or {}
                yield from _required("ConfigMap", value.get("configMapKeyRef"))
                yield from _required("Secret", value.get("secretKeyRef"))


def _of_volumes(spec: Mapping[str, Any]) -> Iterator[Reference]:
    for volume in spec.get("volumes") or ():
        if claim := (volume.get("persistentVolumeClaim") or {}).get("claimName"):
            yield Reference("PersistentVolumeClaim", claim)
        if secret := volume.get("secret"):
            yield from _required("Secret", {**secret, "name": secret.get("secretName")})
        yield from _required("ConfigMap", volume.get("configMap"))
        for source in (volume.get("projected") or {}).get("sources") or ():
            yield from _required("ConfigMap", source.get("configMap"))
            yield from _required("Secret", source.get("secret"))


def _of_pod(spec: Mapping[str, Any]) -> Iterator[Reference]:
    for secret in spec.get("imagePullSecrets") or ():
        if secret.get("name"):
            yield Reference("Secret", secret["name"], for_pulling=True)
    yield Reference("ServiceAccount", spec.get("serviceAccountName") or "default")
    if spec.get("priorityClassName"):
        yield Reference("PriorityClass", spec["priorityClassName"])


def _required(kind: str, reference: Mapping[str, Any] | None) -> Iterator[Reference]:
    if reference and reference.get("name") and not reference.get("optional"):
        yield Reference(kind, reference["name"], reference.get("key"))
        for item in reference.get("items") or ():
            yield Reference(kind, reference["name"], item["key"])
