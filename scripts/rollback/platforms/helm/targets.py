"""What could be rolled back here: the Helm releases of a namespace.

By name, by the project's charts, or all of them.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Sequence

from msgspec.structs import replace

from rollback.errors import Usage
from rollback.model import Target
from rollback.platforms._cluster import connection, suspend
from rollback.platforms._cluster.details import Location, Suspension
from rollback.platforms._cluster.owners import chain
from rollback.platforms.helm import client, owners, storage
from rollback.platforms.helm.details import Details
from rollback.platforms.helm.settings import Settings
from rollback.settings.environment import Environment, group
from rollback.shell import Shell

_CHART_NAME = re.compile(r"^name:\s*[\"']?([\w.-]+)", re.MULTILINE)


def targets(environment: Environment, shell: Shell) -> list[Target]:
    """Return one target for each release.

    Raises Unreadable, Usage (context-missing, namespace-missing, unknown-helm-release).
    """
    storage.resource()  # with a driver that cannot be read here helm itself may not even start
    version = client.version(shell)
    settings = group(environment, Settings)
    location = _location(settings, shell)
    deployed = list(dict.fromkeys(label.release for label in storage.labels(shell, location)))
    identity = connection.identity(shell, location)
    if not deployed:
        connection.must_exist(shell, location)
    chosen = _named(settings, deployed, location) or _of_project(
        environment, shell, location, sorted(deployed)
    )
    suspended = _suspensions(environment, shell, location, chosen)
    details = Details(
        context=location.context,
        namespace=location.namespace,
        identity=identity,
        salt=secrets.token_hex(8),
        kind=owners.KIND,
        options=environment.options,
        helm=version,
    )
    return [
        _target(environment, replace(details, suspend=suspended[name], wave=wave), name)
        for name, wave in zip(chosen, _waves(settings, chosen), strict=True)
    ]


def _target(environment: Environment, details: Details, release: str) -> Target:
    return Target(
        environment.name,
        environment.component,
        "helm",
        release,
        f"{details.identity[1]}/{details.namespace}",
        environment.protected,
        details=replace(details, application=release, name=release),
        location=details.described,
    )


def _waves(settings: Settings, releases: Sequence[str]) -> Sequence[int]:
    """Number the releases: those that the settings name are rolled back in that order.

    A release is rolled back when the one before held.
    """
    return range(len(releases)) if settings.releases else [0] * len(releases)


def _location(settings: Settings, shell: Shell) -> Location:
    """The settings, else helm's own variables, else the kubeconfig."""
    context, namespace = os.environ.get("HELM_KUBECONTEXT"), os.environ.get("HELM_NAMESPACE")
    settings = replace(
        settings,
        context=settings.context or context or None,
        namespace=settings.namespace or namespace or None,
    )
    return connection.locate(settings, shell)


def _named(settings: Settings, deployed: Sequence[str], location: Location) -> list[str]:
    """Return the releases that the settings name, in their order."""
    missing = [name for name in settings.releases if name not in deployed]
    if missing:
        known = ", ".join(deployed[:20]) or "none"
        message = (
            f"no Helm release {', '.join(missing)} in namespace {location.namespace} (releases: "
            f"{known})"
        )
        fix = "correct `releases` or `namespace` in the settings"
        raise Usage("unknown-helm-release", message, fix)
    return list(dict.fromkeys(settings.releases))


def _of_project(
    environment: Environment, shell: Shell, location: Location, deployed: list[str]
) -> list[str]:
    """Return the releases of the project's own charts, or all if there are none.

    A shared namespace is not rolled back whole.
    """
    charts = _charts(environment)
    if len(deployed) < 2 or not charts:
        return deployed
    newest = storage.newest(shell, location, deployed)
    matching = [
        name
        for name, revision in zip(deployed, newest, strict=True)
        if revision and revision.chart.get("name") in charts
    ]
    return matching or deployed


def _charts(environment: Environment) -> set[str]:
    folders = [environment.project / evidence.path for evidence in environment.evidence]
    files = [folder / "Chart.yaml" for folder in folders]
    texts = [file.read_text(errors="replace") for file in files if file.is_file()]
    return {match[1] for text in texts if (match := _CHART_NAME.search(text))}


def _suspensions(
    environment: Environment, shell: Shell, location: Location, releases: list[str]
) -> dict[str, tuple[Suspension, ...]]:
    """Return for each release the owners that a plan with --suspend-owner suspends."""
    if suspend.OPTION not in environment.options:
        return dict.fromkeys(releases, ())
    links = chain(shell, location, owners.owned(shell, location, releases))
    return {
        name: tuple(suspend.suspensions([link for link in links if link.root == owners.root(name)]))
        for name in releases
    }
