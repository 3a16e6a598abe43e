"""What Kubernetes' own preflight knows, asked for every workload of the release: its state, its owners, its room, what it refers to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from rollback.model import Finding, Move, Release
from rollback.platforms.helm import owner
from rollback.platforms.helm.manifest import WORKLOADS, Key
from rollback.platforms.helm.preflight.pair import Pair
from rollback.platforms.kubernetes.kubectl import find, kubectl
from rollback.platforms.kubernetes.preflight import owners, permission, references, room, state
from rollback.platforms.kubernetes.revisions import Revision
from rollback.platforms.kubernetes.workloads import Workload
from rollback.shell import Shell

_HELM = "meta.helm.sh/"


def findings(both: Pair, live: Mapping[Key, Mapping[str, Any]], shell: Shell) -> Iterator[Finding]:
    groups, *limits = find(shell, both.place, "/apis", *room.paths(both.place["namespace"]))
    served = frozenset(group["name"] for group in (groups or {}).get("groups") or ())
    moves = list(_as_moves(both, live))
    told = [finding for move in moves for finding in state.findings(move)]
    if moves:
        told += [*owners.findings(moves, shell, served), *room.findings(moves, limits)]
        told += permission.findings(moves, shell.ask(permission.question(moves)))
    told += [*_flux(both, shell), *_missing(both, moves, shell)]
    seen: set[tuple[str, str]] = set()
    for one in told:  # an owner of ten workloads is one owner
        if (
            mark := (one.code, one.fix if one.code.startswith("owner-") else one.message)
        ) not in seen:
            seen.add(mark)
            yield one


def _as_moves(both: Pair, live: Mapping[Key, Mapping[str, Any]]) -> Iterable[Move]:
    """Workloads that stay, as Kubernetes' own questions take them; Helm's own marks are no foreign owner."""
    for key, one in live.items():
        if key[1] not in WORKLOADS or key not in both.then:
            continue
        meta = {**one["metadata"]}
        meta["annotations"] = {
            name: value
            for name, value in (meta.get("annotations") or {}).items()
            if not name.startswith(_HELM)
        }
        workload = Workload(WORKLOADS[key[1]], {**one, "metadata": meta})
        details = {
            **both.place,
            "suspend": [],
            "namespace": key[2],
            "kind": workload.kind,
            "name": key[3],
            "uid": meta["uid"],
        }
        now, then = (
            Revision(at.number, "", "", "", part["spec"]["template"])
            for at, part in ((both.current, one), (both.to, both.then[key]))
        )
        before, after = (
            Release(str(at.number), facts={"workload": workload, "revision": at})
            for at in (now, then)
        )
        yield Move(replace(both.move.target, details=details), before, after)


def _flux(both: Pair, shell: Shell) -> Iterator[Finding]:
    for one in owner.marked(shell, both.place, [both.release]):
        yield from owners.findings(
            [replace(both.move, current=replace(both.move.current, facts={"workload": one}))],
            shell,
            frozenset(),
        )


def _missing(both: Pair, moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    """Objects outside the manifest that its pods need: by name, never by content."""
    ours = {(key[1], key[3]) for key in both.then}
    wanted = [
        (move.target.details["name"], one)
        for move in moves
        for one in references.names(move.to.facts["revision"].template)
    ]
    outside = list(
        dict.fromkeys((one.kind, one.name) for _, one in wanted if (one.kind, one.name) not in ours)
    )
    if not outside:
        return
    words = [f"{kind}/{name}" for kind, name in outside]
    answer = shell.ask(
        kubectl(
            both.place,
            "get",
            *words,
            "--ignore-not-found",
            "--output=custom-columns=:.kind,:.metadata.name",
            "--no-headers",
        )
    )
    if answer.status:
        return  # a narrow Role: nothing can be said
    there = {tuple(line.split()) for line in answer.stdout.splitlines()}
    for kind, name in outside:
        if (kind, name) not in there:
            message = f"revision {both.to.number} of {both.release} needs {kind} {name}, which is gone and not in its manifest"
            yield Finding(
                "blocker", "reference-missing", message, "bring it back, or name another revision"
            )
