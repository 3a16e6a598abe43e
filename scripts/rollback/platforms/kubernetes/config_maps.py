"""ConfigMaps that the target reads, as their manifests in git were at its commit."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from rollback.model import component_ids
from rollback.contracts import payload
from rollback.model import Command, ConfigChange, Move, OlderConfig
from rollback.platforms import _config
from rollback.platforms._cluster import kubectl
from rollback.platforms._cluster.config import of_object
from rollback.platforms._cluster.content import printed
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.preflight.references import references
from rollback.platforms.kubernetes import config_map_readers, manifests_in_git, no_inline_values
from rollback.platforms.kubernetes.config_map_readers import Readers
from rollback.platforms.kubernetes.details import change, of
from rollback.platforms.kubernetes.live_templates import salted_text
from rollback.shell import Shell

_FIELDS = "jsonpath={.metadata.uid} {.data}"

Data = Mapping[str, str]


class Older(Struct, frozen=True):
    """A ConfigMap whose manifest, `file` in git, had another content at `commit`.

    `why` it stays, or "".
    """

    name: str
    uid: str
    live: Data
    older: Data
    file: str
    commit: str
    why: str = ""

    @property
    def label(self) -> str:
        return f"ConfigMap/{self.name}"


def older_config(moves: Sequence[Move], shell: Shell) -> Iterator[OlderConfig]:
    """Yield those that go back: what is live is what git has, and nothing else reads them."""
    for row in compared(moves, shell):
        if not row.why:
            yield _item(moves[0], row)


def keys(move: Move, row: Older) -> Iterator[ConfigChange]:
    """Yield the keys of one that goes back, or the whole of one that stays."""
    if row.why:
        show = shlex.join(("git", "show", f"{row.commit[:12]}:./{row.file}"))
        apply = kubectl.kubectl(of(move.target), "apply", "--filename", "-")
        fix = f"{row.why}; to bring it back: {show} | {apply}"
        yield ConfigChange(row.label, "changed", False, fix)
        return
    before, after = ({"data": data} for data in (row.live, row.older))
    yield from _config.changes(of_object(row.label, before), of_object(row.label, after))


def compared(moves: Sequence[Move], shell: Shell) -> list[Older]:
    """Return every ConfigMap whose content at the target's commit differs from today's.

    One whose live content git does not have was changed in another way, or is made by a tool:
    nothing is known of its older content. Raises Unreadable.
    """
    named = _named(moves)
    if not named:
        return []
    location = of(moves[0].target)
    path = f"/api/v1/namespaces/{location.namespace}/configmaps/"
    objects = kubectl.find(shell, location, *(f"{path}{name}" for name in named))
    live = {name: it for name, it in zip(named, objects, strict=True) if it and it.get("data")}
    rows = []
    for commit in dict.fromkeys(commit for name, commit in named.items() if name in live):
        heads = tuple({"HEAD", *(move.current.commit for move in moves if move.current.commit)})
        wanted = {name: it["data"] for name, it in live.items() if named[name] == commit}
        found = manifests_in_git.older(shell.cwd, location.namespace, wanted, (commit, *heads))
        for name, (file, data) in found.items():
            rows.append(Older(name, _uid(live[name]), wanted[name], data, file, commit))
    moved = {of(move.target).uid for move in moves}
    readers = config_map_readers.others(shell, location, moved) if rows else {}
    return [
        replace(
            row, why=_own_obstacle(row, live[row.name]) or _obstacle(row, moves, readers, shell)
        )
        for row in rows
    ]


def _named(moves: Sequence[Move]) -> dict[str, str]:
    """Return ConfigMap -> the commit that it goes back to; none that goes to several."""
    commits: dict[str, set[str]] = {}
    for move in moves:
        for reference in references(change(move).after.template):
            if reference.kind == "ConfigMap":
                commits.setdefault(reference.name, set()).add(move.to.commit or "")
    return {name: of.pop() for name, of in commits.items() if len(of) == 1 and "" not in of}


def _own_obstacle(row: Older, live: Mapping[str, Any]) -> str:
    """Return why such a ConfigMap is never changed here, or ""."""
    if live.get("immutable"):
        return f"{row.label} is immutable"
    if live.get("binaryData"):
        return f"{row.label} has binary data"
    labels = live["metadata"].get("labels") or {}
    helm = labels.get("app.kubernetes.io/managed-by") == "Helm"
    if helm or live["metadata"].get("ownerReferences"):
        return f"{row.label} belongs to another tool or object"
    return ""


def _obstacle(row: Older, moves: Sequence[Move], readers: Readers | None, shell: Shell) -> str:
    """Return why this plan cannot bring it back, or ""."""
    if no_inline_values.asked(moves):
        return "--no-inline-values keeps its content out of the run folder"
    if readers is None:
        return f"who else reads {row.label} may not be seen here"
    if others := readers.get(row.name):
        return f"{row.label} is read by {', '.join(others[:3])}, too, which stays"
    question = ("auth", "can-i", "patch", f"configmap/{row.name}", "--quiet")
    if shell.ask(kubectl.kubectl(of(moves[0].target), *question)).status:
        return "this account may not patch ConfigMaps"
    return ""


def _uid(live: Mapping[str, Any]) -> str:
    return str(live["metadata"]["uid"])


def _item(move: Move, row: Older) -> OlderConfig:
    location, folder = of(move.target), component_ids.config(move.target.component)
    get = ("get", "configmap", row.name, "--ignore-not-found", "--output", _FIELDS)
    read = ("hashed_whole", location.context, location.namespace, location.salt, *get)
    source, goal = (
        salted_text(location.salt, f"{row.uid} {printed(data)}") for data in (row.live, row.older)
    )
    files = {
        f"configmap.{row.name}.patch.json": _patch(row.uid, row.live, row.older),
        f"configmap.{row.name}.undo.json": _patch(row.uid, row.older, row.live),
    }
    do, undo = (_patched(location, row.name, payload(folder, file)) for file in files)
    return OlderConfig(
        name=row.label,
        read=Command(read, 20, kubectl.VARIABLES),
        source=source,
        goal=goal,
        do=do,
        undo=undo,
        files=files,
        settles=f"ConfigMap {row.name} was changed at ",
        reminder=_reminder(move, row),
    )


def _patched(location: Location, name: str, file: str) -> Command:
    """Return a patch by a function that says whether the server took it."""
    words = ("patch", "configmap", name, "--type=json", "--patch-file", file, "--output=name")
    typed = kubectl.kubectl(location, *words)
    call = ("patch_object", location.context, location.namespace, "configmap", name, file)
    return Command(call, typed.timeout, typed.variables, str(typed))


def _reminder(move: Move, row: Older) -> str:
    """Return what the next apply does not know: it removes no key that it did not bring."""
    regained = sorted(row.older.keys() - row.live.keys())
    if not regained:
        return ""
    get = kubectl.kubectl(of(move.target), "get", "configmap", row.name, "--output=yaml")
    shown = ", ".join(regained[:3]) + (" ..." if len(regained) > 3 else "")
    return (
        f"{row.label} has {shown} again, which a later kubectl apply does not remove: compare it "
        f"after the next deploy ({get})"
    )


def _patch(uid: str, before: Data, after: Data) -> bytes:
    """Return a patch that the server refuses for another content, or an object made anew."""
    patch = [
        {"op": "test", "path": "/metadata/uid", "value": uid},
        {"op": "test", "path": "/data", "value": before},
        {"op": "replace", "path": "/data", "value": after},
    ]
    return f"{printed(patch)}\n".encode()
