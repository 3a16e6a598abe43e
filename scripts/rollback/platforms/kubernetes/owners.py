"""Who manages an object from above: Helm, Argo CD, Flux, an operator; read from the marks they leave, up to the owner's own owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from rollback.platforms.kubernetes.kubectl import find
from rollback.shell import Shell

if TYPE_CHECKING:
    from rollback.platforms.kubernetes.workloads import Workload

DEPTH = 4  # an app of apps of apps is rare
ARGO, FLUX = "owner-argocd", "owner-flux-"
SET = "owner-argocd-set"
_GENERATED = (
    "create-only",
    "create-delete",
)  # with these an ApplicationSet leaves its applications as they are
_SYNC = {
    "/spec/syncPolicy",
    "/spec/syncPolicy/automated",
    ".spec.syncPolicy",
    ".spec.syncPolicy.automated",
}


class Owner(Struct, frozen=True):
    """Somebody above an object. `resource` and what follows name the object that says whether it is suspended; empty where there is none."""

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
        plural, _, group = self.resource.partition(".")
        return (
            f"/apis/{group}/{self.version}/namespaces/{self.namespace}/{plural}/{self.name}"
            if self.resource
            else ""
        )


class Link(Struct, frozen=True):
    """`root` (kind/name of a workload) belongs to `owner` through `below`; `found` is the owner's object, None where it cannot be read."""

    root: str
    below: str
    owner: Owner
    found: Mapping[str, Any] | None = None

    @property
    def suspended(self) -> bool:
        spec = (self.found or {}).get("spec") or {}
        policy = spec.get("syncPolicy") or {}
        if self.owner.code == ARGO:
            return bool(self.found) and (
                policy.get("automated") is None or policy["automated"].get("enabled") is False
            )
        return bool(spec.get("suspend")) or policy.get("applicationsSync") in _GENERATED

    @property
    def busy(self) -> bool:
        """It is bringing something out right now, which it goes on with when it is suspended."""
        status = (self.found or {}).get("status") or {}
        reconciling = any(
            one["type"] == "Reconciling" and one["status"] == "True"
            for one in status.get("conditions") or ()
            if "status" in one
        )
        return reconciling or (status.get("operationState") or {}).get("phase") in (
            "Running",
            "Terminating",
        )

    @property
    def lenient(self) -> bool:
        """An ApplicationSet that was told to leave how its application is synced to others."""
        rules = ((self.found or {}).get("spec") or {}).get("ignoreApplicationDifferences") or ()
        mine = (
            rule
            for rule in rules
            if not rule.get("name") or self.below == _application(rule["name"])
        )
        return any(
            _SYNC & {*(rule.get("jsonPointers") or ()), *(rule.get("jqPathExpressions") or ())}
            for rule in mine
        )


def chain(shell: Shell, place: Mapping[str, Any], workloads: Sequence[Workload]) -> list[Link]:
    """The nearest owners first, then theirs, which may write again what is suspended below them."""
    level = [
        Link(one.key, one.key, owner)
        for one in workloads
        for owner in marks(one.kind, one.meta, place["namespace"])
    ]
    known: list[Link] = []
    for _ in range(DEPTH):
        read = [
            link
            for link in _read(shell, place, level)
            if all((link.owner, link.root) != (other.owner, other.root) for other in known)
        ]
        known += [link for link in read if not link.lenient]
        level = [
            Link(link.root, link.owner.what, owner) for link in read for owner in _parents(link)
        ]
    return known


def _read(shell: Shell, place: Mapping[str, Any], level: Sequence[Link]) -> list[Link]:
    paths = list(dict.fromkeys(link.owner.path for link in level if link.owner.path))
    found = dict(zip(paths, find(shell, place, *paths), strict=True)) if paths else {}
    lost = any(link.owner.guessed and found[link.owner.path] is None for link in level)
    elsewhere = _elsewhere(shell, place) if lost else {}
    return [Link(link.root, link.below, *_at(link.owner, found, elsewhere)) for link in level]


def _elsewhere(shell: Shell, place: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Applications of all namespaces by name, where it can only be that one: the one of its name, or the one of them that deploys to here."""
    (everywhere,) = find(shell, place, "/apis/argoproj.io/v1alpha1/applications")
    named: dict[str, list[dict[str, Any]]] = {}
    for one in (everywhere or {}).get("items") or ():
        named.setdefault(one["metadata"]["name"], []).append({"kind": "Application", **one})
    here = {
        name: [
            one
            for one in some
            if one["spec"].get("destination", {}).get("namespace") == place["namespace"]
        ]
        for name, some in named.items()
    }
    return {
        name: (here[name] or some)[0]
        for name, some in named.items()
        if len(here[name] or some) == 1
    }


def _at(
    owner: Owner, found: Mapping[str, Any], elsewhere: Mapping[str, Mapping[str, Any]]
) -> tuple[Owner, Mapping[str, Any] | None]:
    if owner.guessed and found[owner.path] is None and (one := elsewhere.get(owner.name)):
        return replace(owner, namespace=one["metadata"]["namespace"], guessed=False), one
    return owner, found.get(owner.path)


def marks(kind: str, meta: Mapping[str, Any], namespace: str) -> Iterator[Owner]:
    """Owners that leave a label, an annotation or a reference on the object itself."""
    labels, annotations = meta.get("labels") or {}, meta.get("annotations") or {}
    yield from _helm(labels, annotations, namespace)
    yield from _argo(labels, annotations)
    yield from _flux(labels, annotations)
    for owner in meta.get("ownerReferences") or ():
        yield _reference(kind, owner, namespace)


def _parents(link: Link) -> Iterator[Owner]:
    """A parent application switches the sync of its children on again; Flux's leave `suspend` alone unless what they apply declares it."""
    found = link.found or {}
    meta = found.get("metadata") or {}
    if link.owner.code == ARGO or (link.owner.code.startswith(FLUX) and _declares_suspend(meta)):
        yield from marks(found.get("kind", "").lower(), meta, link.owner.namespace)


def _declares_suspend(meta: Mapping[str, Any]) -> bool:
    """Somebody else than `flux suspend` and `flux resume` has set it."""
    managers = (one for one in meta.get("managedFields") or () if one.get("manager") != "flux")
    return any("f:suspend" in ((one.get("fieldsV1") or {}).get("f:spec") or {}) for one in managers)


def _helm(labels: Mapping[str, str], annotations: Mapping[str, str], own: str) -> Iterator[Owner]:
    release = annotations.get("meta.helm.sh/release-name")
    if release and (
        labels.get("app.kubernetes.io/managed-by") == "Helm"
        or "meta.helm.sh/release-namespace" in annotations
    ):
        namespace = annotations.get("meta.helm.sh/release-namespace", own)
        by_hand = f"helm -n {namespace} history {release}; helm -n {namespace} rollback {release} <revision> --wait"
        yield Owner(
            "owner-helm",
            f"Helm release {release}",
            f"plan it as a release (platform: helm in the settings), or by hand: {by_hand}",
        )


def _argo(labels: Mapping[str, str], annotations: Mapping[str, str]) -> Iterator[Owner]:
    # app.kubernetes.io/instance alone says nothing: ordinary charts set it too
    app = annotations.get("argocd.argoproj.io/tracking-id", "").partition(":")[0] or labels.get(
        "argocd.argoproj.io/instance"
    )
    if app:
        namespace, _, name = app.rpartition("_")
        sync = f"argocd app set {name} --sync-policy"
        fix = f"{sync} none; plan again; afterwards revert git, then {sync} automated"
        yield Owner(
            ARGO,
            _application(name),
            fix,
            "applications.argoproj.io",
            namespace or "argocd",
            name,
            "v1alpha1",
            not namespace,
        )


def _application(name: str) -> str:
    return f"Argo CD application {name}"


def _flux(labels: Mapping[str, str], annotations: Mapping[str, str]) -> Iterator[Owner]:
    for group, word, version in (
        ("kustomize", "kustomization", "v1"),
        ("helm", "helmrelease", "v2"),
    ):
        domain = f"{group}.toolkit.fluxcd.io"
        name, namespace = labels.get(f"{domain}/name"), labels.get(f"{domain}/namespace")
        if name and namespace and annotations.get(f"{domain}/reconcile") != "disabled":
            then = (
                "plan again"
                if group == "kustomize"
                else "go back with `helm rollback RELEASE REVISION --wait`"
            )
            command = f"{word} {name} -n {namespace}"
            fix = (
                f"flux suspend {command}; {then}; afterwards revert git, then flux resume {command}"
            )
            yield Owner(
                f"{FLUX}{word}",
                f"Flux {word} {namespace}/{name}",
                fix,
                f"{word}s.{domain}",
                namespace,
                name,
                version,
            )


def _reference(kind: str, owner: Mapping[str, Any], namespace: str) -> Owner:
    what = f"{owner['kind']} {owner['name']}"
    if owner["kind"] == "ApplicationSet":
        change = (
            """--type=merge --patch='{"spec":{"syncPolicy":{"applicationsSync":"create-only"}}}'"""
        )
        fix = f"kubectl -n {namespace} patch applicationset {owner['name']} {change}; plan again; once git is reverted, set it back to what it was"
        return Owner(
            SET,
            f"Argo CD {what}",
            fix,
            "applicationsets.argoproj.io",
            namespace,
            owner["name"],
            "v1alpha1",
        )
    return Owner(
        "owner-operator",
        f"{what} ({owner['apiVersion']})",
        f"change the {what} instead: it writes this {kind} again",
    )
