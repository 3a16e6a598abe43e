"""What the cluster knows against a revision that Helm calls a success: without --wait Helm looks at no pod."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.errors import RollbackError
from rollback.platforms.helm.differences import compare
from rollback.platforms.helm.manifest import WORKLOADS, Objects, objects, workloads
from rollback.platforms.helm.storage import Stored
from rollback.platforms.kubernetes import history
from rollback.shell import Shell

MOST = 20  # revisions that are compared


def against(shell: Shell, place: Mapping[str, Any], known: Sequence[Stored]) -> dict[int, str]:
    """Revision -> reason. The workload's own revisions tell; they are matched by their templates."""
    namespace = place["namespace"]
    bad = list(_never_served(shell, place, _objects(known[0], namespace)))
    found: dict[int, str] = {}
    for one in known[1 : MOST + 1] if bad else ():
        mine = {_called(part): part for _, part in workloads(_objects(one, namespace))}
        for key, template, reason in bad:
            if key in mine and not [*compare("template", mine[key]["spec"]["template"], template)]:
                found[one.number] = f"{key}: {reason}"
    return found


def _never_served(shell: Shell, place: Mapping[str, Any], live: Objects) -> Iterator[tuple[str, Any, str]]:
    """Workload, a template of it that never served, and why."""
    for namespace in dict.fromkeys(own for own, _ in workloads(live)):
        seen = history.look(shell, {**place, "namespace": namespace})
        ours = {_called(one) for own, one in workloads(live) if own == namespace}
        for key in ours & set(seen.workloads):
            for release in history.of_workload(seen.workloads[key], seen):
                if release.skip == "unhealthy-evidence":
                    yield key, release.facts["revision"].template, release.skip_reason


def _called(one: Mapping[str, Any]) -> str:
    return f"{WORKLOADS[one['kind']]}/{one['metadata']['name']}"


def _objects(one: Stored, namespace: str) -> Objects:
    try:
        return objects(one.manifest, namespace)
    except RollbackError:
        return {}
