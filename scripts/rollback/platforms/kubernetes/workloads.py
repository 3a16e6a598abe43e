"""What could be rolled back here: the workloads of a namespace, chosen by the settings, grouped by application."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from rollback.environment import Environment
from rollback.errors import Usage
from rollback.model import Target
from rollback.platforms.kubernetes.connection import identity, place
from rollback.platforms.kubernetes.kubectl import find, items
from rollback.platforms.kubernetes.manifests import names_in
from rollback.shell import Shell

KINDS = {"deployment": "deployments", "statefulset": "statefulsets", "daemonset": "daemonsets"}
PART_OF = "app.kubernetes.io/part-of"


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
    chosen = choose(found, environment)
    common = {**where, "identity": [name, uid], "salt": secrets.token_hex(8), "options": list(environment.options)}
    return [_target(environment, f"{uid}/{where['namespace']}", common, app, group) for app, group in grouped(chosen)]


def everything(shell: Shell, where: Mapping[str, Any], selector: str | None = None) -> list[Workload]:
    base, query = f"/apis/apps/v1/namespaces/{where['namespace']}", f"?labelSelector={quote(selector)}" if selector else ""
    lists = items(shell, where, *(f"{base}/{plural}{query}" for plural in KINDS.values()))
    return [Workload(kind, one) for kind, objects in zip(KINDS, lists, strict=True) for one in objects]


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
    details = {key: target.details[key] for key in ("context", "namespace", "identity", "salt", "options", "application")}
    return Target(target.environment, target.platform, app, target.where, target.protected, {**details, **facts(workload)})


def facts(workload: Workload) -> dict[str, Any]:
    chosen = (workload.raw["spec"].get("selector") or {}).get("matchLabels") or {}
    selector = ",".join(f"{key}={value}" for key, value in chosen.items())
    return {"kind": workload.kind, "name": workload.name, "uid": workload.meta["uid"], "selector": selector}


def _target(environment: Environment, where: str, common: dict[str, Any], app: str, group: list[Workload]) -> Target:
    own = facts(group[0]) if len(group) == 1 else {"parts": _parts(group)}
    return Target(environment.name, "kubernetes", app, where, environment.protected, {**common, "application": app, **own})


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
