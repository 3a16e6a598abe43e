"""The owners of a workload, up to the owners of its owners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import find
from rollback.platforms._cluster.owner_marks import ARGO, FLUX, SET, Owner, application, owners
from rollback.platforms._cluster.workloads import Workload
from rollback.shell import Shell

__all__ = ["ARGO", "FLUX", "SET", "Link", "Owner", "chain"]

DEPTH = 4  # an app of apps of apps is rare
# with these an ApplicationSet leaves its applications as they are
_LEAVES_ALONE = ("create-only", "create-delete")
_SYNC_POINTERS = {"/spec/syncPolicy", "/spec/syncPolicy/automated"}
_SYNC_EXPRESSIONS = {".spec.syncPolicy", ".spec.syncPolicy.automated"}
_OPERATION_RUNS = ("Running", "Terminating")


class Link(Struct, frozen=True):
    """`root` (kind/name of a workload) belongs to `owner` through `below`.

    `object` is the owner's own object, None where it cannot be read.
    """

    root: str
    below: str
    owner: Owner
    object: Mapping[str, Any] | None = None

    @property
    def suspended(self) -> bool:
        policy = self._spec.get("syncPolicy") or {}
        if self.owner.code == ARGO:
            automated = policy.get("automated")
            return self.object is not None and _is_off(automated)
        return bool(self._spec.get("suspend")) or policy.get("applicationsSync") in _LEAVES_ALONE

    @property
    def busy(self) -> bool:
        """True while it is deploying, which suspending it does not stop."""
        status = (self.object or {}).get("status") or {}
        reconciling = any(
            condition["type"] == "Reconciling" and condition.get("status") == "True"
            for condition in status.get("conditions") or ()
        )
        phase = (status.get("operationState") or {}).get("phase")
        return reconciling or phase in _OPERATION_RUNS

    @property
    def lenient(self) -> bool:
        """True for an ApplicationSet that leaves the sync policy of its application to others."""
        rules = self._spec.get("ignoreApplicationDifferences") or ()
        return any(self._concerns(rule) and _leaves_sync(rule) for rule in rules)

    def _concerns(self, rule: Mapping[str, Any]) -> bool:
        return not rule.get("name") or self.below == application(rule["name"])

    @property
    def _spec(self) -> Mapping[str, Any]:
        return (self.object or {}).get("spec") or {}


def chain(shell: Shell, location: Location, workloads: Sequence[Workload]) -> list[Link]:
    """Return the nearest owners first, then their owners, which may undo a suspension."""
    level = [
        Link(workload.key, workload.key, owner)
        for workload in workloads
        for owner in owners(workload.kind, workload.meta, location.namespace)
    ]
    chained: list[Link] = []
    for _ in range(DEPTH):
        links = [link for link in _read(shell, location, level) if not _is_known(link, chained)]
        chained += [link for link in links if not link.lenient]
        level = [
            Link(link.root, link.owner.what, owner) for link in links for owner in _parents(link)
        ]
    return chained


def _is_off(automated: Mapping[str, Any] | None) -> bool:
    return automated is None or automated.get("enabled") is False


def _leaves_sync(rule: Mapping[str, Any]) -> bool:
    pointers = set(rule.get("jsonPointers") or ())
    expressions = set(rule.get("jqPathExpressions") or ())
    return bool(_SYNC_POINTERS & pointers or _SYNC_EXPRESSIONS & expressions)


def _is_known(link: Link, chained: Sequence[Link]) -> bool:
    return any((link.owner, link.root) == (other.owner, other.root) for other in chained)


def _read(shell: Shell, location: Location, level: Sequence[Link]) -> list[Link]:
    paths = list(dict.fromkeys(link.owner.path for link in level if link.owner.path))
    objects = dict(zip(paths, find(shell, location, *paths), strict=True)) if paths else {}
    lost = any(link.owner.guessed and objects[link.owner.path] is None for link in level)
    elsewhere = _applications(shell, location) if lost else {}
    return [_with_object(link, objects, elsewhere) for link in level]


def _with_object(
    link: Link, objects: Mapping[str, Any], elsewhere: Mapping[str, Mapping[str, Any]]
) -> Link:
    owner, owner_object = link.owner, objects.get(link.owner.path)
    if owner.guessed and owner_object is None and owner.name in elsewhere:
        owner_object = elsewhere[owner.name]
        owner = replace(owner, namespace=owner_object["metadata"]["namespace"], guessed=False)
    return replace(link, owner=owner, object=owner_object)


def _applications(shell: Shell, location: Location) -> dict[str, Mapping[str, Any]]:
    """Return applications by name, where the name is unambiguous.

    That is the only one of that name, or the only one that deploys to this namespace.
    """
    (everywhere,) = find(shell, location, "/apis/argoproj.io/v1alpha1/applications")
    named: dict[str, list[dict[str, Any]]] = {}
    for raw in (everywhere or {}).get("items") or ():
        named.setdefault(raw["metadata"]["name"], []).append({"kind": "Application", **raw})
    applications: dict[str, Mapping[str, Any]] = {}
    for name, candidates in named.items():
        here = [raw for raw in candidates if _deploys_to(raw, location.namespace)] or candidates
        if len(here) == 1:
            applications[name] = here[0]
    return applications


def _deploys_to(raw: Mapping[str, Any], namespace: str) -> bool:
    return bool(raw["spec"].get("destination", {}).get("namespace") == namespace)


def _parents(link: Link) -> Iterator[Owner]:
    """Return the owners that could undo a suspension of this one.

    A parent application of Argo CD switches the sync of its children on again.
    Flux leaves `suspend` alone unless the applied manifest declares it.
    """
    raw = link.object or {}
    meta = raw.get("metadata") or {}
    flux = link.owner.code.startswith(FLUX)
    if link.owner.code == ARGO or (flux and _declares_suspend(meta)):
        yield from owners(raw.get("kind", "").lower(), meta, link.owner.namespace)


def _declares_suspend(meta: Mapping[str, Any]) -> bool:
    """True when somebody other than `flux suspend` and `flux resume` has set it."""
    others = [
        manager for manager in meta.get("managedFields") or () if manager.get("manager") != "flux"
    ]
    return any(
        "f:suspend" in ((manager.get("fieldsV1") or {}).get("f:spec") or {}) for manager in others
    )
