"""Will it stick? Whoever manages the object from above would undo the undo: named, with the exact way around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from rollback.model import Finding, Move
from rollback.platforms.kubernetes.kubectl import find
from rollback.platforms.kubernetes.workloads import Workload
from rollback.shell import Shell


class Owner(Struct, frozen=True):
    """Somebody above a workload. `path` of the object that tells whether it is suspended, empty where none can be read."""

    code: str
    what: str
    fix: str
    path: str = ""


def findings(moves: Sequence[Move], shell: Shell, groups: frozenset[str]) -> Iterator[Finding]:
    """`groups`: API groups that this cluster serves."""
    place = moves[0].target.details
    named = [(move.current.facts["workload"], owner) for move in moves for owner in marks(move.current.facts["workload"], place)]
    paths = list(dict.fromkeys(owner.path for _, owner in named if owner.path))
    objects = dict(zip(paths, find(shell, place, *paths), strict=True)) if paths else {}
    for workload, owner in named:
        yield from _verdict(workload, owner, objects.get(owner.path))
    yield from _above(moves, shell, groups)


def marks(workload: Workload, place: Mapping[str, Any]) -> Iterator[Owner]:
    """Owners that leave a label, an annotation or a reference on the object itself."""
    labels, annotations = workload.meta.get("labels") or {}, workload.meta.get("annotations") or {}
    yield from _helm(labels, annotations, place)
    yield from _argo(labels, annotations)
    yield from _flux(labels)
    for owner in workload.meta.get("ownerReferences") or ():
        what = f"{owner['kind']} {owner['name']}"
        yield Owner("owner-operator", f"{what} ({owner['apiVersion']})", f"change the {what} instead: it writes this {workload.kind} again")


def _helm(labels: Mapping[str, str], annotations: Mapping[str, str], place: Mapping[str, Any]) -> Iterator[Owner]:
    release = annotations.get("meta.helm.sh/release-name")
    if release and (labels.get("app.kubernetes.io/managed-by") == "Helm" or "meta.helm.sh/release-namespace" in annotations):
        namespace = annotations.get("meta.helm.sh/release-namespace", place["namespace"])
        by_hand = f"helm -n {namespace} history {release}; helm -n {namespace} rollback {release} <revision> --wait"
        fix = f"go back with Helm itself: {by_hand}"
        yield Owner("owner-helm", f"Helm release {release}", fix)


def _argo(labels: Mapping[str, str], annotations: Mapping[str, str]) -> Iterator[Owner]:
    # app.kubernetes.io/instance alone says nothing: ordinary charts set it too
    app = annotations.get("argocd.argoproj.io/tracking-id", "").partition(":")[0] or labels.get("argocd.argoproj.io/instance")
    if app:
        namespace, _, name = app.rpartition("_")
        fix = (
            f"argocd app set {name} --sync-policy none; then plan again; afterwards revert the commit in git and"
            f" argocd app set {name} --sync-policy automated"
            " (a parent app of apps may switch it on again: suspend that first)"
        )
        yield Owner(
            "owner-argocd", f"Argo CD application {name}", fix, f"/apis/argoproj.io/v1alpha1/namespaces/{namespace or 'argocd'}/applications/{name}"
        )


def _flux(labels: Mapping[str, str]) -> Iterator[Owner]:
    for group, kind, word in (("kustomize", "kustomizations", "kustomization"), ("helm", "helmreleases", "helmrelease")):
        name, namespace = (labels.get(f"{group}.toolkit.fluxcd.io/{key}") for key in ("name", "namespace"))
        if name and namespace:
            version = "v1" if group == "kustomize" else "v2"
            then = "then plan again" if group == "kustomize" else "then go back with `helm rollback RELEASE REVISION --wait`"
            fix = (
                f"flux suspend {word} {name} -n {namespace}; {then}; afterwards revert the commit in git and flux resume {word} {name} -n {namespace}"
            )
            path = f"/apis/{group}.toolkit.fluxcd.io/{version}/namespaces/{namespace}/{kind}/{name}"
            yield Owner(f"owner-flux-{word}", f"Flux {word} {namespace}/{name}", fix, path)


def _verdict(workload: Workload, owner: Owner, found: Mapping[str, Any] | None) -> Iterator[Finding]:
    if found and _suspended(owner, found):
        message = f"{workload.key} belongs to {owner.what}, which is suspended now"
        yield Finding(
            "warning", f"{owner.code}-suspended", message, f"once resumed it brings the present release back: revert git first. {owner.fix}"
        )
    else:
        yield Finding("blocker", owner.code, f"{workload.key} belongs to {owner.what}, which would undo this rollback", owner.fix)


def _suspended(owner: Owner, found: Mapping[str, Any]) -> bool:
    spec = found.get("spec") or {}
    if owner.code == "owner-argocd":
        automated = (spec.get("syncPolicy") or {}).get("automated")
        return automated is None or automated.get("enabled") is False
    return bool(spec.get("suspend"))


def _above(moves: Sequence[Move], shell: Shell, groups: frozenset[str]) -> Iterator[Finding]:
    """Owners that name the workload from outside: asked for only where the cluster knows their kind."""
    place = moves[0].target.details
    kinds = (("argoproj.io", "v1alpha1", "rollouts"), ("flagger.app", "v1beta1", "canaries"))
    asked = [kind for kind in kinds if kind[0] in groups]
    lists = find(shell, place, *(f"/apis/{group}/{version}/namespaces/{place['namespace']}/{plural}" for group, version, plural in asked))
    workloads = {(move.target.details["kind"], move.target.details["name"]) for move in moves}
    for (_, _, plural), found in zip(asked, lists, strict=True):
        for one in (found or {}).get("items") or ():
            about = (one["spec"].get("workloadRef") if plural == "rollouts" else one["spec"].get("targetRef")) or {}
            if (about.get("kind", "").lower(), about.get("name")) in workloads:
                yield _named_from_outside(plural, one, f"{about['kind'].lower()}/{about['name']}", place["namespace"])


def _named_from_outside(plural: str, one: Mapping[str, Any], key: str, namespace: str) -> Finding:
    name = one["metadata"]["name"]
    if plural == "rollouts":
        argo = f"kubectl argo rollouts -n {namespace}"
        fix = f"in flight: {argo} abort {name}; after promotion: {argo} undo {name} --to-revision=<n>"
        return Finding("blocker", "owner-argo-rollouts", f"{key} is run by Rollout {name} (Argo Rollouts)", fix)
    fix = f"roll back git (or the release) that {name} follows: an undo by hand starts a new canary analysis"
    return Finding("blocker", "owner-flagger", f"{key} is the target of Canary {name} (Flagger)", fix)
