"""Objects that the target template names must exist: by name and key, never by content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from rollback.errors import RollbackError, Unreadable
from rollback.model import Command, Finding
from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.kubectl import kubectl
from rollback.platforms._cluster.preflight.references import (
    Reference,
    pull_secret_missing,
    references,
)
from rollback.shell import Answer, last_line

KINDS = ("ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim", "PriorityClass")
MOST = 60  # names asked for one by one; above it whole lists
# names of keys and times of changes; a value never leaves kubectl
_LINE = (
    "{{range .items}}{{.kind}}/{{.metadata.name}}|"
    "{{range .metadata.managedFields}}{{.time}},{{end}}|"
    "{{range $key, $value := .data}}{{$key}},{{end}}"
    '{{range $key, $value := .binaryData}}{{$key}},{{end}}{{"\\n"}}{{end}}'
)
# a change shortly before the next release came with that release
_PART_OF_THE_DEPLOY = timedelta(minutes=5)
_UNKNOWN = "references-unknown"


class Object(Struct, frozen=True):
    """An object that exists: when it was last changed, and its keys."""

    changed: str
    keys: tuple[str, ...]


def question(changes: Sequence[WorkloadChange]) -> Command:
    required = [reference for change in changes for reference in references(change.after.template)]
    objects = list(dict.fromkeys(f"{reference.kind}/{reference.name}" for reference in required))
    if len(objects) > MOST:
        objects = [",".join(KINDS)]
    elif len(objects) == 1:
        objects *= 2  # one object alone is printed without its list
    words = ("--ignore-not-found", f"--output=go-template={_LINE}")
    return kubectl(changes[0].location, "get", *objects, *words, timeout=60)


def findings(
    changes: Sequence[WorkloadChange], answer: Answer | RollbackError
) -> Iterator[Finding]:
    if why := _failure(answer):
        message = f"ConfigMaps, Secrets and the like could not be read: {why}"
        yield Finding("warning", _UNKNOWN, message, "check them yourself")
        return
    assert isinstance(answer, Answer)
    objects, hidden = _objects(answer.stdout), _hidden(answer.stderr)
    if hidden:
        message = f"not allowed to read: {', '.join(hidden)}"
        yield Finding("warning", _UNKNOWN, message, "check yourself that they exist")
    for change in changes:
        for reference in references(change.after.template):
            if reference.kind not in hidden:
                existing = objects.get(f"{reference.kind}/{reference.name}")
                yield from _about(change, reference, existing)


def changed(changes: Sequence[WorkloadChange], answer: Answer | RollbackError) -> Iterator[str]:
    """Yield ConfigMaps and Secrets ("ConfigMap/name") with newer content than the target knew.

    Raises Unreadable (references-unknown).
    """
    if why := _failure(answer):
        raise Unreadable(_UNKNOWN, f"ConfigMaps and Secrets: {why}", "check them yourself")
    assert isinstance(answer, Answer)
    objects = _objects(answer.stdout)
    for change in changes:
        for reference in references(change.after.template):
            name = f"{reference.kind}/{reference.name}"
            existing = objects.get(name)
            if existing and _is_newer(change, reference, existing):
                yield name


def _is_newer(change: WorkloadChange, reference: Reference, existing: Object) -> bool:
    named = reference.kind in ("ConfigMap", "Secret")
    return named and _changed_since(change, existing.changed)


def _failure(answer: Answer | RollbackError) -> str:
    """Return why nothing could be read; empty also where only some kinds may not be read."""
    if isinstance(answer, RollbackError):
        return answer.message
    partial = answer.stdout or "orbidden" in answer.stderr
    return last_line(answer.stderr) if answer.status and not partial else ""


def _about(
    change: WorkloadChange, reference: Reference, existing: Object | None
) -> Iterator[Finding]:
    number, label = change.after.number, f"{reference.kind} {reference.name}"
    revision = f"revision {number} of {change.workload.key}"
    if existing is None and reference.for_pulling:
        yield pull_secret_missing(revision, reference)
    elif existing is None:
        message = f"{revision} needs {label}, which does not exist"
        fix = f"restore it, or choose a release that does not need it ({number} does)"
        yield Finding("blocker", "reference-missing", message, fix)
    elif reference.key is not None and reference.key not in existing.keys:
        message = f"{revision} needs key {reference.key} of {label}, which does not have it"
        fix = "restore the key, or choose another release"
        yield Finding("blocker", "reference-missing", message, fix)
    elif _is_newer(change, reference, existing):
        message = (
            f"{label} was changed at {existing.changed}, after {revision} had served:"
            " the old code will read the new content"
        )
        fix = "compare it with what that release expects"
        yield Finding("warning", "config-changed", message, fix)


def _objects(text: str) -> dict[str, Object]:
    rows = [line.split("|") for line in text.splitlines() if line.count("|") == 2]
    return {
        name: Object(max(times.split(",")), tuple(keys.split(","))) for name, times, keys in rows
    }


def _hidden(stderr: str) -> list[str]:
    """Return the kinds that may not be read."""
    return [kind for kind in KINDS if _is_hidden(kind, stderr)]


def _is_hidden(kind: str, stderr: str) -> bool:
    plural = kind.lower() + ("es" if kind.endswith("s") else "s")
    return any("orbidden" in line and f'"{plural}"' in line for line in stderr.splitlines())


def _changed_since(change: WorkloadChange, changed: str) -> bool:
    if not changed or not change.until or changed <= change.after.created:
        return False
    return _time(changed) > _time(change.until) - _PART_OF_THE_DEPLOY


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
