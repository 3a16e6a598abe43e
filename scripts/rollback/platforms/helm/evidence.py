"""What the cluster knows of a release beyond Helm's word: revisions that never served, and the pod templates as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rollback.errors import RollbackError
from rollback.platforms.helm.differences import compare
from rollback.platforms.helm.leftovers import word
from rollback.platforms.helm.manifest import WORKLOADS, Objects, key, objects, workloads
from rollback.platforms.helm.storage import Stored
from rollback.platforms.kubernetes import content, history
from rollback.shell import Shell

MOST = 20  # revisions that are compared

Looks = Mapping[str, history.Look]  # by namespace


def look(shell: Shell, place: Mapping[str, Any], live: Iterable[Stored]) -> Looks:
    """Once at every namespace in which one of the live revisions has workloads."""
    spaces = dict.fromkeys(
        own for one in live for own, _ in workloads(_objects(one, place["namespace"]))
    )
    return {own: history.look(shell, {**place, "namespace": own}) for own in spaces}


def templates(looks: Looks, live: Stored, namespace: str) -> dict[str, str]:
    """The workloads of the live revision, as kubectl takes them behind their namespace -> what it prints of those that are there."""
    ours = {(own, _called(one)): one for own, one in workloads(_objects(live, namespace))}
    found = {}
    for (own, called), one in ours.items():
        there = looks[own].workloads.get(called)
        row = (
            f"{own}/{one['kind']}/{one['metadata']['name']} {content.printed(there.template)}"
            if there
            else ""
        )
        found[f"{own}/{word(key(one, namespace))}"] = row
    return found


def against(looks: Looks, known: Sequence[Stored], namespace: str) -> dict[int, str]:
    """Revision -> reason it is no candidate: without --wait Helm calls what never served a success. Matched by the templates."""
    bad = list(_never_served(looks, _objects(known[0], namespace)))
    found: dict[int, str] = {}
    for one in known[1 : MOST + 1] if bad else ():
        mine = {_called(part): part for _, part in workloads(_objects(one, namespace))}
        for called, template, reason in bad:
            if called in mine and not [
                *compare("template", mine[called]["spec"]["template"], template)
            ]:
                found[one.number] = f"{called}: {reason}"
    return found


def _never_served(looks: Looks, live: Objects) -> Iterator[tuple[str, Any, str]]:
    """Workload, a template of it that never served, and why."""
    for namespace, seen in looks.items():
        ours = {_called(one) for own, one in workloads(live) if own == namespace}
        for called in ours & set(seen.workloads):
            for release in history.of_workload(seen.workloads[called], seen):
                if release.skip == "unhealthy-evidence":
                    yield called, release.facts["revision"].template, release.skip_reason


def _called(one: Mapping[str, Any]) -> str:
    return f"{WORKLOADS[one['kind']]}/{one['metadata']['name']}"


def _objects(one: Stored, namespace: str) -> Objects:
    try:
        return objects(one.manifest, namespace)
    except RollbackError:
        return {}
