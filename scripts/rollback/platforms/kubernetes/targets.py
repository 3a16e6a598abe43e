"""Rollback targets: workloads of a namespace, chosen by the settings, grouped by application."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from rollback.errors import Usage
from rollback.model import Target
from rollback.platforms._cluster import rollouts, services, suspend
from rollback.platforms._cluster.connection import identity, locate, must_exist
from rollback.platforms._cluster.details import Location, Suspension
from rollback.platforms._cluster.names import listed
from rollback.platforms._cluster.owners import chain
from rollback.platforms._cluster.workloads import Workload, read_all
from rollback.platforms.kubernetes.details import Details, of
from rollback.platforms.kubernetes.manifests import names_in
from rollback.platforms.kubernetes.settings import Settings
from rollback.settings.environment import Environment, group
from rollback.shell import Shell

PART_OF = "app.kubernetes.io/part-of"
ORDER = "argocd.argoproj.io/sync-wave"  # the one mark for an order that projects set on workloads


def targets(environment: Environment, shell: Shell) -> list[Target]:
    """Return one target for each application.

    Raises Unreadable, Usage (context-missing, namespace-missing, unknown-workload).
    """
    settings = group(environment, Settings)
    location = locate(settings, shell)
    workloads = read_all(shell, location, settings.selector)
    cluster = identity(shell, location)
    if not workloads:
        must_exist(shell, location)
    _refuse_rollouts(shell, location, workloads, settings.workloads)
    chosen = choose(workloads, environment)
    details = Details(
        context=location.context,
        namespace=location.namespace,
        identity=cluster,
        salt=secrets.token_hex(8),
        options=environment.options,
        suspend=_suspensions(shell, location, chosen, environment),
    )
    return [_target(environment, details, app, parts) for app, parts in grouped(chosen)]


def part(target: Target, workload: Workload, app: str) -> Target:
    """Return the target of one workload of an application."""
    return replace(target, app=app, details=_of_workload(of(target), workload))


def choose(workloads: list[Workload], environment: Environment) -> list[Workload]:
    """Return the workloads to roll back.

    They are chosen by names or selector of the settings, else by the project's own manifests,
    else all of the namespace.
    """
    settings = group(environment, Settings)
    if settings.workloads:
        return _named(workloads, settings.workloads)
    if settings.selector:
        return workloads  # the server chose
    project_keys = names_in(environment)
    return [workload for workload in workloads if workload.key in project_keys] or workloads


def grouped(workloads: Iterable[Workload]) -> list[tuple[str, list[Workload]]]:
    """Group workloads by the label part-of; any other workload is an application of its own."""
    groups: dict[str, list[Workload]] = {}
    for workload in workloads:
        part_of = (workload.meta.get("labels") or {}).get(PART_OF)
        groups.setdefault(f"part-of {part_of}" if part_of else workload.key, []).append(workload)
    return [(_app(key, group), group) for key, group in groups.items()]


def _suspensions(
    shell: Shell, location: Location, workloads: Sequence[Workload], environment: Environment
) -> tuple[Suspension, ...]:
    if suspend.OPTION not in environment.options:
        return ()
    return tuple(suspend.suspensions(chain(shell, location, workloads)))


def _refuse_rollouts(
    shell: Shell, location: Location, workloads: Iterable[Workload], names: Iterable[str]
) -> None:
    known_names = _words(workloads)
    missing = [name for name in names if name not in known_names]
    if missing or not known_names:
        rollouts.refuse(shell, location, missing)


def _target(environment: Environment, details: Details, app: str, parts: list[Workload]) -> Target:
    keys = {workload.key for workload in parts}
    owners = tuple(owner for owner in details.suspend if keys & set(owner.workloads))
    app_details = replace(details, application=app, suspend=owners)
    if len(parts) == 1:
        app_details = _of_workload(app_details, parts[0])
    else:
        app_details = replace(app_details, parts=_parts(parts))
    return Target(
        environment=environment.name,
        component=environment.component,
        platform="kubernetes",
        app=app,
        where=f"{details.identity[1]}/{details.namespace}",
        protected=environment.protected,
        details=app_details,
        location=details.described,
    )


def _of_workload(details: Details, workload: Workload) -> Details:
    """Return what guard, step and proof need of it, without any value of its template."""
    return replace(
        details,
        kind=workload.kind,
        name=workload.name,
        uid=workload.meta["uid"],
        selector=workload.selector,
        wave=_wave(workload),
        pods=(services.shape(details.namespace, workload.key, workload.template),),
        parts={},
    )


def _wave(workload: Workload) -> int:
    mark = (workload.meta.get("annotations") or {}).get(ORDER, "")
    return int(mark) if re.fullmatch(r"-?\d{1,6}", mark) else 0


def _parts(group: list[Workload]) -> dict[str, str]:
    """Return app name -> kind/name; the app is the name alone where that is unique."""
    names = [workload.name for workload in group]
    return {
        workload.name if names.count(workload.name) == 1 else workload.key: workload.key
        for workload in group
    }


def _app(key: str, group: list[Workload]) -> str:
    return key.removeprefix("part-of ") if len(group) > 1 else group[0].name


def _named(workloads: list[Workload], names: Sequence[str]) -> list[Workload]:
    known_names = _words(workloads)
    if missing := [name for name in names if name not in known_names]:
        keys = listed([workload.key for workload in workloads], 20) or "none"
        message = f"no workload {', '.join(missing)} in this namespace (available: {keys})"
        raise Usage("unknown-workload", message, "correct `workloads` in the settings")
    chosen = [
        workload
        for name in names
        for workload in workloads
        if name in (workload.name, workload.key)
    ]
    return list({workload.key: workload for workload in chosen}.values())


def _words(workloads: Iterable[Workload]) -> set[str]:
    """Return all names and kind/names."""
    return {word for workload in workloads for word in (workload.name, workload.key)}
