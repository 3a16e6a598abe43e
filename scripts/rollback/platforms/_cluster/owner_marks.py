"""Marks of owners: labels, annotations and references by Helm, Argo CD, Flux and operators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

ARGO, FLUX, SET = "owner-argocd", "owner-flux-", "owner-argocd-set"
_FLUX_KINDS = (("kustomize", "kustomization", "v1"), ("helm", "helmrelease", "v2"))


class Owner(Struct, frozen=True):
    """`code` and `fix` of its finding.

    `resource` and the fields below it name the object that can be suspended; empty without one.
    """

    code: str
    what: str
    fix: str
    resource: str = ""
    namespace: str = ""
    name: str = ""
    version: str = "v1"
    guessed: bool = False  # `namespace` is only where such objects usually are

    @property
    def path(self) -> str:
        if not self.resource:
            return ""
        plural, _, group = self.resource.partition(".")
        return f"/apis/{group}/{self.version}/namespaces/{self.namespace}/{plural}/{self.name}"


def owners(kind: str, meta: Mapping[str, Any], namespace: str) -> Iterator[Owner]:
    """Return the owners of the object with this kind and metadata."""
    labels, annotations = meta.get("labels") or {}, meta.get("annotations") or {}
    yield from _helm(labels, annotations, namespace)
    yield from _argo(labels, annotations)
    yield from _flux(labels, annotations)
    for reference in meta.get("ownerReferences") or ():
        yield _reference(kind, reference, namespace)


def application(name: str) -> str:
    return f"Argo CD application {name}"


def _helm(
    labels: Mapping[str, str], annotations: Mapping[str, str], default: str
) -> Iterator[Owner]:
    release = annotations.get("meta.helm.sh/release-name")
    managed = labels.get("app.kubernetes.io/managed-by") == "Helm"
    if release and (managed or "meta.helm.sh/release-namespace" in annotations):
        namespace = annotations.get("meta.helm.sh/release-namespace", default)
        helm = f"helm -n {namespace}"
        by_hand = f"{helm} history {release}; {helm} rollback {release} <revision> --wait"
        fix = f"plan it as a release (platform: helm in the settings), or by hand: {by_hand}"
        yield Owner("owner-helm", f"Helm release {release}", fix)


def _argo(labels: Mapping[str, str], annotations: Mapping[str, str]) -> Iterator[Owner]:
    # app.kubernetes.io/instance alone proves nothing: ordinary charts set it too
    tracked = annotations.get("argocd.argoproj.io/tracking-id", "").partition(":")[0]
    app = tracked or labels.get("argocd.argoproj.io/instance")
    if not app:
        return
    namespace, _, name = app.rpartition("_")
    sync = f"argocd app set {name} --sync-policy"
    yield Owner(
        ARGO,
        application(name),
        f"{sync} none; plan again; afterwards revert git, then {sync} automated",
        "applications.argoproj.io",
        namespace or "argocd",
        name,
        "v1alpha1",
        not namespace,
    )


def _flux(labels: Mapping[str, str], annotations: Mapping[str, str]) -> Iterator[Owner]:
    for group, kind, version in _FLUX_KINDS:
        domain = f"{group}.toolkit.fluxcd.io"
        name, namespace = labels.get(f"{domain}/name"), labels.get(f"{domain}/namespace")
        if name and namespace and annotations.get(f"{domain}/reconcile") != "disabled":
            yield Owner(
                f"{FLUX}{kind}",
                f"Flux {kind} {namespace}/{name}",
                _flux_fix(group, f"{kind} {name} -n {namespace}"),
                f"{kind}s.{domain}",
                namespace,
                name,
                version,
            )


def _flux_fix(group: str, what: str) -> str:
    by_hand = "roll back with `helm rollback RELEASE REVISION --wait`"
    then = "plan again" if group == "kustomize" else by_hand
    return f"flux suspend {what}; {then}; afterwards revert git, then flux resume {what}"


def _reference(kind: str, reference: Mapping[str, Any], namespace: str) -> Owner:
    if reference["kind"] == "ApplicationSet":
        return _application_set(reference["name"], namespace)
    what = f"{reference['kind']} {reference['name']}"
    fix = f"change the {what} instead: it would overwrite this {kind}"
    return Owner("owner-operator", f"{what} ({reference['apiVersion']})", fix)


def _application_set(name: str, namespace: str) -> Owner:
    patch = '{"spec":{"syncPolicy":{"applicationsSync":"create-only"}}}'
    by_hand = f"kubectl -n {namespace} patch applicationset {name} --type=merge --patch='{patch}'"
    return Owner(
        SET,
        f"Argo CD ApplicationSet {name}",
        f"{by_hand}; plan again; once git is reverted, restore its previous policy",
        "applicationsets.argoproj.io",
        namespace,
        name,
        "v1alpha1",
    )
