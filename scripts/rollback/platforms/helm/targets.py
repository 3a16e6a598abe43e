"""What could be rolled back here: the Helm releases of a namespace, by name, by the project's charts, or all of them."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from rollback.settings.environment import Environment
from rollback.errors import Usage
from rollback.model import Target
from rollback.platforms.helm import cli, owner, storage
from rollback.platforms.kubernetes import suspend
from rollback.platforms.kubernetes.connection import identity, place
from rollback.platforms.kubernetes.kubectl import find
from rollback.platforms.kubernetes.owners import chain
from rollback.shell import Shell


def targets(environment: Environment, shell: Shell) -> list[Target]:
    """One for each release. Raises Unreadable, Usage (context-missing, namespace-missing, unknown-helm-release)."""
    storage.kind()  # with a driver that cannot be read here helm itself may not even start
    version = cli.version(shell)
    settings = environment.settings
    context, namespace = (os.environ.get(name) for name in ("HELM_KUBECONTEXT", "HELM_NAMESPACE"))
    where = place(
        replace(
            settings,
            context=settings.context or context or None,
            namespace=settings.namespace or namespace or None,
        ),
        shell,
    )
    there = list(dict.fromkeys(one.release for one in storage.labels(shell, where)))
    name, uid = identity(shell, where)
    if not there:
        _must_exist(shell, where)
    chosen = (
        _named(there, settings.releases, where)
        if settings.releases
        else _of_the_project(environment, shell, where, there)
    )
    common = {
        **where,
        "identity": [name, uid],
        "salt": secrets.token_hex(8),
        "helm": version,
        "options": list(environment.options),
    }
    suspended = _to_suspend(shell, where, chosen) if suspend.OPTION in environment.options else {}
    found = []
    for wave, release in enumerate(chosen):
        own = {
            "application": release,
            "kind": owner.KIND,
            "name": release,
            "wave": wave if settings.releases else 0,
        }
        details = {**common, **own, "suspend": suspended.get(release, [])}
        found.append(
            Target(
                environment.name,
                "helm",
                release,
                f"{uid}/{where['namespace']}",
                environment.protected,
                details,
            )
        )
    return found


def _to_suspend(
    shell: Shell, where: Mapping[str, Any], releases: list[str]
) -> dict[str, list[Any]]:
    """For each release the owners that a plan with --suspend-owner suspends."""
    links = chain(
        shell, where, [*owner.marked(shell, where, releases), *owner.worn(shell, where, releases)]
    )
    return {
        name: suspend.to_do([link for link in links if link.root == f"{owner.KIND}/{name}"])
        for name in releases
    }


def _named(there: Sequence[str], wanted: Sequence[str], where: Mapping[str, Any]) -> list[str]:
    """In the order of the settings: each is a wave of its own."""
    if missing := [name for name in wanted if name not in there]:
        message = f"no Helm release {', '.join(missing)} in namespace {where['namespace']} (there are: {', '.join(there[:20]) or 'none'})"
        raise Usage(
            "unknown-helm-release", message, "correct `releases` or `namespace` in the settings"
        )
    return list(dict.fromkeys(wanted))


def _of_the_project(
    environment: Environment, shell: Shell, where: Mapping[str, Any], there: Sequence[str]
) -> list[str]:
    """Releases of the project's own charts, so that a shared namespace is not rolled back whole; else all."""
    ours = _charts(environment)
    if len(there) < 2 or not ours:
        return sorted(there)
    found = zip(sorted(there), storage.newest(shell, where, sorted(there)), strict=True)
    return [name for name, one in found if one and one.chart.get("name") in ours] or sorted(there)


def _charts(environment: Environment) -> set[str]:
    files = [
        environment.project / evidence.path / "Chart.yaml" for evidence in environment.evidence
    ]
    texts = [file.read_text(errors="replace") for file in files if file.is_file()]
    return {
        found[1]
        for text in texts
        if (found := re.search(r"^name:\s*[\"']?([\w.-]+)", text, re.MULTILINE))
    }


def _must_exist(shell: Shell, where: Mapping[str, Any]) -> None:
    """The API answers an empty list for a namespace that is not there."""
    if find(shell, where, f"/api/v1/namespaces/{where['namespace']}")[0] is None:
        message = f"context {where['context'] or '(none)'}: there is no namespace {where['namespace']}, or it may not be read"
        raise Usage("namespace-missing", message, "correct `namespace` in the settings")
