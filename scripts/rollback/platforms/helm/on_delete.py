"""Workloads of a release with strategy OnDelete: a step for each deletes its pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollback.model import Move, Step
from rollback.platforms._cluster import on_delete
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.on_delete import Pods
from rollback.platforms._cluster.workloads import Workload
from rollback.platforms.helm import details
from rollback.platforms.helm.manifest import Key, Objects, objects_or_none, workloads
from rollback.platforms.helm.moves import applied, source, target


def steps(move: Move) -> Iterator[Step]:
    """Yield one step for each workload whose pods nobody else would replace."""
    app, wave = move.target.app, details.of(move.target).wave
    for pods in replaced(move):
        name = pods.workload
        titles = (
            on_delete.title(name.key, f"{move.to.id} of release {app}"),
            on_delete.title(name.key, f"{move.current.id} of release {app}"),
        )
        id = f"{move.id}.replace-pods.{name.kind}-{name.name}"
        yield on_delete.step(id, pods, titles, (move.id,), wave)


def replaced(move: Move) -> list[Pods]:
    """Return the pods that have to be deleted."""
    location, live = details.of(move.target), details.facts(move.current).workloads
    before = objects_or_none(applied(move).manifest, location.namespace)
    after = objects_or_none(target(move).manifest, location.namespace)
    found = []
    for key, _ in workloads(after):
        workload = live.get(f"{key.namespace}/{key.argument}")
        if workload is None or not _stays(_spec(before, key), _spec(after, key), workload):
            continue
        if _is_changed(move, _spec(before, key), _spec(after, key)):
            where = Location(location.context, key.namespace)
            count, grace = on_delete.count(workload.raw), on_delete.grace(workload.template)
            found.append(Pods(where, workload.named, count, grace))
    return [pods for pods in found if pods.count]


def _spec(objects: Objects, key: Key) -> Mapping[str, Any]:
    return (objects.get(key) or {}).get("spec") or {}


def _stays(before: Mapping[str, Any], after: Mapping[str, Any], live: Workload) -> bool:
    """Whether the strategy is OnDelete afterwards; what only the live object has, Helm keeps."""
    if "updateStrategy" in before or "updateStrategy" in after:
        return on_delete.is_chosen(after)
    return on_delete.is_chosen(live.raw["spec"])


def _is_changed(move: Move, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the pods differ; an upgrade that failed may have left any of them."""
    complete = source(move).status == "deployed"
    return not complete or before.get("template") != after.get("template")
