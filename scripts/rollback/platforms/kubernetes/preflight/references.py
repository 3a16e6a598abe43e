"""Everything the target template names has to exist: by name and key, never by content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from rollback.errors import RollbackError
from rollback.model import Command, Finding, Move
from rollback.platforms.kubernetes.change import wanted
from rollback.platforms.kubernetes.kubectl import kubectl
from rollback.shell import Answer, last_line

KINDS = ("ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim", "PriorityClass")
MOST = 60  # names asked for one by one; above it whole lists
# names of keys and times of changes; a value never leaves kubectl
_LINE = (
    "{{range .items}}{{.kind}}/{{.metadata.name}}|{{range .metadata.managedFields}}{{.time}},{{end}}|"
    '{{range $key, $value := .data}}{{$key}},{{end}}{{range $key, $value := .binaryData}}{{$key}},{{end}}{{"\\n"}}{{end}}'
)
_PART_OF_THE_DEPLOY = timedelta(
    minutes=5
)  # a change shortly before the next release came with that release


class Named(Struct, frozen=True):
    """An object that a template names; `key` where it needs one key of it."""

    kind: str
    name: str
    key: str | None = None


class Found(Struct, frozen=True):
    changed: str
    keys: tuple[str, ...]


def question(moves: Sequence[Move]) -> Command:
    objects = list(
        dict.fromkeys(f"{one.kind}/{one.name}" for move in moves for one in names(wanted(move)))
    )
    if len(objects) > MOST:
        objects = [",".join(KINDS)]
    elif len(objects) == 1:
        objects *= 2  # one object alone is printed without its list
    return kubectl(
        moves[0].target.details,
        "get",
        *objects,
        "--ignore-not-found",
        "--output=go-template=" + _LINE,
        timeout=60,
    )


def findings(moves: Sequence[Move], answer: Answer | RollbackError) -> Iterator[Finding]:
    if isinstance(answer, RollbackError) or (
        answer.status and not answer.stdout and "orbidden" not in answer.stderr
    ):
        why = answer.message if isinstance(answer, RollbackError) else last_line(answer.stderr)
        yield Finding(
            "warning",
            "references-unknown",
            f"ConfigMaps, Secrets and the like could not be looked up: {why}",
            "look at them yourself",
        )
        return
    there, hidden = (
        _read(answer.stdout),
        [kind for kind in KINDS if _is_hidden(kind, answer.stderr)],
    )
    if hidden:
        yield Finding(
            "warning",
            "references-unknown",
            f"not allowed to look for: {', '.join(hidden)}",
            "make sure yourself that they exist",
        )
    for move in moves:
        for one in names(wanted(move)):
            if one.kind not in hidden:
                yield from _about(move, one, there.get(f"{one.kind}/{one.name}"))


def _about(move: Move, one: Named, found: Found | None) -> Iterator[Finding]:
    workload, label = move.current.facts["workload"], f"{one.kind} {one.name}"
    if found is None:
        message = f"revision {move.to.id} of {workload.key} needs {label}, which is gone"
        yield Finding(
            "blocker",
            "reference-missing",
            message,
            f"bring it back, or name a release that does not need it: {move.to.id} does",
        )
    elif one.key is not None and one.key not in found.keys:
        message = f"revision {move.to.id} of {workload.key} needs key {one.key} of {label}, which has none"
        yield Finding(
            "blocker", "reference-missing", message, "bring the key back, or name another release"
        )
    elif one.kind in ("ConfigMap", "Secret") and _changed_since(move, found.changed):
        message = (
            f"{label} was changed at {found.changed}, after revision {move.to.id} of {workload.key}"
            " had served: the old code reads the new content"
        )
        yield Finding(
            "warning", "config-changed", message, "compare it with what that release expects"
        )


def names(template: Mapping[str, Any]) -> list[Named]:
    """What must exist before a pod of this template can start; optional references are left out."""
    spec = template.get("spec") or {}
    found = [
        one
        for part in ("initContainers", "containers")
        for container in spec.get(part) or ()
        for one in _of_container(container)
    ]
    found += [one for volume in spec.get("volumes") or () for one in _of_volume(volume)]
    found += [
        Named("Secret", one["name"])
        for one in spec.get("imagePullSecrets") or ()
        if one.get("name")
    ]
    found.append(Named("ServiceAccount", spec.get("serviceAccountName") or "default"))
    if spec.get("priorityClassName"):
        found.append(Named("PriorityClass", spec["priorityClassName"]))
    return list(dict.fromkeys(found))


def _of_container(container: Mapping[str, Any]) -> Iterator[Named]:
    for source in container.get("envFrom") or ():
        yield from _required("ConfigMap", source.get("configMapRef"))
        yield from _required("Secret", source.get("secretRef"))
    for variable in container.get("env") or ():
        value = variable.get("valueFrom") or {}
        yield from _required("ConfigMap", value.get("configMapKeyRef"))
        yield from _required("Secret", value.get("secretKeyRef"))


def _of_volume(volume: Mapping[str, Any]) -> Iterator[Named]:
    if claim := (volume.get("persistentVolumeClaim") or {}).get("claimName"):
        yield Named("PersistentVolumeClaim", claim)
    if secret := volume.get("secret"):
        yield from _required("Secret", {**secret, "name": secret.get("secretName")})
    yield from _required("ConfigMap", volume.get("configMap"))
    for source in (volume.get("projected") or {}).get("sources") or ():
        yield from _required("ConfigMap", source.get("configMap"))
        yield from _required("Secret", source.get("secret"))


def _required(kind: str, reference: Mapping[str, Any] | None) -> Iterator[Named]:
    if reference and reference.get("name") and not reference.get("optional"):
        yield Named(kind, reference["name"], reference.get("key"))
        yield from (
            Named(kind, reference["name"], item["key"]) for item in reference.get("items") or ()
        )


def _read(text: str) -> dict[str, Found]:
    rows = (line.split("|") for line in text.splitlines() if line.count("|") == 2)
    return {
        name: Found(max(times.split(",")), tuple(keys.split(","))) for name, times, keys in rows
    }


def _is_hidden(kind: str, stderr: str) -> bool:
    plural = kind.lower() + ("es" if kind.endswith("s") else "s")
    return any("orbidden" in line and f'"{plural}"' in line for line in stderr.splitlines())


def _changed_since(move: Move, changed: str) -> bool:
    until, began = move.to.facts.get("until"), move.to.facts["revision"].created
    if not changed or not until:
        return False
    return changed > began and _time(changed) > _time(until) - _PART_OF_THE_DEPLOY


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
