"""The wait for what a rollback of a release changes: rollouts of workloads, and Jobs it creates.

Helm's own wait is for everything of the manifest, also for the address of a LoadBalancer.
"""

from __future__ import annotations

from collections.abc import Iterator

from rollback.contracts import payload
from rollback.model import Command, Move, Probe, Step
from rollback.platforms._cluster import rollout_template, typed
from rollback.platforms._cluster.kubectl import VARIABLES
from rollback.platforms.helm import details, on_delete, timeouts
from rollback.platforms.helm.manifest import (
    Key,
    Objects,
    is_workload,
    listed_twice,
    objects_or_none,
)
from rollback.platforms.helm.moves import applied, source, target


def step(move: Move) -> Step | None:
    """Return the wait, None where no pod is replaced.

    It has no undo: what was live may never have become ready.
    """
    names = [f"{key.namespace}/{key.argument}" for key in _awaited(move)]
    if not names:
        return None
    app, location, template = move.target.app, details.of(move.target), file(move)
    workloads = listed_twice(names)
    words = (
        "rollouts",
        *(("--context", location.context) if location.context else ()),
        "--workloads",
        " ".join(workloads),
        "--template",
        payload(move.target.component, template),
    )
    return Step(
        f"{move.id}.rollout",
        f"Wait until the pods of release {app} are ready",
        Command(("wait_until_finished", *words), 60, VARIABLES, _by_hand(move)),
        Probe(Command(words, 60, VARIABLES), "." * len(workloads)),
        moves=(move.id,),
        wave=location.wave,
        deadline=timeouts.of_helm(target(move), location.namespace),
    )


def _by_hand(move: Move) -> str:
    location = details.of(move.target)
    seconds = timeouts.of_helm(target(move), location.namespace)
    replaced = {(pods.location, pods.workload.key) for pods in on_delete.replaced(move)}
    names = [f"{key.namespace}/{key.kind.lower()}/{key.name}" for key in _awaited(move)]
    waits = []
    for where, named in typed.each_namespace(location.context, names).items():
        jobs = [name for name in named if name.startswith("job/")]
        workloads = [name for name in named if name not in jobs and (where, name) not in replaced]
        waits += [typed.rollouts(where, workloads, seconds)] if workloads else []
        waits += [typed.jobs(where, jobs, seconds)] if jobs else []
    return " && ".join(waits)


def file(move: Move) -> str:
    return f"{move.target.app}.rollouts"


def text(move: Move) -> bytes:
    """Return the template; empty where nothing is waited for."""
    kinds = dict.fromkeys(key.kind for key in _awaited(move))
    return rollout_template.of_kinds(kinds).encode() if kinds else b""


def created_jobs(before: Objects, after: Objects) -> list[Key]:
    """Return the Jobs that only `after` has: Helm creates them, so they run (again)."""
    return [key for key in after if (key.group, key.kind) == ("batch", "Job") and key not in before]


def _awaited(move: Move) -> list[Key]:
    namespace = details.of(move.target).namespace
    before = objects_or_none(applied(move).manifest, namespace)
    after = objects_or_none(target(move).manifest, namespace)
    return [*_changed(move, before, after), *created_jobs(before, after)]


def _changed(move: Move, before: Objects, after: Objects) -> Iterator[Key]:
    """Yield the workloads that Helm changes; an upgrade that failed may have left any of them."""
    complete = source(move).status == "deployed"
    for key, manifest in after.items():
        if is_workload(key):
            same = key in before and before[key].get("spec") == manifest.get("spec")
            if not (complete and same):
                yield key
