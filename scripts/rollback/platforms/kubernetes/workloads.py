"""What could be rolled back here: the workloads of a namespace, chosen by the settings, grouped by application."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from rollback.settings.environment import Environment
from rollback.errors import Usage
from rollback.model import Target
from rollback.platforms.kubernetes import rollouts, suspend
from rollback.platforms.kubernetes.connection import identity, place
from rollback.platforms.kubernetes.kubectl import find, items
from rollback.platforms.kubernetes.manifests import names_in
from rollback.platforms.kubernetes.owners import chain
from rollback.shell import Shell

KINDS = {"deployment": "deployments", "statefulset": "statefulsets", "daemonset": "daemonsets"}
PART_OF = "app.kubernetes.io/part-of"
ORDER = "argocd.argoproj.io/sync-wave"  # the one mark for an order that projects write on their workloads


class Workload(Struct, frozen=True):
    """One Deployment, StatefulSet or DaemonSet as it was read."""

    kind: str
    raw: dict[str, Any]

    @property
    def meta(self) -> dict[str, Any]:
        return self.raw["metadata"]  # type: ignore[no-any-return]

    @property
    def name(self) -> str:
        return self.meta["name"]  # type: ignore[no-any-return]

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def template(self) -> dict[str, Any]:
        return self.raw["spec"]["template"]  # type: ignore[no-any-return]


def targets(environment: Environment, shell: Shell) -> list[Target]:
    """One target for each application. Raises Unreadable, Usage (context-missing, namespace-missing, unknown-workload)."""
    where = place(environment.settings, shell)
    found = everything(shell, where, environment.settings.selector)
    name, uid = identity(shell, where)
    if not found:
        _must_exist(shell, where)
    _refuse_rollouts(shell, where, found, environment.settings.workloads or ())
    chosen = choose(found, environment)
    suspended = (
        suspend.to_do(chain(shell, where, chosen)) if suspend.OPTION in environment.options else []
    )
    common = {
        **where,
        "identity": [name, uid],
        "salt": secrets.token_hex(8),
        "options": list(environment.options),
        "suspend": suspended,
    }
    return [
        _target(environment, f"{uid}/{where['namespace']}", common, app, group)
        for app, group in grouped(chosen)
    ]


def _refuse_rollouts(
    shell: Shell, where: Mapping[str, Any], found: Iterable[Workload], names: Iterable[str]
) -> None:
    known = {word for one in found for word in (one.name, one.key)}
    missing = [name for name in names if name not in known]
    if missing or not known:
        rollouts.refuse(shell, where, missing)


def everything(
    shell: Shell, where: Mapping[str, Any], selector: str | None = None
) -> list[Workload]:
    base, query = (
        f"/apis/apps/v1/namespaces/{where['namespace']}",
        f"?labelSelector={quote(selector)}" if selector else "",
    )
    lists = items(shell, where, *(f"{base}/{plural}{query}" for plural in KINDS.values()))
    return [
        Workload(kind, one) for kind, objects in zip(KINDS, lists, strict=True) for one in objects
    ]


def choose(found: list[Workload], environment: Environment) -> list[Workload]:
    """By names or selector of the settings; else those that the project's own manifests name; else all of the namespace."""
    settings = environment.settings
    if settings.workloads:
        return _named(found, settings.workloads)
    if settings.selector:
        return found  # the server chose
    ours = names_in(environment)
    return [one for one in found if one.key in ours] or found


def grouped(workloads: Iterable[Workload]) -> list[tuple[str, list[Workload]]]:
    """Workloads of one application (label part-of) move together; any other is an application of its own."""
    groups: dict[str, list[Workload]] = {}
    for one in workloads:
        part_of = (one.meta.get("labels") or {}).get(PART_OF)
        groups.setdefault(f"part-of {part_of}" if part_of else one.key, []).append(one)
    return [(_app(key, group), group) for key, group in groups.items()]


def part(target: Target, workload: Workload, app: str) -> Target:
    """The target of one workload: what its guard, step and proof need to know, and no value of its template."""
    details = {
        key: target.details[key]
        for key in ("context", "namespace", "identity", "salt", "options", "suspend", "application")
    }
    return Target(
        target.environment,
        target.platform,
        app,
        target.where,
        target.protected,
        {**details, **facts(workload)},
    )


def facts(workload: Workload) -> dict[str, Any]:
    chosen = (workload.raw["spec"].get("selector") or {}).get("matchLabels") or {}
    selector = ",".join(f"{key}={value}" for key, value in chosen.items())
    return {
        "kind": workload.kind,
        "name": workload.name,
        "uid": workload.meta["uid"],
        "selector": selector,
        "wave": _wave(workload),
    }


def _wave(workload: Workload) -> int:
    marked = (workload.meta.get("annotations") or {}).get(ORDER, "")
    return int(marked) if re.fullmatch(r"-?\d{1,6}", marked) else 0


def _target(
    environment: Environment, where: str, common: dict[str, Any], app: str, group: list[Workload]
) -> Target:
    own: dict[str, Any] = facts(group[0]) if len(group) == 1 else {"parts": _parts(group)}
    own["suspend"] = [
        one for one in common["suspend"] if {each.key for each in group} & set(one["workloads"])
    ]
    return Target(
        environment.name,
        "kubernetes",
        app,
        where,
        environment.protected,
        {**common, "application": app, **own},
    )


def _parts(group: list[Workload]) -> dict[str, str]:
    """App name -> kind/name; the name alone where it says enough."""
    names = [one.name for one in group]
    return {one.name if names.count(one.name) == 1 else one.key: one.key for one in group}


def _app(key: str, group: list[Workload]) -> str:
    return key.removeprefix("part-of ") if len(group) > 1 else group[0].name


def _named(found: list[Workload], names: tuple[str, ...]) -> list[Workload]:
    chosen = [one for name in names for one in found if name in (one.name, one.key)]
    known = {word for one in chosen for word in (one.name, one.key)}
    if missing := [name for name in names if name not in known]:
        there = ", ".join(one.key for one in found[:20]) or "none"
        message = f"no workload {', '.join(missing)} in this namespace (there are: {there})"
        raise Usage("unknown-workload", message, "correct `workloads` in the settings")
    return list({one.key: one for one in chosen}.values())


def _must_exist(shell: Shell, where: dict[str, Any]) -> None:
    """The API answers an empty list for a namespace that is not there."""
    if find(shell, where, f"/api/v1/namespaces/{where['namespace']}")[0] is None:
        message = f"context {where['context']}: there is no namespace {where['namespace']}, or it may not be read"
        raise Usage("namespace-missing", message, "correct `namespace` in the settings")
